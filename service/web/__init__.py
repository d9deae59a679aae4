"""Pages for people: the dispatcher's console and the officer's phone. They know of the API only what the API promises."""
