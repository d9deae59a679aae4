"""How does a person's program come in? By a token that says how far it goes and when it ends.

It may do what its owner's role may, as far as its scopes go, and dies with its owner's account. The plain token is told
once, to whoever makes it; kept is its hash.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from service.auth import tokens
from service.domain.errors import Code, DomainError, not_found
from service.operations.accounts import SignedInUser
from service.operations.administration import a_name, acting
from service.operations.credentials import Credential
from service.ports import Ports
from service.store import api_tokens, directory
from service.store.api_tokens import USED_EVERY, ApiToken, NewToken, Scope
from service.store.database import Database
from service.store.directory import Door

LONGEST_DAYS = 400
"""A year and time to replace it: a token that nobody has to think of is one that nobody knows of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the owner wants to call it, how far it is to go, and for how long."""

    name: str
    scopes: frozenset[Scope]
    days: int


def create_api_token(database: Database, ports: Ports, *, user: SignedInUser, wanted: Wanted) -> tuple[str, ApiToken]:
    """A token for this user's programs, told this once, and what is kept of it. Raises DomainError(invalid)."""
    name = a_name(wanted.name, field="name")
    if not wanted.scopes:
        raise _invalid("scopes", "must name at least one")
    if not 1 <= wanted.days <= LONGEST_DAYS:
        raise _invalid("days", f"must be 1 to {LONGEST_DAYS}")
    token = tokens.new_api_token()
    with acting(database, ports, by=user) as act:
        expires_at = act.now + timedelta(days=wanted.days)
        new = NewToken(user_id=user.user_id, name=name, scopes=wanted.scopes, expires_at=expires_at)
        kept = api_tokens.add(act.tx, new, token_hash=tokens.token_hash(token).hex(), now=act.now)
        act.record("api_token_created", token_id=kept.token_id, user_id=user.user_id, scopes=sorted(kept.scopes))
    return token, kept


def list_api_tokens(database: Database, *, agency_id: UUID) -> list[ApiToken]:
    """Everybody's, newest first; the tokens themselves are told to nobody again."""
    with database.transaction(agency_id) as tx:
        return api_tokens.all_of_agency(tx)


def revoke_api_token(database: Database, ports: Ports, *, user: SignedInUser, token_id: UUID) -> None:
    """Anybody's. It is good for nothing from now on; a second call does nothing. Raises DomainError(not_found)."""
    with acting(database, ports, by=user) as act:
        before = api_tokens.revoke(act.tx, token_id, now=act.now)
        if before is None:
            raise not_found("API token")
        if before.revoked_at is None:
            act.record("api_token_revoked", token_id=token_id, user_id=before.user_id)


def user_of_token(database: Database, ports: Ports, token_hash: bytes) -> SignedInUser | None:
    """None when the token has ended or never was. That it was used is noted, at most once a minute."""
    key, now = token_hash.hex(), ports.clock.now()
    with directory.reading_through(database, Door.API_TOKEN, key) as tx:
        live = api_tokens.live(tx, key, now=now) if tx else None
        if tx is None or live is None:
            return None
        agency_id, token = tx.agency_id, live.token
    if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
        # A program is let in whether or not that can be written down, as during a failover.
        with suppress(DomainError), database.transaction(agency_id) as noting:
            api_tokens.note_use(noting, token.token_id, now=now)
    return SignedInUser(
        agency_id=agency_id,
        user_id=token.user_id,
        role=live.role,
        credential=Credential(door=Door.API_TOKEN, key=key, name=str(token.token_id), expires_at=token.expires_at),
        scopes=token.scopes,
    )


def _invalid(field: str, reason: str) -> DomainError:
    return DomainError(Code.INVALID, f"The {field} {reason}.", fields={field: reason})
