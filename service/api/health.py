"""Is this process alive, and is it any use? For load balancers and orchestrators, not for people."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from service.api.deps import BackendDep
from service.api.errors import documented
from service.domain.errors import Code
from service.operations.position_copy import are_kept

router = APIRouter(tags=["machines"])


class Liveness(BaseModel):
    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """`degraded`: Redis is away. Alerts still ring, by the clock and from PostgreSQL, only later."""

    status: Literal["ok", "degraded"]


@router.get("/livez")
async def show_liveness() -> Liveness:
    """Answers as long as the process can answer anything; asks nobody else."""
    return Liveness()


@router.get("/readyz", responses=documented(Code.UNAVAILABLE))
def show_readiness(backend: BackendDep) -> Readiness:
    """PostgreSQL decides; without Redis it goes on."""
    backend.database.refuse_read_only()
    return Readiness(status="ok" if are_kept(backend.ports.positions) else "degraded")
