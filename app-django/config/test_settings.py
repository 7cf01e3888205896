"""Settings for the tests: real ones, but for SQLite in memory and static files not collected."""

import os

os.environ.setdefault("DATABASE_URL", "sqlite://:memory:")
os.environ.setdefault("REPORT_DATABASE_URL", "sqlite://:memory:")
os.environ.setdefault("DJANGO_SECRET_KEY", "for-tests-only")
os.environ.setdefault("POD_NAME", "backend-test-pod")
os.environ.setdefault("NODE_NAME", "test-node")
os.environ.setdefault("APP_VERSION", "1.2.3")

from config.settings import *  # noqa: E402, F403

DATABASES["report"]["TEST"] = {"MIRROR": "default"}  # noqa: F405 - it reads what default has stored
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
LOGGING["handlers"]["stderr"]["level"] = "CRITICAL"  # noqa: F405 - many tests provoke errors
