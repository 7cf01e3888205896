"""What Kubernetes, and people looking after the app, ask of it."""

from io import StringIO
from unittest.mock import patch

from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import SimpleTestCase, TestCase, TransactionTestCase, override_settings

from guestbook.models import Entry


class ProbeTest(TestCase):
    def test_probes_ignore_the_host_header(self):
        for path in ("/healthz", "/readyz"):
            response = self.client.get(path, headers={"Host": "192.168.17.4:8000"})
            self.assertEqual(response.status_code, 200)
            self.assertEqual(response["X-Pod"], "backend-test-pod")

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


class DatabasePageTest(TestCase):
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


class DatabaseUnavailableTest(TestCase):
    def setUp(self):
        broken = patch.object(connection, "cursor", side_effect=OperationalError("connection refused"))
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

    def test_models_and_migrations_agree(self):
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)
