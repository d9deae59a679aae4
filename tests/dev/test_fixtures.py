"""What tests are promised by their fixtures: a database of one's own, seen as the app sees it, and an empty Redis."""

import psycopg
import pytest
import redis


def libpq(url: str) -> str:
    return url.replace("postgresql+psycopg:", "postgresql:")


@pytest.mark.parametrize("turn", ["first", "second"])
def test_nothing_of_another_test_is_seen(turn: str, admin_database_url: str, redis_url: str) -> None:
    with psycopg.connect(libpq(admin_database_url)) as connection, redis.Redis.from_url(redis_url) as client:
        connection.execute("create table left_behind (turn text)")
        assert client.set("left_behind", turn, nx=True)


def test_the_app_role_cannot_step_around_row_level_security(database_url: str) -> None:
    with psycopg.connect(libpq(database_url)) as connection:
        row = connection.execute(
            "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
        ).fetchone()
    assert (False,) == row


def test_app_and_owner_see_the_same_database(database_url: str, admin_database_url: str) -> None:
    with psycopg.connect(libpq(database_url)) as app, psycopg.connect(libpq(admin_database_url)) as owner:
        assert app.info.dbname == owner.info.dbname
