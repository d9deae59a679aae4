#!/bin/sh
# Runs once, when the database is created: the role that Beatline signs in as. The migrations give it its rights.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set=password="$APP_ROLE_PASSWORD" <<'SQL'
create role beatline_app login password :'password';
SQL
