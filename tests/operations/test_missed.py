"""What somebody missed: read from the journal, as far back as their last event, and once for all who ask together."""

import asyncio
from uuid import UUID, uuid4

import pytest
from builders import NOW, seconds
from watching import Pen, a_hub, act, told, watch
from world import MakeWorld, World

from service.domain.errors import Code, DomainError
from service.domain.incident import IncidentState
from service.operations.missed import INCIDENTS_AT_MOST, refuse_unless_of_ours
from service.operations.watchers import Watching
from service.store import incidents, journal
from service.store.ids import first_id_of, made_at, new_id
from service.store.journal import Entry


def an_id(*, ago_s: float = 0) -> UUID:
    """Of an event that was told so long ago."""
    return UUID(int=first_id_of(made_at(new_id()) - seconds(ago_s)).int | 7 << 76 | 2 << 62)


async def missed(world: World, *, after: UUID, unit_id: UUID | None = None) -> list[str] | None:
    async with a_hub(world) as hub:
        who = Watching(agency_id=world.agency_id, unit_id=unit_id, credential=None)
        joined = await hub.join(who, after=after)
        return None if joined.missed is None else b"".join(joined.missed).decode().splitlines()


def note(world: World, *incident_ids: UUID) -> None:
    entries = [Entry(at=NOW, actor="test", action="note_added", incident_id=each) for each in incident_ids]
    with world.database.transaction(world.agency_id) as tx:
        journal.write(tx, entries)


def test_what_happened_meanwhile_is_told_once_for_each_incident(world: World) -> None:
    cars = world.cars(300, 500)
    after = an_id()
    world.hears()
    cars[0].phone.accepts()
    lines = asyncio.run(missed(world, after=after))
    assert lines is not None
    [incident] = [line for line in lines if line.startswith("open")]
    assert "incident_opened" in incident
    assert "alert_acknowledged" in incident
    assert f"{cars[0].call_sign} is en_route" in lines


def test_a_phone_missed_only_what_was_its_own(world: World) -> None:
    near, far = world.cars(300, 500)
    after = an_id()
    world.hears()
    near.phone.declines()
    assert ["declined (loud alert)"] == asyncio.run(missed(world, after=after, unit_id=near.unit_id))
    assert ["sent (loud alert)"] == asyncio.run(missed(world, after=after, unit_id=far.unit_id))


def test_what_was_committed_long_after_its_id_was_made_is_not_missed(world: World) -> None:
    heard = world.hears()
    with world.database.transaction(world.agency_id) as late:
        journal.write(late, [Entry(at=NOW, actor="test", action="late", incident_id=heard.incident_id)])
        late.entries[-1]["entry_id"] = an_id(ago_s=12)
    lines = asyncio.run(missed(world, after=an_id()))
    assert lines is not None
    assert any("late" in line for line in lines)


def test_nothing_falls_between_what_was_missed_and_what_is_told_from_now_on(world: World) -> None:
    async def story() -> int:
        async with a_hub(world) as hub:
            await watch(hub, world)
            for number in range(10):
                last = an_id()
                hearing = asyncio.create_task(act(world.hears, f"SST-{number}"))
                watcher = await watch(hub, world, after=last)
                await hearing
                assert await told(watcher, f"SST-{number}")
                hub.leave(watcher)
        return number

    assert 9 == asyncio.run(story())


def test_hundreds_who_come_back_together_are_told_from_few_readings(world: World) -> None:
    world.hears()

    async def story() -> tuple[int, int]:
        pen, after = Pen(), an_id(ago_s=10)
        async with a_hub(world, pen) as hub:
            watchers = await asyncio.gather(*(watch(hub, world, after=after) for _ in range(300)))
            each = [await told(watcher, "incident_opened") for watcher in watchers]
            return len(each), len(pen.drawn)

    told_to, drawn = asyncio.run(story())
    assert 300 == told_to
    assert drawn < 10


def test_a_night_that_is_too_long_to_be_told_is_not_told(make_world: MakeWorld) -> None:
    world = make_world()
    sound = world.incident(world.hears()).incident.sound
    with world.database.transaction(world.agency_id) as tx:
        policy = incidents.page_of_newest(tx, states=(), before=None, limit=1)[0].policy
        opened = [
            incidents.open_new(tx, sound=sound, state=IncidentState.OPEN, policy=policy, now=NOW)
            for _ in range(INCIDENTS_AT_MOST + 1)
        ]
    after = an_id()
    note(world, *(incident.incident_id for incident in opened))
    assert asyncio.run(missed(world, after=after)) is None


@pytest.mark.parametrize(
    "made_up",
    [uuid4(), UUID(int=0), UUID(int=2**128 - 1), an_id(ago_s=-3_600)],
    ids=["of another kind", "nothing", "the end of time", "of the future"],
)
def test_an_id_that_no_event_can_have_had_is_refused(made_up: UUID) -> None:
    with pytest.raises(DomainError) as refusal:
        refuse_unless_of_ours(made_up)
    assert Code.INVALID == refusal.value.code


@pytest.mark.parametrize("ago_s", [0, 3_600, -30])
def test_an_id_of_any_time_that_was_is_understood(ago_s: float) -> None:
    refuse_unless_of_ours(an_id(ago_s=ago_s))
