"""What may an administrator do about sources? Make, rename and disable them, and replace their secrets one by one."""

from uuid import UUID

from fastapi import APIRouter

from service.api.deps import BackendDep, UserDep
from service.api.errors import documented
from service.api.schemas_admin import SecretAnswer, SourceBody, SourceChange, SourcesAnswer, SourceShown
from service.api.strict_route import StrictRoute
from service.domain.errors import Code
from service.operations import sources

router = APIRouter(prefix="/v1/admin/sources", tags=["administrators"], route_class=StrictRoute)
_REFUSALS = documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND)


@router.get("", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN))
def list_sources(user: UserDep, backend: BackendDep) -> SourcesAnswer:
    """Every source by name, and when it was last heard of. A secret is never shown again."""
    found = sources.list_sources(backend.database, agency_id=user.agency_id)
    return SourcesAnswer(items=[SourceShown.of(source) for source in found])


@router.post(
    "",
    status_code=201,
    responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.ALREADY_EXISTS, Code.INVALID),
)
def create_source(body: SourceBody, user: UserDep, backend: BackendDep) -> SecretAnswer:
    """A sensor network or an AVL feed, with the secret that it signs with: shown this once."""
    made = sources.create_source(backend.database, backend.ports, by=user, name=body.name)
    return SecretAnswer(source_id=made.source_id, secret=made.secret)


@router.patch("/{source_id}", responses=_REFUSALS | documented(Code.ALREADY_EXISTS, Code.INVALID))
def change_source(source_id: UUID, body: SourceChange, user: UserDep, backend: BackendDep) -> SourceShown:
    """Another name; or out of service and back, with the secrets that it had."""
    sources.change_source(
        backend.database, backend.ports, by=user, source_id=source_id, name=body.name, disabled=body.disabled
    )
    return SourceShown.of(sources.show_source(backend.database, agency_id=user.agency_id, source_id=source_id))


@router.post("/{source_id}/secrets", status_code=201, responses=_REFUSALS | documented(Code.ILLEGAL_MOVE))
def rotate_secret(source_id: UUID, user: UserDep, backend: BackendDep) -> SecretAnswer:
    """A second secret, shown this once. Both are live until the older one is retired; 409 while two are."""
    secret = sources.rotate_secret(backend.database, backend.ports, by=user, source_id=source_id)
    return SecretAnswer(source_id=source_id, secret=secret)


@router.delete("/{source_id}/secrets/older", status_code=204, responses=_REFUSALS)
def retire_older_secret(source_id: UUID, user: UserDep, backend: BackendDep) -> None:
    """Only the newest secret is live from now on. A second call does nothing."""
    sources.retire_older_secret(backend.database, backend.ports, by=user, source_id=source_id)
