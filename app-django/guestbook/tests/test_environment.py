"""The settings, as made from the environment in a fresh process."""

import os
import subprocess
import sys

from django.conf import settings
from django.test import SimpleTestCase

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DATABASE_URL": "postgresql://guestbook:s3cret@db-service:5432/guestbook",
    "REPORT_DATABASE_URL": "postgresql://report:s3cret@db-service:5432/guestbook",
    "DJANGO_SECRET_KEY": "a-key-of-fifty-characters-or-more-for-check-deploy-0123456789",
    "ALLOWED_HOSTS": "dev.local",
}


def run(*args, **environment):
    """Run Python in a fresh process with production's environment, changed as told; None unsets."""
    variables = {**os.environ, **PRODUCTION, **environment}
    return subprocess.run(
        [sys.executable, *args],
        cwd=settings.BASE_DIR,
        env={name: value for name, value in variables.items() if value is not None},
        capture_output=True,
        text=True,
    )


def check(**environment):
    """Run Django's check for production settings."""
    return run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **environment)


class EnvironmentTest(SimpleTestCase):
    def assertRefused(self, message, **environment):
        result = check(**environment)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(message, result.stderr)
        return result

    def test_production_settings_pass_djangos_own_check(self):
        result = check()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("2 silenced", result.stdout)

    def test_cookies_over_plain_http_are_a_choice_the_check_objects_to(self):
        self.assertRefused("security.W016", HTTPS_ONLY="false")

    def test_required(self):
        for name in ("DATABASE_URL", "REPORT_DATABASE_URL", "DJANGO_SECRET_KEY"):
            for value in (None, ""):
                self.assertRefused(f"The environment variable {name} is missing", **{name: value})

    def test_invalid_values_name_the_variable(self):
        for name in ("DATABASE_URL", "REPORT_DATABASE_URL"):
            self.assertRefused(f"{name} can't be used", **{name: "nosql://host/name"})
            self.assertRefused(f"{name} names no database", **{name: "postgresql://host/"})
        self.assertRefused("HTTPS_ONLY must be true or false", HTTPS_ONLY="yes")
        for prefix in ("backend", "/backend/", "/", "/a b"):
            self.assertRefused("URL_PREFIX must look like", URL_PREFIX=prefix)

    def test_the_password_is_not_in_the_error(self):
        for name in ("DATABASE_URL", "REPORT_DATABASE_URL"):
            result = self.assertRefused(name, **{name: "postgresql://u:s3cret@host:port/name"})
            self.assertNotIn("s3cret", result.stdout + result.stderr)

    def test_debugging_is_off_and_can_not_be_switched_on_from_outside(self):
        script = "from django.conf import settings; print(settings.DEBUG)"
        self.assertEqual(run("-c", script, DEBUG="true", DJANGO_DEBUG="1").stdout, "False\n")

    def test_gunicorn_refuses_a_worker_count_that_is_none(self):
        result = run("-m", "gunicorn", "--config", "config/gunicorn.conf.py", "--check-config", WEB_CONCURRENCY="two")
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("WEB_CONCURRENCY", result.stderr)
