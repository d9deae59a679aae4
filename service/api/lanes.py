"""Who goes before whom, and how much of the server may one agency have? The one table of shares.

A lane is a kind of request. What waits for a thumb goes first; what can wait leaves threads free for what cannot, since
that may come at any moment. Limits are on what is going on at once, never on a rate: who is quick may do a lot.
Who is let in when, by this table: `admission`.
"""

import re
from dataclasses import dataclass

from starlette.types import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The lower the `rank`, the sooner; `leaves_free` threads are never taken by it. No `rank`: it takes no thread.

    `at_once` and `may_wait` are one agency's share (an address's, of a stranger), `in_all` is everybody's together; of
    an agency's line one credential has `one_may_wait`. Nobody waits for longer than `patience_s`.
    """

    name: str
    rank: int | None
    leaves_free: int = 0
    at_once: int
    in_all: int
    may_wait: int
    one_may_wait: int | None = None
    patience_s: float = 0.0


PROBE = Lane(name="probe", rank=0, at_once=2, in_all=2, may_wait=8, patience_s=2.0)
"""A balancer that gets no answer takes the whole server away."""
SCRAPE = Lane(name="scrape", rank=0, at_once=1, in_all=1, may_wait=4, patience_s=5.0)
"""Who measures must see an overload, and asks the database: one thread, however many ask."""
ACT = Lane(name="act", rank=1, leaves_free=1, at_once=8, in_all=18, may_wait=200, one_may_wait=20, patience_s=8.0)
"""A person has decided: an officer's thumb, a dispatcher's hand. No person waits for twenty of his own decisions: a
phone that loops, or is stolen, keeps no colleague's thumb out of the line."""
DETECTION = Lane(name="detection", rank=2, leaves_free=3, at_once=3, in_all=12, may_wait=300, patience_s=8.0)
"""Those of one agency are stored one after the other, under its lock. Of three, one has the lock, one is checked and
looks around, and one has its answer sent: more would only hold threads and connections while they wait. Three hundred
are worked off within three seconds; what comes beyond that is better sent again than kept until its sender gives up."""
SIGN_IN = Lane(name="sign_in", rank=3, leaves_free=6, at_once=2, in_all=2, may_wait=50, patience_s=10.0)
"""Each password takes 64 MiB and 50 ms, whoever sends it."""
FEED = Lane(name="feed", rank=4, leaves_free=6, at_once=2, in_all=4, may_wait=20, patience_s=5.0)
"""A message with the positions of a fleet takes tens of milliseconds to read."""
ASK = Lane(name="ask", rank=5, leaves_free=6, at_once=6, in_all=14, may_wait=1_000, one_may_wait=100, patience_s=10.0)
"""Whatever looks, and what programs tell: after an outage five hundred phones of one agency come back at once."""
REPORT = Lane(name="report", rank=None, at_once=2_500, in_all=6_000, may_wait=0)
"""Positions of single phones: answered on the event loop, for a whole agency's units at the same moment."""
LANES = (PROBE, SCRAPE, ACT, DETECTION, SIGN_IN, FEED, ASK, REPORT)

_SIGNED = re.compile(r"/v1/sources/([^/]+)/(detections|positions)")
_BY_ITSELF = re.compile(r"/v1/me/alerts/[^/]+/receipt|/v1/me/push")
_DECIDED = re.compile(r"/v1/(me|incidents)/")
_FOR_MACHINES = {"/readyz": PROBE, "/metrics": SCRAPE}
_LOOKS = frozenset({"GET", "HEAD", "OPTIONS"})


def lane_of(scope: Scope) -> Lane | None:
    """None for what is answered at once, without a thread, and asks nobody: liveness, pages."""
    path: str = scope["path"]
    if machines := _FOR_MACHINES.get(path):
        return machines
    if not path.startswith("/v1/"):
        return None
    if path == "/v1/me/positions":
        return REPORT
    if scope["method"] in _LOOKS:
        return ASK
    if signed := _SIGNED.fullmatch(path):
        return DETECTION if signed[2] == "detections" else FEED
    if path == "/v1/session" and scope["method"] == "POST":
        return SIGN_IN
    return ACT if _DECIDED.match(path) and not _BY_ITSELF.fullmatch(path) else ASK


def source_named_by(path: str) -> str | None:
    """The id in the path of a signed message, as it was written."""
    signed = _SIGNED.fullmatch(path)
    return signed[1] if signed else None
