"""How does an administrator give a program a token of its own, see which there are, and end one?"""

from uuid import UUID

from fastapi import APIRouter

from service.api.deps import BackendDep, UserDep
from service.api.errors import documented
from service.api.schemas_accounts import ApiTokenBody, ApiTokensAnswer, ApiTokenShown, NewApiTokenAnswer
from service.api.strict_route import StrictRoute
from service.domain.errors import Code
from service.operations import api_tokens
from service.operations.api_tokens import Wanted

router = APIRouter(prefix="/v1/admin/api-tokens", tags=["administrators"], route_class=StrictRoute)


@router.post("", status_code=201, responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.INVALID))
def create_api_token(body: ApiTokenBody, user: UserDep, backend: BackendDep) -> NewApiTokenAnswer:
    """A token for programs of whoever asks. It may do what they may, as far as its scopes go, until it ends."""
    wanted = Wanted(name=body.name, scopes=frozenset(body.scopes), days=body.days)
    token, kept = api_tokens.create_api_token(backend.database, backend.ports, user=user, wanted=wanted)
    return NewApiTokenAnswer(token=token, **ApiTokenShown.of(kept).model_dump())


@router.get("", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN))
def list_api_tokens(user: UserDep, backend: BackendDep) -> ApiTokensAnswer:
    """Everybody's, the ended ones among them."""
    found = api_tokens.list_api_tokens(backend.database, agency_id=user.agency_id)
    return ApiTokensAnswer(items=[ApiTokenShown.of(token) for token in found])


@router.delete(
    "/{token_id}", status_code=204, responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND)
)
def revoke_api_token(token_id: UUID, user: UserDep, backend: BackendDep) -> None:
    """Good for nothing from now on, whoever's it was. A second call does nothing."""
    api_tokens.revoke_api_token(backend.database, backend.ports, user=user, token_id=token_id)
