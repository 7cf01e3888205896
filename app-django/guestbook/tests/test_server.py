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
        cls.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.test_settings",
            "DATABASE_URL": cls.database_url(directory),
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
                stderr=subprocess.DEVNULL,
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
    def prepare(cls):
        """Do what has to be done before the server starts."""

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
        command = [sys.executable, "manage.py", "migrate_when_ready", "--verbosity", "0"]
        subprocess.run(command, cwd=settings.BASE_DIR, env=cls.environment, check=True, stdout=subprocess.DEVNULL)

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

    def test_access_log(self):
        for path in ("/healthz", "/readyz", "/whoami?secret=1"):
            self.get(path, **{"X-Request-ID": "log-test"})
        # The line is written just after the response, so wait for it.
        deadline = time.monotonic() + 10
        lines = []
        while not lines and time.monotonic() < deadline:
            time.sleep(0.05)
            logged = self.access_log.read_text()
            lines = [line for line in map(json.loads, logged.splitlines()) if line["requestId"] == "log-test"]
        [line] = lines
        self.assertEqual(set(line), {"time", "method", "path", "status", "durationMs", "pod", "requestId"})
        self.assertEqual((line["method"], line["path"], line["status"]), ("GET", "/whoami", 200))
        self.assertEqual(line["pod"], "backend-test-pod")
        self.assertNotIn("/readyz", logged)

        # The sidecar truncates the file in place: what comes next starts at its beginning.
        os.truncate(self.access_log, 0)
        self.get("/whoami")
        while not (logged := self.access_log.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertTrue(logged.startswith("{"))


class DatabaseGoneTest(ServerTestCase):
    """PostgreSQL's real driver and pool, pointed at a port where nobody listens."""

    @staticmethod
    def database_url(directory):
        return f"postgresql://nobody:nothing@127.0.0.1:{free_port()}/none"

    def test_answers_quickly_what_is_wrong(self):
        for path, kind in (("/", "text/html"), ("/readyz", "text/plain")):
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
