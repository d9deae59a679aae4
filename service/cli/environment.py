"""What is this process told by BEATLINE_…, and what if that is not enough? What can be told: `settings`."""

import sys

from pydantic import ValidationError

from service.settings import Settings


def settings_or_exit() -> Settings:
    """The settings; without them the process ends here, with one line for each that is missing or wrong."""
    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(str(part) for part in problem["loc"]).upper()
            sys.stderr.write(f"BEATLINE_{name}: {problem['msg']}\n" if name else f"{problem['msg']}\n")
        sys.exit(2)
