"""How are bearer tokens, enrolment codes and source secrets made, and what of them is stored? Not for who holds them.

The store keeps hashes of tokens and codes only. A plain SHA-256 is enough, since 256 random bits cannot be guessed and
a code of 40 bits works once and within a day. Source secrets are kept as they are: an HMAC needs them.
"""

import base64
import hashlib
import secrets

DEVICE_PREFIX = "bld_"
SESSION_PREFIX = "bls_"
API_PREFIX = "bla_"
SECRET_PREFIX = "whsec_"  # noqa: S105  what every secret starts with, not a secret
CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 symbols without 0, O, 1 and I: a code is read aloud over a radio and typed with a thumb."""
CODE_LENGTH = 8
TOKEN_BYTES = 32
SECRET_BYTES = 32


def new_device_token() -> str:
    return DEVICE_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def new_session_token() -> str:
    return SESSION_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def new_api_token() -> str:
    return API_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def new_source_secret() -> str:
    """`whsec_` and base64 of 32 bytes, as Standard Webhooks has it (24 to 64)."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def new_enrolment_code() -> str:
    """As it is shown: `K7QM-2XWD`."""
    symbols = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    return f"{symbols[:4]}-{symbols[4:]}"


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8")).digest()


def code_hash(code: str) -> bytes:
    """Equal for `K7QM-2XWD`, `k7qm2xwd` and `K7QM 2XWD`: people type codes as they like."""
    symbols = "".join(symbol for symbol in code.upper() if symbol not in " -")
    return token_hash(symbols)
