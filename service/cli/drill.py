"""`beatline drill`: does an alert reach the phones of these units, by the whole real path? In words, if it does not.

For whoever is at the server, as `beatline admin` is; from a desk it is `POST /v1/units/{unit_id}/drills`.
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Annotated, Any, NoReturn
from uuid import UUID

from cyclopts import Parameter
from cyclopts.validators import Number

from service.cli.admin.office import Office, Where, office
from service.cli.drill_checks import Check, check_installation, check_migrations
from service.cli.drill_told import Progress, tell_end, tell_start
from service.cli.environment import settings_or_exit
from service.domain.drill import Finding, Report
from service.domain.unit import Status
from service.operations import drills, registry
from service.operations.drills import LONGEST_S, SHORTEST_S, WAIT_S
from service.store.units import StoredUnit

LOOK_EVERY_S = 0.1
NOT_READY, NOT_UNDERSTOOD = 1, 2
_WHERE = Where()
CallSigns = Annotated[list[str], Parameter(help="A call sign; may be said several times.", negative=())]
AllOnDuty = Annotated[bool, Parameter(help="Every unit that is not off duty.", negative=())]
Wait = Annotated[
    int, Parameter(help="How many seconds the phones are waited for.", validator=Number(gte=SHORTEST_S, lte=LONGEST_S))
]


@dataclass(frozen=True, slots=True)
class _Named:
    """Who is drilled, and who was named and does not exist."""

    units: Sequence[StoredUnit]
    unknown: Sequence[Finding]


def drill(
    *,
    unit: CallSigns | None = None,
    all_on_duty: AllOnDuty = False,
    wait: Wait = WAIT_S,
    where: Where = _WHERE,
) -> None:
    """Ring a unit's phones before a shift, and say what is wrong. Exits with 0 only when every phone has rung.

    It is no incident: nobody becomes busy, nothing escalates, and the phones say that it is a drill.
    """
    if bool(unit) == all_on_duty:
        _give_up("Say which: --unit CALL_SIGN, several times if you like, or --all-on-duty.")
    with office() as here:
        migrations = check_migrations(here.database)
        if not migrations.is_well:
            _give_up(f"{migrations.what} {migrations.advice}")
        named = _named(here, here.agency(where).agency_id, call_signs=unit or [])
        if not named.units and not named.unknown:
            _give_up("No unit is on duty.")
        report = _drill(here, where, named, wait_s=wait)
        checks = [migrations, *check_installation(here, settings_or_exit(), report)]
    if where.as_json:
        sys.stdout.write(json.dumps(_as_json(report, checks, named), ensure_ascii=False) + "\n")
    else:
        tell_end(report, checks, unknown=named.unknown)
    sys.exit(0 if report.is_ready and not named.unknown else NOT_READY)


def _named(here: Office, agency_id: UUID, *, call_signs: Sequence[str]) -> _Named:
    known = {unit.call_sign: unit for unit in registry.list_units(here.database, agency_id=agency_id)}
    if not call_signs:
        return _Named([unit for unit in known.values() if unit.status is not Status.OFF_DUTY], [])
    wanted = dict.fromkeys(call_signs)
    unknown = [_unknown(name, list(known)) for name in wanted if name not in known]
    return _Named([known[name] for name in wanted if name in known], unknown)


def _unknown(call_sign: str, known: Sequence[str]) -> Finding:
    like = get_close_matches(call_sign, known, n=3, cutoff=0.5)
    advice = f"Did you mean {' or '.join(like)}?" if like else "`beatline admin unit list` says which there are."
    return Finding.fault("no_unit", f"There is no unit {call_sign} in this agency.", advice)


def _drill(here: Office, where: Where, named: _Named, *, wait_s: int) -> Report:
    if not named.units:
        return Report(is_settled=True, units=[], findings=[])
    by = here.by(where)
    unit_ids = [unit.unit_id for unit in named.units]
    drill_id = drills.start_drill(here.database, here.ports, by=by, unit_ids=unit_ids, wait_s=wait_s)
    try:
        _watch(here, where, drill_id)
    finally:
        # Also after Ctrl-C: no phone rings for a drill that nobody waits for.
        report = drills.finish_drill(
            here.database, here.ports, agency_id=by.agency_id, drill_id=drill_id, actor=by.actor
        )
    return report


def _watch(here: Office, where: Where, drill_id: UUID) -> None:
    agency, progress = here.agency(where), Progress()
    drill_, report = drills.show_drill(here.database, here.ports, agency_id=agency.agency_id, drill_id=drill_id)
    tell = not where.as_json
    if tell:
        tell_start(report, agency=agency.name, until=drill_.until, now=drill_.started_at)
    while True:
        if tell:
            progress.tell(report)
        if report.is_settled or here.ports.clock.now() >= drill_.until:
            return
        time.sleep(LOOK_EVERY_S)
        _, report = drills.show_drill(here.database, here.ports, agency_id=agency.agency_id, drill_id=drill_id)


def _as_json(report: Report, checks: Sequence[Check], named: _Named) -> dict[str, Any]:
    return {
        "is_ready": report.is_ready and not named.unknown,
        **report.as_dict(),
        "unknown": [asdict(finding) for finding in named.unknown],
        "installation": [asdict(check) for check in checks],
    }


def _give_up(why: str) -> NoReturn:
    sys.stderr.write(why + "\n")
    sys.exit(NOT_UNDERSTOOD)
