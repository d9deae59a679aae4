"""How does a person at a desk come in and go out? By a password that is tried rarely and a session that lasts a shift.

Sessions are known by the hashes of their tokens; the plain token is told once, to whoever signs in. Every attempt is
counted before it is tried and taken back when it was right, so that a thousand at once are no more than one by one.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from service.auth import passwords, throttle, tokens
from service.auth.throttle import Keys
from service.domain.errors import Code, DomainError
from service.operations.accounts import SignedInUser
from service.operations.credentials import Credential
from service.ports import Ports
from service.store import directory, journal, names, sessions, sign_in_failures, users
from service.store.database import Database
from service.store.directory import Door
from service.store.journal import Entry
from service.store.users import User

SESSION_LIFETIME = timedelta(hours=12)
"""A shift and its hand-over."""
NAME_LENGTH = 12
"""Of a session's hash: enough to tell two apart in the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody at the door. `origin` is the network address that they ask from."""

    email: str
    password: str = field(repr=False)
    origin: str | None = None


def sign_in(database: Database, ports: Ports, *, attempt: Attempt) -> tuple[str, datetime]:
    """A session's token, told this once, and when it ends.

    Raises DomainError: unauthenticated, the same for a wrong name, a wrong password and a user who is disabled;
    throttled, after too many of these, without looking at the password.
    """
    keys = throttle.keys_of(attempt.email, attempt.origin)
    _count_or_refuse(database, keys, now=ports.clock.now())
    user = _user_of(database, attempt.email)
    fits = passwords.password_fits(attempt.password, user.password_hash if user else None)
    now = ports.clock.now()
    if user is None or not fits or user.disabled_at is not None:
        if user is not None:
            _record_refusal(database, user, attempt, why="disabled" if fits else "password", now=now)
        raise _wrong()
    return _admit(database, user, attempt, keys=keys, now=now)


def session_of(database: Database, ports: Ports, token_hash: bytes) -> SignedInUser | None:
    """None when the session has ended or never was."""
    key = token_hash.hex()
    with directory.reading_through(database, Door.SESSION_TOKEN, key) as tx:
        live = sessions.live(tx, key, now=ports.clock.now()) if tx else None
        if tx is None or live is None:
            return None
        credential = _credential(key, live.expires_at)
        return SignedInUser(agency_id=tx.agency_id, user_id=live.user_id, role=live.role, credential=credential)


def name_of(database: Database, *, user: SignedInUser) -> str:
    """What people call whoever is signed in."""
    with database.transaction(user.agency_id) as tx:
        return names.of_actors(tx, [user.actor])[user.actor]


def sign_out(database: Database, ports: Ports, *, user: SignedInUser) -> None:
    """The session is good for nothing from now on. A second call does nothing."""
    session = user.credential
    if session is None or session.door is not Door.SESSION_TOKEN:
        return
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        if sessions.end(tx, session.key):
            details = {"session": session.name}
            entry = Entry(at=ports.clock.now(), actor=user.actor, action="signed_out", details=details)
            journal.write(tx, [entry])


def _count_or_refuse(database: Database, keys: Keys, *, now: datetime) -> None:
    """One failure until it turns out to be none. Raises DomainError(throttled), and then it is not counted."""
    with database.transaction(sign_in_failures.OF_NO_AGENCY) as tx:
        pair, place, name = sign_in_failures.locked(tx, keys.all)
        wait_s = throttle.wait_s(pair, place, name, now=now)
        if wait_s > 0:
            raise DomainError(
                Code.THROTTLED,
                f"Too many wrong passwords. Try again in {ceil(wait_s)} s.",
                retry_after_s=wait_s,
            )
        sign_in_failures.count(tx, keys.all, now=now)
        sign_in_failures.forget_old(tx, now=now)


def _user_of(database: Database, email: str) -> User | None:
    with directory.reading_through(database, Door.EMAIL, email.strip().lower()) as tx:
        return users.by_email(tx, email.strip()) if tx else None


def _admit(database: Database, user: User, attempt: Attempt, *, keys: Keys, now: datetime) -> tuple[str, datetime]:
    token, expires_at = tokens.new_session_token(), now + SESSION_LIFETIME
    session = _credential(tokens.token_hash(token).hex(), expires_at)
    with database.transaction(user.agency_id, origin=attempt.origin) as tx:
        if not users.is_as_it_was(tx, user):
            raise _wrong()
        sign_in_failures.take_back(tx, keys.pair, wider=(keys.place, keys.name), now=now)
        sessions.end_expired(tx, user.user_id, now=now)
        sessions.add(tx, session.key, user_id=user.user_id, now=now, expires_at=expires_at)
        details = {"session": session.name}
        journal.write(tx, [Entry(at=now, actor=f"user:{user.user_id}", action="signed_in", details=details)])
    return token, expires_at


def _credential(key: str, expires_at: datetime) -> Credential:
    return Credential(door=Door.SESSION_TOKEN, key=key, name=key[:NAME_LENGTH], expires_at=expires_at)


def _wrong() -> DomainError:
    return DomainError(Code.UNAUTHENTICATED, "E-mail or password is wrong.")


def _record_refusal(database: Database, user: User, attempt: Attempt, *, why: str, now: datetime) -> None:
    """Whose name was tried, from where: an auditor asks. What was typed is told to nobody."""
    details = {"user_id": str(user.user_id), "reason": why}
    with database.transaction(user.agency_id, origin=attempt.origin) as tx:
        journal.write(tx, [Entry(at=now, actor="stranger", action="sign_in_refused", details=details)])
