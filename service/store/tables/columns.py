"""What columns and constraints have in common in every table."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKeyConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(constraint_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_name)s",
}


def time_column(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(DateTime(timezone=True), nullable=nullable), default=None)


def json_column() -> Any:
    return Field(sa_column=Column(JSONB, nullable=False))


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=column)


def belongs(table: str, *columns: str, to: tuple[str, ...] = ()) -> ForeignKeyConstraint:
    own = ("agency_id", *columns)
    target = ("agency_id", *(to or columns))
    return ForeignKeyConstraint(own, [f"{table}.{column}" for column in target])
