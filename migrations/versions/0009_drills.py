"""Drills: incidents that ring a unit's phones before a shift, and are none.

A column with a constant default and a table of its own: nobody waits, and the release before goes on beside it. A drill
is a cancelled incident from its first moment, so that a process which does not know the column takes it for one that
is over: it joins nothing, asks nobody, and is purged as every other.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

DUE_DRILLS = """
create function due_drills(by_time timestamptz, at_most integer)
returns table (agency_id uuid, incident_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$
    select d.agency_id, d.incident_id from drills d
     where d.finished_at is null and d.until <= by_time order by d.until limit at_most
$$
"""


def upgrade() -> None:
    op.add_column("incidents", sa.Column("drill", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.create_table(
        "drills",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("units", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency_id", "incident_id"],
            ["incidents.agency_id", "incidents.incident_id"],
            name=op.f("fk_drills_incidents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "incident_id", name=op.f("pk_drills")),
    )
    op.create_index("ix_drills_due", "drills", ["until"], postgresql_where=sa.text("finished_at is null"))
    op.execute("alter table drills enable row level security")
    op.execute("alter table drills force row level security")
    op.execute(
        "create policy agency on drills to beatline_app"
        " using (agency_id = (select nullif(current_setting('beatline.agency_id', true), '')::uuid))"
    )
    op.execute("grant select, insert, update on drills to beatline_app")
    # `beatline drill` says whether the database is at the revision that its code was written for.
    op.execute("grant select on alembic_version to beatline_app")
    op.execute(DUE_DRILLS)
    op.execute("grant beatline_door to current_user")
    op.execute("grant create on schema public to beatline_door")
    op.execute("alter function due_drills owner to beatline_door")
    op.execute("revoke create on schema public from beatline_door")
    op.execute("revoke beatline_door from current_user")
    op.execute("revoke execute on function due_drills from public")
    op.execute("grant execute on function due_drills to beatline_app")
    op.execute("grant select (agency_id, incident_id, until, finished_at) on drills to beatline_door")
    op.execute("create policy door on drills for select to beatline_door using (true)")


def downgrade() -> None:
    op.execute("drop function due_drills")
    op.execute("revoke select on alembic_version from beatline_app")
    op.drop_table("drills")
    op.drop_column("incidents", "drill")
