"""`beatline admin user`: let the first person in, and whoever has forgotten a password back in."""

import getpass
import sys
from typing import Annotated

from cyclopts import App, Parameter

from service.auth.passwords import new_password
from service.cli.admin.office import Office, Where, office, show, show_all
from service.domain.errors import Code, DomainError
from service.operations import accounts
from service.operations.accounts import NewUser, UserChange
from service.store.users import User, UserRole

user = App(name="user", help="People at desks: who they are, and whether they may sign in.")
_WHERE = Where()
Email = Annotated[str, Parameter(help="What they sign in with.")]
Generate = Annotated[bool, Parameter(help="Make a password, and print it this once.", negative=())]


@user.command
def create(
    email: Email,
    /,
    *,
    name: Annotated[str, Parameter(help="What they are called.")],
    role: Annotated[UserRole, Parameter(help="What they may do: see docs/ACCESS.md.")],
    generate: Generate = False,
    where: Where = _WHERE,
) -> None:
    """Let somebody in. The password is asked for, or read as one line of standard input."""
    with office() as here:
        by, word = here.by(where), _new_password(generate=generate)
        made = accounts.create_user(
            here.database, here.ports, by=by, user=NewUser(email=email, name=name, role=role, password=word)
        )
        show(_row(made) | ({"password": word} if generate else {}), where)


@user.command(name="list")
def list_all(*, where: Where = _WHERE) -> None:
    """Print everybody who may sign in, or once did."""
    with office() as here:
        found = accounts.list_users(here.database, agency_id=here.agency(where).agency_id)
        show_all([_row(one) for one in found], where)


@user.command
def disable(email: Email, /, *, where: Where = _WHERE) -> None:
    """Shut somebody out: their sessions and tokens end at once. A second time does nothing."""
    _change(email, UserChange(disabled=True), where)


@user.command
def enable(email: Email, /, *, where: Where = _WHERE) -> None:
    """Let somebody back in, by the password they had. A second time does nothing."""
    _change(email, UserChange(disabled=False), where)


@user.command
def password(email: Email, /, *, generate: Generate = False, where: Where = _WHERE) -> None:
    """Set another password; their sessions end. It is asked for, or read as one line of standard input."""
    with office() as here:
        found = _find(here, where, email)
        word = _new_password(generate=generate)
        accounts.set_password(here.database, here.ports, by=here.by(where), user_id=found.user_id, password=word)
        show(_row(found) | ({"password": word} if generate else {}), where)


def _change(email: str, change: UserChange, where: Where) -> None:
    with office() as here:
        user_id = _find(here, where, email).user_id
        accounts.change_user(here.database, here.ports, by=here.by(where), user_id=user_id, change=change)
        show(_row(_find(here, where, email)), where)


def _new_password(*, generate: bool) -> str:
    """Typed twice at a terminal; else one line of standard input. Never an argument: others can read those.

    Raises DomainError(invalid) when the two differ.
    """
    if generate:
        return new_password()
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != typed:
        raise DomainError(Code.INVALID, "These were two different passwords; nothing was changed.")
    return typed


def _find(here: Office, where: Where, email: str) -> User:
    for one in accounts.list_users(here.database, agency_id=here.agency(where).agency_id):
        if one.email == email.lower():
            return one
    raise DomainError(Code.NOT_FOUND, f"Nobody of this agency signs in as {email}.")


def _row(one: User) -> dict[str, object]:
    return {
        "user_id": one.user_id,
        "email": one.email,
        "name": one.name,
        "role": one.role.value,
        "disabled_at": one.disabled_at,
    }
