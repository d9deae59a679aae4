"""Retention: how long an agency keeps what, and where its units were while they were on an incident."""

import sqlalchemy as sa
from alembic import op
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
ALL_AGENCIES = """
create function all_agencies() returns table (agency_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$ select a.agency_id from agencies a order by a.agency_id $$
"""
OWN_AGENCY = "nullif(current_setting('beatline.agency_id', true), '')::uuid"
# A hold reaches whatever the incident was merged or split with, either way: what was one is evidence of one, and its
# detections, alerts and pages have gone from one to the other.
HELD_INCIDENTS = """
create function held_incidents(of_agency uuid) returns setof uuid
language sql stable set search_path = public, pg_temp
as $$
    with recursive held as (
        select i.incident_id, i.merged_into, i.split_from
          from incidents i where i.agency_id = of_agency and i.legal_hold is not null
        union
        select i.incident_id, i.merged_into, i.split_from from held h
          join incidents i on i.agency_id = of_agency
           and (h.incident_id in (i.merged_into, i.split_from) or i.incident_id in (h.merged_into, h.split_from)))
    select h.incident_id from held h
$$
"""
# The oldest sealed entries that have been kept long enough: by this database's own time, whatever the caller says, and
# for 30 days at least, whatever the agency says. Never a receipt of a purge, the head of the chain, or an entry of an
# incident that is held or has not ended.
PURGE_JOURNAL = f"""
create function purge_journal(by_time timestamptz, at_most integer) returns table (number bigint, hash bytea)
language plpgsql security definer set search_path = public, pg_temp
set enable_sort = off set enable_bitmapscan = off  -- along the index, to where the young ones begin and no further
as $$
declare
    own uuid := {OWN_AGENCY};
    sealed_before timestamptz;
    head bigint := (select max(j.number) from journal j where j.agency_id = own);
    spared uuid[] := array(
        select held_incidents(own)
        union select i.incident_id from incidents i where i.agency_id = own and i.ended_at is null);
    old record;
    gone uuid[] := '{{}}';
begin
    select least(by_time, now() - make_interval(
               days => greatest(30, coalesce((a.retention ->> 'journal_days')::integer, 365))))
      into strict sealed_before from agencies a where a.agency_id = own;
    for old in
        select j.entry_id, j.at, j.sealed_at, j.action, j.incident_id from journal j
         where j.agency_id = own and j.number < head order by j.number
    loop
        exit when old.sealed_at >= sealed_before or cardinality(gone) >= at_most;
        continue when old.action = 'journal_purged' or old.at >= sealed_before or old.incident_id = any(spared);
        gone := gone || old.entry_id;
    end loop;
    return query
        delete from journal j where j.agency_id = own and j.entry_id = any(gone) returning j.number, j.hash;
end $$
"""
# How many rows of each kind went; null, and nothing happens, when it may not go: it has not ended long enough ago, it is
# held, or something of it is still owed to somebody. Alerts that came from an incident which was merged into it have
# left their pages there: those go with their alerts, whichever of the two is purged first.
PURGE_INCIDENT = f"""
create function purge_incident(of_incident uuid, by_time timestamptz) returns jsonb
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
    own uuid := {OWN_AGENCY};
    ended_before timestamptz := (
        select least(by_time, now() - make_interval(days => greatest(1, (a.retention ->> 'incidents_days')::integer)))
          from agencies a where a.agency_id = own and a.retention ->> 'incidents_days' is not null);
    part text;
    parts text[] := array['receipts', 'pages', 'alerts', 'selections', 'detections', 'trails'];
    rows_gone bigint;
    left_elsewhere bigint;
    counts jsonb := '{{}}';
begin
    if exists (select from pages p
                where p.agency_id = own and p.incident_id = of_incident and p.state in ('pending', 'sending'))
       or exists (select from alerts a join pages p on p.agency_id = own and p.alert_id = a.alert_id
                   where a.agency_id = own and a.incident_id = of_incident and p.state in ('pending', 'sending'))
       or exists (select from alerts a
                   where a.agency_id = own and a.incident_id = of_incident and a.next_look_at is not null)
       or exists (select from units u where u.agency_id = own and u.incident_id = of_incident)
       or of_incident in (select held_incidents(own))
       or not exists (select from incidents i
                       where i.agency_id = own and i.incident_id = of_incident and i.state in ('closed', 'cancelled')
                         and i.ended_at < ended_before and i.next_action_at is null) then
        return null;
    end if;
    delete from receipts r using alerts a
     where a.agency_id = own and a.incident_id = of_incident and r.agency_id = own and r.alert_id = a.alert_id;
    get diagnostics rows_gone = row_count;
    counts := jsonb_build_object('receipts', rows_gone);
    delete from pages p using alerts a
     where a.agency_id = own and a.incident_id = of_incident and p.agency_id = own and p.alert_id = a.alert_id
       and p.incident_id <> of_incident;
    get diagnostics left_elsewhere = row_count;
    foreach part in array parts[2:] loop
        execute format('delete from %I where agency_id = $1 and incident_id = $2', part) using own, of_incident;
        get diagnostics rows_gone = row_count;
        counts := counts || jsonb_build_object(
            part, rows_gone + case part when 'pages' then left_elsewhere else 0 end);
    end loop;
    delete from incidents i
     where i.agency_id = own and i.incident_id = of_incident and i.state in ('closed', 'cancelled')
       and i.ended_at < ended_before and i.legal_hold is null;
    if not found then
        raise exception 'incident % has changed meanwhile', of_incident using errcode = 'serialization_failure';
    end if;
    return counts;
end $$
"""
DELETED_BY_NOBODY = """
create or replace function journal_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the journal is append-only';
end $$
"""
DELETED_BY_THE_PURGE = """
create or replace function journal_is_append_only() returns trigger language plpgsql as $$
begin
    -- Nobody signs in as this role, and the one function of it that deletes here takes what was kept long enough.
    if tg_op = 'DELETE' and current_user = 'beatline_door' then
        return null;
    end if;
    raise exception 'the journal is append-only';
end $$
"""
PURGED_BY_THE_DOOR = ("receipts", "pages", "alerts", "selections", "detections", "trails", "incidents", "journal")
SEEN_BY_THE_PURGE = {
    "agencies": ("agency_id", "retention"),
    "incidents": ("state", "ended_at", "legal_hold", "merged_into", "split_from"),
    "alerts": ("alert_id",),
    "pages": ("alert_id",),
    "receipts": ("agency_id", "alert_id"),
    "selections": ("agency_id", "incident_id"),
    "detections": ("agency_id", "incident_id"),
    "trails": ("agency_id", "incident_id"),
    "units": ("agency_id", "incident_id"),
    "journal": ("entry_id", "at", "action", "incident_id", "hash", "sealed_at"),
}
NEW_TO_THE_DOOR = ("receipts", "selections", "detections", "trails", "units")


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
    op.execute("grant delete on fixes, enrolment_codes to beatline_app")
    op.create_index("ix_trails_at", "trails", ["agency_id", "at"])
    op.create_index(
        "ix_selections_facts",
        "selections",
        ["agency_id", "selected_at"],
        postgresql_where=sa.text("facts is not null"),
    )
    op.create_index(
        "ix_incidents_ended", "incidents", ["agency_id", "ended_at"], postgresql_where=sa.text("ended_at is not null")
    )
    # A purged alert must not look for its pages in all of them.
    op.create_index("ix_pages_alert", "pages", ["agency_id", "alert_id"])
    op.execute(HELD_INCIDENTS)
    op.execute(PURGE_JOURNAL)
    op.execute(PURGE_INCIDENT)
    op.execute(DELETED_BY_THE_PURGE)
    op.execute(DUE_PURGES)
    op.execute(ALL_AGENCIES)
    op.execute("grant beatline_door to current_user")
    op.execute("grant create on schema public to beatline_door")
    op.execute("alter function due_purges owner to beatline_door")
    op.execute("alter function purge_journal owner to beatline_door")
    op.execute("alter function purge_incident owner to beatline_door")
    op.execute("alter function all_agencies owner to beatline_door")
    op.execute("revoke create on schema public from beatline_door")
    op.execute("revoke beatline_door from current_user")
    op.execute("revoke execute on function due_purges, all_agencies, purge_journal, purge_incident from public")
    op.execute("grant execute on function due_purges, all_agencies, purge_journal, purge_incident to beatline_app")
    op.execute("grant select (agency_id, next_purge_at) on agencies to beatline_door")
    op.execute("create policy door on agencies for select to beatline_door using (true)")
    for table, columns in SEEN_BY_THE_PURGE.items():
        op.execute(f"grant select ({', '.join(columns)}) on {table} to beatline_door")
    for table in NEW_TO_THE_DOOR:
        op.execute(f"create policy door on {table} for select to beatline_door using (true)")
    for table in PURGED_BY_THE_DOOR:
        op.execute(f"grant delete on {table} to beatline_door")
        op.execute(f"create policy purge on {table} for delete to beatline_door using (agency_id = {OWN_AGENCY})")


def downgrade() -> None:
    for table in PURGED_BY_THE_DOOR:
        op.execute(f"drop policy purge on {table}")
        op.execute(f"revoke delete on {table} from beatline_door")
    for table in NEW_TO_THE_DOOR:
        op.execute(f"drop policy door on {table}")
    for table, columns in SEEN_BY_THE_PURGE.items():
        op.execute(f"revoke select ({', '.join(columns)}) on {table} from beatline_door")
    op.execute(DELETED_BY_NOBODY)
    op.execute("drop function purge_incident")
    op.execute("drop function purge_journal")
    op.execute("drop function held_incidents")
    op.drop_index("ix_pages_alert", "pages")
    op.drop_index("ix_incidents_ended", "incidents")
    op.drop_index("ix_selections_facts", "selections")
    op.execute("revoke delete on fixes, enrolment_codes from beatline_app")
    op.execute("drop policy door on agencies")
    op.execute("revoke select (agency_id, next_purge_at) on agencies from beatline_door")
    op.execute("drop function all_agencies")
    op.execute("drop function due_purges")
    op.drop_table("trails")
    op.drop_column("agencies", "next_purge_at")
    op.drop_column("agencies", "retention")
