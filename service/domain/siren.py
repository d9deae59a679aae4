"""How often may the phones of one unit sound? Pure. Not for who is asked, nor for how a hushed alert looks (`notice`).

Sirens that never stop are switched off, and then nobody hears the next one. So a unit gets one in `siren_every_s` and
`sirens_per_minute`; what comes in between is shown at once without a sound, and one digest rings once for all of it.
DESIGN §5.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from service.domain.alert import PageKind
from service.domain.policy import Policy

WINDOW = timedelta(minutes=1)
"""So far back earlier rings matter."""


def is_limited(kind: PageKind, *, is_emergency: bool) -> bool:
    """An officer who calls for help is never hushed, nor is the question how an officer is."""
    return not is_emergency and kind is not PageKind.WELFARE


def may_sound(rang_at: Collection[datetime], *, now: datetime, policy: Policy) -> bool:
    """May one more siren sound now, after those that did within the last minute?"""
    return _earliest(rang_at, now=now, every_s=policy.siren_every_s, at_most=policy.sirens_per_minute) <= now


def digest_at(rang_at: Collection[datetime], *, now: datetime, policy: Policy) -> datetime:
    """When the digest may ring, not before `now`: apart from other rings as a siren is, but one more in a minute.

    One more, because an alert's deadline is shorter than a minute: a fourth shot must be heard before it has expired.
    """
    return _earliest(rang_at, now=now, every_s=policy.siren_every_s, at_most=policy.sirens_per_minute + 1)


def _earliest(rang_at: Collection[datetime], *, now: datetime, every_s: int, at_most: int) -> datetime:
    rings = sorted(rang_at)
    after_the_last = [rings[-1] + timedelta(seconds=every_s)] if rings else []
    out_of_the_window = [rings[-at_most] + WINDOW] if len(rings) >= at_most else []
    return max([now, *after_the_last, *out_of_the_window])
