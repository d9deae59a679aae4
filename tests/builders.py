"""One plausible thing of each kind, which a test changes by keyword to say what it is about. Nothing here is stored.

Everything happens around `NOW` and `PLACE`. Ids come from names, so that `a_candidate(call_sign="3A12")` and
`an_alert(call_sign="3A12")` speak of the same unit.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from geopy.distance import geodesic

from service.domain.alert import Alert, AlertState, PageKind
from service.domain.detection import Classification, Confidence, Detection, DetectionKind, Sound
from service.domain.geo import Point
from service.domain.incident import Incident, IncidentState
from service.domain.notice import Notice
from service.domain.policy import Policy
from service.domain.selection import Candidate
from service.domain.unit import Fix, PushKind, PushTarget, Status, UnitKind

NOW = datetime(2026, 11, 20, 11, 12, 9, 310_000, tzinfo=UTC)
PLACE = Point(lat=37.737, lon=-122.391)


def id_of(name: str) -> UUID:
    """The same name gives the same id, in every test and run."""
    return uuid5(NAMESPACE_OID, name)


AGENCY_ID = id_of("agency")
SOURCE_ID = id_of("source")
INCIDENT_ID = id_of("incident")


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def a_point(*, away_m: float = 0, bearing_deg: float = 0, start: Point = PLACE) -> Point:
    """So many metres from `PLACE`, exact on the ellipsoid; due north unless told otherwise."""
    if away_m == 0:
        return start
    end = geodesic(meters=away_m).destination((start.lat, start.lon), bearing=bearing_deg)
    return Point(lat=end.latitude, lon=end.longitude)


def a_policy(**changes: Any) -> Policy:
    """The defaults of DESIGN §5."""
    return Policy(**changes)


def a_sound(**changes: Any) -> Sound:
    """Six shots, heard now at `PLACE` with high confidence."""
    sound = Sound(
        occurred_at=NOW,
        place=PLACE,
        uncertainty_m=25,
        classification=Classification.MULTIPLE_GUNSHOTS,
        confidence=Confidence.HIGH,
        rounds=6,
        address="1200 block of Quesada Ave",
    )
    return replace(sound, **changes)


def a_detection(**changes: Any) -> Detection:
    """The first message about a sound, which may be given; its time follows the sound's."""
    sound = changes.get("sound", a_sound())
    detection = Detection(
        source_id=SOURCE_ID,
        detection_id="SST-2026-000123",
        revision=0,
        kind=DetectionKind.DETECTED,
        occurred_at=sound.occurred_at if sound else NOW,
        sound=sound,
    )
    return replace(detection, **changes)


def a_dismissal(**changes: Any) -> Detection:
    """It was nothing, says revision 1 about the sound of `a_detection`."""
    return a_detection(**{"kind": DetectionKind.DISMISSED, "revision": 1, "sound": None} | changes)


def a_fix(*, age_s: float = 5, away_m: float = 0, bearing_deg: float = 0, **changes: Any) -> Fix:
    """A good fix at `PLACE`, or so far from it, and so old now."""
    fix = Fix(point=a_point(away_m=away_m, bearing_deg=bearing_deg), at=NOW - seconds(age_s), accuracy_m=5)
    return replace(fix, **changes)


def a_candidate(call_sign: str = "3A12", **changes: Any) -> Candidate:
    """An available patrol unit with a phone and a good fix at `PLACE`."""
    candidate = Candidate(
        unit_id=id_of(call_sign),
        call_sign=call_sign,
        kind=UnitKind.PATROL,
        status=Status.AVAILABLE,
        has_device=True,
        fix=a_fix(),
    )
    return replace(candidate, **changes)


def an_incident(**changes: Any) -> Incident:
    """Just opened, its first level asked and running."""
    incident = Incident(
        incident_id=INCIDENT_ID,
        agency_id=AGENCY_ID,
        state=IncidentState.OPEN,
        sound=a_sound(),
        policy=Policy(),
        opened_at=NOW,
        level=1,
        sequence=1,
        deadline_at=NOW + seconds(30),
    )
    return replace(incident, **changes)


def an_alert(call_sign: str = "3A12", **changes: Any) -> Alert:
    """Queued at level 1 for a unit 1,240 m away."""
    alert = Alert(
        alert_id=id_of(f"alert {call_sign}"),
        unit_id=id_of(call_sign),
        call_sign=call_sign,
        state=AlertState.QUEUED,
        level=1,
        deadline_at=NOW + seconds(30),
        distance_m=1_240,
    )
    return replace(alert, **changes)


def a_target(**changes: Any) -> PushTarget:
    """An Android phone's registration with FCM."""
    return replace(PushTarget(kind=PushKind.FCM_TOKEN, value="registration-token-of-3A12"), **changes)


def a_notice(**changes: Any) -> Notice:
    """The first page of `an_alert`."""
    notice = Notice(
        kind=PageKind.ALERT,
        incident_id=INCIDENT_ID,
        alert_id=id_of("alert 3A12"),
        sequence=1,
        silent=False,
        sound=a_sound(),
        distance_m=1_240,
        deadline_at=NOW + seconds(30),
        expires_at=NOW + seconds(120),
        timezone="America/Los_Angeles",
    )
    return replace(notice, **changes)
