"""The phones of an agency's units: how they join, what they say of themselves, and which of them is knocking.

Tokens and codes are stored as hashes; the plain one is given out once, by the function that made it.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from service.auth import tokens
from service.domain.errors import Code, DomainError, not_found
from service.domain.policy import Policy
from service.domain.unit import PushTarget, Status, UnitKind
from service.operations import agencies, enrolment_codes, guesses, roster, sources
from service.operations.administration import Administrator, Operator, acting
from service.operations.credentials import Credential
from service.operations.sources import NewSource
from service.ports import Ports
from service.store import devices, directory, journal, units
from service.store import enrolment_codes as stored_codes
from service.store.database import Database
from service.store.devices import ListedDevice, NewDevice
from service.store.directory import Door
from service.store.journal import Entry
from service.store.units import StoredUnit

SETUP = "setup"
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInDevice:
    """A responder on a device of a unit; `origin` is the network address that it asks from."""

    agency_id: UUID
    unit_id: UUID
    device_id: UUID
    origin: str | None = None
    credential: Credential | None = None

    @property
    def actor(self) -> str:
        return f"device:{self.device_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """`device_token` is shown this once."""

    device_id: UUID
    device_token: str = field(repr=False)
    unit_id: UUID
    call_sign: str


# -- set up: by a program, in the name of nobody in particular --------------------------------------------------


def create_agency(database: Database, ports: Ports, *, name: str, timezone: str, policy: Policy) -> UUID:
    return agencies.create_agency(database, ports, actor=SETUP, name=name, timezone=timezone, policy=policy)


def create_source(database: Database, ports: Ports, *, agency_id: UUID, name: str) -> NewSource:
    return sources.create_source(database, ports, by=Operator(agency_id=agency_id, actor=SETUP), name=name)


def create_unit(
    database: Database, ports: Ports, *, agency_id: UUID, call_sign: str, kind: UnitKind = UnitKind.PATROL
) -> UUID:
    by = Operator(agency_id=agency_id, actor=SETUP)
    return roster.create_unit(database, ports, by=by, call_sign=call_sign, kind=kind)


def issue_enrolment_code(
    database: Database, ports: Ports, *, agency_id: UUID, unit_id: UUID, actor: str
) -> tuple[str, datetime]:
    """A one-time code that enrols a phone into a unit, and when it expires. Raises DomainError(not_found)."""
    by = Operator(agency_id=agency_id, actor=actor)
    [issued] = enrolment_codes.issue_codes(database, ports, by=by, unit_ids=[unit_id])
    return issued.code, issued.expires_at


# -- phones -----------------------------------------------------------------------------------------------------


def enrol(
    database: Database, ports: Ports, *, code: str, about: NewDevice, target: PushTarget, origin: str | None = None
) -> Enrolment:
    """A phone joins a unit. The code is used up.

    Raises DomainError: code_not_usable when it is unknown, used or expired; throttled after too many of these from
    one address, whatever the code.
    """
    with guesses.counted(database, ports, origin=origin):
        return _enrol(database, ports, code=code, about=about, target=target, origin=origin)


def _enrol(
    database: Database, ports: Ports, *, code: str, about: NewDevice, target: PushTarget, origin: str | None
) -> Enrolment:
    code_hash = tokens.code_hash(code).hex()
    refused = DomainError(Code.CODE_NOT_USABLE, "This code is unknown, was used, or has expired. Ask for a new one.")
    agency_id = directory.agency_of(database, Door.ENROLMENT_CODE, code_hash)
    if agency_id is None:
        raise refused
    token = tokens.new_device_token()
    now = ports.clock.now()
    with database.transaction(agency_id, origin=origin) as tx:
        unit_id = stored_codes.use(tx, code_hash, now=now)
        if unit_id is None:
            raise refused
        device_id = devices.add(
            tx, about, unit_id=unit_id, target=target, token_hash=tokens.token_hash(token).hex(), now=now
        )
        call_sign = units.by_id(tx, [unit_id])[unit_id].call_sign
        details = {"device_id": str(device_id), "unit_id": str(unit_id), "platform": about.platform}
        journal.write(tx, [Entry(at=now, actor=f"device:{device_id}", action="device_enrolled", details=details)])
        guesses.forgive_one(tx, origin=origin)
    return Enrolment(device_id=device_id, device_token=token, unit_id=unit_id, call_sign=call_sign)


def device_by_token(database: Database, ports: Ports, token_hash: bytes) -> SignedInDevice | None:
    """None when nobody has this token, or it was revoked. That it has knocked is noted, at most once a minute."""
    with directory.reading_through(database, Door.DEVICE_TOKEN, token_hash.hex()) as tx:
        stored = devices.by_token(tx, token_hash.hex()) if tx else None
        if tx is None or stored is None:
            return None
        device = SignedInDevice(
            agency_id=tx.agency_id,
            unit_id=stored.unit_id,
            device_id=stored.device_id,
            credential=Credential(door=Door.DEVICE_TOKEN, key=token_hash.hex(), name=str(stored.device_id)),
        )
    _note_seen(database, ports, device, stored.last_seen_at)
    return device


def set_push_target(database: Database, ports: Ports, *, device: SignedInDevice, target: PushTarget) -> None:
    """One live target a device; the target of a phone that was handed on is no longer the other unit's."""
    now = ports.clock.now()
    with database.transaction(device.agency_id, origin=device.origin) as tx:
        devices.set_target(tx, device.device_id, target, now=now)
        details = {"device_id": str(device.device_id), "kind": target.kind}
        journal.write(tx, [Entry(at=now, actor=device.actor, action="push_target_set", details=details)])


def set_status(database: Database, ports: Ports, *, device: SignedInDevice, status: Status) -> None:
    """What a unit says of itself. Saying it again changes nothing but the time."""
    now = ports.clock.now()
    with database.transaction(device.agency_id, origin=device.origin) as tx:
        units.set_status(tx, device.unit_id, status, now=now)
        details = {"unit_id": str(device.unit_id), "status": status}
        journal.write(tx, [Entry(at=now, actor=device.actor, action="status_set", details=details)])


def list_devices(database: Database, *, agency_id: UUID) -> Sequence[ListedDevice]:
    """Newest enrolment first, the revoked ones among them."""
    with database.transaction(agency_id) as tx:
        return devices.listed(tx)


def revoke_device(database: Database, ports: Ports, *, user: Administrator, device_id: UUID) -> None:
    """A lost phone: its token is good for nothing, and it rings no more. A second call does nothing.

    Raises DomainError(not_found).
    """
    with acting(database, ports, by=user) as act:
        device = devices.by_id(act.tx, [device_id]).get(device_id)
        if device is None:
            raise not_found("device")
        if device.revoked_at is None:
            devices.revoke(act.tx, device_id, now=act.now)
            act.record("device_revoked", device_id=device_id, unit_id=device.unit_id)


def list_units(database: Database, *, agency_id: UUID) -> list[StoredUnit]:
    with database.transaction(agency_id) as tx:
        return units.first(tx)


def _note_seen(database: Database, ports: Ports, device: SignedInDevice, last_seen_at: datetime | None) -> None:
    now = ports.clock.now()
    if last_seen_at is not None and now - last_seen_at < SEEN_EVERY:
        return
    # A phone is let in whether or not that can be written down, as during a failover.
    with suppress(DomainError), database.transaction(device.agency_id) as tx:
        devices.see(tx, device.device_id, now=now)
