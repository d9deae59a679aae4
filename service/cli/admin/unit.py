"""`beatline admin unit` and `beatline admin code`: patrol units, and the one-time codes that bring phones to them."""

from collections.abc import Sequence
from typing import Annotated

from cyclopts import App, Parameter

from service.cli.admin.office import Office, Where, office, show, show_all
from service.domain.errors import Code, DomainError
from service.domain.unit import UnitKind
from service.operations import enrolment_codes, roster
from service.operations.roster import UnitOnRoster

unit = App(name="unit", help="Patrol units and supervisors, by call sign.")
code = App(name="code", help="One-time codes, each for one phone of a unit.")
_WHERE = Where()
CallSign = Annotated[str, Parameter(help="As it is said over the radio.")]
Kind = Annotated[UnitKind, Parameter(help="Supervisors are asked when nobody else answers.")]


@unit.command
def create(*call_signs: CallSign, kind: Kind = UnitKind.PATROL, where: Where = _WHERE) -> None:
    """Make units, off duty until their phones say otherwise: all of them or none."""
    with office() as here:
        made = roster.create_units(
            here.database, here.ports, by=here.by(where), call_signs=_some(call_signs), kind=kind
        )
        show_all(
            [
                {"unit_id": unit_id, "call_sign": call_sign.strip(), "kind": kind.value}
                for unit_id, call_sign in zip(made, call_signs, strict=True)
            ],
            where,
        )


@unit.command(name="list")
def list_all(*, where: Where = _WHERE) -> None:
    """Print every unit with its phones and its last fix."""
    with office() as here:
        show_all([_row(one) for one in _roster(here, where)], where)


@unit.command
def rename(call_sign: CallSign, new_call_sign: CallSign, /, *, where: Where = _WHERE) -> None:
    """Give a unit another call sign. What is on record under the old one keeps it."""
    with office() as here:
        [found] = _find(here, where, [call_sign])
        roster.change_unit(
            here.database, here.ports, by=here.by(where), unit_id=found.listed.unit.unit_id, call_sign=new_call_sign
        )
        show(_row(_find(here, where, [new_call_sign])[0]), where)


@code.command
def issue(*call_signs: CallSign, where: Where = _WHERE) -> None:
    """Print a one-time code for each unit, good for a day: the phone that it is typed into joins the unit."""
    with office() as here:
        found = _find(here, where, _some(call_signs))
        unit_ids = [one.listed.unit.unit_id for one in found]
        issued = enrolment_codes.issue_codes(here.database, here.ports, by=here.by(where), unit_ids=unit_ids)
        show_all(
            [{"call_sign": one.call_sign, "code": one.code, "expires_at": one.expires_at} for one in issued], where
        )


def _some(call_signs: Sequence[str]) -> Sequence[str]:
    if not call_signs:
        raise DomainError(Code.INVALID, "Say at least one call sign.")
    return call_signs


def _roster(here: Office, where: Where) -> Sequence[UnitOnRoster]:
    return roster.list_units(here.database, here.ports, agency_id=here.agency(where).agency_id)


def _find(here: Office, where: Where, call_signs: Sequence[str]) -> list[UnitOnRoster]:
    known = {one.listed.unit.call_sign: one for one in _roster(here, where)}
    for call_sign in call_signs:
        if call_sign not in known:
            raise DomainError(Code.NOT_FOUND, f"This agency has no unit {call_sign}.")
    return [known[call_sign] for call_sign in call_signs]


def _row(one: UnitOnRoster) -> dict[str, object]:
    seen = one.listed
    return {
        "unit_id": seen.unit.unit_id,
        "call_sign": seen.unit.call_sign,
        "kind": seen.unit.kind.value,
        "status": seen.unit.status.value,
        "devices": seen.devices,
        "last_fix_at": seen.last_fix_at,
    }
