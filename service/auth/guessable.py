"""Which new passwords would be tried first? Not for how long one must be (`accounts`), nor for whether one fits.

No rule about kinds of characters: they make passwords harder to keep, not to guess. Source: NIST SP 800-63B-4, 3.1.1.2.
"""

import re

_WORDS = (
    "administrator",
    "admin",
    "beatline",
    "changeme",
    "department",
    "dispatcher",
    "dispatch",
    "gunshots",
    "gunshot",
    "iloveyou",
    "letmein",
    "passphrase",
    "password",
    "passw0rd",
    "police",
    "qwerty",
    "secret",
    "sheriff",
    "supervisor",
    "welcome",
)
"""What the service and its people are called, and what the lists of stolen passwords begin with; longer words first."""
_RUNS = (
    "0123456789" * 3,
    "1234567890" * 3,
    "abcdefghijklmnopqrstuvwxyz" * 2,
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
)


def is_guessable(password: str, *, email: str) -> bool:
    """Does it say nothing that a stranger could not guess: who signs in, words of the trade, a run, a repetition?"""
    said = password.casefold()
    return _repeats(said) or _runs(said) or _only_names(said, email.casefold())


def _repeats(said: str) -> bool:
    """As "aaaaaaaaaaaaaaa" and "passwordpassword" do: found again in itself before its end."""
    return (said + said).find(said, 1) < len(said)


def _runs(said: str) -> bool:
    return any(said in run or said in run[::-1] for run in _RUNS)


def _only_names(said: str, email: str) -> bool:
    """Nothing is left but digits and signs once the address and the usual words are taken out."""
    local, _, host = email.partition("@")
    left = said
    for name in (email, local, host, *re.split(r"[^a-z0-9]+", local), *_WORDS):
        if name:
            left = left.replace(name, " ")
    return left != said and not re.search(r"[^\W\d_]", left)
