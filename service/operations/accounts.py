"""Who are the people at the desks, and who of them is let in? How they come in: `sessions`, `api_tokens`.

What each role may do is `api/access`. Passwords are stored as hashes; nobody can read one, only set another.
"""

from dataclasses import dataclass, field
from uuid import UUID

from service.auth import passwords
from service.auth.guessable import is_guessable
from service.domain.errors import Code, DomainError, not_found
from service.operations.administration import Act, Administrator, a_name, acting
from service.operations.credentials import Credential
from service.ports import Ports
from service.store import api_tokens, sessions, users
from service.store.api_tokens import Scope
from service.store.database import Database
from service.store.directory import Door
from service.store.users import User, UserRole

PASSWORD_LENGTH = 15
"""At least; for a password that is the only factor. Source: NIST SP 800-63B-4, 3.1.1.2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInUser:
    """Somebody at a desk, or a program of theirs. `origin` is the network address that it asks from.

    `scopes`: how far their token goes; None for a session, with which they may do all that the role may.
    """

    agency_id: UUID
    user_id: UUID
    role: UserRole
    origin: str | None = None
    credential: Credential | None = None
    scopes: frozenset[Scope] | None = None

    @property
    def actor(self) -> str:
        """For the journal; it says which of their programs did it."""
        if self.credential is None or self.credential.door is not Door.API_TOKEN:
            return f"user:{self.user_id}"
        return f"user:{self.user_id}/token:{self.credential.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    email: str
    name: str
    role: UserRole
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """What is None stays as it is."""

    name: str | None = None
    role: UserRole | None = None
    password: str | None = field(default=None, repr=False)
    disabled: bool | None = None


def create_user(database: Database, ports: Ports, *, by: Administrator, user: NewUser) -> User:
    """Raises DomainError: invalid, or already_exists for an e-mail address that is taken, in whatever agency."""
    named = a_name(user.name, field="name")
    email = _an_email(user.email)
    password_hash = _hash_of_new(user.password, email=email)
    with acting(database, ports, by=by) as act:
        made = users.add(act.tx, email=email, name=named, role=user.role, password_hash=password_hash, now=act.now)
        act.record("user_created", user_id=made.user_id, role=user.role)
    return made


def list_users(database: Database, *, agency_id: UUID) -> list[User]:
    """By e-mail, the disabled ones among them."""
    with database.transaction(agency_id) as tx:
        return users.all_of_agency(tx)


def show_user(database: Database, *, agency_id: UUID, user_id: UUID) -> User:
    """Raises DomainError(not_found)."""
    with database.transaction(agency_id) as tx:
        user = users.find(tx, user_id)
    if user is None:
        raise not_found("user")
    return user


def change_user(database: Database, ports: Ports, *, by: Administrator, user_id: UUID, change: UserChange) -> None:
    """All of it or nothing; what is so already stays as it is.

    Another password ends their sessions, wherever they are; disabling ends these and their API tokens, for good;
    another role holds from the next request on. Raises DomainError: invalid, not_found, illegal_move when the
    agency's last administrator would be none.
    """
    named = None if change.name is None else a_name(change.name, field="name")
    password_hash = None
    if change.password is not None:
        email = show_user(database, agency_id=by.agency_id, user_id=user_id).email
        password_hash = _hash_of_new(change.password, email=email)
    with acting(database, ports, by=by) as act:
        if named is not None:
            _rename(act, user_id, named)
        if password_hash is not None:
            _replace_password(act, user_id, password_hash)
        if change.role is not None:
            _give_role(act, user_id, change.role)
        if change.disabled is not None:
            (_disable if change.disabled else _enable)(act, user_id)


def set_password(database: Database, ports: Ports, *, by: Administrator, user_id: UUID, password: str) -> None:
    """As `change_user`. Raises DomainError: invalid, not_found."""
    change_user(database, ports, by=by, user_id=user_id, change=UserChange(password=password))


# -- one step of a change, in its transaction -------------------------------------------------------------------


def _rename(act: Act, user_id: UUID, name: str) -> None:
    if _locked(act, user_id).name != name:
        users.change(act.tx, user_id, name=name)
        act.record("user_renamed", user_id=user_id, name=name)


def _replace_password(act: Act, user_id: UUID, password_hash: str) -> None:
    _locked(act, user_id)
    users.change(act.tx, user_id, password_hash=password_hash)
    # Whoever knew the old one may have made himself a token with it.
    sessions.end_all(act.tx, user_id)
    api_tokens.revoke_all(act.tx, user_id, now=act.now)
    act.record("password_changed", user_id=user_id)


def _give_role(act: Act, user_id: UUID, role: UserRole) -> None:
    user = _locked(act, user_id)
    if user.role is role:
        return
    _refuse_last_administrator(act, user)
    users.change(act.tx, user_id, role=role)
    act.record("role_changed", user_id=user_id, role=role, before=user.role)


def _disable(act: Act, user_id: UUID) -> None:
    user = _locked(act, user_id)
    if user.disabled_at is not None:
        return
    _refuse_last_administrator(act, user)
    users.change(act.tx, user_id, disabled_at=act.now)
    sessions.end_all(act.tx, user_id)
    api_tokens.revoke_all(act.tx, user_id, now=act.now)
    act.record("user_disabled", user_id=user_id)


def _enable(act: Act, user_id: UUID) -> None:
    if _locked(act, user_id).disabled_at is not None:
        users.change(act.tx, user_id, disabled_at=None)
        act.record("user_enabled", user_id=user_id)


def _locked(act: Act, user_id: UUID) -> User:
    user = users.locked(act.tx, user_id)
    if user is None:
        raise not_found("user")
    return user


def _refuse_last_administrator(act: Act, user: User) -> None:
    """Else nobody of the agency could ever let anybody in again."""
    is_administrator = user.role is UserRole.ADMINISTRATOR and user.disabled_at is None
    if is_administrator and users.administrators(act.tx) <= 1:
        raise DomainError(Code.ILLEGAL_MOVE, "This is the agency's last administrator. Make another one first.")


def _an_email(text: str) -> str:
    """No proof that it exists: it is what somebody types to sign in."""
    email = text.strip()
    local, at, host = email.rpartition("@")
    if not (local and at and host) or " " in email or not email.isprintable():
        reason = "must be an e-mail address"
        raise DomainError(Code.INVALID, f"The email {reason}.", fields={"email": reason})
    return email


def _hash_of_new(password: str, *, email: str) -> str:
    reason = ""
    if len(password) < PASSWORD_LENGTH:
        reason = f"must have at least {PASSWORD_LENGTH} characters; a few words are easy to keep"
    elif is_guessable(password, email=email):
        reason = "is one of the first that a stranger would try; a few unlikely words are easy to keep"
    if reason:
        raise DomainError(Code.INVALID, f"The password {reason}.", fields={"password": reason})
    return passwords.hash_password(password)
