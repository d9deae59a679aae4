"""`GET /v1/stream` and `GET /v1/me/stream` over real connections: who is let in, what is told, and in which form."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.client import HTTPResponse
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from builders import seconds
from jsonschema import Draft202012Validator, FormatChecker
from outside import Backend, calling
from streaming import Serving, Stream, serving
from watching import Session, sign_in
from world import Car, World

from service.api.app import openapi_document
from service.dev.embedded import Stores
from service.domain.unit import Status
from service.store.ids import first_id_of, made_at, new_id


@pytest.fixture
def here(world: World) -> Iterator[Serving]:
    with serving(Backend(world.database, world.ports)) as here:
        yield here


@pytest.fixture
def session(world: World) -> Session:
    return sign_in(world)


def refusal_of(stream: Stream) -> tuple[int, str]:
    with stream:
        return stream.answer.status, str(stream.answer.headers["content-type"])


def test_a_stream_is_never_kept_or_held_back_on_its_way(here: Serving, session: Session) -> None:
    with here.watch(session.token) as stream:
        stream.wait_for("hello")
        headers = stream.answer.headers
    assert "text/event-stream; charset=utf-8" == headers["content-type"]
    assert ("no-store", "no") == (headers["cache-control"], headers["x-accel-buffering"])


def test_it_begins_with_the_servers_time_and_an_id_to_come_back_with(
    here: Serving, session: Session, world: World
) -> None:
    with here.watch(session.token) as stream:
        hello = stream.wait_for("hello")
        first_id = stream.last_id
    assert {"now": "2026-11-20T11:12:09.310000Z"} == hello
    world.hears()
    with here.watch(session.token, after=first_id) as stream:
        assert "unanswered" == stream.wait_for("incident")["incident"]["state"]


def test_whoever_runs_the_server_sees_how_many_watch(here: Serving, session: Session) -> None:
    with here.watch(session.token) as stream:
        stream.wait_for("hello")
        with here.connect() as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            answer = HTTPResponse(connection)
            answer.begin()
            assert b"beatline_streams 1.0\n" in answer.read()


@pytest.mark.parametrize("path", ["/v1/stream", "/v1/me/stream"])
def test_a_stranger_is_told_to_sign_in(here: Serving, path: str) -> None:
    assert (401, "application/problem+json") == refusal_of(here.watch("made-up", path=path))


def test_a_phone_is_no_console_and_a_console_no_phone(here: Serving, session: Session, world: World) -> None:
    assert refusal_of(here.watch(world.car().phone.token))[0] in {401, 403}
    assert refusal_of(here.watch_phone(session.token))[0] in {401, 403}


@pytest.mark.parametrize(
    "last_id",
    ["1", str(uuid4()), "00000000-0000-0000-0000-000000000000", str(first_id_of(made_at(new_id()) + seconds(3_600)))],
    ids=["no id", "of another kind", "nothing", "of the future"],
)
def test_a_made_up_last_event_id_is_named_as_the_reason(here: Serving, session: Session, last_id: str) -> None:
    assert (422, "application/problem+json") == refusal_of(here.watch(session.token, after=last_id))


def test_a_stream_outlives_a_database_that_is_away_and_nobody_new_is_let_in(
    here: Serving, session: Session, world: World, stores: Stores, database_name: str
) -> None:
    with here.watch(session.token) as stream:
        stream.wait_for("hello")
        with away(stores, database_name):
            assert (503, "application/problem+json") == refusal_of(here.watch(session.token))
        world.hears()
        stream.wait_for("incident")


def test_what_a_phone_is_told_is_what_it_would_find_in_its_list(here: Serving, world: World) -> None:
    near, far = world.cars(300, 500)
    with here.watch_phone(near.phone.token) as stream:
        stream.wait_for("hello")
        world.hears()
        told = stream.wait_for("alert")
    assert {"kind": "alert", "loud": True, "reason": ""} == told.pop("page")
    assert listed(world, near) == told
    assert listed(world, far) != told


def test_an_update_that_rings_nobody_says_so(here: Serving, world: World) -> None:
    near, _ = world.cars(300, 500)
    with here.watch_phone(near.phone.token) as stream:
        stream.wait_for("hello")
        world.hears()
        stream.wait_for("alert")
        near.phone.accepts()
        told = stream.wait_for("alert", lambda alert: alert["state"] == "acknowledged")
    assert ("primary", None) == (told["role"], told["page"])


def test_a_unit_that_is_not_asked_is_warned(here: Serving, world: World) -> None:
    world.cars(100, 200)
    close_by = world.car(away_m=300)
    close_by.phone.says(Status.UNAVAILABLE)
    with here.watch_phone(close_by.phone.token) as stream:
        stream.wait_for("hello")
        world.hears()
        told = stream.wait_for("warning")
        assert [] == stream.named("alert")
    assert ("warning", "open") == (told["page"]["kind"], told["incident"]["state"])


def test_each_event_is_as_the_document_promises(here: Serving, session: Session, world: World) -> None:
    near, _ = world.cars(300, 500)
    close_by = world.car(away_m=400)
    close_by.phone.says(Status.UNAVAILABLE)
    with (
        here.watch(session.token) as console,
        here.watch_phone(near.phone.token) as phone,
        here.watch_phone(close_by.phone.token) as warned,
    ):
        world.hears()
        near.phone.accepts()
        for stream, names in ((console, ("incident", "unit")), (phone, ("alert",)), (warned, ("warning",))):
            for name in names:
                stream.wait_for(name)
        here.stop()
        assert {"hello", "incident", "unit", "reconnect"} == checked(console, "/v1/stream")
        assert {"hello", "alert", "reconnect"} == checked(phone, "/v1/me/stream")
        assert {"hello", "warning", "reconnect"} == checked(warned, "/v1/me/stream")


def checked(stream: Stream, path: str) -> set[str]:
    """The names of the events, each of which fits what the OpenAPI document says of it."""
    stream.wait_until_over()
    document = promised()
    said = document["paths"][path]["get"]["responses"]["200"]["content"]["text/event-stream"]["itemSchema"]["oneOf"]
    schemas = {each["properties"]["event"]["const"]: each["properties"]["data"]["contentSchema"] for each in said}
    for event in stream.events:
        schema = {**schemas[event.name], "components": document["components"]}
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(event.data)
    return {event.name for event in stream.events}


@cache
def promised() -> dict[str, Any]:
    return openapi_document()


def listed(world: World, car: Car) -> Any:
    """The newest item of `GET /v1/me/alerts`."""
    with calling(Backend(world.database, world.ports)) as call:
        headers = {"authorization": f"Bearer {car.phone.token}"}
        return call("GET", "/v1/me/alerts", headers=headers).json()["items"][0]


@contextmanager
def away(stores: Stores, database_name: str) -> Iterator[None]:
    """Whoever is connected is cut off, and nobody can connect."""
    with psycopg.connect(stores.admin_url().replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute(f'alter database "{database_name}" allow_connections false')
        owner.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [database_name])
        yield
        owner.execute(f'alter database "{database_name}" allow_connections true')
