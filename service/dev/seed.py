"""Who is in the demo's city on paper: its agency, people, sensor network and units? Made once, found again later.

Not for phones: whoever plays a unit enrols by a code, as everybody does.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from service.dev.city import TIMEZONE
from service.dev.demo_file import ListedUnit, Login, SourceKey, write_private
from service.domain.policy import Policy
from service.domain.unit import Status, UnitKind
from service.operations import accounts, registry, sources
from service.operations.accounts import NewUser
from service.operations.administration import Operator
from service.runtime import Runtime
from service.store import directory, journal, units
from service.store.directory import Door
from service.store.journal import Entry
from service.store.users import UserRole

FILE_NAME = "seed.json"
SUPERVISOR = "1S10"
CARS_A_BEAT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """What has to be remembered between two runs on the same data, because it is told only once."""

    agency_id: str
    source: SourceKey
    admin: Login
    dispatcher: Login


def call_signs(count: int) -> list[str]:
    """1A01, 1A02, … by beat: APCO's habit of beat, kind of unit, number."""
    return [f"{1 + number // CARS_A_BEAT}A{1 + number % CARS_A_BEAT:02d}" for number in range(count)]


def planted(runtime: Runtime, home: Path) -> Seed:
    """The agency of this data: the one that `home` remembers, or a new one."""
    path = home / FILE_NAME
    if path.exists():
        seed = _read(path)
        if sources.known_source(runtime.database, UUID(seed.source.id)) is not None:
            return seed
    seed = _plant(runtime)
    write_private(path, json.dumps(asdict(seed), indent=1) + "\n")
    return seed


def on_duty(runtime: Runtime, seed: Seed, wanted: Sequence[str], *, supervisor: bool = False) -> list[ListedUnit]:
    """Make these units the ones that are on duty, and available; each with a fresh code. Others go off duty.

    `supervisor`: one more than is listed, to be called when nobody else answers.
    """
    ids = _units(runtime, UUID(seed.agency_id), [*wanted, *([SUPERVISOR] if supervisor else [])])
    listed = []
    for call_sign in wanted:
        code, _ = registry.issue_enrolment_code(
            runtime.database,
            runtime.ports,
            agency_id=UUID(seed.agency_id),
            unit_id=ids[call_sign],
            actor="setup",
        )
        listed.append(ListedUnit(id=str(ids[call_sign]), call_sign=call_sign, enrolment_code=code))
    return listed


def _units(runtime: Runtime, agency_id: UUID, on_duty: Sequence[str]) -> dict[str, UUID]:
    known = {unit.call_sign: unit.unit_id for unit in registry.list_units(runtime.database, agency_id=agency_id)}
    for call_sign in on_duty:
        if call_sign not in known:
            kind = UnitKind.SUPERVISOR if call_sign == SUPERVISOR else UnitKind.PATROL
            known[call_sign] = registry.create_unit(
                runtime.database, runtime.ports, agency_id=agency_id, call_sign=call_sign, kind=kind
            )
    now = runtime.ports.clock.now()
    with runtime.database.transaction(agency_id) as tx:
        for call_sign, unit_id in known.items():
            status = Status.AVAILABLE if call_sign in on_duty else Status.OFF_DUTY
            units.set_status(tx, unit_id, status, now=now)
            details = {"unit_id": str(unit_id), "status": status}
            journal.write(tx, [Entry(at=now, actor="setup", action="status_set", details=details)])
    return known


def _plant(runtime: Runtime) -> Seed:
    database, ports = runtime.database, runtime.ports
    agency_id = registry.create_agency(
        database, ports, name="Demo City Police Department", timezone=TIMEZONE, policy=Policy()
    )
    source = registry.create_source(database, ports, agency_id=agency_id, name="Simulated sensor network")
    return Seed(
        agency_id=str(agency_id),
        source=SourceKey(id=str(source.source_id), secret=source.secret),
        admin=_person(runtime, agency_id, UserRole.ADMINISTRATOR),
        dispatcher=_person(runtime, agency_id, UserRole.DISPATCHER),
    )


def _person(runtime: Runtime, agency_id: UUID, role: UserRole) -> Login:
    email = f"{role}@demo.example"
    if directory.agency_of(runtime.database, Door.EMAIL, email) is not None:  # somebody of an earlier, forgotten seed
        email = f"{role}.{secrets.token_hex(3)}@demo.example"
    login = Login(email=email, password=secrets.token_urlsafe(12))
    user = NewUser(email=login.email, name=f"Demo {role}", role=role, password=login.password)
    accounts.create_user(runtime.database, runtime.ports, by=Operator(agency_id=agency_id, actor="setup"), user=user)
    return login


def _read(path: Path) -> Seed:
    said = json.loads(path.read_text(encoding="utf-8"))
    return Seed(
        agency_id=said["agency_id"],
        source=SourceKey(**said["source"]),
        admin=Login(**said["admin"]),
        dispatcher=Login(**said["dispatcher"]),
    )
