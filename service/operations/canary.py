"""Does an alert still arrive? Each minute a detection of nobody's goes the whole way, to a phone that is none.

Everything is what it is for a real shot: it is received, selects the one unit of an agency that nobody sees, is paged
by a worker and handed to the push service, which only checks it (`PushKind.CANARY`). Then its incident ends, and is
purged after a day like any other. Any number of processes may look after it: one a minute is released by one of them.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import structlog

from service.auth import tokens
from service.domain.alert import PageState
from service.domain.detection import Classification, Confidence, Detection, DetectionKind, Sound
from service.domain.errors import Code, DomainError
from service.domain.escalation import decide
from service.domain.events import Ended
from service.domain.geo import Point
from service.domain.incident import IncidentState
from service.domain.policy import Policy
from service.domain.retention import Retention
from service.domain.unit import Fix, Platform, PushKind, PushTarget, Status, Track, UnitKind
from service.domain.vigilance import Canary
from service.operations.decisions import carry_out
from service.operations.detections import Arrival, receive_detection
from service.operations.paging import nudge_workers
from service.ports import Ports, PositionsUnavailable
from service.store import alerts, canary, devices, fixes, incidents, journal, pages, sources, units
from service.store.canary import StoredCanary
from service.store.database import Database, Transaction
from service.store.devices import NewDevice
from service.store.ids import new_id
from service.store.journal import Entry

log = structlog.get_logger()

ACTOR = "canary"
LOOK_EVERY_S = 1.0
PLACE = Point(lat=-48.8767, lon=-123.3933)
"""The point of the oceans that is farthest from any land: should anybody ever see it on a map, nobody is there."""
POLICY = Policy(
    units_per_level=1,
    acknowledgments_needed=1,
    acknowledgment_deadline_s=120,
    levels=1,
    warning_radius_m=0,
    # Each is an incident of its own, also while the one before has not arrived.
    join_within_s=1,
    join_total_s=1,
)
RETENTION = Retention(journal_days=1, fixes_h=1, snapshots_days=1, incidents_days=1)


def look_after_canary(database: Database, ports: Ports, *, every_s: float) -> None:
    """Note whether the last one has arrived, and release the next when it is time. A second call does nothing more."""
    agency_id = canary.agency_id(database) or _hatch(database, ports)
    with database.transaction(agency_id) as tx:
        bird = canary.find(tx)
    if bird is None:
        return
    if bird.incident_id is not None:
        _welcome(database, ports, bird, bird.incident_id)
    now = ports.clock.now()
    with database.transaction(agency_id) as tx:
        if not canary.claim(tx, now=now, next_at=now + ports.clock.real(every_s)):
            return
    if bird.incident_id is not None:
        _end(database, ports, agency_id, bird.incident_id, reason="It did not arrive in time")
    _release(database, ports, bird, now=now)


def canary_of(database: Database) -> Canary | None:
    """How it is; None before it has hatched."""
    agency_id = canary.agency_id(database)
    if agency_id is None:
        return None
    with database.transaction(agency_id) as tx:
        bird = canary.find(tx)
    if bird is None:
        return None
    return Canary(hatched_at=bird.hatched_at, arrived_at=bird.arrived_at, took_s=bird.took_s)


def _hatch(database: Database, ports: Ports) -> UUID:
    """An agency with one source, one unit and one phone that is none; of two at once one stays."""
    now, agency_id = ports.clock.now(), new_id()
    try:
        with database.transaction(agency_id) as tx:
            canary.add_agency(tx, policy=POLICY, retention=RETENTION, now=now)
            source_id = sources.add(tx, name="Canary", secret=tokens.new_source_secret(), now=now)
            unit_id = units.add(tx, call_sign="Canary", kind=UnitKind.PATROL, now=now)
            units.set_status(tx, unit_id, Status.AVAILABLE, now=now)
            about = NewDevice(platform=Platform.ANDROID, model="Canary", app_version="")
            # Nobody is told the token of which this is the hash, so nobody ever signs in as this device.
            nobodys = tokens.token_hash(secrets.token_urlsafe()).hex()
            target = PushTarget(kind=PushKind.CANARY, value="canary")
            devices.add(tx, about, unit_id=unit_id, target=target, token_hash=nobodys, now=now)
            canary.add(tx, source_id=source_id, unit_id=unit_id, now=now)
            journal.write(tx, [Entry(at=now, actor=ACTOR, action="canary_hatched")])
    except DomainError as error:
        others = canary.agency_id(database)
        if error.code is not Code.ALREADY_EXISTS or others is None:
            raise
        return others
    log.info("canary_hatched", agency_id=str(agency_id))
    return agency_id


def _release(database: Database, ports: Ports, bird: StoredCanary, *, now: datetime) -> None:
    track = {bird.unit_id: Track(last=Fix(point=PLACE, at=now, accuracy_m=5.0))}
    with database.transaction(bird.agency_id) as tx:
        fixes.keep(tx, track, now=now)
    try:
        ports.positions.rebuild(bird.agency_id, track)
    except PositionsUnavailable:
        log.debug("canary_flies_without_redis")
    detection = _detection(bird, now)
    arrival = Arrival(at=now, body_sha256=sha256(detection.detection_id.encode()).digest())
    answer = receive_detection(database, ports, agency_id=bird.agency_id, detection=detection, arrival=arrival)
    if answer.incident_id is not None:
        with database.transaction(bird.agency_id) as tx:
            canary.set_off(tx, answer.incident_id, now=now)


def _detection(bird: StoredCanary, now: datetime) -> Detection:
    sound = Sound(
        occurred_at=now,
        place=PLACE,
        uncertainty_m=1.0,
        classification=Classification.SINGLE_GUNSHOT,
        confidence=Confidence.HIGH,
        address="Canary: nobody is there",
    )
    return Detection(
        source_id=bird.source_id,
        detection_id=f"canary-{new_id()}",
        revision=0,
        kind=DetectionKind.DETECTED,
        occurred_at=now,
        sound=sound,
    )


def _welcome(database: Database, ports: Ports, bird: StoredCanary, incident_id: UUID) -> None:
    """Its page was handed over: that is what it flew for."""
    with database.transaction(bird.agency_id) as tx:
        sent = [page.settled_at for page in pages.of_incident(tx, incident_id) if page.state is PageState.SENT]
        arrived_at = min((at for at in sent if at is not None), default=None)
        if arrived_at is None or bird.released_at is None:
            return
        took_s = max(timedelta(0), arrived_at - bird.released_at) / ports.clock.real(1.0)
        if not canary.arrive(tx, incident_id, at=arrived_at, took_s=took_s):
            return
    log.debug("canary_arrived", took_s=round(took_s, 3))
    _end(database, ports, bird.agency_id, incident_id, reason="It has arrived")


def _end(database: Database, ports: Ports, agency_id: UUID, incident_id: UUID, *, reason: str) -> None:
    with database.transaction(agency_id) as tx:
        queued = _cancel(tx, incident_id, reason, now=ports.clock.now())
    if queued:
        nudge_workers(ports, agency_id, incident_id)


def _cancel(tx: Transaction, incident_id: UUID, reason: str, *, now: datetime) -> bool:
    incident = incidents.lock(tx, incident_id)
    if incident is None or not incident.lives:
        return False
    known = alerts.of_incident(tx, incident_id)
    decision = decide(incident, known, event=Ended(to=IncidentState.CANCELLED, reason=reason, warned=()), now=now)
    return carry_out(tx, incident, decision, now=now, actor=ACTOR)
