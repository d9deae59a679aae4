"""The narrow door outside row-level security: to which agency does an id, e-mail, code or token belong?

It gives away an agency's id and nothing else; everything after that is read under that agency's rows.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Text, bindparam, cast, delete, func, insert, select, true

from service.store.database import Database, Transaction
from service.store.tables import DIRECTORY


class Door(StrEnum):
    """What can be looked up. Codes and tokens are looked up by their hash."""

    SOURCE = "source"
    EMAIL = "email"
    ENROLMENT_CODE = "enrolment_code"
    DEVICE_TOKEN = "device_token"  # noqa: S105  the name of a kind of key, not a secret
    SESSION_TOKEN = "session_token"  # noqa: S105  as above
    API_TOKEN = "api_token"  # noqa: S105  as above


_AGENCY_OF = select(DIRECTORY.c.agency_id).where(
    DIRECTORY.c.kind == bindparam("kind"), DIRECTORY.c.key == bindparam("key")
)
_KNOWN = select(DIRECTORY.c.kind, DIRECTORY.c.key).where(
    DIRECTORY.c.kind == func.any(bindparam("kinds")), DIRECTORY.c.key == func.any(bindparam("keys"))
)
_ENTER = _AGENCY_OF.add_columns(func.set_config("beatline.agency_id", cast(DIRECTORY.c.agency_id, Text), true()))


def agency_of(database: Database, door: Door, key: str) -> UUID | None:
    """None when nobody knows the key."""
    with database.outside() as connection:
        answer: UUID | None = connection.execute(_AGENCY_OF, {"kind": door, "key": key}).scalar_one_or_none()
    return answer


@contextmanager
def reading_through(database: Database, door: Door, key: str) -> Iterator[Transaction | None]:
    """To read what the key is about, under its agency's rows; None when nobody knows it. Nothing is committed."""
    with database.reading(_ENTER, {"kind": door, "key": key}) as tx:
        yield tx


def known(database: Database, keys: Collection[tuple[Door, str]]) -> set[tuple[Door, str]]:
    """Which of them still lead somewhere, whatever the agency: one question for all."""
    if not keys:
        return set()
    wanted = {"kinds": [*{door for door, _ in keys}], "keys": [key for _, key in keys]}
    with database.outside() as connection:
        found = {(Door(row.kind), row.key) for row in connection.execute(_KNOWN, wanted)}
    return found.intersection(keys)


def add(tx: Transaction, door: Door, key: str) -> None:
    tx.session.execute(insert(DIRECTORY).values(kind=door, key=key, agency_id=tx.agency_id))


def remove(tx: Transaction, door: Door, key: str) -> None:
    """A second call does nothing."""
    tx.session.execute(
        delete(DIRECTORY).where(DIRECTORY.c.kind == door, DIRECTORY.c.key == key, DIRECTORY.c.agency_id == tx.agency_id)
    )
