"""The dispatcher's hand: confirmations, merging and splitting, legal holds, emergencies, and who is looked after."""

from alembic import op
import sqlalchemy as sa

revision = "0003"
down_revision = "0002"

INCIDENT_COLUMNS = (
    ("merged_into", sa.Uuid()),
    ("split_from", sa.Uuid()),
    ("emergency_unit_id", sa.Uuid()),
    ("emergency_call_sign", sa.String()),
    ("legal_hold", sa.String()),
)
ALERT_COLUMNS = (
    ("confirmed_at", sa.DateTime(timezone=True)),
    ("confirmed_by", sa.String()),
    ("refused_at", sa.DateTime(timezone=True)),
    ("next_look_at", sa.DateTime(timezone=True)),
    ("closest_m", sa.Float()),
    ("closest_at", sa.DateTime(timezone=True)),
    ("unconfirmed_nudged_at", sa.DateTime(timezone=True)),
    ("stalled_nudged_at", sa.DateTime(timezone=True)),
    ("welfare_asked_at", sa.DateTime(timezone=True)),
    ("welfare_answered_at", sa.DateTime(timezone=True)),
    ("welfare_silent_at", sa.DateTime(timezone=True)),
)
PAGE_KINDS = "'alert', 'update', 'recall', 'warning', 'digest', 'drill'"

DUE_ALERTS = """
create function due_alerts(by_time timestamptz, at_most integer)
returns table (agency_id uuid, incident_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$
    select distinct d.agency_id, d.incident_id from (
        select a.agency_id, a.incident_id from alerts a
         where a.next_look_at <= by_time order by a.next_look_at desc limit at_most) d
$$
"""


def upgrade() -> None:
    for name, kind in INCIDENT_COLUMNS:
        op.add_column("incidents", sa.Column(name, kind, nullable=True))
    op.create_index(
        "ix_incidents_emergency",
        "incidents",
        ["agency_id", "emergency_unit_id"],
        postgresql_where=sa.text("emergency_unit_id is not null"),
    )
    for name, kind in ALERT_COLUMNS:
        op.add_column("alerts", sa.Column(name, kind, nullable=True))
    op.create_index(
        "ix_alerts_due", "alerts", ["next_look_at"], postgresql_where=sa.text("next_look_at is not null")
    )
    op.add_column("detections", sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("alter table detections no force row level security")
    op.execute("update detections set stored_at = received_at")
    op.execute("alter table detections force row level security")
    op.alter_column("detections", "stored_at", nullable=False)
    op.add_column("selections", sa.Column("facts", sa.LargeBinary(), nullable=True))
    op.drop_constraint(op.f("ck_pages_kind"), "pages")
    op.create_check_constraint(op.f("ck_pages_kind"), "pages", f"kind in ({PAGE_KINDS}, 'welfare')")

    op.execute(DUE_ALERTS)
    op.execute("grant beatline_door to current_user")
    op.execute("grant create on schema public to beatline_door")
    op.execute("alter function due_alerts owner to beatline_door")
    op.execute("revoke create on schema public from beatline_door")
    op.execute("revoke beatline_door from current_user")
    op.execute("revoke execute on function due_alerts from public")
    op.execute("grant execute on function due_alerts to beatline_app")
    op.execute("grant select (agency_id, incident_id, next_look_at) on alerts to beatline_door")
    op.execute("create policy door on alerts for select to beatline_door using (true)")


def downgrade() -> None:
    op.execute("drop policy door on alerts")
    op.execute("revoke select (agency_id, incident_id, next_look_at) on alerts from beatline_door")
    op.execute("drop function due_alerts")
    op.drop_constraint(op.f("ck_pages_kind"), "pages")
    op.execute("alter table pages no force row level security")
    op.execute("delete from pages where kind = 'welfare'")
    op.execute("alter table pages force row level security")
    op.create_check_constraint(op.f("ck_pages_kind"), "pages", f"kind in ({PAGE_KINDS})")
    op.drop_column("selections", "facts")
    op.drop_column("detections", "stored_at")
    op.drop_index("ix_alerts_due", "alerts")
    for name, _ in reversed(ALERT_COLUMNS):
        op.drop_column("alerts", name)
    op.drop_index("ix_incidents_emergency", "incidents")
    for name, _ in reversed(INCIDENT_COLUMNS):
        op.drop_column("incidents", name)
