# shellcheck shell=bash
# Runs once, while the server's data is made, by the image's entrypoint:
# https://github.com/docker-library/docs/blob/master/postgres/README.md#initialization-scripts
#
# The application owns its database and is no superuser. Its report may read everything, the server's statistics included,
# and can take no more than its share of the connections.
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set app_password `echo "$APP_PASSWORD"`
\set report_password `echo "$REPORT_PASSWORD"`
CREATE ROLE guestbook LOGIN PASSWORD :'app_password';
CREATE DATABASE guestbook OWNER guestbook;
CREATE ROLE report LOGIN PASSWORD :'report_password' CONNECTION LIMIT 20 IN ROLE pg_read_all_data, pg_read_all_stats;
ALTER ROLE report SET default_transaction_read_only = on;
SQL
