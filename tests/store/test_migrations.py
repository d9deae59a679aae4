"""The schema: up, down and up again with rows in it, and the tables are what the code says they are."""

from uuid import uuid4

import psycopg
import pytest
from fake_clock import FrozenClock
from psycopg import sql
from sqlalchemy import create_engine, func, inspect, select, text
from world import World

from service.dev.embedded import Stores
from service.domain.errors import Code, DomainError
from service.store import migration
from service.store.database import Database
from service.store.tables import METADATA

OF_NO_AGENCY = {"directory", "sign_in_failures", "heartbeats", "alarms"}


@pytest.fixture
def filled(database_url: str, admin_database_url: str, clock: FrozenClock) -> str:
    """The owner's URL of a database in which things have happened."""
    database = Database(database_url, pool_size=12)
    world = World(database, clock)
    near, _ = world.cars(400, 900)
    world.hears()
    near.phone.receives()
    near.phone.accepts()
    world.close()
    database.close()
    return admin_database_url


def test_a_filled_database_goes_down_and_up_again(filled: str) -> None:
    before = _counts(filled)
    assert before["pages"] > 0
    migration.downgrade(filled, "0001")
    assert {table: before[table] for table in _counts(filled)} == _counts(filled)
    migration.upgrade(filled)
    migration.check(filled)
    assert before == _counts(filled)
    migration.downgrade(filled, "base")
    migration.upgrade(filled)
    migration.check(filled)


def test_upgrading_twice_does_nothing_more(admin_database_url: str) -> None:
    migration.upgrade(admin_database_url)
    migration.check(admin_database_url)


def test_every_table_of_an_agency_is_under_forced_row_level_security(admin_database_url: str) -> None:
    engine = create_engine(admin_database_url)
    with engine.connect() as connection:
        rows = connection.execute(
            text("select relname from pg_class where relkind = 'r' and relrowsecurity and relforcerowsecurity")
        )
        secured = {row.relname for row in rows}
    engine.dispose()
    assert set(METADATA.tables) - OF_NO_AGENCY == secured


def test_agency_id_leads_every_primary_and_foreign_key() -> None:
    for table in METADATA.tables.values():
        if table.name in OF_NO_AGENCY:
            continue
        assert "agency_id" == next(iter(table.primary_key.columns)).name
        for key in table.foreign_key_constraints:
            assert "agency_id" == key.columns.keys()[0]


def test_the_app_refuses_to_run_as_a_role_that_passes_by_row_level_security(admin_database_url: str) -> None:
    database = Database(admin_database_url, pool_size=1)
    with pytest.raises(DomainError) as refused:
        database.refuse_powerful_role()
    database.close()
    assert Code.FORBIDDEN is refused.value.code


def test_the_app_role_sees_nothing_without_an_agency(filled: str, database_url: str) -> None:
    database = Database(database_url, pool_size=1)
    with database.outside() as connection:
        for table in set(METADATA.tables) - OF_NO_AGENCY:
            assert 0 == connection.execute(select(func.count()).select_from(METADATA.tables[table])).scalar_one()
    database.close()
    assert _counts(filled)["incidents"] > 0


@pytest.mark.parametrize("act", ["update journal set actor = 'nobody'", "delete from journal", "truncate journal"])
def test_nobody_rewrites_the_journal_not_even_its_owner(filled: str, act: str) -> None:
    with (
        psycopg.connect(filled.replace("+psycopg", "")) as connection,
        pytest.raises(psycopg.Error, match="append-only"),
    ):
        connection.execute(act)


def _counts(url: str) -> dict[str, int]:
    engine = create_engine(url)
    with engine.connect() as connection:
        counts = {
            table: int(connection.execute(select(func.count()).select_from(METADATA.tables[table])).scalar_one())
            for table in inspect(connection).get_table_names()
            if table in METADATA.tables
        }
    engine.dispose()
    return counts


def test_an_owner_that_is_no_superuser_can_migrate(stores: Stores, template_database: str) -> None:
    """As on a managed server: it may create roles, administers ours, and owns this database and nothing else."""
    assert template_database  # our two roles are there, made by somebody else
    owner = f"owner_{uuid4().hex[:8]}"
    stores.create_database(owner)
    with psycopg.connect(stores.admin_url(owner).replace("+psycopg", ""), autocommit=True) as connection:
        for statement in (
            "create role {owner} login createrole",
            "grant beatline_app, beatline_door to {owner} with admin option",
            "alter database {owner} owner to {owner}",
            "alter schema public owner to {owner}",
        ):
            connection.execute(sql.SQL(statement).format(owner=sql.Identifier(owner)))
    migration.upgrade(stores.url(owner, role=owner))
    migration.downgrade(stores.url(owner, role=owner), "base")
    migration.upgrade(stores.url(owner, role=owner))
    stores.drop_database(owner)
