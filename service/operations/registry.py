"""Who belongs to an agency: itself, its users, sources, units and phones; and who is knocking.

Tokens and codes are stored as hashes; the plain one is given out once, by the function that made it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.auth import passwords, tokens
from service.domain.errors import Code, DomainError, not_found
from service.domain.policy import Policy
from service.domain.unit import PushTarget, Status, UnitKind
from service.ports import Ports
from service.store import agencies, devices, directory, journal, units
from service.store.agencies import Source, UserRole
from service.store.database import Database
from service.store.devices import NewDevice, StoredDevice
from service.store.directory import Door
from service.store.ids import new_id
from service.store.journal import Entry
from service.store.units import StoredUnit

CODE_LIFETIME = timedelta(hours=24)
SESSION_LIFETIME = timedelta(hours=12)
"""A shift and its hand-over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInDevice:
    """A responder on a device of a unit; `origin` is the network address that it asks from."""

    agency_id: UUID
    unit_id: UUID
    device_id: UUID
    origin: str | None = None

    @property
    def actor(self) -> str:
        return f"device:{self.device_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInUser:
    agency_id: UUID
    user_id: UUID
    role: UserRole
    origin: str | None = None

    @property
    def actor(self) -> str:
        return f"user:{self.user_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """`secret` is shown this once."""

    source_id: UUID
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    email: str
    name: str
    role: UserRole
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """`device_token` is shown this once."""

    device_id: UUID
    device_token: str
    unit_id: UUID
    call_sign: str


# -- set up -----------------------------------------------------------------------------------------------------


def create_agency(database: Database, ports: Ports, *, name: str, timezone: str, policy: Policy) -> UUID:
    """A new agency. `timezone` is an IANA name; raises DomainError(invalid) when there is none of that name."""
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise DomainError(Code.INVALID, f"There is no time zone {timezone}.") from error
    agency_id = new_id()
    now = ports.clock.now()
    with database.transaction(agency_id) as tx:
        agencies.add_agency(tx, name=name, timezone=timezone, policy=policy, now=now)
        journal.write(tx, [Entry(at=now, actor="setup", action="agency_created", details={"name": name})])
    return agency_id


def create_source(database: Database, ports: Ports, *, agency_id: UUID, name: str) -> NewSource:
    secret = tokens.new_source_secret()
    now = ports.clock.now()
    with database.transaction(agency_id) as tx:
        source_id = agencies.add_source(tx, name=name, secret=secret, now=now)
        details = {"source_id": str(source_id), "name": name}
        journal.write(tx, [Entry(at=now, actor="setup", action="source_created", details=details)])
    return NewSource(source_id=source_id, secret=secret)


def create_user(database: Database, ports: Ports, *, agency_id: UUID, user: NewUser) -> UUID:
    password_hash = passwords.hash_password(user.password)
    now = ports.clock.now()
    with database.transaction(agency_id) as tx:
        user_id = agencies.add_user(
            tx, email=user.email, name=user.name, role=user.role, password_hash=password_hash, now=now
        )
        details = {"user_id": str(user_id), "role": user.role}
        journal.write(tx, [Entry(at=now, actor="setup", action="user_created", details=details)])
    return user_id


def create_unit(
    database: Database, ports: Ports, *, agency_id: UUID, call_sign: str, kind: UnitKind = UnitKind.PATROL
) -> UUID:
    """A new unit, off duty until its phone says otherwise."""
    now = ports.clock.now()
    with database.transaction(agency_id) as tx:
        unit_id = units.add(tx, call_sign=call_sign, kind=kind, now=now)
        details = {"unit_id": str(unit_id), "call_sign": call_sign, "kind": kind}
        journal.write(tx, [Entry(at=now, actor="setup", action="unit_created", details=details)])
    return unit_id


def issue_enrolment_code(
    database: Database, ports: Ports, *, agency_id: UUID, unit_id: UUID, actor: str
) -> tuple[str, datetime]:
    """A one-time code that enrols a phone into a unit, and when it expires. Raises DomainError(not_found)."""
    code = tokens.new_enrolment_code()
    now = ports.clock.now()
    with database.transaction(agency_id) as tx:
        if not units.by_id(tx, [unit_id]):
            raise not_found("unit")
        devices.add_code(tx, tokens.code_hash(code).hex(), unit_id=unit_id, now=now, expires_at=now + CODE_LIFETIME)
        details = {"unit_id": str(unit_id)}
        journal.write(tx, [Entry(at=now, actor=actor, action="enrolment_code_issued", details=details)])
    return code, now + CODE_LIFETIME


# -- sources ----------------------------------------------------------------------------------------------------


def source_of(database: Database, source_id: UUID) -> Source | None:
    """The source with its live secrets; None when nobody has this id."""
    with directory.reading_through(database, Door.SOURCE, str(source_id)) as tx:
        return agencies.source(tx, source_id) if tx else None


# -- phones -----------------------------------------------------------------------------------------------------


def enrol(database: Database, ports: Ports, *, code: str, about: NewDevice, target: PushTarget) -> Enrolment:
    """A phone joins a unit. The code is used up. Raises DomainError(code_not_usable): unknown, used or expired."""
    code_hash = tokens.code_hash(code).hex()
    refused = DomainError(Code.CODE_NOT_USABLE, "This code is unknown, was used, or has expired. Ask for a new one.")
    agency_id = directory.agency_of(database, Door.ENROLMENT_CODE, code_hash)
    if agency_id is None:
        raise refused
    token = tokens.new_device_token()
    now = ports.clock.now()
    with database.transaction(agency_id) as tx:
        unit_id = devices.use_code(tx, code_hash, now=now)
        if unit_id is None:
            raise refused
        directory.remove(tx, Door.ENROLMENT_CODE, code_hash)
        device_id = devices.add(
            tx, about, unit_id=unit_id, target=target, token_hash=tokens.token_hash(token).hex(), now=now
        )
        call_sign = units.by_id(tx, [unit_id])[unit_id].call_sign
        details = {"device_id": str(device_id), "unit_id": str(unit_id), "platform": about.platform}
        journal.write(tx, [Entry(at=now, actor=f"device:{device_id}", action="device_enrolled", details=details)])
    return Enrolment(device_id=device_id, device_token=token, unit_id=unit_id, call_sign=call_sign)


def device_by_token(database: Database, token_hash: bytes) -> SignedInDevice | None:
    """None when nobody has this token, or it was revoked."""
    with directory.reading_through(database, Door.DEVICE_TOKEN, token_hash.hex()) as tx:
        device = devices.by_token(tx, token_hash.hex()) if tx else None
        if tx is None or device is None:
            return None
        return SignedInDevice(agency_id=tx.agency_id, unit_id=device.unit_id, device_id=device.device_id)


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


def list_devices(database: Database, *, agency_id: UUID) -> list[StoredDevice]:
    with database.transaction(agency_id) as tx:
        return devices.all_of_agency(tx)


def revoke_device(database: Database, ports: Ports, *, user: SignedInUser, device_id: UUID) -> None:
    """A lost phone: its token is good for nothing, and it rings no more. Raises DomainError(not_found)."""
    now = ports.clock.now()
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        if not devices.revoke(tx, device_id, now=now):
            raise not_found("device")
        details = {"device_id": str(device_id)}
        journal.write(tx, [Entry(at=now, actor=user.actor, action="device_revoked", details=details)])


def list_units(database: Database, *, agency_id: UUID) -> list[StoredUnit]:
    with database.transaction(agency_id) as tx:
        return units.first(tx)


# -- people -----------------------------------------------------------------------------------------------------


def sign_in(database: Database, ports: Ports, *, email: str, password: str) -> tuple[str, datetime]:
    """A session token and when it ends. Raises DomainError(unauthenticated), the same for a wrong name or password."""
    agency_id = directory.agency_of(database, Door.EMAIL, email.lower())
    user = None
    if agency_id is not None:
        with database.transaction(agency_id) as tx:
            user = agencies.user_by_email(tx, email)
    if not passwords.password_fits(password, user.password_hash if user else None) or user is None:
        raise DomainError(Code.UNAUTHENTICATED, "E-mail or password is wrong.")
    token = tokens.new_session_token()
    now = ports.clock.now()
    with database.transaction(user.agency_id) as tx:
        agencies.add_session(
            tx,
            tokens.token_hash(token).hex(),
            user_id=user.user_id,
            now=now,
            expires_at=now + SESSION_LIFETIME,
        )
        journal.write(tx, [Entry(at=now, actor=f"user:{user.user_id}", action="signed_in")])
    return token, now + SESSION_LIFETIME


def session_of(database: Database, ports: Ports, token_hash: bytes) -> SignedInUser | None:
    """None when the session has ended or never was."""
    agency_id = directory.agency_of(database, Door.SESSION_TOKEN, token_hash.hex())
    if agency_id is None:
        return None
    with database.transaction(agency_id) as tx:
        user = agencies.user_of_session(tx, token_hash.hex(), now=ports.clock.now())
    return None if user is None else SignedInUser(agency_id=agency_id, user_id=user.user_id, role=user.role)


def sign_out(database: Database, ports: Ports, *, user: SignedInUser, token_hash: bytes) -> None:
    """The session is good for nothing from now on."""
    now = ports.clock.now()
    with database.transaction(user.agency_id, origin=user.origin) as tx:
        agencies.end_session(tx, token_hash.hex())
        journal.write(tx, [Entry(at=now, actor=user.actor, action="signed_out")])
