"""Is this the password that was set? Argon2id by pwdlib; not for sessions, see `tokens`."""

import secrets
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from service.auth.tokens import CODE_ALPHABET

_HASHER = PasswordHash((Argon2Hasher(),))


def hash_password(password: str) -> str:
    """About 50 ms and 64 MiB on purpose: never inside a transaction."""
    return _HASHER.hash(password)


def password_fits(password: str, stored_hash: str | None) -> bool:
    """False for a stored hash of None, after the same work: nobody learns by the time taken who has an account."""
    fits = _HASHER.verify(password, stored_hash or _hash_of_nobody())
    return fits and stored_hash is not None


def new_password() -> str:
    """Five groups of four symbols, 99 bits, to be read off a screen: `K7QM-2XWD-…`."""
    groups = ("".join(secrets.choice(CODE_ALPHABET) for _ in range(4)) for _ in range(5))
    return "-".join(groups)


@cache
def _hash_of_nobody() -> str:
    return hash_password("nobody")
