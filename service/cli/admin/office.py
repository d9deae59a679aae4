"""What do all of `beatline admin`'s commands share? Whose agency it is, who does it, and how the answer is shown."""

import json
import os
import pwd
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from cyclopts import Parameter

from service.cli.environment import settings_or_exit
from service.domain.errors import Code, DomainError
from service.observe import configure_logging
from service.operations import agencies
from service.operations.administration import Operator
from service.ports import Ports
from service.runtime import running
from service.store.agencies import Agency
from service.store.database import Database

REFUSED = 1

Row = Mapping[str, Any]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Shown:
    """How the answer is told.

    Parameters
    ----------
    as_json
        One JSON text, for programs.

    """

    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Where(Shown):
    """Which agency it is about.

    Parameters
    ----------
    agency
        Its id or its name; may be left out while there is only one.

    """

    agency: str | None = None


@dataclass(frozen=True, slots=True)
class Office:
    """An open installation, and who is at it."""

    database: Database
    ports: Ports
    actor: str

    def agency(self, where: Where) -> Agency:
        """Raises DomainError(not_found) when it is not clear which one is meant."""
        known = agencies.all_agencies(self.database)
        if where.agency is None:
            return _the_only(known)
        named = [one for one in known if where.agency in {str(one.agency_id), one.name}]
        if len(named) > 1:
            raise DomainError(Code.NOT_FOUND, f"{len(named)} agencies are called {where.agency}; say which by its id.")
        if not named:
            raise DomainError(Code.NOT_FOUND, f"There is no agency {where.agency}.")
        return named[0]

    def by(self, where: Where) -> Operator:
        return Operator(agency_id=self.agency(where).agency_id, actor=self.actor)


@contextmanager
def office() -> Iterator[Office]:
    """Everything that a command needs. A refusal ends the process with one sentence and exit code 1."""
    configure_logging()
    settings = settings_or_exit()
    try:
        with running(settings, sends=False) as runtime:
            yield Office(runtime.database, runtime.ports, f"admin:{_os_user()}")
    except DomainError as error:
        sys.stderr.write(error.message + "\n")
        sys.exit(REFUSED)


def show(row: Row, how: Shown) -> None:
    """One thing: a line for each of its values."""
    if how.as_json:
        _write_json(row)
        return
    width = max(len(name) for name in row)
    for name, value in row.items():
        sys.stdout.write(f"{name:<{width}}  {_text(value)}\n")


def show_all(rows: Sequence[Row], how: Shown) -> None:
    """Many things of a kind: a line for each, its values under each other. Nothing at all when there are none."""
    if how.as_json:
        _write_json(rows)
        return
    if not rows:
        return
    table = [list(rows[0]), *([_text(value) for value in row.values()] for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    for line in table:
        cells = (f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def _the_only(known: Sequence[Agency]) -> Agency:
    if not known:
        raise DomainError(Code.NOT_FOUND, "There is no agency yet; make one with `beatline admin agency create`.")
    if len(known) > 1:
        names = ", ".join(one.name for one in known)
        raise DomainError(Code.NOT_FOUND, f"There are {len(known)} agencies; say which with --agency: {names}.")
    return known[0]


def _write_json(said: Row | Sequence[Row]) -> None:
    sys.stdout.write(json.dumps(said, default=_text, ensure_ascii=False) + "\n")


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return str(value) if isinstance(value, UUID) else f"{value}"


def _os_user() -> str:
    """Of the process itself: what variables say of it, anybody may say. In a container it may have no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
