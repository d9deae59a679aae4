#!/bin/sh
# A physical backup of a whole PostgreSQL server: base.sh FOLDER (made; must not be there yet)
#
# Where and as whom: PGHOST, PGPORT, PGUSER=beatline_backup, PGPASSWORD or PGPASSFILE (see role.sql); pg_hba.conf must
# let that role in for `replication`. Writes FOLDER/base, which a server can be started on, and, with
# BEATLINE_DATABASE_URL set, FOLDER/heads.jsonl as dump.sh does.
set -eu
umask 077
BEATLINE=${BEATLINE:-beatline}
[ $# -eq 1 ] || { echo "usage: base.sh FOLDER" >&2; exit 2; }
[ ! -e "$1" ] || { echo "$1 is there already: a backup is never written over another" >&2; exit 2; }

attempt="$1.unfinished"
rm -rf "$attempt"
mkdir -p "$attempt"
if [ -n "${BEATLINE_DATABASE_URL:-}" ]; then
    $BEATLINE journal head > "$attempt/heads.jsonl"
fi
pg_basebackup --pgdata="$attempt/base" --wal-method=stream --checkpoint=fast --manifest-checksums=SHA256
sh "$(dirname "$0")/verify-files.sh" "$attempt/base"
mv "$attempt" "$1"
echo "copied to $1: $(du -sh "$1" | cut -f1), every file as its manifest says"
