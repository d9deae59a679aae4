"""R7: PostgreSQL down, hung, read-only, full or behind a silent network: a 503 in time, never a 2xx, and soon back.

More callers than the API has threads for detections post without a pause, and others ask whether it is ready and
alive. Whatever was sent while PostgreSQL was away must be refused in time; once it is back, what counts is when the
first of each is served again. Everything reaches PostgreSQL through a relay, as over a network that may fall silent.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from relay import Relay

from chaos.outside import Agency, shots
from chaos.row import Row, Scale
from chaos.servers import APP_ROLE, DATABASE, created
from chaos.stand import POSTGRES, Plan, Stand, Wish
from service.dev.installation import free_port

REFUSED_WITHIN_S = 3.0
SERVED_WITHIN_S = 2.0
ALIVE_WITHIN_S = 1.0
AGENCIES = 6
CALLERS_EACH = 4
PAUSE_S = 0.1
READ_ONLY = "alter system set default_transaction_read_only = {}"


@dataclass(frozen=True, slots=True)
class Call:
    """`to`: detections, readyz or livez. `status` 0: no answer at all. Times are monotonic."""

    to: str
    sent_s: float
    took_s: float
    status: int
    says_when: bool


@dataclass(slots=True)
class Callers:
    """Call until they are told to stop; what they were answered is in `calls`."""

    stand: Stand
    stop: threading.Event = field(default_factory=threading.Event)
    calls: list[Call] = field(default_factory=list)

    def post(self, agency: Agency) -> None:
        place = agency.phones[0]
        self._again_and_again("detections", lambda: agency.signed(shots(place.lat, place.lon)))

    def probe(self, path: str) -> None:
        self._again_and_again(path, lambda: {"method": "GET", "path": f"/{path}"})

    def wait_until_served(self, outage: "Outage", *, at_most_s: float) -> None:
        until_s = time.monotonic() + at_most_s
        while _back_after(self.calls, outage) > at_most_s and time.monotonic() < until_s:
            time.sleep(0.05)

    def _again_and_again(self, to: str, call: Callable[[], dict[str, Any]]) -> None:
        while not self.stop.wait(PAUSE_S):
            sent_s = time.monotonic()
            status, says_when = self._answer(call())
            self.calls.append(Call(to, sent_s, time.monotonic() - sent_s, status, says_when))

    def _answer(self, call: dict[str, Any]) -> tuple[int, bool]:
        try:
            answer = self.stand.balancer.once(**call)
        except httpx.TransportError:
            return 0, False
        return answer.status_code, "retry-after" in answer.headers


@dataclass(frozen=True, slots=True)
class Outage:
    """Away from `from_s` (nothing could be written any more) until `to_s` (all of it could)."""

    name: str
    from_s: float
    to_s: float


@dataclass(slots=True)
class Breaker:
    """What is done to PostgreSQL: for `away_s` when that costs callers time, else for a part of it."""

    stand: Stand
    network: Relay
    away_s: float

    def killed(self) -> Outage:
        self.stand.kill(POSTGRES)
        return self._away("killed", lambda: self.stand.restart(POSTGRES), self.away_s / 3)

    def hung(self) -> Outage:
        self.stand.stop(POSTGRES)
        return self._away("hung", lambda: self.stand.cont(POSTGRES), self.away_s)

    def silent(self) -> Outage:
        self.stand.faults["network to PostgreSQL silent"] += 1
        self.network.silence()
        return self._away("silent", self.network.speak, self.away_s)

    def read_only(self) -> Outage:
        self.stand.faults["PostgreSQL read-only"] += 1
        self._set_read_only("on")
        return self._away("read-only", lambda: self._set_read_only("off"), self.away_s / 3)

    def full(self) -> Outage:
        """No place is left for us, and those that we had are gone."""
        self.stand.faults["PostgreSQL full"] += 1
        self.stand.sql(f"alter role {APP_ROLE} connection limit 0")
        self.stand.sql(
            "select pg_terminate_backend(pid, 1000) from pg_stat_activity where usename = %(ours)s", {"ours": APP_ROLE}
        )
        open_again = f"alter role {APP_ROLE} connection limit -1"
        return self._away("full", lambda: self.stand.sql(open_again), self.away_s / 3)

    def _set_read_only(self, value: str) -> None:
        self.stand.sql(READ_ONLY.format(value))
        self.stand.sql("select pg_reload_conf()")
        self.stand.wait_for(
            lambda: [{"is": value}] == self.stand.sql("select current_setting('default_transaction_read_only') as is"),
            timeout_s=10,
            what=f"read-only {value}",
        )
        time.sleep(0.1)  # sessions that have begun something take it in when they have ended it

    def _away(self, name: str, mend: Callable[[], object], away_s: float) -> Outage:
        from_s = time.monotonic()
        time.sleep(away_s)
        before_s = time.monotonic()
        mend()
        # A killed server is back when it lets somebody in, whatever it had to recover.
        return Outage(name, from_s, time.monotonic() if name == "killed" else before_s)


def measure(scale: Scale) -> Row:
    with _called(scale) as (stand, callers, breaker):
        fates = (breaker.killed, breaker.hung, breaker.silent, breaker.read_only, breaker.full)
        outages = []
        for _ in range(1 if scale.short else 3):
            for fate in fates:
                time.sleep(0.3 if scale.short else 3.0)
                outages.append(fate())
                callers.wait_until_served(outages[-1], at_most_s=10.0 * scale.slack)
        callers.stop.set()
    return _judged(callers.calls, outages, dict(stand.faults), scale)


@contextmanager
def _called(scale: Scale) -> Iterator[tuple[Stand, Callers, Breaker]]:
    with ExitStack() as stack:
        stand, network = stack.enter_context(_standing_behind_a_network())
        wishes = (Wish(name=f"City {n}", units=2, middle=(37.0 + n, -122.0)) for n in range(AGENCIES))
        agencies = stand.found(*wishes)
        callers = Callers(stand)
        threads = stack.enter_context(ThreadPoolExecutor(AGENCIES * CALLERS_EACH + 2, thread_name_prefix="caller"))
        stack.callback(callers.stop.set)
        for agency in [agency for agency in agencies for _ in range(CALLERS_EACH)]:
            threads.submit(callers.post, agency)
        for path in ("readyz", "livez"):
            threads.submit(callers.probe, path)
        yield stand, callers, Breaker(stand, network, away_s=2.4 if scale.short else 8.0)


@contextmanager
def _standing_behind_a_network() -> Iterator[tuple[Stand, Relay]]:
    port = free_port()
    url = f"postgresql+psycopg://{APP_ROLE}@127.0.0.1:{port}/{DATABASE}"
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="beatline-chaos-")))
        servers = stack.enter_context(created(home, in_memory=True))
        network = stack.enter_context(Relay(port, servers.folder / "postgres-socket" / ".s.PGSQL.5432"))
        stand = Stand(Plan(apis=1, workers=0, settings={"DATABASE_URL": url}), servers, home=home)
        stack.callback(stand.close)
        stand.begin()
        yield stand, network


def _judged(calls: Sequence[Call], outages: Sequence[Outage], faults: Mapping[str, int], scale: Scale) -> Row:
    refused_s, back_s, alive_s, wrong = 0.0, 0.0, 0.0, []
    for outage in outages:
        during = [call for call in calls if outage.from_s < call.sent_s < outage.to_s]
        asked = [call for call in during if call.to != "livez" and call.sent_s + call.took_s < outage.to_s]
        refused_s = max([refused_s, *(call.took_s for call in during if call.to != "livez")])
        alive_s = max([alive_s, *(call.took_s for call in during if call.to == "livez")])
        wrong += [f"{outage.name}: {call.to} {call.status}" for call in asked if not _is_refusal(call)]
        wrong += [f"{outage.name}: livez {call.status}" for call in during if call.to == "livez" and call.status != _OK]
        back_s = max(back_s, _back_after(calls, outage))
    slack = scale.slack
    return Row(
        promise="R7",
        what=f"PostgreSQL away: 503 in time, never 2xx, soon back ({len(calls):,} calls)",
        faults=faults,
        worst=f"503 after {refused_s:.1f} s, serving {back_s:.1f} s after it is back, alive in {alive_s:.1f} s, "
        f"{len(wrong)} wrong answers",
        bound=f"{REFUSED_WITHIN_S * slack:g} s, {SERVED_WITHIN_S * slack:g} s, {ALIVE_WITHIN_S * slack:g} s, 0",
        holds=not wrong
        and refused_s <= REFUSED_WITHIN_S * slack
        and back_s <= SERVED_WITHIN_S * slack
        and alive_s <= ALIVE_WITHIN_S * slack,
        note="; ".join(sorted(set(wrong))[:6]),
    )


def _is_refusal(call: Call) -> bool:
    return call.status == httpx.codes.SERVICE_UNAVAILABLE and call.says_when


def _back_after(calls: Sequence[Call], outage: Outage) -> float:
    """How long after it was back a detection was served, and readiness told; infinite when they never were."""
    served: dict[str, float] = {"detections": float("inf"), "readyz": float("inf")}
    for call in calls:
        after_s = call.sent_s + call.took_s - outage.to_s
        if call.to in served and call.status in {_OK, _ACCEPTED} and after_s > 0:
            served[call.to] = min(served[call.to], after_s)
    return max(served.values())


_OK, _ACCEPTED = httpx.codes.OK, httpx.codes.ACCEPTED
