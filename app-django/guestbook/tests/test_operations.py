"""What Kubernetes, and people looking after the app, ask of it."""

from datetime import UTC, datetime
from io import StringIO
from unittest.mock import patch

from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections, router
from django.test import SimpleTestCase, TestCase, TransactionTestCase, override_settings

from guestbook.models import Entry


class ProbeTest(TestCase):
    def test_probes_ignore_the_host_header(self):
        for path in ("/healthz", "/readyz"):
            response = self.client.get(path, headers={"Host": "192.168.17.4:8000"})
            self.assertEqual(response.status_code, 200)
            self.assertEqual(response["X-Pod"], "backend-test-pod")
            self.assertEqual(response["X-Version"], "1.2.3")

    def test_everything_else_does_not(self):
        response = self.client.get("/whoami", headers={"Host": "evil.example"})
        self.assertEqual(response.status_code, 400)

    def test_liveness_leaves_the_database_alone(self):
        with self.assertNumQueries(0):
            self.assertEqual(self.client.get("/healthz").content, b"ok\n")


class WhoamiTest(SimpleTestCase):
    def test_identity_and_request_id(self):
        response = self.client.get("/whoami", headers={"X-Request-ID": "abc"})
        identity = {"pod": "backend-test-pod", "node": "test-node", "version": "1.2.3", "requestId": "abc"}
        self.assertEqual(response.json(), identity)
        self.assertIn("no-store", response["Cache-Control"])


class DatabasePageTest(TransactionTestCase):  # what is only in default's transaction, report can't see
    databases = {"default", "report"}

    def test_page_with_and_without_slash(self):
        for path in ("/db", "/db/"):
            response = self.client.get(path)
            self.assertContains(response, "guestbook_entry")
            self.assertContains(response, "npm run forward -- db")
            self.assertContains(response, "version 1.2.3")

    def test_json(self):
        Entry.objects.create(name="Ada", message="Hello")
        state = self.client.get("/db", headers={"Accept": "application/json"}).json()
        self.assertEqual(state["engine"], connection.display_name)
        self.assertIn({"name": "guestbook_entry", "rows": 1}, state["tables"])


class BackupsTest(SimpleTestCase):
    """What the page says of the backups."""

    def page(self, backups):
        state = {"database": "guestbook", "uptimeSeconds": 7200, "startedAt": datetime.now(UTC), "backups": backups}
        with patch("guestbook.dbstate.collect", return_value=state):
            return self.client.get("/db")

    def backups(self, *ages, error=None, overdue=False):
        now = datetime.now(UTC)
        files = [{"name": f"{age}.dump", "takenAt": now, "bytes": 2048, "ageSeconds": age} for age in ages]
        attempt = {"at": now, "ageSeconds": 119, "error": error}
        totals = {"count": len(ages) + 5, "totalBytes": 10240} if ages else {"count": 0, "totalBytes": 0}
        schedule = {"intervalSeconds": 3600, "kept": 24}
        return {"files": files, **totals, **schedule, "lastAttempt": attempt, "overdue": overdue}

    def test_none_yet(self):
        nothing = {"intervalSeconds": None, "kept": None, "lastAttempt": None, "overdue": False}
        for backups in (None, {"files": [], "count": 0, "totalBytes": 0, **nothing}):
            page = self.page(backups)
            self.assertContains(page, "There is no backup yet.")
            self.assertNotContains(page, "alarm")

    def test_all_well(self):
        page = self.page(self.backups(119, 3719))
        for text in ("119 seconds", "61 minutes", "119.dump", "7 files", "every 60 minutes", "newest 24 of these are kept"):
            self.assertContains(page, text)
        self.assertNotContains(page, "alarm")

    def test_last_attempt_failed(self):
        page = self.page(self.backups(3719, error="pg_dump: <no space left>"))
        self.assertContains(
            page, "<strong>The last backup failed</strong>, 119 seconds ago: pg_dump: &lt;no space left&gt;"
        )
        self.assertNotContains(page, "overdue")

    def test_overdue(self):
        self.assertContains(
            self.page(self.backups(7201, overdue=True)),
            "<strong>A backup is overdue</strong>: one is due every 60 minutes, and the newest is 2 hours old.",
        )
        self.assertContains(self.page(self.backups(error="x", overdue=True)), "60 minutes, and there is none.")


class DatabaseUnavailableTest(TestCase):
    databases = {"default", "report"}

    def setUp(self):
        for alias in self.databases:
            broken = patch.object(connections[alias], "cursor", side_effect=OperationalError("connection refused"))
            broken.start()
            self.addCleanup(broken.stop)

    def test_pages(self):
        for path in ("/", "/db"):
            response = self.client.get(path)
            self.assertContains(response, "The database is unavailable", status_code=503)
            self.assertEqual(response["Retry-After"], "5")
            self.assertEqual(response["X-Pod"], "backend-test-pod")

    def test_json(self):
        for response in (
            self.client.get("/api/entries"),
            self.client.get("/db", headers={"Accept": "application/json"}),
        ):
            self.assertEqual(response.status_code, 503)
            self.assertEqual(list(response.json()["errors"]), ["database"])
            self.assertEqual(response["Retry-After"], "5")

    def test_readiness_fails_with_the_reason_and_liveness_does_not(self):
        self.assertContains(self.client.get("/readyz"), "connection refused", status_code=503)
        self.assertEqual(self.client.get("/healthz").status_code, 200)
        self.assertEqual(self.client.get("/whoami").status_code, 200)

    def test_other_errors_stay_errors(self):
        self.client.raise_request_exception = False
        with patch("guestbook.dbstate.collect", side_effect=ValueError):
            self.assertEqual(self.client.get("/db").status_code, 500)


@override_settings(URL_PREFIX="/backend", FORCE_SCRIPT_NAME="/backend")
class UnstrippedPrefixTest(SimpleTestCase):
    def test_prefix_that_nobody_stripped(self):
        for path in ("/backend/whoami", "/backend/healthz", "/whoami"):
            self.assertEqual(self.client.get(path).status_code, 200, path)

    def test_what_only_begins_like_it(self):
        self.assertEqual(self.client.get("/backendwhoami").status_code, 404)


class MigrateWhenReadyTest(TransactionTestCase):
    def setUp(self):
        # The command gives up the connection pool for its process; the tests go on with it.
        self.enterContext(patch.dict(connection.settings_dict["OPTIONS"]))

    def run_command(self, failures, **options):
        """Run the command with this many failures to connect before it works."""
        connect = connection.ensure_connection
        pending = [OperationalError("connection refused")] * failures

        def fail_first():
            if pending:
                raise pending.pop()
            connect()

        out = StringIO()
        with (
            patch.object(connection, "ensure_connection", fail_first),
            patch("time.sleep"),
            patch("guestbook.management.commands.migrate_when_ready.call_command") as migrate,
        ):
            try:
                call_command("migrate_when_ready", stdout=out, **options)
            finally:
                self.migrated = migrate.called
        return out.getvalue()

    def test_waits_until_the_database_answers(self):
        out = self.run_command(failures=2)
        self.assertTrue(self.migrated)
        self.assertEqual(out.count("Waiting for the database: connection refused"), 1)

    def test_gives_up_with_the_reason(self):
        with self.assertRaisesMessage(CommandError, "Gave up waiting for the database: connection refused"):
            self.run_command(failures=1, timeout=0)
        self.assertFalse(self.migrated)

    def test_failing_migration(self):
        with (
            patch(
                "guestbook.management.commands.migrate_when_ready.call_command", side_effect=OperationalError("gone")
            ),
            self.assertRaisesMessage(CommandError, "Migrating failed: gone"),
        ):
            call_command("migrate_when_ready", stdout=StringIO())

    def test_only_the_default_connection_is_migrated(self):
        self.assertTrue(router.allow_migrate("default", "guestbook"))
        self.assertFalse(router.allow_migrate("report", "guestbook"))

    def test_models_and_migrations_agree(self):
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)
