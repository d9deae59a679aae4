-- The role that backups sign in as. Once, as a superuser: psql --set=password=… --file=role.sql beatline
-- Row-level security is forced in Beatline, for the tables' owner too: a dump by anybody who is held by it fails, or
-- would be empty. So this role sees everything; it can change nothing. Its password is worth as much as all the data.
create role beatline_backup login replication bypassrls password :'password';
grant pg_read_all_data to beatline_backup;
