"""A few passwords are looked at at once; who comes then waits, and is told when it is no use."""

import anyio
import pytest

from service.api.sessions import PASSWORDS_AT_ONCE, Line
from service.domain.errors import Code, DomainError


async def fill(line: Line) -> None:
    for _ in range(PASSWORDS_AT_ONCE):
        await line.wait()


def test_who_waits_is_let_in_when_somebody_leaves() -> None:
    async def story() -> list[str]:
        line, told = Line(), []

        async def come() -> None:
            await line.wait()
            told.append("let in")

        await fill(line)
        async with anyio.create_task_group() as others:
            others.start_soon(come)
            await anyio.wait_all_tasks_blocked()
            told.append("somebody leaves")
            line.leave()
        return told

    assert ["somebody leaves", "let in"] == anyio.run(story)


def test_a_line_that_does_not_move_is_no_use() -> None:
    assert Code.OVERLOADED is _refusal(Line(patience_s=0.01))


def test_nor_is_one_that_is_too_long() -> None:
    assert Code.OVERLOADED is _refusal(Line(in_line=0))


def _refusal(line: Line) -> Code:
    async def story() -> Code:
        await fill(line)
        with pytest.raises(DomainError) as refused:
            await line.wait()
        assert refused.value.retry_after_s is not None
        return refused.value.code

    return anyio.run(story)
