"""What may an administrator do about people? See who there is, let somebody in, change what they may, shut them out."""

from uuid import UUID

from fastapi import APIRouter

from service.api.deps import BackendDep, UserDep
from service.api.errors import documented
from service.api.schemas_users import UserBody, UserChangeBody, UsersAnswer, UserShown
from service.api.strict_route import StrictRoute
from service.domain.errors import Code
from service.operations import accounts

router = APIRouter(prefix="/v1/admin/users", tags=["administrators"], route_class=StrictRoute)


@router.get("", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN))
def list_users(user: UserDep, backend: BackendDep) -> UsersAnswer:
    """Everybody who may sign in, or once did."""
    found = accounts.list_users(backend.database, agency_id=user.agency_id)
    return UsersAnswer(items=[UserShown.of(one) for one in found])


@router.post(
    "", status_code=201, responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.ALREADY_EXISTS, Code.INVALID)
)
def create_user(body: UserBody, user: UserDep, backend: BackendDep) -> UserShown:
    """Let somebody in; 409 when the e-mail address is taken."""
    return UserShown.of(accounts.create_user(backend.database, backend.ports, by=user, user=body.to_user()))


@router.patch(
    "/{user_id}",
    responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.ILLEGAL_MOVE, Code.INVALID),
)
def change_user(user_id: UUID, body: UserChangeBody, user: UserDep, backend: BackendDep) -> UserShown:
    """All of it or nothing; 409 when the agency's last administrator would be none."""
    accounts.change_user(backend.database, backend.ports, by=user, user_id=user_id, change=body.to_change())
    return UserShown.of(accounts.show_user(backend.database, agency_id=user.agency_id, user_id=user_id))
