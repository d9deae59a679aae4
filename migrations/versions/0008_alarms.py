"""Alarms: which processes are alive, what the auditor found, and the canary.

Additive: the release before goes on beside it. Its processes write no heartbeat, and know no canary to disturb.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

PUSH_KINDS = "'fcm_fid', 'fcm_token', 'web_push', 'none'"
OWN_AGENCY = "nullif(current_setting('beatline.agency_id', true), '')::uuid"
BEAT = """
create function beat(
    process uuid, of_kind text, on_host text, since timestamptz, at timestamptz, found jsonb) returns void
language sql security definer set search_path = public, pg_temp
as $$
    insert into heartbeats (process_id, kind, host, started_at, seen_at, condition)
    values (process, of_kind, on_host, since, at, found)
        on conflict (process_id) do update set seen_at = excluded.seen_at, condition = excluded.condition;
    delete from heartbeats h where h.seen_at < at - interval '1 hour';
$$
"""
HEARTBEATS = """
create function all_heartbeats()
returns table (kind text, host text, started_at timestamptz, seen_at timestamptz, condition jsonb)
language sql stable security definer set search_path = public, pg_temp
as $$ select h.kind, h.host, h.started_at, h.seen_at, h.condition from heartbeats h order by h.started_at $$
"""
# What one auditor has found now. An alarm goes away once no auditor has found it for a while: two of them on two hosts
# need not see the same.
KEEP_ALARMS = """
create function keep_alarms(at timestamptz, found jsonb, forgotten_before timestamptz)
returns table (alarm text, since timestamptz, is_raised boolean)
language sql security definer set search_path = public, pg_temp
as $$
    with told as (
        select t.alarm, coalesce(t.since, at) as since, t.detail
          from jsonb_to_recordset(found) as t (alarm text, since timestamptz, detail text)),
    kept as (
        insert into alarms as a (alarm, since, seen_at, detail)
        select t.alarm, t.since, at, t.detail from told t order by t.alarm
            on conflict (alarm) do update
               set seen_at = greatest(a.seen_at, excluded.seen_at), detail = excluded.detail,
                   since = least(a.since, excluded.since)
        returning a.alarm, a.since, a.xmax = 0 as is_new),
    gone as (
        delete from alarms a where a.seen_at < forgotten_before and a.alarm not in (select t.alarm from told t)
        returning a.alarm, a.since)
    select k.alarm, k.since, true from kept k where k.is_new
    union all
    select g.alarm, g.since, false from gone g
$$
"""
STANDING_ALARMS = """
create function standing_alarms()
returns table (alarm text, since timestamptz, seen_at timestamptz, detail text)
language sql stable security definer set search_path = public, pg_temp
as $$ select a.alarm, a.since, a.seen_at, a.detail from alarms a order by a.since, a.alarm $$
"""
# Whatever waits for nobody: rows that ought to be looked at and never will be ("lost"), and rows whose time came longer
# ago than `grace` and whom nobody has looked at ("overdue"). Along partial indexes: what is settled costs nothing.
NEGLECTED = """
create function neglected_rows(by_time timestamptz, grace interval, at_most integer)
returns table (finding text, agency_id uuid, incident_id uuid, row_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$
    (select 'incident_lost', i.agency_id, i.incident_id, i.incident_id from incidents i
      where i.state in ('covered', 'held', 'open', 'unanswered') and (
            i.next_action_at is null
            and (i.state in ('held', 'unanswered') or i.state = 'open' and i.level > 0)
         or i.next_action_at > i.deadline_at + grace
         or exists (select from alerts a
                     where a.agency_id = i.agency_id and a.incident_id = i.incident_id
                       and a.state in ('queued', 'sent', 'received')
                       and (i.next_action_at is null or i.next_action_at > a.deadline_at + grace)))
      limit at_most)
    union all
    (select 'incident_overdue', i.agency_id, i.incident_id, i.incident_id from incidents i
      where i.next_action_at < by_time - grace limit at_most)
    union all
    (select case when a.next_look_at is null then 'unit_lost' else 'unit_overdue' end,
            a.agency_id, a.incident_id, a.alert_id
       from incidents i join alerts a on a.agency_id = i.agency_id and a.incident_id = i.incident_id
      where i.state in ('covered', 'held', 'open', 'unanswered') and a.state = 'acknowledged'
        and a.cleared_at is null and (a.next_look_at is null or a.next_look_at < by_time - grace)
      limit at_most)
    union all
    (select case when p.next_action_at < by_time - grace then 'page_overdue' else 'page_lost' end,
            p.agency_id, p.incident_id, p.page_id
       from pages p
      where p.state in ('pending', 'sending')
        and (p.next_action_at is null or p.next_action_at < by_time - grace or p.next_action_at > p.expires_at + grace)
      limit at_most)
$$
"""
# Of what happened lately: ids are made in the order of time, so each agency's latest lie together at the end.
VITAL_SIGNS = """
create function vital_signs(lately interval) returns jsonb
language sql stable security definer set search_path = public, pg_temp
as $$
    with first as (
        select (lpad(to_hex((extract(epoch from clock_timestamp() - lately) * 1000)::bigint), 12, '0')
                || repeat('0', 20))::uuid as id),
    recent as (
        select p.state, p.kind, p.attempt, p.rang_at, p.hushed_at,
               extract(epoch from p.settled_at - p.created_at) as took_s
          from first cross join agencies g cross join lateral (
               select q.state, q.kind, q.attempt, q.rang_at, q.hushed_at, q.settled_at, q.created_at
                 from pages q where q.agency_id = g.agency_id and q.page_id >= first.id limit 50000) p
         where not g.canary),
    expired as (
        select greatest(0, extract(epoch from e.at - a.deadline_at)) as late_s
          from first cross join agencies g cross join lateral (
               select j.at, (j.details ->> 'alert_id')::uuid as alert_id from journal j
                where j.agency_id = g.agency_id and j.entry_id >= first.id and j.action = 'alert_expired'
                limit 10000) e
          join alerts a on a.agency_id = g.agency_id and a.alert_id = e.alert_id
         where not g.canary),
    refused as (
        select g.agency_id, f.page_id from first cross join agencies g cross join lateral (
               select j.details ->> 'page_id' as page_id from journal j
                where j.agency_id = g.agency_id and j.entry_id >= first.id and j.action = 'page_failed'
                  and j.details @> '{"our_fault": true}' limit 1000) f)
    select jsonb_build_object(
        'incidents', (
            select coalesce(jsonb_object_agg(i.state, i.number), '{}') from (
                select n.state, count(*) as number from incidents n join agencies g using (agency_id)
                 where n.state in ('covered', 'held', 'open', 'unanswered') and not g.canary group by n.state) i),
        'pages_waiting', (select count(*) from pages p where p.state in ('pending', 'sending')),
        'pages', (
            select coalesce(jsonb_object_agg(s.state, s.number), '{}')
              from (select r.state, count(*) as number from recent r group by r.state) s),
        'pages_repeated', (select count(*) from recent r where r.attempt > 1),
        'pages_refused', (select count(distinct f.page_id) from refused f),
        'agencies_refused', (select count(distinct f.agency_id) from refused f),
        'pages_rung', (select count(*) from recent r where r.rang_at is not null),
        'pages_hushed', (select count(*) from recent r where r.hushed_at is not null),
        'page_delays_s', (
            select percentile_cont(array[0.5, 0.95, 0.99, 1]) within group (order by r.took_s)
              from recent r where r.kind = 'alert' and r.state = 'sent'),
        'escalation_delays_s', (
            select percentile_cont(array[0.5, 0.95, 0.99, 1]) within group (order by x.late_s) from expired x),
        'unsealed_since', (select min(u.at) from unsealed_agencies(1000) w
                           cross join lateral (select j.at from journal j
                                                where j.agency_id = w.agency_id and j.number is null
                                                order by j.at limit 1) u))
$$
"""
CANARY_AGENCY = """
create function canary_agency() returns table (agency_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$ select a.agency_id from agencies a where a.canary $$
"""
ALL_AGENCIES = """
create or replace function all_agencies() returns table (agency_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$ select a.agency_id from agencies a{where} order by a.agency_id $$
"""
# As 0006 has it, but for how long at least: of the canary nobody will ever want to know what it sang last week.
PURGE_JOURNAL = f"""
create or replace function purge_journal(by_time timestamptz, at_most integer) returns table (number bigint, hash bytea)
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
    gone uuid[] := '{{{{}}}}';
begin
    select least(by_time, now() - make_interval(
               days => greatest({{least_days}}, coalesce((a.retention ->> 'journal_days')::integer, 365))))
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
# No administrator, and no program that was broken into, may pass an agency off as the canary: its journal is short.
REMAINS_WHAT_IT_IS = """
create function agency_remains_what_it_is() returns trigger language plpgsql as $$
begin
    raise exception 'whether an agency is the canary does not change';
end $$
"""
NEW_DOORS = (
    "beat(uuid, text, text, timestamptz, timestamptz, jsonb)",
    "all_heartbeats()",
    "keep_alarms(timestamptz, jsonb, timestamptz)",
    "standing_alarms()",
    "neglected_rows(timestamptz, interval, integer)",
    "vital_signs(interval)",
    "canary_agency()",
)
SEEN_BY_THE_AUDITOR = {
    "agencies": ("canary",),
    "incidents": ("level", "deadline_at"),
    "alerts": ("state", "deadline_at", "cleared_at"),
    "pages": ("page_id", "kind", "attempt", "expires_at", "settled_at", "rang_at", "hushed_at"),
    "journal": ("details",),
}


def upgrade() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("process_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("condition", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("process_id", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "alarms",
        sa.Column("alarm", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("alarm", name=op.f("pk_alarms")),
    )
    op.add_column("agencies", sa.Column("canary", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("uq_agencies_canary", "agencies", ["canary"], unique=True, postgresql_where=sa.text("canary"))
    op.create_table(
        "canaries",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("took_s", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.agency_id"], name=op.f("fk_canaries_agencies")),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_canaries")),
    )
    op.execute("alter table canaries enable row level security")
    op.execute("alter table canaries force row level security")
    op.execute(f"create policy agency on canaries to beatline_app using (agency_id = (select {OWN_AGENCY}))")
    op.execute("grant select, insert, update on canaries to beatline_app")
    op.drop_constraint(op.f("ck_devices_push_kind"), "devices")
    op.create_check_constraint(op.f("ck_devices_push_kind"), "devices", f"push_kind in ({PUSH_KINDS}, 'canary')")
    op.execute(REMAINS_WHAT_IT_IS)
    op.execute(
        "create trigger remains_what_it_is before update on agencies for each row"
        " when (old.canary is distinct from new.canary) execute function agency_remains_what_it_is()"
    )
    op.execute("grant select, insert, update, delete on heartbeats, alarms to beatline_door")
    for table, columns in SEEN_BY_THE_AUDITOR.items():
        op.execute(f"grant select ({', '.join(columns)}) on {table} to beatline_door")
    op.execute("grant beatline_door to current_user")
    op.execute("grant create on schema public to beatline_door")
    for function in (BEAT, HEARTBEATS, KEEP_ALARMS, STANDING_ALARMS, NEGLECTED, VITAL_SIGNS, CANARY_AGENCY):
        op.execute(function)
    for door in NEW_DOORS:
        op.execute(f"alter function {door} owner to beatline_door")
    op.execute(ALL_AGENCIES.format(where=" where not a.canary"))
    op.execute(PURGE_JOURNAL.format(least_days="case when a.canary then 1 else 30 end"))
    op.execute("revoke create on schema public from beatline_door")
    op.execute("revoke beatline_door from current_user")
    op.execute(f"revoke execute on function {', '.join(NEW_DOORS)} from public")
    op.execute(f"grant execute on function {', '.join(NEW_DOORS)} to beatline_app")


def downgrade() -> None:
    op.execute("grant beatline_door to current_user")
    op.execute(ALL_AGENCIES.format(where=""))
    op.execute(PURGE_JOURNAL.format(least_days="30"))
    op.execute("revoke beatline_door from current_user")
    for door in NEW_DOORS:
        op.execute(f"drop function {door}")
    for table, columns in SEEN_BY_THE_AUDITOR.items():
        op.execute(f"revoke select ({', '.join(columns)}) on {table} from beatline_door")
    op.execute("drop trigger remains_what_it_is on agencies")
    op.execute("drop function agency_remains_what_it_is")
    op.drop_constraint(op.f("ck_devices_push_kind"), "devices")
    op.execute("alter table devices no force row level security")
    op.execute("update devices set push_kind = 'none', push_value = '' where push_kind = 'canary'")
    op.execute("alter table devices force row level security")
    op.create_check_constraint(op.f("ck_devices_push_kind"), "devices", f"push_kind in ({PUSH_KINDS})")
    op.drop_table("canaries")
    op.drop_index("uq_agencies_canary", "agencies")
    op.drop_column("agencies", "canary")
    op.drop_table("alarms")
    op.drop_table("heartbeats")
