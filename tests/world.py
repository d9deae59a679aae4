"""A small world for stories: one agency, its cars and their phones, a sensor network, and time that a test moves.

Real PostgreSQL, the real operations; positions, push and jobs are the fakes that pass the ports' contract suites.
What a worker would do happens at once after each act, what the clock would do when the story advances time.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from builders import PLACE, a_detection, a_fix, a_point, a_sound
from desk import Desk
from fake_clock import FrozenClock
from fake_feed import FakeFeed
from fake_positions import FakePositions
from fake_push import FakePush, Ring

from service.domain.alert import AlertState, PageKind
from service.domain.detection import DetectionKind
from service.domain.geo import Point
from service.domain.policy import Policy
from service.domain.unit import Fix, Platform, PushKind, PushTarget, Status, Track, UnitKind
from service.operations import acknowledgments, board, care, detections, drills, escalations, overdue, registry
from service.operations.accounts import SignedInUser
from service.operations.acknowledgments import AlertView, Declining
from service.operations.board import IncidentRecord
from service.operations.catching_up import alerts_since
from service.operations.claiming import LEASE_S
from service.operations.detections import Answer, Arrival
from service.operations.paging import send_due_pages
from service.operations.registry import SignedInDevice
from service.ports import Ports
from service.store import alerts, devices, fixes, incidents, journal, pages, units, users
from service.store.database import Database, Transaction
from service.store.devices import NewDevice
from service.store.journal import Search
from service.store.units import StoredUnit
from service.store.users import UserRole

MakeWorld = Callable[..., "World"]
"""A world under the default policy, changed by keywords."""


class InlineJobs:
    """Remembers nudges; the world works them off like a worker would. `is_away` loses them, as a dead Redis does."""

    def __init__(self) -> None:
        self.is_away = False
        self.waiting: list[tuple[UUID, UUID]] = []

    def page(self, agency_id: UUID, incident_id: UUID) -> None:
        if self.is_away:
            raise ConnectionError("taken away by the test")
        self.waiting.append((agency_id, incident_id))


@dataclass(slots=True)
class Phone:
    """A phone of a car: signed in on its unit, with a push target at which the fake push service rings it."""

    world: "World"
    device: SignedInDevice
    target: PushTarget
    token: str

    @property
    def rings(self) -> list[Ring]:
        return [ring for ring in self.world.push.rings if ring.target == self.target]

    @property
    def kinds(self) -> list[PageKind]:
        """What it was sent, in order."""
        return [ring.notice.kind for ring in self.rings]

    @property
    def alerts(self) -> list[AlertView]:
        views, _ = alerts_since(self.world.database, device=self.device, bookmark=None, limit=200)
        return views

    @property
    def alert_id(self) -> UUID:
        """Of the newest alert."""
        return self.alerts[0].stored.alert.alert_id

    @property
    def state(self) -> AlertState:
        return self.alerts[0].stored.alert.state

    def accepts(self) -> AlertView:
        return self.accepts_alert(self.alert_id)

    def accepts_alert(self, alert_id: UUID) -> AlertView:
        with self.world.working() as (database, ports):
            return acknowledgments.acknowledge(database, ports, device=self.device, alert_id=alert_id)

    def declines(self, reason: str = "too far") -> AlertView:
        return self.declines_alert(self.alert_id, reason)

    def declines_alert(self, alert_id: UUID, reason: str = "too far") -> AlertView:
        with self.world.working() as (database, ports):
            why = Declining(reason)
            return acknowledgments.decline(database, ports, device=self.device, alert_id=alert_id, why=why)

    def receives(self, kind: str = "received") -> None:
        with self.world.working() as (database, ports):
            at = self.world.clock.now()
            acknowledgments.record_receipt(
                database, ports, device=self.device, alert_id=self.alert_id, kind=kind, at=at
            )

    def reports(self, word: str) -> AlertView:
        with self.world.working() as (database, ports):
            return acknowledgments.report_progress(
                database, ports, device=self.device, alert_id=self.alert_id, word=word
            )

    def says(self, status: Status) -> None:
        with self.world.working() as (database, ports):
            registry.set_status(database, ports, device=self.device, status=status)


@dataclass(slots=True)
class Car:
    """A unit of the story."""

    world: "World"
    unit_id: UUID
    call_sign: str
    phones: list[Phone] = field(default_factory=list)

    @property
    def phone(self) -> Phone:
        return self.phones[0]

    def is_at(self, point: Point, *, age_s: float = 0, **fix: Any) -> "Car":
        """Its last fix; placed straight into the positions: the rules of fixes have their own tests."""
        self.world.place(self.unit_id, a_fix(point=point, at=self.world.ago(age_s), **fix))
        return self


class World:
    """One agency in San Francisco under the default policy, or under changes to it."""

    def __init__(self, database: Database, clock: FrozenClock, **policy: Any) -> None:
        self.database = database
        self.clock = clock
        self.push = FakePush()
        self.positions = FakePositions(clock=clock)
        self.jobs = InlineJobs()
        self.feed = FakeFeed()
        self.threads = ThreadPoolExecutor(8)
        self.ports = Ports(push=self.push, positions=self.positions, jobs=self.jobs, feed=self.feed, clock=clock)
        self.agency_id = registry.create_agency(
            database, self.ports, name="San Francisco", timezone="America/Los_Angeles", policy=Policy(**policy)
        )
        self.positions.rebuild(self.agency_id, {})
        self.source_id = registry.create_source(
            database, self.ports, agency_id=self.agency_id, name="sensors"
        ).source_id
        self._numbers = count(1)
        self.dispatcher = self.person(UserRole.DISPATCHER)

    # -- who is there -----------------------------------------------------------------------------------------

    def car(
        self,
        call_sign: str | None = None,
        *,
        away_m: float = 500,
        bearing_deg: float = 90,
        kind: UnitKind = UnitKind.PATROL,
        phones: int = 1,
        **fix: Any,
    ) -> Car:
        """A car on duty with a phone, so many metres from `PLACE`."""
        name = call_sign or f"car-{next(self._numbers)}"
        unit_id = registry.create_unit(self.database, self.ports, agency_id=self.agency_id, call_sign=name, kind=kind)
        car = Car(self, unit_id, name)
        for _ in range(phones):
            car.phones.append(self.enrol(car))
        if car.phones:
            car.phone.says(Status.AVAILABLE)
        return car.is_at(a_point(away_m=away_m, bearing_deg=bearing_deg), **fix)

    def person(self, role: UserRole) -> Desk:
        """Somebody at a desk, signed in; nobody has to think of a password."""
        name = f"{role} {next(self._numbers)}"
        email = f"{uuid4()}@sfpd.example"
        with self.database.transaction(self.agency_id) as tx:
            user = users.add(tx, email=email, name=name, role=role, password_hash="none", now=self.clock.now())
        return Desk(self, SignedInUser(agency_id=self.agency_id, user_id=user.user_id, role=role, origin="10.1.1.1"))

    def cars(self, *distances_m: float) -> list[Car]:
        """One car at each distance, all in one direction."""
        return [self.car(away_m=away_m) for away_m in distances_m]

    def park(self, call_sign: str, *, away_m: float, age_s: float) -> Car:
        """An available car whose phone is enrolled and has not been heard of for a while; many of them are cheap."""
        with self.database.transaction(self.agency_id) as tx:
            unit_id = units.add(tx, call_sign=call_sign, kind=UnitKind.PATROL, now=self.clock.now())
            units.set_status(tx, unit_id, Status.AVAILABLE, now=self.clock.now())
            about = NewDevice(platform=Platform.ANDROID, model="Pixel 9", app_version="1.0")
            nowhere = PushTarget(kind=PushKind.NONE)
            devices.add(tx, about, unit_id=unit_id, target=nowhere, token_hash=call_sign, now=self.clock.now())
        return Car(self, unit_id, call_sign).is_at(a_point(away_m=away_m), age_s=age_s)

    def enrol(self, car: Car, *, platform: Platform = Platform.ANDROID) -> Phone:
        code, _ = registry.issue_enrolment_code(
            self.database, self.ports, agency_id=self.agency_id, unit_id=car.unit_id, actor="test"
        )
        target = PushTarget(kind=PushKind.FCM_TOKEN, value=f"token-of-{car.call_sign}-{next(self._numbers)}")
        about = NewDevice(platform=platform, model="Pixel 9", app_version="1.0")
        enrolment = registry.enrol(self.database, self.ports, code=code, about=about, target=target)
        device = SignedInDevice(agency_id=self.agency_id, unit_id=enrolment.unit_id, device_id=enrolment.device_id)
        return Phone(self, device, target, enrolment.device_token)

    def place(self, unit_id: UUID, fix: Fix) -> None:
        """In the positions, and in their copy."""
        track = {unit_id: Track(last=fix)}
        self.positions.rebuild(self.agency_id, track)
        with self.database.transaction(self.agency_id) as tx:
            fixes.keep(tx, track, now=self.clock.now())

    # -- what happens -----------------------------------------------------------------------------------------

    def hears(self, detection_id: str = "SST-1", *, source_id: UUID | None = None, **sound: Any) -> Answer:
        """A source says that it heard shots now at `PLACE`, unless told otherwise."""
        return self.receives(
            a_detection(
                source_id=source_id or self.source_id,
                detection_id=detection_id,
                sound=a_sound(**({"occurred_at": self.clock.now(), "place": PLACE} | sound)),
            )
        )

    def updates(self, detection_id: str = "SST-1", *, revision: int = 1, **sound: Any) -> Answer:
        return self.receives(
            a_detection(
                source_id=self.source_id,
                detection_id=detection_id,
                revision=revision,
                kind=DetectionKind.UPDATED,
                sound=a_sound(**({"occurred_at": self.clock.now(), "place": PLACE} | sound)),
            )
        )

    def dismisses(self, detection_id: str = "SST-1", *, revision: int = 1) -> Answer:
        return self.receives(
            a_detection(
                source_id=self.source_id,
                detection_id=detection_id,
                revision=revision,
                kind=DetectionKind.DISMISSED,
                occurred_at=self.clock.now(),
                sound=None,
            )
        )

    def receives(self, detection: Any) -> Answer:
        with self.working() as (database, ports):
            return detections.receive_detection(
                database,
                ports,
                agency_id=self.agency_id,
                detection=detection,
                arrival=Arrival(at=self.clock.now(), body_sha256=sha256(repr(detection).encode()).digest()),
            )

    def advance(self, seconds: float) -> None:
        """Time goes by, second by second; clocks tick and workers work."""
        for _ in range(int(seconds)):
            self.clock.advance(1)
            self.tick()

    def tick(self) -> None:
        with self.working() as (database, ports):
            escalations.escalate_due(database, ports)
            care.look_after_due(database, ports)
            drills.finish_due(database, ports)
            overdue.send_overdue(database, ports, threads=self.threads)

    @contextmanager
    def working(self) -> Iterator[tuple[Database, Ports]]:
        """An act, and then whatever workers were nudged to do, until nothing is left."""
        yield self.database, self.ports
        while self.jobs.waiting:
            agency_id, incident_id = self.jobs.waiting.pop(0)
            send_due_pages(
                self.database, self.ports, agency_id=agency_id, incident_id=incident_id, threads=self.threads
            )

    # -- what goes wrong ----------------------------------------------------------------------------------------

    def claim_all(self, tx: Transaction) -> None:
        """A worker takes every due page, and is never heard of again."""
        for incident in incidents.page_of_newest(tx, states=(), before=None, limit=10):
            due = pages.units_due(tx, incident.incident_id, now=self.clock.now())
            pages.claim_due(tx, incident.incident_id, due, now=self.clock.now(), lease=self.clock.real(LEASE_S))

    def lose_target(self, tx: Transaction, phone: Phone) -> None:
        """The push service said that the phone is gone; whoever heard it died before anything came of it."""
        devices.lose_target(tx, phone.device.device_id, phone.target, now=self.clock.now())
        for view in alerts.of_unit(tx, phone.device.unit_id, since=None, limit=10):
            incidents.look_again(tx, view.incident_id, at=self.clock.now())

    def revoke(self, tx: Transaction, phone: Phone) -> None:
        devices.revoke(tx, phone.device.device_id, now=self.clock.now())

    # -- what is seen -----------------------------------------------------------------------------------------

    def incident(self, answer: Answer) -> IncidentRecord:
        assert answer.incident_id is not None
        return self.incident_of(answer.incident_id)

    def incident_of(self, incident_id: UUID) -> IncidentRecord:
        return board.show_incident(self.database, self.ports, user=self.dispatcher.user, incident_id=incident_id)

    def units(self) -> list[StoredUnit]:
        with self.database.transaction(self.agency_id) as tx:
            return units.first(tx)

    def journal_of(self, desk: Desk) -> list[str]:
        """What this person is in the journal for, oldest first."""
        with self.database.transaction(self.agency_id) as tx:
            wanted = Search(actor=desk.user.actor)
            return [stored.entry.action for stored in reversed(journal.find(tx, wanted, limit=100))]

    def ago(self, seconds: float) -> Any:
        return self.clock.now() - self.clock.real(seconds)

    def close(self) -> None:
        self.threads.shutdown()
