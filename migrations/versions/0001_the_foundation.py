"""The foundation: every table of the main path. Row-level security and roles come in 0002."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "agencies",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("policy", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_agencies")),
    )
    op.create_table(
        "directory",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind in ('source', 'email', 'enrolment_code', 'device_token', 'session_token')",
            name=op.f("ck_directory_kind"),
        ),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_directory")),
    )
    op.create_index(op.f("ix_directory_agency_id"), "directory", ["agency_id"], unique=False)
    op.create_table(
        "journal",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "entry_id", name=op.f("pk_journal")),
    )
    op.create_index("ix_journal_incident", "journal", ["agency_id", "incident_id", "entry_id"], unique=False)
    op.create_table(
        "incidents",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("uncertainty_m", sa.Float(), nullable=False),
        sa.Column("classification", sa.String(), nullable=False),
        sa.Column("confidence", sa.String(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=True),
        sa.Column("tactical_notes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("audio_url", sa.String(), nullable=True),
        sa.Column("image_url", sa.String(), nullable=True),
        sa.Column("policy", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("covered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("cad_number", sa.String(), nullable=True),
        sa.CheckConstraint(
            "classification in ('single_gunshot', 'multiple_gunshots', 'probable_gunfire', 'fireworks', 'not_gunfire', 'unknown')",
            name=op.f("ck_incidents_classification"),
        ),
        sa.CheckConstraint("confidence in ('high', 'uncertain', 'low')", name=op.f("ck_incidents_confidence")),
        sa.CheckConstraint(
            "disposition is null or disposition in ('evidence_found', 'victim', 'no_evidence', 'fireworks', 'unfounded', 'duplicate', 'other')",
            name=op.f("ck_incidents_disposition"),
        ),
        sa.CheckConstraint(
            "state in ('held', 'open', 'unanswered', 'covered', 'closed', 'cancelled')", name=op.f("ck_incidents_state")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agency_id"], name=op.f("fk_incidents_agencies")),
        sa.PrimaryKeyConstraint("agency_id", "incident_id", name=op.f("pk_incidents")),
    )
    op.create_index(
        "ix_incidents_due",
        "incidents",
        ["next_action_at"],
        unique=False,
        postgresql_where=sa.text("next_action_at is not null"),
    )
    op.create_index(
        "ix_incidents_living",
        "incidents",
        ["agency_id", "last_heard_at"],
        unique=False,
        postgresql_where=sa.text("state in ('covered', 'held', 'open', 'unanswered')"),
    )
    op.create_table(
        "sources",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secrets", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agency_id"], name=op.f("fk_sources_agencies")),
        sa.PrimaryKeyConstraint("agency_id", "source_id", name=op.f("pk_sources")),
        sa.UniqueConstraint("agency_id", "name", name=op.f("uq_sources_name")),
    )
    op.create_table(
        "units",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("call_sign", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind in ('patrol', 'supervisor')", name=op.f("ck_units_kind")),
        sa.CheckConstraint(
            "status in ('available', 'en_route', 'on_scene', 'unavailable', 'off_duty')", name=op.f("ck_units_status")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agency_id"], name=op.f("fk_units_agencies")),
        sa.PrimaryKeyConstraint("agency_id", "unit_id", name=op.f("pk_units")),
        sa.UniqueConstraint("agency_id", "call_sign", name=op.f("uq_units_call_sign")),
    )
    op.create_table(
        "users",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role in ('administrator', 'supervisor', 'dispatcher', 'auditor')", name=op.f("ck_users_role")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agency_id"], name=op.f("fk_users_agencies")),
        sa.PrimaryKeyConstraint("agency_id", "user_id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "alerts",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("distance_m", sa.Float(), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("displayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("en_route_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("on_scene_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role is null or role in ('primary', 'assisting')", name=op.f("ck_alerts_role")),
        sa.CheckConstraint(
            "state in ('queued', 'sent', 'received', 'acknowledged', 'declined', 'expired', 'recalled', 'failed')",
            name=op.f("ck_alerts_state"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "incident_id"],
            ["incidents.agency_id", "incidents.incident_id"],
            name=op.f("fk_alerts_incidents"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "unit_id"], ["units.agency_id", "units.unit_id"], name=op.f("fk_alerts_units")
        ),
        sa.PrimaryKeyConstraint("agency_id", "alert_id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("agency_id", "incident_id", "unit_id", name=op.f("uq_alerts_unit")),
    )
    op.create_index("ix_alerts_unit", "alerts", ["agency_id", "unit_id", "changed_at"], unique=False)
    op.create_index(
        "uq_alerts_primary",
        "alerts",
        ["agency_id", "incident_id"],
        unique=True,
        postgresql_where=sa.text("role = 'primary'"),
    )
    op.create_table(
        "detections",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("detection_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sound", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('detected', 'updated', 'dismissed')", name=op.f("ck_detections_kind")),
        sa.CheckConstraint(
            "outcome in ('opened', 'joined', 'updated', 'dismissed', 'held', 'parked', 'stored')",
            name=op.f("ck_detections_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "incident_id"],
            ["incidents.agency_id", "incidents.incident_id"],
            name=op.f("fk_detections_incidents"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "source_id"], ["sources.agency_id", "sources.source_id"], name=op.f("fk_detections_sources")
        ),
        sa.PrimaryKeyConstraint("agency_id", "message_id", name=op.f("pk_detections")),
        sa.UniqueConstraint("agency_id", "source_id", "detection_id", "revision", name=op.f("uq_detections_revision")),
    )
    op.create_index("ix_detections_incident", "detections", ["agency_id", "incident_id"], unique=False)
    op.create_table(
        "devices",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("app_version", sa.String(), nullable=False),
        sa.Column("push_kind", sa.String(), nullable=False),
        sa.Column("push_value", sa.String(), nullable=False),
        sa.Column("push_lost_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("platform in ('android', 'ios', 'web')", name=op.f("ck_devices_platform")),
        sa.CheckConstraint(
            "push_kind in ('fcm_fid', 'fcm_token', 'web_push', 'none')", name=op.f("ck_devices_push_kind")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "unit_id"], ["units.agency_id", "units.unit_id"], name=op.f("fk_devices_units")
        ),
        sa.PrimaryKeyConstraint("agency_id", "device_id", name=op.f("pk_devices")),
    )
    op.create_index(
        "ix_devices_unit",
        "devices",
        ["agency_id", "unit_id"],
        unique=False,
        postgresql_where=sa.text("revoked_at is null"),
    )
    op.create_table(
        "enrolment_codes",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency_id", "unit_id"], ["units.agency_id", "units.unit_id"], name=op.f("fk_enrolment_codes_units")
        ),
        sa.PrimaryKeyConstraint("agency_id", "code_hash", name=op.f("pk_enrolment_codes")),
    )
    op.create_table(
        "fixes",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.Column("heading_deg", sa.Float(), nullable=True),
        sa.Column("speed_mps", sa.Float(), nullable=True),
        sa.Column("suspect", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "unit_id"], ["units.agency_id", "units.unit_id"], name=op.f("fk_fixes_units")
        ),
        sa.PrimaryKeyConstraint("agency_id", "unit_id", name=op.f("pk_fixes")),
    )
    op.create_table(
        "selections",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("selection_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("selected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("not_asked", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("not_asked_more", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "incident_id"],
            ["incidents.agency_id", "incidents.incident_id"],
            name=op.f("fk_selections_incidents"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "selection_id", name=op.f("pk_selections")),
    )
    op.create_index("ix_selections_incident", "selections", ["agency_id", "incident_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "user_id"], ["users.agency_id", "users.user_id"], name=op.f("fk_sessions_users")
        ),
        sa.PrimaryKeyConstraint("agency_id", "token_hash", name=op.f("pk_sessions")),
    )
    op.create_table(
        "pages",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("page_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("loud", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_action_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("failure", sa.String(), nullable=True),
        sa.CheckConstraint(
            "kind in ('alert', 'update', 'recall', 'warning', 'digest', 'drill')", name=op.f("ck_pages_kind")
        ),
        sa.CheckConstraint(
            "state in ('pending', 'sending', 'sent', 'failed', 'dead', 'superseded')", name=op.f("ck_pages_state")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "alert_id"], ["alerts.agency_id", "alerts.alert_id"], name=op.f("fk_pages_alerts")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "device_id"], ["devices.agency_id", "devices.device_id"], name=op.f("fk_pages_devices")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "incident_id"],
            ["incidents.agency_id", "incidents.incident_id"],
            name=op.f("fk_pages_incidents"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "page_id", name=op.f("pk_pages")),
        sa.UniqueConstraint("agency_id", "incident_id", "device_id", "sequence", name=op.f("uq_pages_sequence")),
    )
    op.create_index(
        "ix_pages_due",
        "pages",
        ["next_action_at"],
        unique=False,
        postgresql_where=sa.text("state in ('pending', 'sending')"),
    )
    op.create_table(
        "receipts",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('received', 'displayed')", name=op.f("ck_receipts_kind")),
        sa.ForeignKeyConstraint(
            ["agency_id", "alert_id"], ["alerts.agency_id", "alerts.alert_id"], name=op.f("fk_receipts_alerts")
        ),
        sa.PrimaryKeyConstraint("agency_id", "alert_id", "device_id", "kind", name=op.f("pk_receipts")),
    )


def downgrade() -> None:
    op.drop_table("receipts")
    op.drop_index("ix_pages_due", table_name="pages", postgresql_where=sa.text("state in ('pending', 'sending')"))
    op.drop_table("pages")
    op.drop_table("sessions")
    op.drop_index("ix_selections_incident", table_name="selections")
    op.drop_table("selections")
    op.drop_table("fixes")
    op.drop_table("enrolment_codes")
    op.drop_index("ix_devices_unit", table_name="devices", postgresql_where=sa.text("revoked_at is null"))
    op.drop_table("devices")
    op.drop_index("ix_detections_incident", table_name="detections")
    op.drop_table("detections")
    op.drop_index("uq_alerts_primary", table_name="alerts", postgresql_where=sa.text("role = 'primary'"))
    op.drop_index("ix_alerts_unit", table_name="alerts")
    op.drop_table("alerts")
    op.drop_table("users")
    op.drop_table("units")
    op.drop_table("sources")
    op.drop_index(
        "ix_incidents_living",
        table_name="incidents",
        postgresql_where=sa.text("state in ('covered', 'held', 'open', 'unanswered')"),
    )
    op.drop_index("ix_incidents_due", table_name="incidents", postgresql_where=sa.text("next_action_at is not null"))
    op.drop_table("incidents")
    op.drop_index("ix_journal_incident", table_name="journal")
    op.drop_table("journal")
    op.drop_index(op.f("ix_directory_agency_id"), table_name="directory")
    op.drop_table("directory")
    op.drop_table("agencies")
