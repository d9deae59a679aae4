"""Sirens: which pages made a sound and which were hushed; and a backlog that is worked off newest first and fairly.

Columns without a default and indexes on rows that do not exist yet: processes of the release before go on beside it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TIMES = ("rang_at", "hushed_at", "digested_at")
# Each agency's newest first, and the agencies in turn: one city's storm must not stand before another's single shot.
DUE_PAGES = """
create or replace function due_pages(by_time timestamptz, at_most integer)
returns table (agency_id uuid, incident_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$
    select d.agency_id, d.incident_id from (
        select p.agency_id, p.incident_id, max(p.created_at) as newest,
               row_number() over (partition by p.agency_id order by max(p.created_at) desc) as turn
          from pages p
         where p.state in ('pending', 'sending') and p.next_action_at <= by_time
         group by p.agency_id, p.incident_id) d
     order by d.turn, d.newest desc limit at_most
$$
"""
DUE_PAGES_BEFORE = """
create or replace function due_pages(by_time timestamptz, at_most integer)
returns table (agency_id uuid, incident_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$
    select distinct d.agency_id, d.incident_id from (
        select p.agency_id, p.incident_id from pages p
         where p.state in ('pending', 'sending') and p.next_action_at <= by_time
         order by p.next_action_at desc limit at_most) d
$$
"""
DUE_INCIDENTS = """
create or replace function due_incidents(by_time timestamptz, at_most integer)
returns table (agency_id uuid, incident_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$
    select d.agency_id, d.incident_id from (
        select i.agency_id, i.incident_id,
               row_number() over (partition by i.agency_id order by i.incident_id desc) as turn
          from incidents i where i.next_action_at <= by_time) d
     order by d.turn, d.incident_id desc limit at_most
$$
"""
DUE_INCIDENTS_BEFORE = """
create or replace function due_incidents(by_time timestamptz, at_most integer)
returns table (agency_id uuid, incident_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$
    select i.agency_id, i.incident_id from incidents i
     where i.next_action_at <= by_time order by i.next_action_at desc limit at_most
$$
"""


INDEXES = {
    "ix_pages_rang": (["agency_id", "unit_id", "rang_at"], "rang_at is not null"),
    "ix_pages_hushed": (["agency_id", "unit_id"], "hushed_at is not null and digested_at is null"),
}


def upgrade() -> None:
    for name in TIMES:
        op.add_column("pages", sa.Column(name, sa.DateTime(timezone=True)))
    op.execute("grant select (created_at) on pages to beatline_door")
    _replace(DUE_PAGES, DUE_INCIDENTS)
    # Nobody's page waits while they are built, however many rows there are.
    with op.get_context().autocommit_block():
        for name, (columns, where) in INDEXES.items():
            op.create_index(name, "pages", columns, postgresql_where=sa.text(where), postgresql_concurrently=True)


def downgrade() -> None:
    _replace(DUE_PAGES_BEFORE, DUE_INCIDENTS_BEFORE)
    op.execute("revoke select (created_at) on pages from beatline_door")
    for name in INDEXES:
        op.drop_index(name, "pages")
    for name in TIMES:
        op.drop_column("pages", name)


def _replace(*functions: str) -> None:
    """As their owner: nobody else may replace them, and whoever does becomes their owner."""
    op.execute("grant beatline_door to current_user")
    for function in functions:
        op.execute(function)
    op.execute("revoke beatline_door from current_user")
