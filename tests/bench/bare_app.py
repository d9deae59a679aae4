"""The same app, the same route, the same reading of the body; nobody is asked who it is, and no Redis what it thinks.

The floor of the row "one position a request". `python -m bench.bare_app PORT`.
"""

import gc
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import SimpleNamespace
from uuid import UUID

import uvicorn

from service.api.app import create_app
from service.api.deps import Backend
from service.operations.position_desk import Judgement, Report
from service.operations.registry import SignedInDevice

_SOMEBODY = SignedInDevice(agency_id=UUID(int=1), unit_id=UUID(int=2), device_id=UUID(int=3))


class AnswersAtOnce:
    """A desk that believes everything and keeps nothing."""

    async def report(self, reports: Sequence[Report]) -> list[Judgement]:
        return [Judgement(accepted=len(report.fixes), rejected=()) for report in reports]


class KnowsEverybody:
    """Devices without tokens."""

    async def get(self, token_hash: bytes) -> SignedInDevice:  # noqa: ARG002  the real one's signature
        return _SOMEBODY


def main(port: str) -> None:
    app = create_app(_never_opened)
    app.state.reception = SimpleNamespace(desk=AnswersAtOnce(), devices=KnowsEverybody())
    gc.freeze()
    uvicorn.run(
        app,
        port=int(port),
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )


def _never_opened() -> AbstractContextManager[Backend]:
    raise AssertionError("without its lifespan the app opens nothing")


if __name__ == "__main__":
    main(sys.argv[1])
