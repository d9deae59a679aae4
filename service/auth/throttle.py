"""How long must whoever was wrong at the door wait? Arithmetic; who was wrong how often: `store/sign_in_failures`.

Guesses are counted three ways: for the name from one place, for the place whatever the name, and for the name from
wherever. A whole watch sits behind one address, and whoever wants a dispatcher out of the way could guess his password
wrongly from a thousand: the two wider counts are more patient, and do not concern who was right from there before.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST_S = 900.0
QUIET = timedelta(hours=24)
"""A count is forgotten so long after its last failure: waiting for that must not be faster than waiting in line."""
KNOWN = timedelta(days=30)
"""So long a place from which a name was right is one that it is known at."""
_NO_ADDRESS = "local"
_IPV6_SITE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One count: how often it was wrong since it was last right or quiet, and when last."""

    failures: int = 0
    last_at: datetime | None = None
    right_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Under what an attempt is counted. Hashes: what somebody typed as a name may be his password."""

    pair: str
    place: str
    name: str

    @property
    def all(self) -> tuple[str, str, str]:
        return self.pair, self.place, self.name


PAIR_FREE, PLACE_FREE, NAME_FREE = 5, 30, 100
"""Failures without a wait, of each count. NIST SP 800-63B allows a name 100 in a row at most."""

CODES_FREE = 20
"""Wrong enrolment codes from one place without a wait. Later one guesses 96 of 10^12 a day."""


def keys_of(email: str, origin: str | None) -> Keys:
    name, place = email.strip().lower(), place_of(origin)
    return Keys(pair=_hashed("pair", name, place), place=_hashed("place", place), name=_hashed("name", name))


def wait_s(pair: Tally, place: Tally, name: Tally, *, now: datetime) -> float:
    """Seconds from `now` until this name may be tried from this place; 0 when at once."""
    if pair.right_at is not None and now - pair.right_at < KNOWN:
        return _left_s(pair, free=PAIR_FREE, now=now)
    return max(
        _left_s(pair, free=PAIR_FREE, now=now),
        _left_s(place, free=PLACE_FREE, now=now),
        _left_s(name, free=NAME_FREE, now=now),
    )


def codes_key(origin: str | None) -> str:
    """Under what wrong enrolment codes are counted: by the place alone, since nobody has said a name."""
    return _hashed("codes", place_of(origin))


def codes_wait_s(tally: Tally, *, now: datetime) -> float:
    """Seconds from `now` until another code may be tried from there; 0 when at once."""
    return _left_s(tally, free=CODES_FREE, now=now)


def delay_s(failures: int, *, free: int) -> float:
    """After the last of so many failures: none for the free ones, then 1, 2, 4, … seconds up to 15 minutes."""
    beyond = failures - free
    if beyond <= 0:
        return 0.0
    return min(2.0 ** min(beyond - 1, 32), LONGEST_S)


def counts(tally: Tally, *, now: datetime) -> bool:
    """False once it was quiet for long enough."""
    return tally.last_at is not None and now - tally.last_at < QUIET


def _left_s(tally: Tally, *, free: int, now: datetime) -> float:
    if tally.last_at is None or not counts(tally, now=now):
        return 0.0
    return max(0.0, delay_s(tally.failures, free=free) - (now - tally.last_at).total_seconds())


def place_of(origin: str | None) -> str:
    """An address; of IPv6 its /64, since whoever has one address there has them all."""
    if origin is None:
        return _NO_ADDRESS
    try:
        address = ipaddress.ip_address(origin)
    except ValueError:
        return origin
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), _IPV6_SITE), strict=False))
    return str(address)


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", errors="surrogatepass")).hexdigest()
