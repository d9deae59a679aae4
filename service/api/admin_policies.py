"""What may an administrator do about the agency's rules? See them, try others on an incident that was, and set them."""

from fastapi import APIRouter

from service.api.deps import BackendDep, UserDep
from service.api.errors import documented
from service.api.schemas_policies import PreviewAnswer, PreviewBody, RulesAnswer, RulesBody
from service.api.strict_route import StrictRoute
from service.domain.errors import Code
from service.operations import policies

router = APIRouter(prefix="/v1/admin/policies", tags=["administrators"], route_class=StrictRoute)


@router.get("", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN))
def show_policies(user: UserDep, backend: BackendDep) -> RulesAnswer:
    """By which rules units are asked, and what is kept how long."""
    return RulesAnswer.of(policies.show_rules(backend.database, agency_id=user.agency_id))


@router.put("", responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.INVALID))
def set_policies(body: RulesBody, user: UserDep, backend: BackendDep) -> RulesAnswer:
    """The rules as a whole, for incidents that open from now on. All that cannot be is named with its reason."""
    rules = policies.set_rules(
        backend.database, backend.ports, by=user, policy=body.to_policy(), retention=body.to_retention()
    )
    return RulesAnswer.of(rules)


@router.post(
    "/preview",
    responses=documented(Code.UNAUTHENTICATED, Code.FORBIDDEN, Code.NOT_FOUND, Code.ILLEGAL_MOVE, Code.INVALID),
)
def preview_policy(body: PreviewBody, user: UserDep, backend: BackendDep) -> PreviewAnswer:
    """Whom that incident would have asked under this policy. Nothing is changed, and no phone rings.

    409 once the positions of then are no longer kept, which is after a day unless the agency says otherwise.
    """
    previewed = policies.preview_policy(
        backend.database, backend.ports, by=user, policy=body.to_policy(), incident_id=body.incident_id
    )
    return PreviewAnswer.of(previewed)
