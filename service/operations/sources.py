"""Sensor networks and AVL feeds of an agency: which there are, by which secrets we know them, and how those change.

A secret is given out once, by the act that made it. While two are live, messages signed by either are believed: so a
source can be told of a new one, and take its time, without a single message being refused.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from service.auth import tokens
from service.domain.errors import Code, DomainError, not_found
from service.operations.administration import Act, Administrator, a_name, acting
from service.ports import Ports
from service.store import directory, sources
from service.store.database import Database
from service.store.directory import Door
from service.store.sources import ListedSource, Source

LIVE_SECRETS = 2
NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """`secret` is shown this once."""

    source_id: UUID
    secret: str = field(repr=False)


def create_source(database: Database, ports: Ports, *, by: Administrator, name: str) -> NewSource:
    """Raises DomainError: already_exists, invalid."""
    secret = tokens.new_source_secret()
    with acting(database, ports, by=by) as act:
        source_id = sources.add(act.tx, name=a_name(name, field="name"), secret=secret, now=act.now)
        act.record("source_created", source_id=source_id, name=name)
    return NewSource(source_id=source_id, secret=secret)


def list_sources(database: Database, *, agency_id: UUID) -> Sequence[ListedSource]:
    with database.transaction(agency_id) as tx:
        return sources.listed(tx)


def show_source(database: Database, *, agency_id: UUID, source_id: UUID) -> ListedSource:
    """Raises DomainError(not_found)."""
    with database.transaction(agency_id) as tx:
        found = sources.listed(tx, [source_id])
    if not found:
        raise not_found("source")
    return found[0]


def change_source(
    database: Database,
    ports: Ports,
    *,
    by: Administrator,
    source_id: UUID,
    name: str | None = None,
    disabled: bool | None = None,
) -> None:
    """What is None stays as it is. A disabled source's messages are refused as a stranger's are.

    Raises DomainError: not_found, already_exists, invalid.
    """
    with acting(database, ports, by=by) as act:
        before = _locked(act, source_id)
        named = before.name if name is None else a_name(name, field="name")
        disabled_at = before.disabled_at if disabled is None else (before.disabled_at or act.now if disabled else None)
        if (named, disabled_at) == (before.name, before.disabled_at):
            return
        sources.change(act.tx, source_id, name=named, disabled_at=disabled_at)
        act.record("source_changed", source_id=source_id, name=named, disabled=disabled_at is not None)


def rotate_secret(database: Database, ports: Ports, *, by: Administrator, source_id: UUID) -> str:
    """A new secret, shown this once; the one before stays live until it is retired.

    Raises DomainError: not_found, illegal_move while two are live.
    """
    secret = tokens.new_source_secret()
    with acting(database, ports, by=by) as act:
        source = _locked(act, source_id)
        if len(source.secrets) >= LIVE_SECRETS:
            raise DomainError(
                Code.ILLEGAL_MOVE, "Two secrets of this source are live. Retire the older one, then make a new one."
            )
        sources.set_secrets(act.tx, source_id, [secret, *source.secrets], rotated_at=act.now)
        act.record("source_secret_rotated", source_id=source_id)
    return secret


def retire_older_secret(database: Database, ports: Ports, *, by: Administrator, source_id: UUID) -> None:
    """Only the newest secret is live from now on. A second call does nothing. Raises DomainError(not_found)."""
    with acting(database, ports, by=by) as act:
        source = _locked(act, source_id)
        if len(source.secrets) < LIVE_SECRETS:
            return
        sources.set_secrets(act.tx, source_id, source.secrets[:1], rotated_at=source.rotated_at)
        act.record("source_secret_retired", source_id=source_id)


def known_source(database: Database, source_id: UUID) -> Source | None:
    """Whoever signs with one of its secrets is this source; None when nobody has this id, or it is disabled."""
    with directory.reading_through(database, Door.SOURCE, str(source_id)) as tx:
        return sources.known(tx, source_id) if tx else None


def note_positions(database: Database, ports: Ports, source: Source) -> None:
    """It has told positions; noted at most once a minute, and never in the way of them."""
    now = ports.clock.now()
    if source.last_positions_at is not None and now - source.last_positions_at < NOTED_EVERY:
        return
    with suppress(DomainError), database.transaction(source.agency_id) as tx:
        sources.note_positions(tx, source.source_id, now=now)


def _locked(act: Act, source_id: UUID) -> Source:
    source = sources.lock(act.tx, source_id)
    if source is None:
        raise not_found("source")
    return source
