"""The sealed journal: from where, and a chain of hashes; the trigger lets an entry be sealed once and nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

SEALED_ONCE = """
create function journal_is_sealed_once() returns trigger language plpgsql as $$
begin
    if old.number is not null
       or (new.agency_id, new.entry_id, new.at, new.actor, new.action, new.incident_id, new.details, new.origin)
          is distinct from
          (old.agency_id, old.entry_id, old.at, old.actor, old.action, old.incident_id, old.details, old.origin) then
        raise exception 'the journal is append-only';
    end if;
    -- A number far beyond the others would be the last: nothing could be sealed after it any more.
    if new.number > 1000 + (select coalesce(max(j.number), 0) from journal j where j.agency_id = old.agency_id) then
        raise exception 'the journal is sealed number by number';
    end if;
    return new;
end $$
"""
# From one agency to the next along the index: what waits of one may be a hundred thousand entries.
UNSEALED = """
create function unsealed_agencies(at_most integer) returns table (agency_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$
    with recursive waiting as (
        (select j.agency_id from journal j where j.number is null order by j.agency_id limit 1)
        union all
        select (select j.agency_id from journal j where j.number is null and j.agency_id > w.agency_id
                 order by j.agency_id limit 1)
          from waiting w where w.agency_id is not null)
    select w.agency_id from waiting w where w.agency_id is not null limit at_most
$$
"""
# Times that every program can tell, so none at infinity, and numbers that JSON can carry.
CAN_BE_TOLD = """
    at >= '0001-01-01 00:00:00+00' and at < '10000-01-01 00:00:00+00'
    and (sealed_at is null or sealed_at >= '0001-01-01 00:00:00+00' and sealed_at < '10000-01-01 00:00:00+00')
    and (number is null or number <= 9007199254740992)
"""
SAID_BY_THE_APP = "agency_id, entry_id, at, actor, action, incident_id, details, origin"


def upgrade() -> None:
    op.add_column("journal", sa.Column("origin", sa.String(), nullable=True))
    op.add_column("journal", sa.Column("number", sa.BigInteger(), nullable=True))
    op.add_column("journal", sa.Column("hash", sa.LargeBinary(), nullable=True))
    op.add_column("journal", sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_unique_constraint(op.f("uq_journal_number"), "journal", ["agency_id", "number"])
    op.create_check_constraint(
        op.f("ck_journal_sealed"), "journal", "num_nonnulls(number, hash, sealed_at) in (0, 3) and number > 0"
    )
    op.create_check_constraint(op.f("ck_journal_can_be_told"), "journal", CAN_BE_TOLD)
    op.create_index(
        "ix_journal_unsealed", "journal", ["agency_id", "at", "entry_id"], postgresql_where=sa.text("number is null")
    )
    op.create_index(
        "ix_journal_user",
        "journal",
        ["agency_id", "actor", "entry_id"],
        postgresql_ops={"actor": "text_pattern_ops"},
        postgresql_where=sa.text("actor like 'user:%'"),
    )
    op.execute("drop trigger append_only on journal")
    op.execute(
        "create trigger append_only before delete or truncate on journal"
        " for each statement execute function journal_is_append_only()"
    )
    op.execute(SEALED_ONCE)
    op.execute(
        "create trigger sealed_once before update on journal for each row execute function journal_is_sealed_once()"
    )
    # Nobody adds an entry that is sealed already.
    op.execute("revoke insert on journal from beatline_app")
    op.execute(f"grant insert ({SAID_BY_THE_APP}) on journal to beatline_app")
    op.execute("grant update (number, hash, sealed_at) on journal to beatline_app")
    op.execute(UNSEALED)
    op.execute("grant beatline_door to current_user")
    op.execute("grant create on schema public to beatline_door")
    op.execute("alter function unsealed_agencies owner to beatline_door")
    op.execute("revoke create on schema public from beatline_door")
    op.execute("revoke beatline_door from current_user")
    op.execute("revoke execute on function unsealed_agencies from public")
    op.execute("grant execute on function unsealed_agencies to beatline_app")
    op.execute("grant select (agency_id, number) on journal to beatline_door")
    op.execute("create policy door on journal for select to beatline_door using (true)")


def downgrade() -> None:
    op.execute("drop policy door on journal")
    op.execute("revoke select (agency_id, number) on journal from beatline_door")
    op.execute("drop function unsealed_agencies")
    op.execute("revoke update (number, hash, sealed_at) on journal from beatline_app")
    op.execute(f"revoke insert ({SAID_BY_THE_APP}) on journal from beatline_app")
    op.execute("grant insert on journal to beatline_app")
    op.execute("drop trigger sealed_once on journal")
    op.execute("drop function journal_is_sealed_once")
    op.execute("drop trigger append_only on journal")
    op.execute(
        "create trigger append_only before update or delete or truncate on journal"
        " for each statement execute function journal_is_append_only()"
    )
    op.drop_index("ix_journal_user", "journal")
    op.drop_index("ix_journal_unsealed", "journal")
    op.drop_constraint(op.f("ck_journal_can_be_told"), "journal")
    op.drop_constraint(op.f("ck_journal_sealed"), "journal")
    op.drop_constraint(op.f("uq_journal_number"), "journal")
    for column in ("sealed_at", "hash", "number", "origin"):
        op.drop_column("journal", column)
