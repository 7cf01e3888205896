"""`manage.py migrate_when_ready`: what the pod's init container runs."""

import time

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, OperationalError, connection

LOCK = 0x67756573  # any number will do, as long as every pod takes the same: "gues"
PAUSE_SECONDS = 1


class Command(BaseCommand):
    """Wait for the database, then migrate it, one pod at a time."""

    help = "Waits until the database answers, then runs migrate under a lock all pods share."

    def add_arguments(self, parser):
        """Declare --timeout."""
        parser.add_argument(
            "--timeout",
            type=float,
            default=120,
            help="seconds to wait for the database and then for the lock (default: %(default)s)",
        )

    def handle(self, *, timeout, verbosity, **options):
        """Wait, lock, migrate, unlock; CommandError with the reason if any of it fails."""
        # The pool reports "no connection after 3 s" whatever went wrong; a plain connection says
        # what did. And the lock belongs to one connection, which has to be the one that migrates.
        connection.settings_dict.get("OPTIONS", {}).pop("pool", None)
        deadline = time.monotonic() + timeout
        try:
            self.wait_until(self.connected, deadline, "the database")
            self.wait_until(self.locked, deadline, "another pod's migration")
            call_command("migrate", interactive=False, verbosity=verbosity)
        except Error as error:
            raise CommandError(f"Migrating failed: {error}") from error
        finally:
            connection.close()  # which also releases the lock
        self.stdout.write("The database is migrated.")

    def wait_until(self, condition, deadline, what):
        """Try the condition until it returns no reason to wait; give up at the deadline."""
        reported = None
        while reason := condition():
            if time.monotonic() >= deadline:
                raise CommandError(f"Gave up waiting for {what}: {reason}")
            if reason != reported:
                self.stdout.write(f"Waiting for {what}: {reason}")
                self.stdout.flush()
                reported = reason
            time.sleep(PAUSE_SECONDS)

    def connected(self):
        """Connect; return the reason if that fails."""
        try:
            connection.ensure_connection()
        except OperationalError as error:
            return str(error).strip()
        return None

    def locked(self):
        """Take the lock that keeps pods starting together from migrating together."""
        if connection.vendor != "postgresql":
            return None  # SQLite locks the whole file by itself
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            return None if cursor.fetchone()[0] else "it holds the lock"
