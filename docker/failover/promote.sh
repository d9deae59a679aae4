#!/bin/sh
# The primary is gone: make the standby the primary. promote.sh --fence COMMAND, or promote.sh --old-is-fenced
#
# PGHOST, PGPORT, PGUSER say where the STANDBY is; as a superuser. May be run twice.
#
# Two primaries are worse than none: so the old one must first be kept from ever serving again, and this script promotes
# nobody before that. COMMAND does it (`ssh first docker compose stop postgres`, a cloud's "stop this machine"), and must
# end with 0 only when it is done; --old-is-fenced says that you have seen to it yourself.
set -eu
export PGDATABASE=postgres
run() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"; }
case "${1:-}" in
    --fence)
        [ $# -eq 2 ] || { echo "usage: promote.sh --fence COMMAND" >&2; exit 2; }
        sh -c "$2" || { echo "the old primary was not fenced: nothing was promoted" >&2; exit 1; }
        ;;
    --old-is-fenced) ;;
    *) echo "usage: promote.sh --fence COMMAND | --old-is-fenced" >&2; exit 2 ;;
esac
if [ "$(run --command="select pg_is_in_recovery()")" = f ]; then
    echo "it is a primary already"
    exit 0
fi
# Nobody may be waited for whom nobody has set up: the new primary would acknowledge nothing.
run --command="alter system set synchronous_standby_names = ''" --command="select pg_reload_conf()" > /dev/null
[ "$(run --command="select pg_promote(true, 30)")" = t ] || { echo "it was not promoted within 30 s" >&2; exit 1; }
run --command="checkpoint"  # or a copy of it would begin before its own promotion
echo "promoted. What is acknowledged now is on one machine alone: make the old one a standby (make-standby.sh), and let"
echo "the new primary wait for it (require-standby.sh)."
