"""The database tier's state, read from the database's own catalog."""

from django.db import connection


def collect():
    """Return the database's state as a dict ready for JSON.

    Any database gives its version and tables; PostgreSQL gives the rest too.
    """
    with connection.cursor() as cursor:
        tables = [count(cursor, name) for name in sorted(connection.introspection.table_names(cursor))]
        state = {
            "engine": connection.display_name,
            "version": ".".join(map(str, connection.get_database_version())),
            "tables": tables,
        }
        if connection.vendor == "postgresql":
            state |= server(cursor)
            state["connections"] = connections(cursor)
    return state


def count(cursor, table):
    """Return a table's name and exact number of rows.

    The catalog's estimate would be cheaper, but starts from nothing after a crash, which is just
    when somebody looks here.
    """
    cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
    return {"name": table, "rows": cursor.fetchone()[0]}


def server(cursor):
    """Return what PostgreSQL says of itself and of the database."""
    cursor.execute(
        """
        SELECT current_setting('server_version'),
               current_database(),
               pg_database_size(current_database()),
               pg_postmaster_start_time(),
               extract(epoch FROM now() - pg_postmaster_start_time())::bigint
        """
    )
    keys = ["version", "database", "sizeBytes", "startedAt", "uptimeSeconds"]
    return dict(zip(keys, cursor.fetchone(), strict=True))


def connections(cursor):
    """Return the connections to the database, by client address and application."""
    cursor.execute(
        """
        SELECT coalesce(host(client_addr), 'local socket'),
               coalesce(nullif(application_name, ''), 'unnamed'),
               count(*),
               count(*) FILTER (WHERE state = 'active')
          FROM pg_stat_activity
         WHERE datname = current_database()
         GROUP BY 1, 2
         ORDER BY 1, 2
        """
    )
    keys = ["client", "application", "count", "active"]
    return [dict(zip(keys, row, strict=True)) for row in cursor.fetchall()]
