#!/bin/sh
# Lets the primary acknowledge nothing that is not on a standby's disk: require-standby.sh NAME...
#
# PGHOST, PGPORT, PGUSER say where the primary is; as a superuser. With one NAME nothing is accepted while that standby
# is away: callers get a 503 and try again. With two, either will do, and only both together stop the service.
# Without a NAME: nobody is waited for any more, and what is acknowledged from then on is on one machine alone.
set -eu
export PGDATABASE=postgres
run() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"; }
# In quotes: FIRST and ANY are words of PostgreSQL's own in this list.
names=$(for name in "$@"; do printf '"%s",' "$name"; done)
names=${names%,}
for name in "$@"; do
    tries=0
    until [ "$(run --set=name="$name" --file=- <<'SQL'
select count(*) from pg_stat_replication where application_name = :'name' and state = 'streaming'
SQL
    )" = 1 ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || { echo "$name does not follow: see the log of its server" >&2; exit 1; }
        sleep 0.1
    done
done
run --set=names="${names:+ANY 1 ($names)}" <<'SQL'
alter system set synchronous_standby_names = :'names';
select pg_reload_conf();
SQL
echo "the primary waits for: ${names:-nobody}"
