"""Retention: how long an agency keeps what, and where its units were while they were on an incident."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

DUE_PURGES = """
create function due_purges(by_time timestamptz, at_most integer) returns table (agency_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$
    select a.agency_id from agencies a where a.next_purge_at <= by_time order by a.next_purge_at limit at_most
$$
"""


def upgrade() -> None:
    op.add_column(
        "agencies",
        sa.Column("retention", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default=sa.text("'{}'")),
    )
    op.alter_column("agencies", "retention", server_default=None)
    op.add_column(
        "agencies",
        sa.Column("next_purge_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
    )
    op.alter_column("agencies", "next_purge_at", server_default=None)
    op.create_table(
        "trails",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency_id", "incident_id"],
            ["incidents.agency_id", "incidents.incident_id"],
            name=op.f("fk_trails_incidents"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "unit_id"], ["units.agency_id", "units.unit_id"], name=op.f("fk_trails_units")
        ),
        sa.PrimaryKeyConstraint("agency_id", "unit_id", "at", name=op.f("pk_trails")),
    )
    op.create_index("ix_trails_incident", "trails", ["agency_id", "incident_id", "unit_id", "at"])
    op.execute("alter table trails enable row level security")
    op.execute("alter table trails force row level security")
    op.execute(
        "create policy agency on trails to beatline_app"
        " using (agency_id = (select nullif(current_setting('beatline.agency_id', true), '')::uuid))"
    )
    op.execute("grant select, insert, delete on trails to beatline_app")
    op.execute(DUE_PURGES)
    op.execute("grant beatline_door to current_user")
    op.execute("grant create on schema public to beatline_door")
    op.execute("alter function due_purges owner to beatline_door")
    op.execute("revoke create on schema public from beatline_door")
    op.execute("revoke beatline_door from current_user")
    op.execute("revoke execute on function due_purges from public")
    op.execute("grant execute on function due_purges to beatline_app")
    op.execute("grant select (agency_id, next_purge_at) on agencies to beatline_door")
    op.execute("create policy door on agencies for select to beatline_door using (true)")


def downgrade() -> None:
    op.execute("drop policy door on agencies")
    op.execute("revoke select (agency_id, next_purge_at) on agencies from beatline_door")
    op.execute("drop function due_purges")
    op.drop_table("trails")
    op.drop_column("agencies", "next_purge_at")
    op.drop_column("agencies", "retention")
