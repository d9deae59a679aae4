"""The journal is written once for each transaction, with everything in it, and only when there is anything."""

from world import World

from service.store import journal
from service.store.journal import Entry


def test_each_entry_is_written_once_also_after_somebody_had_nothing_to_say(world: World) -> None:
    now = world.clock.now()
    with world.database.transaction(world.agency_id) as tx:
        journal.write(tx, [])
        journal.write(tx, [Entry(at=now, actor="test", action="first")])
        journal.write(tx, [Entry(at=now, actor="test", action="second")])
    assert ["first", "second"] == [entry["action"] for entry in tx.entries]


def test_where_somebody_asked_from_is_in_every_entry(world: World) -> None:
    with world.database.transaction(world.agency_id, origin="198.51.100.7") as tx:
        journal.write(tx, [Entry(at=world.clock.now(), actor="test", action="first")])
    assert ["198.51.100.7"] == [entry["origin"] for entry in tx.entries]
