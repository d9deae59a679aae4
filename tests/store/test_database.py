"""What went wrong at the database is logged: which statement and why, never what was in it."""

import psycopg
import pytest
from world import World

from service.domain.errors import Code, DomainError
from service.operations import accounts, sources
from service.operations.accounts import NewUser
from service.operations.administration import Operator
from service.store.users import UserRole


def test_a_secret_that_could_not_be_stored_in_time_is_not_in_the_log(world: World, admin_database_url: str) -> None:
    by = Operator(agency_id=world.agency_id, actor="test")
    with psycopg.connect(admin_database_url.replace("+psycopg", "")) as somebody:
        somebody.execute("lock table sources")
        with pytest.raises(DomainError) as refused:
            sources.create_source(world.database, world.ports, by=by, name="Microphones")
    assert Code.UNAVAILABLE is refused.value.code
    assert "INSERT INTO sources" in refused.value.internal
    assert "whsec_" not in refused.value.internal


def test_an_address_that_is_taken_is_not_in_the_log(world: World) -> None:
    by = Operator(agency_id=world.agency_id, actor="test")
    ann = NewUser(email="ann@bayview.test", name="Ann", role=UserRole.AUDITOR, password="a lamp under seven rivers")
    accounts.create_user(world.database, world.ports, by=by, user=ann)
    with pytest.raises(DomainError) as refused:
        accounts.create_user(world.database, world.ports, by=by, user=ann)
    assert (Code.ALREADY_EXISTS, "uq_users_email") == (refused.value.code, refused.value.internal)
