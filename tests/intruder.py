"""Somebody with the rights of the database's owner, who switches off whatever guards the journal and changes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql

Statement = LiteralString | sql.Composed
_SWAP = sql.SQL(
    """
    update journal set ({columns}) = (
        select {columns} from journal other
        where other.agency_id = journal.agency_id
          and other.number = case journal.number when %s then %s else %s end)
    where number in (%s, %s)
    """
)


@dataclass(frozen=True, slots=True)
class Intruder:
    """`url` is the owner's."""

    url: str

    def does(self, statement: Statement, *values: Any) -> None:
        """One statement, past every trigger and policy. Fails when it changes nothing."""
        with self._connect() as connection:
            connection.execute("set session_replication_role = replica")
            assert connection.execute(statement, values).rowcount != 0

    def tries(self, statement: Statement) -> None:
        """One statement, as an owner who has switched off nothing."""
        with self._connect() as connection:
            connection.execute(statement)

    def alters(self, number: int, changed: LiteralString) -> None:
        """`changed` is how it would stand in an update, as in `actor = 'user:nobody'`."""
        self.does(sql.SQL("update journal set {} where number = %s").format(sql.SQL(changed)), number)

    def swaps(self, one: int, other: int, *columns: str) -> None:
        """Two entries of the journal, given by number, change these columns with each other."""
        for constraint in ("uq_journal_number", "pk_journal"):
            self.tries(sql.SQL("alter table journal drop constraint {}").format(sql.Identifier(constraint)))
        listed = sql.SQL(", ").join(map(sql.Identifier, columns))
        self.does(_SWAP.format(columns=listed), one, other, one, one, other)

    def sees(self, query: LiteralString, *values: Any) -> Sequence[Any]:
        with self._connect() as connection:
            return connection.execute(query, values).fetchall()

    def counts(self, table: str) -> Sequence[Any]:
        with self._connect() as connection:
            return connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table))).fetchall()

    def entry_at(self, number: int) -> UUID:
        """The entry that bears the number, in a database with one agency."""
        [(entry_id,)] = self.sees("select entry_id from journal where number = %s", number)
        found: UUID = entry_id
        return found

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url.replace("+psycopg", ""))
