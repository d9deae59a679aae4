"""Two administrators at once: each act is decided on what is true, and is on record as it was done."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from builders import a_policy
from sqlalchemy import select
from world import World

from service.domain.errors import Code, DomainError
from service.domain.unit import Platform, PushKind, PushTarget, UnitKind
from service.operations import enrolment_codes, policies, registry, roster, sources
from service.operations.administration import Operator
from service.store.devices import NewDevice
from service.store.tables import JOURNAL

AT_ONCE = 6


def at_once(act: Callable[[int], Any]) -> list[Any]:
    """What each of several simultaneous acts came to: its answer, or the code of its refusal."""

    def settled(number: int) -> Any:
        try:
            return act(number)
        except DomainError as refusal:
            return refusal.code

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(settled, range(AT_ONCE)))


def by(world: World) -> Operator:
    return Operator(agency_id=world.agency_id, actor="user:chief")


def details(world: World, action: str) -> list[dict[str, Any]]:
    wanted = select(JOURNAL).where(JOURNAL.c.action == action).order_by(JOURNAL.c.entry_id)
    with world.database.transaction(world.agency_id) as tx:
        return [row.details for row in tx.session.execute(wanted)]


def test_of_many_new_secrets_at_once_one_is_made(world: World) -> None:
    made = at_once(
        lambda _: sources.rotate_secret(world.database, world.ports, by=by(world), source_id=world.source_id)
    )
    assert AT_ONCE - 1 == made.count(Code.ILLEGAL_MOVE)
    known = sources.known_source(world.database, world.source_id)
    assert known is not None
    assert 2 == len(known.secrets)
    assert known.secrets[0] in made


def test_of_many_units_of_one_call_sign_at_once_one_is_made(world: World) -> None:
    made = at_once(lambda _: roster.create_unit(world.database, world.ports, by=by(world), call_sign="3A12"))
    assert AT_ONCE - 1 == made.count(Code.ALREADY_EXISTS)
    assert 1 == len(details(world, "unit_created"))


def test_of_several_units_in_one_act_either_all_are_made_or_none(world: World) -> None:
    world.car("3A12")
    [code] = {
        *at_once(
            lambda n: roster.create_units(
                world.database, world.ports, by=by(world), call_signs=[f"9Z{n}", "3A12"], kind=UnitKind.PATROL
            )
        )
    }
    assert Code.ALREADY_EXISTS is code
    assert ["3A12"] == [unit.call_sign for unit in registry.list_units(world.database, agency_id=world.agency_id)]


def test_changes_of_the_policy_at_once_are_on_record_one_after_the_other(world: World) -> None:
    at_once(
        lambda n: policies.set_rules(
            world.database, world.ports, by=by(world), policy=a_policy(max_distance_m=1_000 + n)
        )
    )
    told = [entry["changed"]["max_distance_m"] for entry in details(world, "policy_changed")]
    assert AT_ONCE == len(told)
    chain = {each["before"]: each["after"] for each in told}
    last, passed = 8_000, []
    while last in chain:
        last = chain[last]
        passed.append(last)
    assert AT_ONCE == len(passed)
    assert last == policies.show_rules(world.database, agency_id=world.agency_id).policy.max_distance_m


def test_a_code_is_either_used_or_revoked(world: World) -> None:
    car = world.car("3A12", phones=0)
    [issued] = enrolment_codes.issue_codes(world.database, world.ports, by=by(world), unit_ids=[car.unit_id])

    def use_or_revoke(number: int) -> str:
        if number % 2:
            enrolment_codes.revoke_code(world.database, world.ports, by=by(world), code_id=issued.code_id)
            return "revoked"
        about = NewDevice(platform=Platform.ANDROID, model="Pixel 9", app_version="1.0")
        target = PushTarget(kind=PushKind.NONE)
        registry.enrol(world.database, world.ports, code=issued.code, about=about, target=target)
        return "used"

    came_to = at_once(use_or_revoke)
    assert ("used" in came_to) != ("revoked" in came_to)
    assert came_to.count("used") <= 1
