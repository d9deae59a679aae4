"""How late does the slowest of 500 consoles see a change, while 20 incidents run from the shot until they are covered?

`python tests/bench/run_streams.py`: one real API process, its stores, its clock, a worker and the push service's
stand-in on this machine. Sources, phones and consoles use the public API. A change counts from the moment in which its
journal entry is written, just before its commit, until the last of all consoles has it.
"""

import asyncio
import json
import logging
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import uvloop
from bench import report
from bench.city import places, quieten, shot
from bench.crowd import Watcher, gather_crowd
from bench.figures import percentile
from bench.stand import Stand, standing
from bench.wire import Wire

from service.adapters.redis.jobs import PAGES
from service.auth.tokens import new_session_token, token_hash
from service.operations.sessions import SESSION_LIFETIME
from service.operations.watching import PER_CREDENTIAL
from service.store import sessions, users
from service.store.ids import made_at
from service.store.users import UserRole

STREAMS = 500
INCIDENTS = 20
EVERY_S = 0.25
"""Between two shots: all of them run at once."""
ANSWERS_AFTER_S = (0.3, 0.6, 1.2)
"""From a page at a phone to its receipt, to its display, and to the thumb on it."""
QUIET_S = 2.0
LIMIT_S = 60.0
BOUND_S = 1.0
_EVENT = re.compile(rb"event: incident\ndata: (.*)\nid: ([0-9a-f-]{36})\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """The API process, as the kernel sees it."""

    pid: int

    def memory_mib(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) / 1024

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """`late_s` of each change, until the slowest had it; the rest is of the API process."""

    late_s: Sequence[float]
    first_late_s: Sequence[float]
    events: int
    empty_mib: float
    crowded_mib: float
    busy_mib: float
    cpu_s: float
    took_s: float


def main() -> None:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="beatline-bench-") as home, standing(Path(home)) as stand:
        with stand.api(), stand.worker("worker", "workers.worker", PAGES):
            seen = uvloop.run(_watch(stand))
        quieten(stand.owner)
    report.say("\n".join([*_told(seen), "", *report.machine(load_before)]))


async def _watch(stand: Stand) -> Seen:
    api = _api_of(stand)
    await asyncio.to_thread(_fire, stand)  # warm: whatever is made once is made
    await asyncio.sleep(QUIET_S)
    empty_mib = api.memory_mib()
    crowd = await gather_crowd(stand.base_url, list(_tokens(stand)))
    await asyncio.sleep(QUIET_S)
    crowded_mib, cpu_s, started_s = api.memory_mib(), api.cpu_s(), time.monotonic()
    async with httpx.AsyncClient(base_url=stand.base_url) as phones:
        covered = asyncio.create_task(_answer_all(stand, crowd[0], phones))
        for _ in range(INCIDENTS):
            await asyncio.to_thread(_fire, stand)
            await asyncio.sleep(EVERY_S)
        async with asyncio.timeout(LIMIT_S):
            await covered
    took_s, cpu_s = time.monotonic() - started_s, api.cpu_s() - cpu_s
    await asyncio.sleep(QUIET_S)
    slowest, fastest = _lateness(crowd)
    return Seen(
        late_s=slowest,
        first_late_s=fastest,
        events=len(_events(crowd[0])),
        empty_mib=empty_mib,
        crowded_mib=crowded_mib,
        busy_mib=api.memory_mib(),
        cpu_s=cpu_s,
        took_s=took_s,
    )


def _fire(stand: Stand) -> None:
    number = next(stand.city.numbers)
    with Wire(stand.base_url) as wire:
        wire.exchange(shot(stand.city, number, next(places(start=number)), heard_at=time.time()), expect=202)


async def _answer_all(stand: Stand, console: Watcher, phones: httpx.AsyncClient) -> None:
    """Each unit that is asked answers as an officer does, until every incident is covered."""
    tokens = {str(phone.unit_id): phone.device_token for phone in stand.city.phones}
    answering: dict[str, asyncio.Task[None]] = {}
    states: dict[str, str] = {}
    while len(states) < INCIDENTS or set(states.values()) != {"covered"}:
        await asyncio.sleep(0.1)
        for told, _ in _events(console):
            states[told["incident"]["incident_id"]] = told["incident"]["state"]
            for alert in told["alerts"]:
                if alert["alert_id"] not in answering:
                    answer = _answer(phones, alert["alert_id"], token=tokens[alert["unit_id"]])
                    answering[alert["alert_id"]] = asyncio.create_task(answer)
    await asyncio.gather(*answering.values())


async def _answer(phones: httpx.AsyncClient, alert_id: str, *, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    now = "2026-11-20T00:00:00Z"
    acts = [
        ("receipt", {"kind": "received", "at": now}),
        ("receipt", {"kind": "displayed", "at": now}),
        ("acknowledgment", {"response": "accepted"}),
    ]
    waited_s = 0.0
    for (path, body), after_s in zip(acts, ANSWERS_AFTER_S, strict=True):
        await asyncio.sleep(after_s - waited_s)
        waited_s = after_s
        answer = await phones.post(f"/v1/me/alerts/{alert_id}/{path}", json=body, headers=headers)
        answer.raise_for_status()


def _events(console: Watcher) -> list[tuple[dict[str, Any], bytes]]:
    """What an incident event told, and its id."""
    whole = re.sub(rb"\r\n(?:[0-9a-f]+\r\n)?", b"", console.whole)
    return [(json.loads(data), event_id) for data, event_id in _EVENT.findall(whole)]


def _lateness(crowd: Sequence[Watcher]) -> tuple[list[float], list[float]]:
    """Of each change, at the slowest and at the fastest console. Raises KeyError when one of them never saw it."""
    slowest, fastest = [], []
    for told, event_id in _events(crowd[0]):
        came_at = [watcher.came_at[event_id] for watcher in crowd]
        for change in told["changes"]:
            written_at = made_at(UUID(change["entry_id"])).timestamp()
            slowest.append(max(came_at) - written_at)
            fastest.append(min(came_at) - written_at)
    return slowest, fastest


def _tokens(stand: Stand) -> Iterator[str]:
    """One for each stream: as many sessions as it takes, each of somebody who is signed in."""
    database, now = stand.here.database, stand.here.ports.clock.now()
    for first in range(0, STREAMS, PER_CREDENTIAL):
        token = new_session_token()
        with database.transaction(stand.city.agency_id) as tx:
            user = users.add(
                tx,
                email=f"dispatcher-{first}@bench.example",
                name=f"Dispatcher {first}",
                role=UserRole.DISPATCHER,
                password_hash="none",
                now=now,
            )
            key = token_hash(token).hex()
            sessions.add(tx, key, user_id=user.user_id, now=now, expires_at=now + SESSION_LIFETIME)
        yield from [token] * min(PER_CREDENTIAL, STREAMS - first)


def _api_of(stand: Stand) -> Process:
    """The largest process that was started as the API: what ties it to us may be another."""
    port = stand.base_url.rpartition(":")[2]
    wanted = f"serve\0--port\0{port}\0".encode()
    found = [Process(pid=int(path.parent.name)) for path in Path("/proc").glob("[0-9]*/cmdline") if _is(path, wanted)]
    return max(found, key=Process.memory_mib)


def _is(path: Path, wanted: bytes) -> bool:
    try:
        return wanted in path.read_bytes()
    except OSError:  # it has ended meanwhile
        return False


def _told(seen: Seen) -> list[str]:
    worst_s = max(seen.late_s)
    per_stream_kib = (seen.crowded_mib - seen.empty_mib) * 1024 / STREAMS
    rows = [
        ("changes, in events", f"{len(seen.late_s)}, in {seen.events} to each of {STREAMS} streams"),
        ("the slowest stream has a change after, worst", f"{worst_s * 1e3:.0f} ms"),
        ("… p99", f"{percentile(seen.late_s, 99) * 1e3:.0f} ms"),
        ("… p50", f"{percentile(seen.late_s, 50) * 1e3:.0f} ms"),
        ("the fastest stream has it after, p50", f"{percentile(seen.first_late_s, 50) * 1e3:.0f} ms"),
        ("memory of the API process, without streams", f"{seen.empty_mib:.0f} MiB"),
        ("… with them", f"{seen.crowded_mib:.0f} MiB: {per_stream_kib:.0f} KiB a stream"),
        ("… after the incidents", f"{seen.busy_mib:.0f} MiB"),
        ("processor time of the API process", f"{seen.cpu_s:.1f} s in {seen.took_s:.1f} s"),
    ]
    verdict = "met" if worst_s <= BOUND_S else "**MISSED**"
    head = f"{STREAMS} streams, {INCIDENTS} incidents until covered; bound {BOUND_S:g} s: {verdict}"
    return [head, "", "| | |", "|---|--:|", *(f"| {what} | {value} |" for what, value in rows)]


if __name__ == "__main__":
    main()
