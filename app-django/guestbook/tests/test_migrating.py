"""What is left to read when a migration fails, as Kubernetes shows it: the last lines of the output."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

MIGRATION = """
from django.db import migrations

def python(apps, schema_editor):
    {python}

class Migration(migrations.Migration):
    dependencies = [("guestbook", "{after}")]
    operations = [migrations.RunSQL("{sql}"), migrations.RunPython(python)]
"""
SETTINGS = """
from config.test_settings import *
MIGRATION_MODULES = {"guestbook": "migrations_for_test"}
"""


class FailingMigrationTest(SimpleTestCase):
    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        package = self.directory / "migrations_for_test"
        package.mkdir()
        (package / "__init__.py").touch()
        first = settings.BASE_DIR / "guestbook/migrations/0001_initial.py"
        (package / "0001_initial.py").write_text(first.read_text())
        (self.directory / "settings_for_test.py").write_text(SETTINGS)
        self.package = package

    def add(self, name, after, sql="SELECT 1", python="pass"):
        """Add a migration."""
        (self.package / f"{name}.py").write_text(MIGRATION.format(after=after, sql=sql, python=python))

    def migrate(self):
        """Run the command as Kubernetes does; return its exit code and output."""
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "settings_for_test",
            "PYTHONPATH": str(self.directory),
            "PYTHONDONTWRITEBYTECODE": "1",  # a file changed within a second would be taken for its bytecode
            "DATABASE_URL": f"sqlite:///{self.directory}/db.sqlite3",
        }
        done = subprocess.run(
            [sys.executable, "manage.py", "migrate_when_ready"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.assertNotIn("Traceback", done.stdout)
        return done.returncode, done.stdout

    def test_the_last_lines_name_the_migration_and_the_reason(self):
        self.add("0002_y", "0001_initial")
        self.add("0003_x", "0002_y", sql="UPDATE guestbook_entry SET foo = 1")
        code, output = self.migrate()
        self.assertEqual(code, 1)
        self.assertEqual(
            output.splitlines()[-2:],
            [
                "CommandError: Migrating failed: guestbook.0003_x: no such column: foo",
                "What came before it stays applied: 2, up to guestbook.0002_y.",
            ],
        )
        # Once more, nothing comes before it. Put right, it goes on from there.
        output = self.migrate()[1]
        self.assertTrue(output.endswith("guestbook.0003_x: no such column: foo\n"), output)
        self.add("0003_x", "0002_y")
        code, output = self.migrate()
        self.assertEqual(code, 0)
        self.assertTrue(output.endswith("  Applied guestbook.0003_x\nThe database is migrated.\n"), output)

    def test_a_bug_in_a_migration(self):
        self.add("0002_x", "0001_initial", python="{}['gone']")
        code, output = self.migrate()
        self.assertEqual(code, 1)
        self.assertIn("CommandError: Migrating failed: guestbook.0002_x: KeyError: 'gone'\n", output)

    def test_a_bug_before_any_migration(self):
        self.add("0002_x", "0000_not_there")
        code, output = self.migrate()
        self.assertEqual(code, 1)
        self.assertRegex(output, r"CommandError: Migrating failed: NodeNotFoundError: .*0000_not_there.*\n\Z")
