"""What does it cost PostgreSQL to write the rows of one detection in one transaction? pgbench tells, the floor of it.

The rows are those that one real detection wrote, with ids of their own each time, by one prepared statement for each
table, into a copy of the database with all of its indexes, constraints and triggers. Nothing is read or locked first.
"""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from bench.stand import FLOOR, Stand, socket_dir
from service.dev.embedded_postgres import MAJOR_VERSION, SUPERUSER
from service.store.tables import METADATA

_NUMBERED = {"detection_id"}
"""Unique by itself, as ids are, but text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Rows of one table, all columns as text; in an order that foreign keys allow when tables come one by one."""

    table: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | None]]


def written_with(owner: psycopg.Connection, incident_id: UUID) -> list[Written]:
    """Everything that the transaction left which opened this incident, whatever the table."""
    opened_by = owner.execute("select xmin::text from incidents where incident_id = %s", [incident_id]).fetchone()
    assert opened_by is not None
    found = []
    for table in METADATA.sorted_tables:
        columns = [column.name for column in table.columns]
        as_text = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in columns)
        query = sql.SQL("select {} from {} where xmin::text = %s").format(as_text, sql.Identifier(table.name))
        if rows := owner.execute(query, opened_by).fetchall():
            found.append(Written(table=table.name, columns=columns, rows=rows))
    return found
