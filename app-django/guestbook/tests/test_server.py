"""The app the way a pod runs it: gunicorn, its own configuration, real sockets."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from http.cookies import SimpleCookie
from pathlib import Path
from unittest import skipUnless
from urllib.parse import urlencode

from django.conf import settings
from django.test import SimpleTestCase

PREFIX = "/backend"


def free_port():
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@skipUnless(os.name == "posix", "gunicorn runs on POSIX systems only")
class ServerTestCase(SimpleTestCase):
    """Starts gunicorn for the class, and stops it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        directory = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.access_log = Path(directory, "access.log")
        os.mkfifo(cls.access_log)
        cls.stderr = Path(directory, "stderr")
        cls.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.test_settings",
            "DATABASE_URL": cls.database_url(directory),
            "REPORT_DATABASE_URL": cls.report_database_url(directory),
            "ALLOWED_HOSTS": "dev.local",
            "URL_PREFIX": PREFIX,
            "ACCESS_LOG": str(cls.access_log),
            "WEB_CONCURRENCY": "1",
        }
        cls.prepare()
        cls.port = free_port()
        command = ["-m", "gunicorn", "--config", "config/gunicorn.conf.py"]
        # /dev/shm, where heartbeats go in the pod, is not on every developer's machine.
        command += ["--bind", f"127.0.0.1:{cls.port}", "--worker-tmp-dir", directory]
        cls.server = cls.enterClassContext(
            subprocess.Popen(
                [sys.executable, *command],
                cwd=settings.BASE_DIR,
                env=cls.environment,
                stderr=cls.enterClassContext(cls.stderr.open("w")),
            )
        )
        cls.addClassCleanup(cls.server.terminate)
        deadline = time.monotonic() + 30
        while True:
            try:
                cls.get("/healthz")
                return
            except ConnectionRefusedError:
                if time.monotonic() > deadline or cls.server.poll() is not None:
                    raise
                time.sleep(0.1)

    @classmethod
    def report_database_url(cls, directory):
        """Return where the page /db looks: where the app does, if it makes no difference."""
        return cls.database_url(directory)

    @classmethod
    def prepare(cls):
        """Do what has to be done before the server starts."""

    @classmethod
    def migrate(cls):
        """Migrate the database."""
        command = [sys.executable, "manage.py", "migrate_when_ready", "--verbosity", "0"]
        subprocess.run(command, cwd=settings.BASE_DIR, env=cls.environment, check=True, stdout=subprocess.DEVNULL)

    @classmethod
    def request(cls, method, path, body=None, headers=None):
        """Send one request as ingress-nginx forwards it; return response and body."""
        client = http.client.HTTPConnection("127.0.0.1", cls.port, timeout=10)
        defaults = {"Host": "dev.local", "X-Forwarded-Proto": "https"}
        client.request(method, path, body, {**defaults, **(headers or {})})
        response = client.getresponse()
        text = response.read().decode()
        client.close()
        return response, text

    @classmethod
    def get(cls, path, **headers):
        """Send a GET request."""
        return cls.request("GET", path, headers=headers)


class BehindIngressTest(ServerTestCase):
    @staticmethod
    def database_url(directory):
        return f"sqlite:///{directory}/db.sqlite3"

    @classmethod
    def prepare(cls):
        cls.migrate()

    def strip(self, path):
        """Return the path that the ingress forwards for the path a browser asked for."""
        self.assertTrue(path.startswith(f"{PREFIX}/"), path)
        return path.removeprefix(PREFIX)

    def submit(self, action, **fields):
        """Submit the form with this action on the page, as a browser would."""
        response, page = self.get("/")
        cookie = SimpleCookie(response.headers["Set-Cookie"])["csrftoken"]
        self.assertTrue(cookie["secure"])
        self.assertTrue(cookie["httponly"])
        path, token = re.search(rf'action="({action})">\s*<input.*?csrfmiddlewaretoken" value="(\w+)"', page).groups()
        headers = {
            "Cookie": f"csrftoken={cookie.value}",
            "Origin": "https://dev.local",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode({**fields, "csrfmiddlewaretoken": token})
        response, _ = self.request("POST", self.strip(path), body, headers)
        self.assertEqual(response.status, 302)
        return self.get(self.strip(response.headers["Location"]))[1]

    def test_forms_and_redirects(self):
        page = self.submit(rf"{PREFIX}/entries", name="Ada", message="Hello from outside")
        self.assertIn("Hello from outside", page)
        page = self.submit(rf"{PREFIX}/entries/\d+/delete")
        self.assertNotIn("Hello from outside", page)

    def test_links_and_styles(self):
        for start in ("/", "/db", "/db/"):
            _, page = self.get(start)
            links = re.findall(r'href="(/[^"]*)"', page)
            self.assertEqual(len(links), 3)
            for link in links:
                response, _ = self.get(self.strip(link))
                self.assertEqual(response.status, 200, link)
                self.assertEqual(response.headers["X-Pod"], "backend-test-pod")

    def test_there_is_no_admin_and_errors_tell_nothing(self):
        for path in ("/admin", "/admin/", "/admin/login/"):
            response, page = self.get(path)
            self.assertEqual(response.status, 404)
            self.assertNotIn("URLconf", page)  # which the page for debugging would list
        response, page = self.get("/whoami", Host="evil.example")
        self.assertEqual(response.status, 400)
        self.assertNotIn("ALLOWED_HOSTS", page)


class AccessLogTest(ServerTestCase):
    """The log as a named pipe, which somebody may read or not."""

    @staticmethod
    def database_url(directory):
        return "sqlite://:memory:"

    def open(self):
        """Begin to read the pipe, as the sidecar does."""
        reader = os.open(self.access_log, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        return reader

    def request_and_read(self, reader, path, **headers):
        """Send a request and return its line."""
        self.assertEqual(self.get(path, **headers)[0].status, 200)
        return self.read(reader)

    def read(self, reader):
        """Return what has been logged; the line of a request is written just after its response."""
        deadline = time.monotonic() + 10
        text = b""
        while not text.endswith(b"\n") and time.monotonic() < deadline:
            time.sleep(0.02)
            with suppress(BlockingIOError):  # nothing yet
                text += os.read(reader, 65536)
        return text

    def test_lines(self):
        reader = self.open()
        for path in ("/healthz", "/readyz"):
            self.get(path)
        line = json.loads(self.request_and_read(reader, "/whoami?secret=1", **{"X-Request-ID": "log-test"}))
        self.assertEqual(list(line), ["time", "method", "path", "status", "durationSeconds", "pod", "requestId"])
        self.assertEqual((line["method"], line["path"], line["status"]), ("GET", "/whoami", 200))
        self.assertEqual((line["pod"], line["requestId"]), ("backend-test-pod", "log-test"))
        self.assertRegex(str(line["durationSeconds"]), r"^0\.\d{1,4}$|^\d+e-05$")
        for bad in ("", "x" * 65, 'quote"', "<script>"):
            line = json.loads(self.request_and_read(reader, "/whoami", **{"X-Request-ID": bad}))
            self.assertIsNone(line["requestId"])

    def test_the_longest_line_is_written_in_one_piece(self):
        reader = self.open()
        for character in ("x", '"', "\\"):  # the latter two are two each in JSON
            self.assertEqual(self.get(f"/{character * 3000}")[0].status, 404)
            line = self.read(reader)
            self.assertLess(len(line), 4096)
            self.assertEqual(json.loads(line)["path"], f"/{character * 999}")
        # What would take six each is refused, and without a line.
        for character in ("\x01", "\xff"):
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
                client.sendall(f"GET /{character} HTTP/1.1\r\nHost: dev.local\r\n\r\n".encode("latin-1"))
                self.assertEqual(client.recv(12), b"HTTP/1.1 400")
        self.assertEqual(len(self.request_and_read(reader, "/whoami").splitlines()), 1)

    def test_readers_come_and_go(self):
        for _ in range(2):
            reader = os.open(self.access_log, os.O_RDONLY | os.O_NONBLOCK)
            self.assertIn(b"/whoami", self.request_and_read(reader, "/whoami"))
            os.close(reader)
            for _ in range(5):
                self.assertEqual(self.get("/whoami")[0].status, 200)
        # One that made the pipe anew.
        self.access_log.unlink()
        os.mkfifo(self.access_log)
        self.assertIn(b"/whoami", self.request_and_read(self.open(), "/whoami"))
        self.assertLessEqual(self.stderr.read_text().count("Lines of the access log are lost"), 1)
        self.assertNotIn("Traceback", self.stderr.read_text())

    def test_a_reader_that_does_not_read_holds_nobody_up(self):
        reader = self.open()
        for _ in range(80):  # the pipe takes 64 KiB
            self.assertEqual(self.get(f"/{'x' * 1000}")[0].status, 404)
        self.assertGreater(len(os.read(reader, 1 << 20)), 50_000)
        self.assertIn(b"/whoami", self.request_and_read(reader, "/whoami"))


class DatabaseGoneTest(ServerTestCase):
    """PostgreSQL's real driver and pool, pointed at a port where nobody listens."""

    @staticmethod
    def database_url(directory):
        return f"postgresql://nobody:nothing@127.0.0.1:{free_port()}/none"

    def test_answers_quickly_what_is_wrong(self):
        for path, kind in (("/", "text/html"), ("/db", "text/html"), ("/readyz", "text/plain")):
            started = time.monotonic()
            response, _ = self.get(path)
            self.assertLess(time.monotonic() - started, 5)
            self.assertEqual(response.status, 503)
            self.assertTrue(response.headers["Content-Type"].startswith(kind), path)

    def test_what_needs_no_database_works(self):
        for path in ("/healthz", "/whoami"):
            self.assertEqual(self.get(path)[0].status, 200)


class ShutdownTest(ServerTestCase):
    @staticmethod
    def database_url(directory):
        return "sqlite://:memory:"

    def test_sigterm_ends_the_server_cleanly(self):
        self.server.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(timeout=10), 0)
