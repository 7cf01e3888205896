"""`manage.py migrate_when_ready`: what a Job runs before a new image's pods, and a pod after a restore."""

import time

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.management.commands import migrate
from django.db import Error, OperationalError, connection

LOCK = 0x67756573  # any number will do, as long as all take the same: "gues"
PAUSE_SECONDS = 1
LONGEST_REASON = 1000  # characters: of a failed container's output Kubernetes shows the last 2048 bytes


class Migrate(migrate.Command):
    """Django's migrate, which also remembers how far it came."""

    def __init__(self, **options):
        """Begin with nothing done."""
        super().__init__(**options)
        self.current = None
        self.applied = []

    def migration_progress_callback(self, action, migration=None, fake=False):
        """Take note, and write whole lines: half of one might end up after the reason of a failure."""
        if action == "apply_start":
            self.current = migration
        elif action == "apply_success":
            self.current = None
            self.applied.append(migration)
            if self.verbosity >= 1:
                self.stdout.write(f"  Applied {migration}")
                self.stdout.flush()


def failure(error, migration):
    """Return the reason in a few words, the migration that failed among them, and what remains."""
    reason = str(error).strip()
    if not isinstance(error, Error):
        reason = f"{type(error).__name__}: {reason}"
    if migration.current:
        reason = f"{migration.current}: {reason}"
    text = f"Migrating failed: {reason[:LONGEST_REASON]}"
    if migration.applied:
        # Each migration is committed by itself.
        text += f"\nWhat came before it stays applied: {len(migration.applied)}, up to {migration.applied[-1]}."
    return text


class Command(BaseCommand):
    """Wait for the database, then migrate it, one process at a time."""

    help = "Waits until the database answers, then runs migrate under a lock that all who do so share."

    def add_arguments(self, parser):
        """Declare --timeout."""
        parser.add_argument(
            "--timeout",
            type=float,
            default=120,
            help="seconds to wait for the database and then for the lock (default: %(default)s)",
        )

    def handle(self, *, timeout, verbosity, **options):
        """Wait, lock, migrate, unlock; if any of it fails, the reason ends the output, as a CommandError."""
        # The pool reports "no connection after 3 s" whatever went wrong; a plain connection says
        # what did. And the lock belongs to one connection, which has to be the one that migrates.
        connection.settings_dict.get("OPTIONS", {}).pop("pool", None)
        deadline = time.monotonic() + timeout
        migration = Migrate(stdout=self.stdout, stderr=self.stderr)
        try:
            self.wait_until(self.connected, deadline, "the database")
            self.wait_until(self.locked, deadline, "another pod's migration")
            call_command(migration, interactive=False, verbosity=verbosity)
        except CommandError:
            raise
        except Exception as error:  # a migration may raise anything; --traceback shows where
            raise CommandError(failure(error, migration)) from error
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
        """Take the lock that keeps two from migrating at once, a Job and somebody who restores a backup, say."""
        if connection.vendor != "postgresql":
            return None  # SQLite locks the whole file by itself
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            return None if cursor.fetchone()[0] else "it holds the lock"
