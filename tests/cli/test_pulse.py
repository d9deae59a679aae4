"""An API whose event loop hangs is not alive, although its threads are."""

import asyncio
import time

from service.cli.pulse import Pulse


def test_a_loop_that_turns_is_felt() -> None:
    async def turns() -> bool:
        pulse = Pulse(asyncio.get_running_loop(), every_s=0.02, lost_after_s=0.5)
        await asyncio.sleep(0.8)
        return pulse.is_felt()

    assert asyncio.run(turns())


def test_a_loop_that_hangs_is_not_and_is_felt_again_when_it_goes_on() -> None:
    async def hangs() -> tuple[bool, bool]:
        pulse = Pulse(asyncio.get_running_loop(), every_s=0.02, lost_after_s=0.2)
        time.sleep(0.3)  # noqa: ASYNC251  as a bug would
        hung = pulse.is_felt()
        await asyncio.sleep(0.05)
        return hung, pulse.is_felt()

    assert (False, True) == asyncio.run(hangs())
