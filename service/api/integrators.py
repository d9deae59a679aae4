"""What may a sensor network tell us? The webhook for detections; AVL feeds are in `positions`."""

from fastapi import APIRouter, Response

from service.api.bodies import naming_fields, object_of
from service.api.deps import BackendDep
from service.api.errors import documented
from service.api.schemas_integrators import DetectionAnswer, body_sha256, read_message, to_detection
from service.api.signed import SignedMessageDep, SourceId, body_of, source_of
from service.domain.errors import Code
from service.operations import detections
from service.operations.detections import Arrival

router = APIRouter(prefix="/v1/sources", tags=["integrators"])


@router.post(
    "/{source_id}/detections",
    status_code=202,
    response_model=DetectionAnswer,
    openapi_extra=body_of("DetectionBody", "DismissalBody"),
    responses=documented(
        Code.UNAUTHENTICATED,
        Code.DETECTION_CONFLICT,
        Code.TOO_LARGE,
        Code.INVALID,
        Code.OVERLOADED,
        Code.UNAVAILABLE,
    ),
)
def receive_detection(source_id: SourceId, message: SignedMessageDep, backend: BackendDep) -> Response:
    """Report a detection, update it, or dismiss it.

    Answered once it is committed. The same message again gets the same answer with `replayed`; another one under the
    same (detection_id, revision) is a conflict. `incident_id` is null while a message is parked.
    """
    source = source_of(message, source_id, backend=backend)
    fields = object_of(message.text)
    with naming_fields():
        body = read_message(fields)
    answer = detections.receive_detection(
        backend.database,
        backend.ports,
        agency_id=source.agency_id,
        detection=to_detection(body, source_id=source.source_id),
        arrival=Arrival(at=message.arrived_at, body_sha256=body_sha256(body), origin=message.origin),
    )
    said = DetectionAnswer.model_validate(answer, from_attributes=True)
    # A response as it is: FastAPI would send the model through a second thread to look at it once more.
    return Response(said.model_dump_json(), status_code=202, media_type="application/json")
