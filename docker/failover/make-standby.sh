#!/bin/sh
# On the machine that is to be the standby: make-standby.sh NAME FOLDER
#
# Copies the primary (PGHOST, PGPORT, PGUSER and PGPASSFILE say where it is and as whom: a role with `replication`) into
# FOLDER, which must be empty, so that a server started there follows it under NAME. An old primary becomes a standby in
# the same way: throw its data away first, since what it has written last may be known to nobody else.
set -eu
[ $# -eq 2 ] || { echo "usage: make-standby.sh NAME FOLDER" >&2; exit 2; }
pg_basebackup --pgdata="$2" --write-recovery-conf --wal-method=stream --checkpoint=fast \
    --dbname="application_name=$1"
# It follows; whom the primary waits for is no business of its own, and must not be when it is promoted.
echo "synchronous_standby_names = ''" >> "$2/postgresql.auto.conf"
echo "start a server on $2, then let the primary wait for it: require-standby.sh $1"
