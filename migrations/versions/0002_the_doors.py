"""Row-level security, the two roles, the clock's narrow door, and a journal that nobody can rewrite.

beatline_app   what the service signs in as: owns nothing, cannot bypass row-level security.
beatline_door  owns the two functions that look across agencies; nobody signs in as it.

Roles belong to the whole server, not to this database, so a downgrade takes their rights away and leaves them be.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

TENANT_TABLES = (
    "agencies",
    "users",
    "sessions",
    "sources",
    "units",
    "devices",
    "enrolment_codes",
    "fixes",
    "incidents",
    "detections",
    "selections",
    "alerts",
    "receipts",
    "pages",
    "journal",
)

CREATE_ROLE = """
do $$ begin
    create role {role} {login};
exception when duplicate_object or unique_violation then null;  -- another database, or another copy at this moment
end $$
"""

DUE_INCIDENTS = """
create function due_incidents(by_time timestamptz, at_most integer)
returns table (agency_id uuid, incident_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$
    select i.agency_id, i.incident_id from incidents i
     where i.next_action_at <= by_time order by i.next_action_at desc limit at_most
$$
"""

DUE_PAGES = """
create function due_pages(by_time timestamptz, at_most integer)
returns table (agency_id uuid, incident_id uuid)
language sql stable security definer set search_path = public, pg_temp
as $$
    select distinct d.agency_id, d.incident_id from (
        select p.agency_id, p.incident_id from pages p
         where p.state in ('pending', 'sending') and p.next_action_at <= by_time
         order by p.next_action_at desc limit at_most) d
$$
"""

REFUSE = """
create function journal_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the journal is append-only';
end $$
"""


def upgrade() -> None:
    op.execute(CREATE_ROLE.format(role="beatline_app", login="login"))
    op.execute(CREATE_ROLE.format(role="beatline_door", login="nologin"))
    op.execute("grant usage on schema public to beatline_app, beatline_door")
    for table in TENANT_TABLES:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(
            f"create policy agency on {table} to beatline_app"
            " using (agency_id = (select nullif(current_setting('beatline.agency_id', true), '')::uuid))"
        )
        op.execute(f"grant select, insert on {table} to beatline_app")
        if table != "journal":
            op.execute(f"grant update on {table} to beatline_app")
    op.execute("grant delete on sessions to beatline_app")
    op.execute("grant select, insert, delete on directory to beatline_app")

    op.execute(DUE_INCIDENTS)
    op.execute(DUE_PAGES)
    # An owner that is no superuser may hand a function over only to a role that it is a member of, for this moment.
    op.execute("grant beatline_door to current_user")
    op.execute("grant create on schema public to beatline_door")
    op.execute("alter function due_incidents owner to beatline_door")
    op.execute("alter function due_pages owner to beatline_door")
    op.execute("revoke create on schema public from beatline_door")
    op.execute("revoke beatline_door from current_user")
    op.execute("revoke execute on function due_incidents, due_pages from public")
    op.execute("grant execute on function due_incidents, due_pages to beatline_app")
    op.execute("grant select (agency_id, incident_id, next_action_at) on incidents to beatline_door")
    op.execute("grant select (agency_id, incident_id, state, next_action_at) on pages to beatline_door")
    op.execute("create policy door on incidents for select to beatline_door using (true)")
    op.execute("create policy door on pages for select to beatline_door using (true)")

    op.execute(REFUSE)
    op.execute(
        "create trigger append_only before update or delete or truncate on journal"
        " for each statement execute function journal_is_append_only()"
    )


def downgrade() -> None:
    op.execute("drop trigger append_only on journal")
    op.execute("drop function journal_is_append_only")
    op.execute("drop policy door on pages")
    op.execute("drop policy door on incidents")
    op.execute("drop function due_pages")
    op.execute("drop function due_incidents")
    for table in TENANT_TABLES:
        op.execute(f"drop policy agency on {table}")
        op.execute(f"alter table {table} no force row level security")
        op.execute(f"alter table {table} disable row level security")
    op.execute("revoke all on all tables in schema public from beatline_app, beatline_door")
    op.execute("revoke usage on schema public from beatline_app, beatline_door")
