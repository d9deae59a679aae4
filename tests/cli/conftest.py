"""Commands on a database of the test's own, as whoever is at the server types them."""

import os
from collections.abc import Callable

import pytest
from commands import Said, run_commands

Admin = Callable[..., list[Said]]


@pytest.fixture
def environment(database_url: str, redis_url: str) -> dict[str, str]:
    return os.environ | {"BEATLINE_DATABASE_URL": database_url, "BEATLINE_REDIS_URL": redis_url}


@pytest.fixture
def admin(environment: dict[str, str]) -> Admin:
    """`beatline admin …`, one command after the other; `typed` is their standard input, `changes` their variables."""

    def call(*commands: str, typed: str = "", **changes: str) -> list[Said]:
        lines = [f"admin {command}" for command in commands]
        return run_commands(lines, environment=environment | changes, typed=typed)

    return call
