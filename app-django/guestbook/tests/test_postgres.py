"""The app with a real PostgreSQL behind it, where this machine has its programs."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from unittest import skipUnless

import psycopg

from .test_server import ServerTestCase, free_port


def find_programs():
    """Return the folder of PostgreSQL's server programs, or None. Debian doesn't put them on the path."""
    candidates = [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(candidates) if (folder / "initdb").exists()), None)


PROGRAMS = find_programs()
# PostgreSQL refuses to run as root; Debian's package brings this user.
USER = "postgres" if os.name == "posix" and os.geteuid() == 0 else None

# What the stack's database tier makes: the app's role, the one that only reads, and the backup's tables.
ROLES = """
    CREATE ROLE guestbook LOGIN;
    CREATE DATABASE guestbook OWNER guestbook;
    CREATE ROLE report LOGIN;
    GRANT pg_read_all_data, pg_read_all_stats TO report;
"""
BACKUP_TABLES = """
    CREATE SCHEMA backup;
    CREATE TABLE backup.files (name text PRIMARY KEY, taken_at timestamptz NOT NULL, bytes bigint NOT NULL);
    CREATE TABLE backup.status (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        attempted_at timestamptz NOT NULL, error text, interval_seconds integer NOT NULL, kept integer NOT NULL);
"""


@skipUnless(PROGRAMS, "There is no PostgreSQL server on this machine (Debian: apt-get install postgresql).")
class PostgresTest(ServerTestCase):
    @classmethod
    def setUpClass(cls):
        cls.database_directory = cls.enterClassContext(tempfile.TemporaryDirectory())
        if USER:
            shutil.chown(cls.database_directory, USER)
        cls.database_port = free_port()
        cls.data = f"{cls.database_directory}/data"
        cls.program("initdb", "--pgdata", cls.data, "--username", "postgres", "--auth", "trust", "--no-sync")
        cls.start()
        cls.addClassCleanup(cls.stop)
        for statement in ROLES.split(";")[:-1]:
            cls.sql(statement, database="postgres")
        super().setUpClass()

    @classmethod
    def program(cls, name, *args):
        """Run one of PostgreSQL's programs."""
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([PROGRAMS / name, *args], user=USER, cwd="/", check=True, **quiet)

    @classmethod
    def start(cls):
        options = f"-p {cls.database_port} -c listen_addresses=127.0.0.1 -k {cls.database_directory} -F"
        cls.program("pg_ctl", "--pgdata", cls.data, "--options", options, "--log", f"{cls.data}/log", "--wait", "start")

    @classmethod
    def stop(cls):
        if Path(cls.data, "postmaster.pid").exists():
            cls.program("pg_ctl", "--pgdata", cls.data, "--mode", "immediate", "--wait", "stop")

    @classmethod
    def url(cls, role, database="guestbook"):
        return f"postgresql://{role}@127.0.0.1:{cls.database_port}/{database}"

    @classmethod
    def sql(cls, statements, database="guestbook"):
        with psycopg.connect(cls.url("postgres", database), autocommit=True) as connection:
            connection.execute(statements)

    @classmethod
    def database_url(cls, directory):
        return cls.url("guestbook")

    @classmethod
    def report_database_url(cls, directory):
        return cls.url("report")

    @classmethod
    def prepare(cls):
        cls.migrate()

    def state(self):
        """Return what /db says in JSON."""
        response, text = self.get("/db", Accept="application/json")
        self.assertEqual(response.status, 200, text)
        return json.loads(text)

    def sign(self):
        """Add an entry."""
        body = json.dumps({"name": "Ada", "message": "Hello"})
        return self.request("POST", "/api/entries", body, {"Content-Type": "application/json"})[0].status

    def test_state_of_the_database(self):
        self.assertEqual(self.sign(), 201)
        state = self.state()
        self.assertGreater(state["sizeBytes"], 1_000_000)
        self.assertEqual([table["name"] for table in state["tables"]], ["django_migrations", "guestbook_entry"])
        self.assertGreaterEqual(state["tables"][1]["rows"], 1)
        with psycopg.connect(self.url("postgres"), application_name="psql"):
            clients = {row["application"]: row for row in self.state()["connections"]}
        self.assertEqual(set(clients), {"backend-test-pod", "backend-test-pod /db report", "psql"})
        self.assertEqual(clients["psql"], {"client": "127.0.0.1", "application": "psql", "count": 1, "active": 0})
        # The looks before left no connection behind.
        self.assertEqual(clients["backend-test-pod /db report"]["count"], 1)
        self.assertIn("backend-test-pod /db report", self.get("/db")[1])

    def test_backups(self):
        self.assertIsNone(self.state()["backups"])
        self.sql(BACKUP_TABLES)
        self.addCleanup(self.sql, "DROP SCHEMA backup CASCADE")
        nothing = {"files": [], "count": 0, "totalBytes": 0, "intervalSeconds": None, "kept": None}
        self.assertEqual(self.state()["backups"], {**nothing, "lastAttempt": None, "overdue": False})
        self.assertIn("There is no backup yet.", self.get("/db")[1])

        self.sql("INSERT INTO backup.status VALUES (true, now(), 'disk full', 3600, 24)")
        backups = self.state()["backups"]
        self.assertTrue(backups["overdue"])
        self.assertEqual((backups["intervalSeconds"], backups["kept"]), (3600, 24))
        self.assertEqual(backups["lastAttempt"]["error"], "disk full")
        self.assertIn("<strong>The last backup failed</strong>", self.get("/db")[1])

        files = "SELECT n || 'h', now() - n * interval '1 hour', 1000 FROM generate_series(0, 11) AS n"
        self.sql(f"INSERT INTO backup.files {files}")
        self.sql("UPDATE backup.status SET error = NULL, attempted_at = now() - interval '60 s'")
        backups = self.state()["backups"]
        self.assertFalse(backups["overdue"])
        self.assertEqual([file["name"] for file in backups["files"]], [f"{n}h" for n in range(10)])
        self.assertEqual((backups["count"], backups["totalBytes"]), (12, 12000))
        self.assertEqual(set(backups["files"][0]), {"name", "takenAt", "bytes", "ageSeconds"})
        self.assertAlmostEqual(backups["files"][1]["ageSeconds"], 3600, delta=30)
        self.assertAlmostEqual(backups["lastAttempt"]["ageSeconds"], 60, delta=30)
        self.assertIsNone(backups["lastAttempt"]["error"])
        page = self.get("/db")[1]
        self.assertRegex(page, r"12 files, 11\.7\s+KB together")
        self.assertNotIn("alarm", page)
        self.assertEqual([table["name"] for table in self.state()["tables"]], ["django_migrations", "guestbook_entry"])

        self.sql("UPDATE backup.files SET taken_at = taken_at - interval '121 minutes'")
        self.assertTrue(self.state()["backups"]["overdue"])
        self.assertIn("the newest is 2 hours old", re.sub(r"\s+", " ", self.get("/db")[1]))

    def test_a_table_that_is_locked_holds_the_page_up_for_seconds(self):
        with psycopg.connect(self.url("postgres")) as connection:
            connection.execute("LOCK TABLE guestbook_entry")
            started = time.monotonic()
            self.assertEqual(self.get("/db")[0].status, 503)
            self.assertLess(time.monotonic() - started, 8)

    def test_the_database_goes_and_comes_back(self):
        self.assertEqual(self.sign(), 201)
        self.stop()
        for path in ("/", "/db", "/readyz"):
            started = time.monotonic()
            response, text = self.get(path)
            self.assertLess(time.monotonic() - started, 6, path)
            self.assertEqual(response.status, 503, path)
        self.assertIn("database unavailable", text)
        self.assertEqual(self.get("/healthz")[0].status, 200)
        self.start()
        deadline = time.monotonic() + 15
        while self.get("/readyz")[0].status != 200:
            self.assertLess(time.monotonic(), deadline)
        for path in ("/", "/db", "/api/entries"):
            self.assertEqual(self.get(path)[0].status, 200, path)
        self.assertEqual(self.sign(), 201)
        self.assertIsNone(self.server.poll())
