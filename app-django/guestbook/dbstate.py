"""The database tier's state, read from the database itself through a role that can only read."""

from django.db import connections, transaction

REPORT = "report"
LISTED_BACKUPS = 10


def collect():
    """Return the database's state as a dict ready for JSON.

    Any database gives its version and tables; PostgreSQL gives the rest too. It all happens in one
    transaction, and so at one and the same time by PostgreSQL's now().
    """
    connection = connections[REPORT]
    with transaction.atomic(using=REPORT), connection.cursor() as cursor:
        state = {
            "engine": connection.display_name,
            "version": ".".join(map(str, connection.get_database_version())),
            "tables": tables(connection, cursor),
        }
        if connection.vendor == "postgresql":
            state |= server(cursor)
            state["connections"] = clients(cursor)
            state["backups"] = backups(cursor)
    return state


def tables(connection, cursor):
    """Return the names of the app's tables (those on the search path) and their exact numbers of rows.

    The catalog's estimate would be cheaper, but starts from nothing after a crash, which is just
    when somebody looks here.
    """
    found = []
    for name in sorted(connection.introspection.table_names(cursor)):
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")
        found.append({"name": name, "rows": cursor.fetchone()[0]})
    return found


def server(cursor):
    """Return what PostgreSQL says of itself and of the database."""
    cursor.execute(
        """
        SELECT current_setting('server_version') AS version,
               current_database() AS database,
               pg_database_size(current_database()) AS "sizeBytes",
               pg_postmaster_start_time() AS "startedAt",
               extract(epoch FROM now() - pg_postmaster_start_time())::bigint AS "uptimeSeconds"
        """
    )
    return rows(cursor)[0]


def clients(cursor):
    """Return the connections to the database by application, which for the app's own is the pod, and address."""
    cursor.execute(
        """
        SELECT coalesce(host(client_addr), 'local socket') AS client,
               coalesce(nullif(application_name, ''), 'unnamed') AS application,
               count(*) AS count,
               count(*) FILTER (WHERE state = 'active') AS active
          FROM pg_stat_activity
         WHERE datname = current_database() AND backend_type = 'client backend'
         GROUP BY 1, 2
         ORDER BY 2, 1
        """
    )
    return rows(cursor)


def backups(cursor):
    """Return the state of the backups, or None as long as the backup sidecar keeps no tables about them."""
    cursor.execute("SELECT to_regclass('backup.files') IS NULL OR to_regclass('backup.status') IS NULL")
    if cursor.fetchone()[0]:
        return None
    cursor.execute(
        """
        SELECT name, taken_at AS "takenAt", bytes, extract(epoch FROM now() - taken_at)::bigint AS "ageSeconds"
          FROM backup.files
         ORDER BY taken_at DESC
         LIMIT %s
        """,
        [LISTED_BACKUPS],
    )
    files = rows(cursor)
    cursor.execute('SELECT count(*) AS count, coalesce(sum(bytes), 0)::bigint AS "totalBytes" FROM backup.files')
    totals = rows(cursor)[0]
    cursor.execute(
        """
        SELECT interval_seconds, kept,
               attempted_at AS at, extract(epoch FROM now() - attempted_at)::bigint AS "ageSeconds", error
          FROM backup.status
        """
    )
    # No row: the first attempt is still to come.
    [attempt] = rows(cursor) or [None]
    interval, kept = (attempt.pop("interval_seconds"), attempt.pop("kept")) if attempt else (None, None)
    if files:
        overdue = interval is not None and files[0]["ageSeconds"] > 2 * interval
    else:
        overdue = attempt is not None and attempt["error"] is not None
    return {
        "files": files,
        **totals,
        "intervalSeconds": interval,
        "kept": kept,
        "lastAttempt": attempt,
        "overdue": overdue,
    }


def rows(cursor):
    """Return the result as dicts by column name."""
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
