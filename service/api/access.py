"""Who may call what? The one table of it: what is not in it, nobody may (`docs/ACCESS.md` is made of it).

Keyed by operation, which is the name of a route's function. For people at desks, a row says which roles, and how far
an API token must go; a token may never do more than its owner's role. Not for how we know who asks: `deps`, `signed`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fastapi import APIRouter
from fastapi.routing import APIRoute

from service.domain.errors import Code, DomainError
from service.operations.accounts import SignedInUser
from service.store.api_tokens import Scope
from service.store.users import UserRole


class Caller(StrEnum):
    """Who is not at a desk."""

    ANYBODY = "anybody"
    DEVICES = "phones"
    SOURCES = "sources"


@dataclass(frozen=True, slots=True)
class Desks:
    """People of these roles; their programs with a token of this scope, with none when it is None."""

    roles: tuple[UserRole, ...]
    scope: Scope | None


ADMINISTRATOR, SUPERVISOR, DISPATCHER, AUDITOR = (
    UserRole.ADMINISTRATOR,
    UserRole.SUPERVISOR,
    UserRole.DISPATCHER,
    UserRole.AUDITOR,
)
ANYBODY, DEVICES, SOURCES = Caller.ANYBODY, Caller.DEVICES, Caller.SOURCES
LOOK = Desks((ADMINISTRATOR, SUPERVISOR, DISPATCHER, AUDITOR), Scope.READ)
LOOK_BACK = Desks((ADMINISTRATOR, SUPERVISOR, AUDITOR), Scope.READ)
LOOK_AT_UNITS = Desks((ADMINISTRATOR, SUPERVISOR, AUDITOR), Scope.READ)
LOOK_INTO_OFFICE = Desks((ADMINISTRATOR, AUDITOR), Scope.READ)
DISPATCH = Desks((ADMINISTRATOR, SUPERVISOR, DISPATCHER), Scope.DISPATCH)
OVERRULE = Desks((ADMINISTRATOR, SUPERVISOR), Scope.DISPATCH)
ADMINISTER = Desks((ADMINISTRATOR,), Scope.ADMINISTER)
REPLACE_A_PHONE = Desks((ADMINISTRATOR, SUPERVISOR), Scope.ADMINISTER)
"""A phone is lost at three in the morning, when no administrator is there."""
LET_IN = Desks((ADMINISTRATOR,), None)
"""No token makes another token, a person or a password: who steals one must not be able to stay for ever."""

ACCESS: Mapping[str, Caller | Desks] = {
    # Machines, and whoever is not known yet
    "show_liveness": ANYBODY,
    "show_readiness": ANYBODY,
    "show_metrics": ANYBODY,
    "sign_in": ANYBODY,
    "sign_out": ANYBODY,
    "enrol_device": ANYBODY,
    # Sensor networks and AVL feeds
    "receive_detection": SOURCES,
    "report_feed": SOURCES,
    # Phones
    "set_push_target": DEVICES,
    "set_status": DEVICES,
    "report_positions": DEVICES,
    "list_alerts": DEVICES,
    "watch_alerts": DEVICES,
    "record_receipt": DEVICES,
    "answer_alert": DEVICES,
    "report_progress": DEVICES,
    "report_disposition": DEVICES,
    "answer_welfare": DEVICES,
    "call_for_help": DEVICES,
    "show_me": DEVICES,
    # Looking
    "show_session": LOOK,
    "list_incidents": LOOK,
    "show_incident": LOOK,
    "list_units": LOOK,
    "watch_incidents": LOOK,
    "list_alarms": LOOK,
    "show_trails": LOOK,
    "list_journal": LOOK_BACK,
    "show_journal_head": LOOK_BACK,
    # The dispatcher's hand
    "confirm_acknowledgment": DISPATCH,
    "refuse_acknowledgment": DISPATCH,
    "dispatch_units": DISPATCH,
    "release_incident": DISPATCH,
    "escalate_incident": DISPATCH,
    "cancel_incident": DISPATCH,
    "reopen_incident": DISPATCH,
    "merge_incidents": DISPATCH,
    "split_incident": DISPATCH,
    "add_note": DISPATCH,
    "close_incident": DISPATCH,
    "place_legal_hold": DISPATCH,
    "lift_legal_hold": OVERRULE,
    "start_drill": DISPATCH,
    "show_drill": LOOK,
    # Phones and units, as an administrator sees them
    "list_devices": LOOK_AT_UNITS,
    "revoke_device": REPLACE_A_PHONE,
    "list_enrolment_codes": LOOK_AT_UNITS,
    "issue_enrolment_code": REPLACE_A_PHONE,
    "issue_enrolment_codes": REPLACE_A_PHONE,
    "revoke_enrolment_code": REPLACE_A_PHONE,
    "list_roster": LOOK_AT_UNITS,
    "create_unit": ADMINISTER,
    "change_unit": ADMINISTER,
    # The agency, its sources and its rules
    "list_agencies": LOOK_INTO_OFFICE,
    "show_agency": LOOK_INTO_OFFICE,
    "change_agency": ADMINISTER,
    "list_sources": LOOK_INTO_OFFICE,
    "create_source": ADMINISTER,
    "change_source": ADMINISTER,
    "rotate_secret": ADMINISTER,
    "retire_older_secret": ADMINISTER,
    "show_policies": LOOK_INTO_OFFICE,
    "preview_policy": LOOK_INTO_OFFICE,
    "set_policies": ADMINISTER,
    # Accounts
    "list_users": LOOK_INTO_OFFICE,
    "create_user": LET_IN,
    "change_user": LET_IN,
    "list_api_tokens": LOOK_INTO_OFFICE,
    "create_api_token": LET_IN,
    "revoke_api_token": ADMINISTER,
}


def refuse_unlisted(router: APIRouter) -> None:
    """Raises LookupError: a route that nobody gave a row is found at start, and not when somebody calls it."""
    for route in router.routes:
        if isinstance(route, APIRoute) and route.name not in ACCESS:
            raise LookupError(f"{route.path}: say in the table of service/api/access.py who may call {route.name}")


def refuse_unless_listed(operation: str, caller: Caller) -> None:
    """Raises DomainError(forbidden) for a route that is not for such callers, or is in no row."""
    if ACCESS.get(operation) is not caller:
        raise DomainError(Code.FORBIDDEN, "This is not for you.", internal=f"{operation} is not for {caller}")


def refuse_unless_allowed(operation: str, user: SignedInUser) -> None:
    """Raises DomainError(forbidden) for who may not do this, by role or by token."""
    row = ACCESS.get(operation)
    if not isinstance(row, Desks) or user.role not in row.roles:
        raise DomainError(Code.FORBIDDEN, f"Your role ({user.role}) does not include this.")
    if user.scopes is not None and row.scope not in user.scopes:
        wanted = f"a token with the scope {row.scope}" if row.scope else "a person who signed in, not a token"
        raise DomainError(Code.FORBIDDEN, f"This takes {wanted}.")


def allowed_to(user: SignedInUser) -> list[str]:
    """Every operation that `refuse_unless_allowed` lets them do, sorted: a page offers these and no others."""
    return sorted(
        operation
        for operation, row in ACCESS.items()
        if isinstance(row, Desks) and user.role in row.roles and (user.scopes is None or row.scope in user.scopes)
    )
