"""How a transaction is opened: for one agency, under its row-level security, with a bound on every wait.

Not for statements: those live beside it, one file a subject. Those that a shot or a page waits for are constants with
named parameters: SQLAlchemy takes longer to build and recognise a statement than PostgreSQL to answer it. Not for how a
wait ends (`impatient`), how long an answer may take in all (`patience`), or which connections there are (`pool`).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Executable, text
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session

from service.domain.errors import Code, DomainError
from service.store import patience
from service.store.impatient import Limits, NotAnswered
from service.store.outage import Outage
from service.store.pool import pool_of_connections

# `set_config(…, true)` is SET LOCAL: it ends with the transaction, so a pooled connection carries no agency over.
_ENTER = text("select set_config('beatline.agency_id', :agency_id, true)")
_ENTER_EXCLUSIVELY = text(
    "select set_config('beatline.agency_id', :agency_id, true), pg_advisory_xact_lock(hashtextextended(:agency_id, 0))"
)

# Nobody reads it. It is written so that a transaction that wrote nothing else waits for the standby as any other does:
# what it has read is then there too. Without a standby it costs one flush of the log.
_SOMETHING_WRITTEN = text("select pg_logical_emit_message(true, 'beatline', '')")

_IS_READ_ONLY = text("select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean")


@dataclass(frozen=True, slots=True)
class Transaction:
    """An open transaction that sees one agency's rows and no others.

    `origin` is the network address that it is done for, None for our own processes. `entries` are what the journal
    will say of it; `before_commit` is called in order at its end.
    """

    session: Session
    agency_id: UUID
    origin: str | None = None
    entries: list[dict[str, Any]] = field(default_factory=list)
    before_commit: list[Callable[[], None]] = field(default_factory=list)


class Database:
    """A pool of connections. `pool_size` must not be smaller than the number of threads that use it.

    `committed` is told of every transaction that wrote into the journal, once it is committed, and must not wait.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int,
        limits: Limits | None = None,
        committed: Callable[[Transaction], None] | None = None,
    ) -> None:
        self._committed = committed
        self._outage = Outage()
        self._engine = pool_of_connections(url, size=pool_size, limits=limits or Limits(), outage=self._outage)
        # The same pool; for one statement `begin` and `commit` would be two round trips out of three.
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def transaction(
        self, agency_id: UUID, *, origin: str | None = None, exclusive: bool = False, acts: bool = False
    ) -> Iterator[Transaction]:
        """Committed when the block ends, rolled back when it raises.

        `origin` is the network address of who asked for it, for the journal. `exclusive` takes the agency's advisory
        lock first: what correlates detections must not run twice at once. Who gives either, or says so, `acts`: when
        there was nothing left to do, the answer rests on what somebody else has written, and is given once that is as
        safe as what one has written oneself. Who only looks gives none of them.
        Raises DomainError(unavailable) when the database cannot be used; whether a commit took place is then unknown.
        """
        enter = _ENTER_EXCLUSIVELY if exclusive else _ENTER
        with self._in_time(), self._session(enter, {"agency_id": str(agency_id)}) as (session, _):
            tx = Transaction(session, agency_id, origin)
            yield tx
            for finish in tx.before_commit:
                finish()
            if not tx.entries and (acts or exclusive or origin is not None):
                # A commit whose wait for the standby was cut short can be read, and is on one machine alone. Whoever
                # wrote it was told `unavailable`, and asks again: that is when nothing is left to do.
                session.execute(_SOMETHING_WRITTEN)
            session.commit()
            if tx.entries and self._committed:
                self._committed(tx)

    @contextmanager
    def reading(self, enter: Executable, parameters: Mapping[str, Any]) -> Iterator[Transaction | None]:
        """To read what belongs to the agency that `enter` finds and sets, in one transaction; None when it finds none.

        Nothing is committed. Raises DomainError(unavailable).
        """
        with self._in_time(), self._session(enter, parameters) as (session, found):
            yield Transaction(session, found.agency_id) if found else None

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        """For single questions of no agency: they see the narrow doors alone, and each is a transaction by itself."""
        with self._in_time(), self._autocommit.connect() as connection:
            yield connection

    def now(self) -> datetime:
        """The database's clock, in UTC."""
        with self.outside() as connection:
            answer: datetime = connection.execute(text("select clock_timestamp()")).scalar_one()
        return answer

    def refuse_read_only(self) -> None:
        """Raise DomainError(unavailable) when nothing can be written now: down, hung, or read-only."""
        with self.outside() as connection:
            if connection.execute(_IS_READ_ONLY).scalar_one():
                connection.invalidate()
                raise _unavailable("PostgreSQL is read-only")

    def refuse_powerful_role(self) -> None:
        """Raise DomainError(forbidden) when this role could pass by row-level security, which keeps agencies apart."""
        with self.outside() as connection:
            powerful = connection.execute(
                text("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
            ).scalar_one()
        if powerful:
            raise DomainError(Code.FORBIDDEN, "BEATLINE_DATABASE_URL must name the role beatline_app, not a superuser.")

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """What cannot be done, or not in time, is `unavailable`."""
        self._outage.refuse()
        if patience.left_s(1.0) <= 0:
            raise _unavailable("what one answer may wait for PostgreSQL was spent before this was asked")
        try:
            yield
        except (OperationalError, InternalError, PoolTimeoutError) as error:
            # Down, hung, full, in doubt, or read-only during a failover (which psycopg calls an InternalError).
            raise _unavailable(str(error)) from error

    @contextmanager
    def _session(self, enter: Executable, parameters: Mapping[str, Any]) -> Iterator[tuple[Session, Any]]:
        """A session, and the row with which it was entered."""
        session = Session(self._engine, autoflush=False, expire_on_commit=False)
        try:
            try:
                entered = session.execute(enter, parameters).one_or_none()
            except DBAPIError as error:
                # Cut off while it lay in the pool, where nothing could be noticed; nothing has been done on it yet.
                if not error.connection_invalidated or isinstance(error.orig, NotAnswered):
                    raise
                session.rollback()
                entered = session.execute(enter, parameters).one_or_none()
            yield session, entered
        finally:
            session.close()


def _unavailable(why: str) -> DomainError:
    # True of a commit in doubt too, as far as anybody may rely on it: the same message again is the same detection.
    return DomainError(Code.UNAVAILABLE, "The database is away; nothing was accepted.", internal=why, retry_after_s=1)
