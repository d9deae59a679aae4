#!/bin/sh
# A logical backup of one Beatline database: dump.sh FOLDER (made; must not be there yet)
#
# Where and as whom: PGHOST, PGPORT, PGUSER=beatline_backup, PGPASSWORD or PGPASSFILE, PGDATABASE (see role.sql).
# Writes FOLDER/beatline.dump; FOLDER/roles.sql, the roles it names, without their passwords; and FOLDER/counts, the rows
# of each table in the very snapshot that was dumped.
# With BEATLINE_DATABASE_URL set, FOLDER/heads.jsonl too: the ends of the journals' chains from before the dump. Copy
# that file to where nobody who can write to this database or to the backups can: it is what `drill.sh` believes.
set -eu
umask 077
BEATLINE=${BEATLINE:-beatline}
export PGDATABASE="${PGDATABASE:-beatline}"
[ $# -eq 1 ] || { echo "usage: dump.sh FOLDER" >&2; exit 2; }
[ ! -e "$1" ] || { echo "$1 is there already: a backup is never written over another" >&2; exit 2; }

# A name of its own until it is whole: half a backup must not look like one.
attempt="$1.unfinished"
rm -rf "$attempt"
mkdir -p "$attempt"
if [ -n "${BEATLINE_DATABASE_URL:-}" ]; then
    $BEATLINE journal head > "$attempt/heads.jsonl"
fi
DUMP="$attempt/beatline.dump" COUNTS="$attempt/counts" ROLES="$attempt/roles.sql" psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 <<'SQL'
begin transaction isolation level repeatable read, read only;
select pg_export_snapshot() as snapshot \gset
\setenv SNAPSHOT :snapshot
\! pg_dump --format=custom --snapshot="$SNAPSHOT" --file="$DUMP" || rm -f "$DUMP"
\getenv counts COUNTS
\o :counts
select format('select %L, count(*) from %I.%I', tablename, schemaname, tablename)
  from pg_tables where schemaname = 'public' order by tablename \gexec
\getenv roles ROLES
\o :roles
select format('do $$ begin create role %I %s; exception when duplicate_object then null; end $$;',
              rolname, case when rolcanlogin then 'login' else 'nologin' end)
  from pg_roles
 where oid = 10 -- whoever made the server owns what nobody else does
    or oid in (select refobjid from pg_shdepend
                where refclassid = 'pg_authid'::regclass
                  and dbid = (select oid from pg_database where datname = current_database()))
 order by rolname;
commit;
SQL
[ -s "$attempt/beatline.dump" ] || { echo "pg_dump failed: there is no backup" >&2; exit 1; }
mv "$attempt" "$1"
echo "dumped to $1: $(wc -l < "$1/counts") tables, $(du -sh "$1" | cut -f1)"
