"""Accounts: API tokens, people and sources that are switched off, and who was wrong at the door."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

KINDS = "'source', 'email', 'enrolment_code', 'device_token', 'session_token'"


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency_id", "user_id"], ["users.agency_id", "users.user_id"], name=op.f("fk_api_tokens_users")
        ),
        sa.PrimaryKeyConstraint("agency_id", "token_id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("right_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_failures")),
    )
    op.create_index("ix_sign_in_failures_last_at", "sign_in_failures", ["last_at"])
    op.add_column("users", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sources", sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sources", sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sources", sa.Column("last_positions_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_receipts_device", "receipts", ["agency_id", "device_id", "recorded_at"])
    op.create_index("ix_detections_source", "detections", ["agency_id", "source_id", "received_at"])
    # A code's hash would give the code away to whoever tries all of its 40 bits, so each has a name that gives nothing.
    op.add_column(
        "enrolment_codes",
        sa.Column("code_id", sa.Uuid(), nullable=False, server_default=sa.text("gen_random_uuid()")),
    )
    op.alter_column("enrolment_codes", "code_id", server_default=None)
    op.create_unique_constraint(op.f("uq_enrolment_codes_code_id"), "enrolment_codes", ["agency_id", "code_id"])
    op.add_column("enrolment_codes", sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("devices", sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("ck_directory_kind"), "directory")
    op.create_check_constraint(op.f("ck_directory_kind"), "directory", f"kind in ({KINDS}, 'api_token')")

    op.execute("alter table api_tokens enable row level security")
    op.execute("alter table api_tokens force row level security")
    op.execute(
        "create policy agency on api_tokens to beatline_app"
        " using (agency_id = (select nullif(current_setting('beatline.agency_id', true), '')::uuid))"
    )
    op.execute("grant select, insert, update on api_tokens to beatline_app")
    op.execute("grant select, insert, update, delete on sign_in_failures to beatline_app")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_directory_kind"), "directory")
    op.execute("delete from directory where kind = 'api_token'")
    op.create_check_constraint(op.f("ck_directory_kind"), "directory", f"kind in ({KINDS})")
    op.drop_column("devices", "last_seen_at")
    op.drop_column("enrolment_codes", "revoked_at")
    op.drop_constraint(op.f("uq_enrolment_codes_code_id"), "enrolment_codes")
    op.drop_column("enrolment_codes", "code_id")
    op.drop_index("ix_detections_source", "detections")
    op.drop_index("ix_receipts_device", "receipts")
    op.drop_column("sources", "last_positions_at")
    op.drop_column("sources", "disabled_at")
    op.drop_column("sources", "rotated_at")
    op.drop_column("users", "disabled_at")
    op.drop_table("sign_in_failures")
    op.drop_table("api_tokens")
