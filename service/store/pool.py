"""Which connections are there to PostgreSQL? A pool of them, to whichever host can be written to, and no dead ones.

Not for what is done on them: `database`. The pool is never smaller than the threads that use it, so nobody waits for a
place in it unless something is wrong.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError

from service.store import patience
from service.store.addresses import Addresses
from service.store.impatient import Impatient, Limits, NotAnswered, limited
from service.store.outage import Outage

POOL_TIMEOUT_S = 1.0
LOCK_TIMEOUT_S = 1.5
"""Below the statement's: who waits for a lock should be told that it was a lock."""
IDLE_IN_TRANSACTION_S = 1.0
"""A process that is frozen in the middle of a transaction holds an incident no longer than this before the next."""


class _Host(NamedTuple):
    name: str
    port: str


def pool_of_connections(
    url: str, *, size: int, limits: Limits, outage: Outage, addresses: Addresses | None = None
) -> Engine:
    """Nothing is opened before it is used. `url` may name several hosts; only one that can be written to is used."""
    wanted = make_url(url)
    target = wanted.query.get("target_session_attrs", "read-write")
    engine = create_engine(
        wanted,
        pool_size=size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        # Errors are logged, and parameters are secrets, addresses and positions.
        hide_parameters=True,
        connect_args={
            "options": _session_options(limits),
            "target_session_attrs": target,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": 3_000,
        },
    )
    _connect_impatiently(engine, limited(limits, answered=outage.answered), outage, addresses or Addresses())
    _pass_over_the_dead(engine, must_write=target == "read-write")
    _learn_from_errors(engine, outage)
    return engine


def _connect_impatiently(engine: Engine, impatient: type[Impatient], outage: Outage, addresses: Addresses) -> None:
    last: list[_Host] = []
    whole_s = impatient.limits.connect_s

    @event.listens_for(engine, "do_connect")
    def connect(_: Any, __: Any, arguments: list[Any], named: dict[str, Any]) -> Impatient:
        begun_s, had_time = time.monotonic(), patience.left_s(whole_s) >= whole_s
        try:
            found = addresses.added_to(_first_asking(last, named), within_s=whole_s)
            connection = impatient.connect(*arguments, **found)
        except psycopg.OperationalError:
            # Who is turned away sooner may as well ask; who had no time left has learned nothing of the server.
            if had_time and time.monotonic() - begun_s >= whole_s:
                outage.failed(begun_s=begun_s)
            raise
        last[:] = [_Host(connection.info.host, str(connection.info.port))]
        return connection


def _first_asking(last: Sequence[_Host], named: Mapping[str, Any]) -> dict[str, Any]:
    """The same hosts, the one that let us in last before the others.

    Else each new connection would first wait for a host that hangs; and a primary that comes back after its standby
    was promoted would be believed again, because it stands first in the URL.
    """
    hosts = str(named.get("host", "")).split(",")
    ports = str(named.get("port") or "5432").split(",")
    if len(hosts) == 1 or len(ports) not in {1, len(hosts)}:
        return dict(named)
    known = [_Host(host, port or "5432") for host, port in zip(hosts, ports * len(hosts), strict=False)]
    known.sort(key=lambda host: host not in last)
    return {**named, "host": ",".join(host.name for host in known), "port": ",".join(host.port for host in known)}


def _pass_over_the_dead(engine: Engine, *, must_write: bool) -> None:
    """Whoever gets a connection from the pool gets one that lived a moment ago; asking the server would take 50 µs."""

    @event.listens_for(engine, "checkout")
    def look(connection: Impatient, _: Any, __: Any) -> None:
        if connection.has_ended:
            raise InvalidatePoolError
        if must_write and connection.is_read_only:
            raise DisconnectionError


def _learn_from_errors(engine: Engine, outage: Outage) -> None:
    @event.listens_for(engine, "handle_error")
    def learn(context: ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(error, NotAnswered):
            # Else it was the caller who had no time left, or this one connection; the others are as good as before.
            context.invalidate_pool_on_disconnect = error.patiently and outage.failed(begun_s=error.begun_s)
        elif isinstance(error, ReadOnlySqlTransaction):
            # It was the primary; elsewhere there may be a new one, and this connection will never write again.
            context.is_disconnect = True


def _session_options(limits: Limits) -> str:
    settings = {
        "timezone": "UTC",
        "statement_timeout": _milliseconds(limits.statement_s),
        "lock_timeout": _milliseconds(min(LOCK_TIMEOUT_S, limits.statement_s)),
        "idle_in_transaction_session_timeout": _milliseconds(IDLE_IN_TRANSACTION_S),
    }
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1_000)
