#!/bin/sh
# Is this backup worth anything? drill.sh BACKUP [HEADS]
#
# Restores what dump.sh or base.sh has written into a new, empty server on a private unix socket, follows the chain of
# every journal, and counts the rows. Exits with 0 when all of it is as it was, else says what is not. Touches no other
# server, needs no network, and leaves nothing behind.
#
# HEADS are ends of the chains that were kept elsewhere; without it those beside the backup are used, which tell of
# accidents, and nothing of somebody who could write there.
# Needs PostgreSQL's programs in PATH, of the version that the backup was made with, and BEATLINE (default: beatline).
set -eu
umask 077
BEATLINE=${BEATLINE:-beatline}
DATABASE=${PGDATABASE:-beatline}
SUPERUSER=${DRILL_SUPERUSER:-postgres}  # in a physical backup: the server's own
unset PGHOST PGHOSTADDR PGPORT PGUSER PGPASSWORD PGPASSFILE PGDATABASE PGOPTIONS PGSERVICE
{ [ $# -ge 1 ] && [ $# -le 2 ] && [ -d "$1" ]; } || { echo "usage: drill.sh BACKUP [HEADS]" >&2; exit 2; }
scripts=$(cd "$(dirname "$0")" && pwd)
backup=$(cd "$1" && pwd)
heads=$(realpath -m "${2:-$1/heads.jsonl}")

work=$(mktemp -d "${TMPDIR:-/tmp}/drill.XXXXXX")
server=
clean_up() {
    [ -z "$server" ] || { kill -QUIT "$server" 2>/dev/null && wait "$server" || true; }
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP
failed() { echo "THE DRILL FAILED: $*" >&2; exit 1; }

# PostgreSQL does not run as root: then it is somebody who owns nothing else. To be called in a shell of its own, which it
# replaces: so whoever knows that shell's number can stop the program.
as_server() {
    [ "$(id -u)" -ne 0 ] || set -- setpriv --reuid="$account" --regid="$(id -g "$account")" --clear-groups "$@"
    exec "$@"
}
account=$(id -un postgres 2>/dev/null || echo nobody)
sockets=$work/sockets
mkdir "$sockets"
echo "local all all trust" > "$work/hba"
: > "$work/conf"

if [ -d "$backup/base" ]; then
    sh "$scripts/verify-files.sh" "$backup/base" || failed "files are not what the manifest says"
    cp -R "$backup/base" "$work/data"
    # What the old server was to do with others: follow, archive, wait for a standby.
    rm -f "$work/data/standby.signal" "$work/data/recovery.signal" "$work/data/postgresql.auto.conf"
else
    mkdir "$work/data"
fi
if [ "$(id -u)" -eq 0 ]; then
    chmod 711 "$work" && chmod 644 "$work/hba" "$work/conf" && chown -R "$account" "$work/data" "$sockets"
fi
chmod 700 "$work/data"
cd "$work"  # the server's user may not stand where we did
[ -d "$work/data/base" ] || (as_server initdb --pgdata="$work/data" --username="$SUPERUSER" --auth=trust \
    --encoding=UTF8 --locale=C --no-sync) > "$work/log"
(as_server postgres -D "$work/data" -c config_file="$work/conf" -c hba_file="$work/hba" -c listen_addresses= \
    -c unix_socket_directories="$sockets" -c dynamic_shared_memory_type=mmap -c fsync=off -c max_connections=20) \
    > "$work/log" 2>&1 &
server=$!

export PGHOST="$sockets" PGUSER="$SUPERUSER"
tries=0
until psql --no-psqlrc --quiet --command="select 1" postgres > /dev/null 2>&1; do
    tries=$((tries + 1))
    { kill -0 "$server" 2>/dev/null && [ "$tries" -lt 600 ]; } || failed "the server did not start: $(tail -n 5 "$work/log")"
    sleep 0.1
done

if [ ! -d "$backup/base" ]; then
    # A dump names roles, and does not bring them along.
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file="$backup/roles.sql" postgres \
        && createdb "$DATABASE" \
        && pg_restore --exit-on-error --dbname="$DATABASE" "$backup/beatline.dump" \
        || failed "the dump cannot be restored"
fi

rows() {
    psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$DATABASE" <<'SQL'
select format('select %L, count(*) from %I.%I', tablename, schemaname, tablename)
  from pg_tables where schemaname = 'public' order by tablename \gexec
SQL
}
rows > "$work/counts"
if [ -e "$backup/counts" ]; then
    diff "$backup/counts" "$work/counts" || failed "tables have other numbers of rows than when they were dumped"
fi

[ -s "$heads" ] || failed "no head of any journal was kept: nobody can say whether an end was cut off ($heads)"
BEATLINE_DATABASE_URL="postgresql+psycopg://beatline_app@/$DATABASE?host=$sockets" BEATLINE_REDIS_URL=redis://nowhere \
    $BEATLINE journal verify --head "$heads" || failed "a journal is not as it was written"
echo "The drill passed: $(wc -l < "$work/counts") tables, $(awk -F'|' '{rows += $2} END {print rows + 0}' "$work/counts") rows."
