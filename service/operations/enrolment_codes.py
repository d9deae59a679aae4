"""How does a phone come to a unit? By a one-time code that an administrator hands out, and can take back.

The plain code is given out once, by the act that made it. How a phone uses it: `registry.enrol`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from service.auth import tokens
from service.domain.errors import Code, DomainError, not_found
from service.operations.administration import Administrator, acting
from service.ports import Ports
from service.store import enrolment_codes, units
from service.store.database import Database
from service.store.enrolment_codes import StoredCode

CODE_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCode:
    """`code` is shown this once; it enrols one phone."""

    code_id: UUID
    code: str = field(repr=False)
    unit_id: UUID
    call_sign: str
    expires_at: datetime


def issue_codes(
    database: Database, ports: Ports, *, by: Administrator, unit_ids: Sequence[UUID]
) -> Sequence[IssuedCode]:
    """One code for each unit, in this order; all of them or none. Raises DomainError(not_found)."""
    codes = [tokens.new_enrolment_code() for _ in unit_ids]
    with acting(database, ports, by=by) as act:
        known = units.by_id(act.tx, unit_ids)
        if not all(unit_id in known for unit_id in unit_ids):
            raise not_found("unit")
        expires_at = act.now + CODE_LIFETIME
        issued = []
        for code, unit_id in zip(codes, unit_ids, strict=True):
            code_hash = tokens.code_hash(code).hex()
            code_id = enrolment_codes.add(act.tx, code_hash, unit_id=unit_id, now=act.now, expires_at=expires_at)
            act.record("enrolment_code_issued", code_id=code_id, unit_id=unit_id)
            call_sign = known[unit_id].call_sign
            issued.append(
                IssuedCode(code_id=code_id, code=code, unit_id=unit_id, call_sign=call_sign, expires_at=expires_at)
            )
    return issued


def list_open_codes(database: Database, ports: Ports, *, agency_id: UUID) -> Sequence[StoredCode]:
    """Whoever holds one of these can still enrol a phone."""
    with database.transaction(agency_id) as tx:
        return enrolment_codes.open_ones(tx, now=ports.clock.now())


def revoke_code(database: Database, ports: Ports, *, by: Administrator, code_id: UUID) -> None:
    """It enrols nobody from now on. A second call does nothing.

    Raises DomainError: not_found, illegal_move when a phone has used it: then that phone is to be revoked.
    """
    with acting(database, ports, by=by) as act:
        code = enrolment_codes.find(act.tx, code_id)
        if code is None:
            raise not_found("code")
        if enrolment_codes.revoke(act.tx, code_id, now=act.now):
            act.record("enrolment_code_revoked", code_id=code_id, unit_id=code.unit_id)
        elif code.revoked_at is None:
            raise DomainError(Code.ILLEGAL_MOVE, "A phone has used this code; revoke the phone instead.")
