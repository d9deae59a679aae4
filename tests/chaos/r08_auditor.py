"""R8: every living alert has a future deadline, or an auditor finds one without within 30 s and says so loudly.

Rows are broken by SQL, as a bug or a hand on the database would; all workers are killed. What is looked for is what an
administrator would see: the alarm, the incident's journal, the phone that rings all the same, and a dead man's switch
outside that hears nothing while an urgent alarm stands.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from chaos.outside import Agency, Taken
from chaos.row import Row, Scale
from chaos.stand import Delivery, Plan, Stand, Wish, standing

FOUND_WITHIN_S = 30.0
PATIENCE_S = 60.0
ROUNDS = 5
PUSH_WITHIN_S = 10.0
"""The hard bound of R2: without a worker the API host's own clock sends."""
POLICY = {"acknowledgment_deadline_s": 120, "units_per_level": 1, "acknowledgments_needed": 1, "warning_radius_m": 0}
LOST_DEADLINE = "update incidents set next_action_at = null where incident_id = %(id)s"
FAR_DEADLINE = "update incidents set next_action_at = now() + interval '1 day' where incident_id = %(id)s"
FAR_PAGE = "update pages set next_action_at = now() + interval '1 day' where incident_id = %(id)s and state = 'pending'"
BROKEN = {
    "deadline set to null": (LOST_DEADLINE, "deadline_restored"),
    "deadline set a day later": (FAR_DEADLINE, "deadline_restored"),
    "page set a day later": (FAR_PAGE, "page_restored"),
}
"""What is done by SQL, and what the incident's journal says once it is mended."""


def measure(scale: Scale) -> Row:
    with _outside() as outside:
        settings = {"DEAD_MANS_SWITCH_URL": outside.url, "CANARY_EVERY_S": "10"}
        with standing(Plan(apis=1, workers=1, settings=settings)) as stand:
            (agency,) = stand.found(Wish(units=25, spacing_m=1_500, policy=POLICY))
            if not scale.short:
                stand.wait_for(lambda: bool(outside.pings), timeout_s=PATIENCE_S, what="all to be well")
            found_s = [
                _found_after_s(stand, agency, outside, short=scale.short) for _ in range(1 if scale.short else ROUNDS)
            ]
            dead = None if scale.short else _without_workers(stand, agency)
            return _row(stand, found_s, dead, outside, bound_s=FOUND_WITHIN_S * scale.slack)


# -- rows are broken ------------------------------------------------------------------------------------------------


def _found_after_s(stand: Stand, agency: Agency, outside: "Outside", *, short: bool) -> float:
    """One row of each kind is broken at once; how long until the last of them was found and mended."""
    shots = [_heard(stand, agency, n, rings="page" not in kind) for n, kind in enumerate(BROKEN)]
    broken_at = time.monotonic()
    for shot, (kind, (statement, _)) in zip(shots, BROKEN.items(), strict=True):
        stand.faults[kind] += 1
        stand.sql(statement, {"id": shot.incident_id})
    for shot, (kind, (_, entry)) in zip(shots, BROKEN.items(), strict=True):
        stand.wait_for(partial(_says, stand, shot, entry), timeout_s=3 * FOUND_WITHIN_S, what=f"{kind} to be found")
    found_s = time.monotonic() - broken_at
    outside.hears_nothing_while(lambda: _stands(stand, "deadline_missing"), at_most_s=0.0 if short else 20.0)
    stand.wait_for(lambda: _rang(stand, shots[-1]), timeout_s=PUSH_WITHIN_S, what="the page to be sent after all")
    stand.wait_for(lambda: not _lost(stand, shots), timeout_s=PUSH_WITHIN_S, what="the clock to look at them")
    return found_s


def _heard(stand: Stand, agency: Agency, number: int, *, rings: bool) -> Taken:
    """Where a unit stands that has not been rung yet; its push fails for a while where a page is to wait."""
    agency.report_positions()
    phone = agency.phones[(_used(stand) + number) % len(agency.phones)]
    if not rings:
        stand.fail_push(phone.target, answer="unavailable", times=1, retry_after_s=60)
    shot = agency.hears(phone.lat, phone.lon)
    wanted = "sent" if rings else "pending"
    of_it = {"id": shot.incident_id, "state": wanted}
    tried = "select 1 from pages where incident_id = %(id)s and state = %(state)s and attempt > 0"
    stand.wait_for(lambda: bool(stand.sql(tried, of_it)), timeout_s=PUSH_WITHIN_S, what=f"a page to be {wanted}")
    return shot


def _used(stand: Stand) -> int:
    counted = "select count(*) as n from incidents i join agencies a using (agency_id) where not a.canary"
    return int(stand.sql(counted)[0]["n"])


def _says(stand: Stand, shot: Taken, entry: str) -> bool:
    asked = {"id": shot.incident_id, "entry": entry}
    return bool(stand.sql("select 1 from journal where incident_id = %(id)s and action = %(entry)s", asked))


def _stands(stand: Stand, alarm: str) -> bool:
    return bool(stand.sql("select 1 from alarms where alarm = %(alarm)s", {"alarm": alarm}))


def _deliveries(stand: Stand, shot: Taken) -> list[Delivery]:
    return [each for each in stand.deliveries() if each.data["incident_id"] == str(shot.incident_id)]


def _rang(stand: Stand, shot: Taken) -> bool:
    return bool(_deliveries(stand, shot))


def _lost(stand: Stand, shots: Sequence[Taken]) -> bool:
    """Is there one of them still without a deadline within its two minutes?"""
    waits = """select 1 from incidents where incident_id = any(%(ids)s)
               and (next_action_at is null or next_action_at > now() + interval '121 s')"""
    return bool(stand.sql(waits, {"ids": [shot.incident_id for shot in shots]}))


# -- workers are dead -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """All workers were: when an alarm said so, and how long a page took meanwhile."""

    alarm_s: float
    page_s: float


def _without_workers(stand: Stand, agency: Agency) -> Dead:
    stand.wait_for(lambda: not stand.sql("select 1 from alarms"), timeout_s=PATIENCE_S, what="alarms to go")
    stand.kill("worker-1")
    killed_at = time.monotonic()
    agency.report_positions()
    phone = agency.phones[_used(stand) % len(agency.phones)]
    shot = agency.hears(phone.lat, phone.lon)
    stand.wait_for(lambda: _rang(stand, shot), timeout_s=PATIENCE_S, what="the clock to send")
    handed_at = min(each.received_at for each in _deliveries(stand, shot))
    stand.wait_for(lambda: _stands(stand, "no_workers"), timeout_s=PATIENCE_S, what="the alarm")
    alarm_s = time.monotonic() - killed_at
    stand.restart("worker-1")
    stand.wait_for(lambda: not _stands(stand, "no_workers"), timeout_s=PATIENCE_S, what="the alarm to go")
    return Dead(alarm_s=alarm_s, page_s=handed_at - shot.answered_at)


# -- outside --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Outside:
    """Where the dead man's switch leads. `pings` are when it was asked; `wrong` those while an alarm stood."""

    url: str
    pings: list[float] = field(default_factory=list)
    wrong: int = 0

    def hears_nothing_while(self, stands: Callable[[], bool], *, at_most_s: float) -> None:
        deadline_s = time.monotonic() + at_most_s
        before = len(self.pings)
        while stands() and time.monotonic() < deadline_s:
            time.sleep(0.2)
        self.wrong += len(self.pings) - before


@contextmanager
def _outside() -> Iterator[Outside]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            outside.pings.append(time.monotonic())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        outside = Outside(url=f"http://127.0.0.1:{server.server_port}/ping")
        serving = Thread(target=server.serve_forever, name="outside")
        serving.start()
        try:
            yield outside
        finally:
            server.shutdown()
            serving.join()


def _row(stand: Stand, found_s: Sequence[float], dead: Dead | None, outside: Outside, *, bound_s: float) -> Row:
    told = f"found and mended after {max(found_s):.1f} s"
    holds = max(found_s) <= bound_s and not outside.wrong
    if dead is not None:
        told += f"; without workers an alarm after {dead.alarm_s:.1f} s, a page after {dead.page_s:.2f} s"
        told += f"; {outside.wrong} signs of life while an urgent alarm stood"
        holds = holds and dead.alarm_s <= bound_s and dead.page_s <= PUSH_WITHIN_S
    return Row(
        promise="R8",
        what="every living alert has a future deadline; who is left says that workers are dead",
        faults=dict(stand.faults),
        worst=told,
        bound=f"≤ {bound_s:g} s, 0",
        holds=holds,
    )
