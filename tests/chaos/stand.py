"""What runs while promises are tested? All of Beatline: real processes that can be killed, hung and started again.

PostgreSQL and Valkey (`servers`), API processes with the clock that each brings along, workers, clocks of their own,
and an FCM stand-in, whose record of deliveries says what was handed to the push service, and when. Not for who calls it
(`outside`), and not for what breaks when (`faults`).

| name | what |
|---|---|
| `postgres`, `valkey`, `push` | the stores, the FCM stand-in |
| `api-1` … | `beatline serve`, with its clock |
| `clock-1` … | the clock of `api-1` … alone, which its API starts again |
| `worker-1` … | `python -m workers.worker` |
| `lone-clock-1` … | `python -m workers.clock` |

Every fault is counted in `faults`, by a name a person can read in the table at the end. Who ends by itself is started
again a second later, as `beatline work` or an orchestrator does, and named in `ended_by_themselves`.
"""

import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import redis

from chaos import processes
from chaos.outside import Agency, Balancer
from chaos.parts import PUSH, Parts, StandFailed, kind_of
from chaos.plan import ROOT, Plan, Wish
from chaos.processes import Processes
from chaos.push_service import Delivery, PushService
from chaos.servers import DATABASE, Servers, created
from service.dev.fcm_standin import write_credentials
from service.dev.installation import free_port
from service.store import migration

__all__ = ["POSTGRES", "PUSH", "ROOT", "VALKEY", "Delivery", "Plan", "Stand", "StandFailed", "Wish", "standing"]

START_S = 60.0
RESTART_AFTER_S = 1.0
DRAIN_S = 30.0
"""What orchestrators give by default before they kill."""
POSTGRES, VALKEY = "postgres", "valkey"
_STARTED = {"worker": '"worker_started"', "lone-clock": '"clock_started"', "clock": '"clock_started"'}
_KIND_WORDS = {"api": "API", "lone-clock": "clock", POSTGRES: "PostgreSQL", VALKEY: "Valkey", PUSH: "push service"}


class Stand:
    """Up inside `standing`. From any thread."""

    def __init__(self, plan: Plan, servers: Servers, *, home: Path) -> None:
        self.plan = plan
        self.servers = servers
        self.ports = {name: free_port() for name in plan.names if kind_of(name) == "api"}
        self.parts = Parts(
            plan=plan, servers=servers, ports=self.ports, fcm_url=f"http://127.0.0.1:{free_port()}", home=home
        )
        self.push = PushService(self.parts.fcm_url)
        self.balancer = Balancer(list(self.ports.values()))
        self.processes = Processes()
        self.faults: Counter[str] = Counter()
        self.ended_by_themselves: Counter[str] = Counter()
        self._clock_words_from: dict[str, int] = {}
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="keeper")

    # -- break it -----------------------------------------------------------------------------------------------

    def kill(self, name: str) -> None:
        """SIGKILL, children included. It stays dead until `restart`; a `clock-1` is started again by its API."""
        self._count("killed", name)
        if clock := self._clock_of(name):
            self._clock_words_from[name] = self._log_of(name).stat().st_size
            processes.send_signal(clock, signal.SIGKILL)
        elif not name.startswith("clock-"):
            self.processes.kill(name)

    def stop(self, name: str) -> None:
        """SIGSTOP, children included: connections stay, nothing is answered."""
        self._count("hung", name)
        if clock := self._clock_of(name):
            processes.send_signal(clock, signal.SIGSTOP)
        elif not name.startswith("clock-"):
            self.processes.hang(name)

    def cont(self, name: str) -> None:
        """SIGCONT, children included."""
        if clock := self._clock_of(name):
            processes.send_signal(clock, signal.SIGCONT)
        elif not name.startswith("clock-"):
            self.processes.go_on(name)

    def wipe_redis(self) -> None:
        """FLUSHALL: as if it had come back with an empty disk."""
        self.faults["Valkey wiped"] += 1
        with self.redis() as client:
            client.flushall()

    def fail_push(self, target: str, *, answer: str, times: int | None = 1, retry_after_s: float | None = None) -> None:
        """A phone's next `times` messages (None: all) get this `Answer` of `service.dev.fcm_answers`."""
        self.faults[f"FCM {answer.replace('_', ' ')}"] += times or 1
        self.push.fail(target, answer=answer, times=times, retry_after_s=retry_after_s)

    def behave_push(self) -> None:
        self.push.behave()

    # -- mend it ------------------------------------------------------------------------------------------------

    def start(self, name: str) -> None:
        """Start what was planned under this name, for the first time or after a kill; does not wait for it."""
        self.processes.start(name, self.parts.program(name))
        self._forget_clock(name)

    def restart(self, name: str) -> None:
        """Start again who was killed, and wait until it is ready. Nothing happens to one that runs.

        An API's clock is started again by its API: here it is only waited for.
        """
        if not name.startswith("clock-"):
            self.processes.start_again(name)
            self._forget_clock(name)
        self.wait_ready(name)

    def wait_whole(self) -> None:
        """Until everything planned is there and ready, the APIs' clocks too: as before the first fault."""
        clocks = [name.replace("api-", "clock-") for name in self.ports]
        for name in (POSTGRES, VALKEY, *self.planned, *clocks):
            self.wait_ready(name)

    def replace(self, name: str, code: Path) -> None:
        """As an orchestrator does: SIGTERM, wait until it has drained, and that code under its name; until it is ready.

        Raises subprocess.TimeoutExpired when it does not end in time: then it would be killed with what it is doing.
        """
        self.processes.end(name, patience_s=DRAIN_S)
        self.processes.start(name, self.parts.program(name, code))
        self._forget_clock(name)
        self.wait_ready(name)

    def wait_ready(self, name: str) -> None:
        """Until it would serve. Raises StandFailed with its last words."""
        self._until(name, lambda: self.is_ready(name))

    def is_ready(self, name: str) -> bool:
        kind = kind_of(name)
        if kind == "api":
            return _answers(f"http://127.0.0.1:{self.ports[name]}/readyz")
        if kind == PUSH:
            return self.push.is_there()
        if kind in _STARTED:
            return _STARTED[kind] in self._words_of_last_start(name)
        ready = self.servers.postgres_is_ready if name == POSTGRES else self.servers.valkey_is_ready
        return ready(self.processes.pid(name))

    # -- look at it ---------------------------------------------------------------------------------------------

    def sql(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """As the superuser, who sees all agencies: rows by column. Raises psycopg.OperationalError while it is away."""
        with self.servers.connect() as connection:
            cursor = connection.execute(statement, parameters)
            return list(cursor) if cursor.description else []

    def sql_again(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """As `sql`, waiting while PostgreSQL is away; for statements that may be done twice."""
        deadline_s = time.monotonic() + START_S
        while True:
            try:
                return self.sql(statement, parameters)
            except psycopg.OperationalError:
                if time.monotonic() > deadline_s:
                    raise
                time.sleep(0.1)

    def redis(self) -> "redis.Redis":
        """A client of its own; close it."""
        return redis.Redis.from_url(self.servers.redis_url, socket_timeout=5)

    def deliveries(self, since: int = 0) -> list[Delivery]:
        """What the push service has taken after that number, oldest first."""
        return self.push.deliveries(since)

    def wait_for(self, is_so: Callable[[], bool], *, timeout_s: float, what: str) -> None:
        """Raises TimeoutError when it never is."""
        deadline_s = time.monotonic() + timeout_s
        while not is_so():
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"waited {timeout_s:g} s for {what}")
            time.sleep(0.05)

    def last_words(self, name: str) -> str:
        log = self.processes.log(name)
        return log.read_text(errors="replace")[-3_000:] if log.exists() else "(none)"

    # -- who lives there ----------------------------------------------------------------------------------------

    def found(self, *wishes: Wish) -> list[Agency]:
        """New police departments, by the planned code, whose units have just told where they are. About 1.5 s."""
        return [Agency.of(self.balancer, made) for made in self.parts.found(wishes)]

    def environment(self) -> dict[str, str]:
        """What every process of Beatline here is told."""
        return self.parts.environment()

    def migrate(self, code: Path | None = None) -> None:
        """`beatline migrate` of that code, as the tables' owner."""
        self.parts.migrate(code)

    # -- how it comes up ----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Everything of the plan, side by side, until all of it is ready."""
        self.processes.start(POSTGRES, self.servers.postgres)
        self.processes.start(VALKEY, self.servers.valkey)
        write_credentials(self.parts.credentials, self.parts.fcm_url)
        self.start(PUSH)
        for name in (POSTGRES, VALKEY):
            self.wait_ready(name)
        with self.servers.connect("postgres") as connection:
            connection.execute(f"create database {DATABASE}")
        if self.plan.code == ROOT:
            migration.upgrade(self.servers.admin_url)  # here: a second sooner than by a process of its own
        else:
            self.migrate()
        for name in self.planned:
            self.start(name)
        for name in (PUSH, *self.planned):
            self.wait_ready(name)
        self._keeper.start()

    @property
    def planned(self) -> list[str]:
        """APIs, workers and lone clocks."""
        return self.plan.names

    def close(self) -> None:
        self._closing.set()
        if self._keeper.ident is not None:
            self._keeper.join()
        self.processes.close()
        self.balancer.close()
        self.push.close()

    def _keep(self) -> None:
        while not self._closing.wait(RESTART_AFTER_S):
            self.ended_by_themselves.update(self.processes.mend(self.planned))

    def _clock_of(self, name: str) -> int | None:
        """The process id of an API's own clock; None for other names, and while the API has none."""
        if not name.startswith("clock-"):
            return None
        api = name.replace("clock-", "api-")
        return processes.child_of(self.processes.pid(api), lambda words: "workers.clock" in words)

    def _count(self, fate: str, name: str) -> None:
        kind = kind_of(name)
        self.faults[f"{_KIND_WORDS.get(kind, kind)} {fate}"] += 1

    def _forget_clock(self, name: str) -> None:
        """An API that is started anew has a new clock."""
        if name in self.ports:
            self._clock_words_from[name.replace("api-", "clock-")] = self.processes.log_start(name)

    def _log_of(self, name: str) -> Path:
        """An API's clock writes into the log of its API."""
        return self.processes.log(name.replace("clock-", "api-") if kind_of(name) == "clock" else name)

    def _words_of_last_start(self, name: str) -> str:
        is_clock = kind_of(name) == "clock"
        start = self._clock_words_from.get(name, 0) if is_clock else self.processes.log_start(name)
        with self._log_of(name).open("rb") as said:
            said.seek(start)
            return said.read().decode(errors="replace")

    def _until(self, name: str, is_ready: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + START_S
        while not is_ready():
            if time.monotonic() > deadline_s:
                raise StandFailed(f"{name} did not start. The end of its log:\n{self.last_words(name)}")
            time.sleep(0.02)


@contextmanager
def standing(plan: Plan | None = None) -> Iterator[Stand]:
    """All of it, ready; nothing is left behind afterwards."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="beatline-chaos-")))
        plan = plan or Plan()
        servers = stack.enter_context(created(home, in_memory=plan.in_memory))
        stand = Stand(plan, servers, home=home)
        stack.callback(stand.close)
        stand.begin()
        yield stand


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).is_success
    except httpx.TransportError:
        return False
