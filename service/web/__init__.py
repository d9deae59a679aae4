"""Pages for people: the dispatcher's console and the officer's phone. Of the API they know what it promises."""
