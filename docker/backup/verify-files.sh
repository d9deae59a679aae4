#!/bin/sh
# Is every file of a physical backup as it was copied? verify-files.sh FOLDER (where backup_manifest is)
#
# The manifest must have been made with SHA256, as base.sh does. What pg_verifybackup does beyond that (it also reads the
# log) the drill does by starting a server on it. The log itself is not in the manifest: it carries its own checksums.
set -eu
[ $# -eq 1 ] || { echo "usage: verify-files.sh FOLDER" >&2; exit 2; }
cd "$1"
sums=$(sed -n 's/^{ "Path": "\(.*\)", "Size": .*"Checksum-Algorithm": "SHA256", "Checksum": "\([0-9a-f]\{64\}\)" },\{0,1\}$/\2  \1/p' backup_manifest)
listed=$(grep -c 'Path": ' backup_manifest)
[ "$(echo "$sums" | wc -l)" -eq "$listed" ] || { echo "the manifest has files without a SHA256" >&2; exit 1; }
[ "$(grep -v '^"Manifest-Checksum"' backup_manifest | sha256sum | cut -d' ' -f1)" \
    = "$(sed -n 's/^"Manifest-Checksum": "\([0-9a-f]*\)"}$/\1/p' backup_manifest)" ] \
    || { echo "the manifest itself was changed" >&2; exit 1; }
echo "$sums" | sha256sum --check --strict --quiet
