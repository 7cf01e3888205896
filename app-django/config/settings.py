"""Settings, read once from the environment that Kubernetes gives the container.

    DATABASE_URL          postgresql://user:password@host:5432/name      required
    REPORT_DATABASE_URL   the same database for a role that can only     required
                          read, which the page /db uses
    DJANGO_SECRET_KEY     signs the CSRF tokens, the same in every pod   required
    ALLOWED_HOSTS         host names to answer to, comma separated       default: this machine
    CSRF_TRUSTED_ORIGINS  further origins whose forms are accepted       default: none
    URL_PREFIX            path under which the outside sees this app     default: none
    HTTPS_ONLY            cookies travel over https only                 default: true
    POD_NAME, NODE_NAME, APP_VERSION                                     shown by /whoami

gunicorn's own variables are in gunicorn.conf.py.
"""

import os
import re
import socket
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured


def required(name):
    """Return the environment variable, or stop with an error that names it."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"The environment variable {name} is missing or empty.")
    return value


def comma_list(name, default=""):
    """Return the comma separated environment variable as a list, blanks dropped."""
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def boolean(name, default):
    """Return the environment variable as a bool; nothing but true and false is accepted."""
    value = os.environ.get(name) or default
    if value not in ("true", "false"):
        raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")
    return value == "true"


def url_prefix(name):
    """Return the path prefix as /this or /this/that, or "" if there is none."""
    value = os.environ.get(name, "")
    if value and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", value):
        raise ImproperlyConfigured(f"{name} must look like /backend, not {value!r}.")
    return value


def database(name, application, **options):
    """Return Django's settings for the database that the URL in the environment names.

    The application's name and the further options are for PostgreSQL; in the URL they may differ.
    """
    try:
        config = dj_database_url.parse(required(name))
    except ValueError as error:
        # The error's own text never holds the URL, which holds the password.
        raise ImproperlyConfigured(f"{name} can't be used: {error}") from None
    if not config["NAME"]:
        raise ImproperlyConfigured(f"{name} names no database: it should end in /name.")
    if config["ENGINE"] == "django.db.backends.postgresql":
        # A connection is tried before it is handed out, so one that died with a restarted
        # database is replaced instead of failing a request.
        config["CONN_HEALTH_CHECKS"] = True
        config["OPTIONS"] = {
            "application_name": application,  # the page /db tells connections apart by it
            # A database that is gone must cost a request seconds, not minutes: refused or
            # swallowed connection attempts end after 2 s, a silent established one after 3 s.
            "connect_timeout": 2,
            "tcp_user_timeout": 3000,
            **options,
            **config.get("OPTIONS", {}),
        }
    return config


BASE_DIR = Path(__file__).resolve().parent.parent

POD_NAME = os.environ.get("POD_NAME") or socket.gethostname()
NODE_NAME = os.environ.get("NODE_NAME") or "unknown"
APP_VERSION = os.environ.get("APP_VERSION") or "dev"

SECRET_KEY = required("DJANGO_SECRET_KEY")
DATABASES = {
    "default": database(
        "DATABASE_URL",
        POD_NAME[:63],
        pool={
            "min_size": 1,
            # Per worker. After a restart of the database a request tries the dead connections
            # one by one, with pauses of 0, 1 and 2 s: two are got over in time, more aren't.
            "max_size": 2,
            "timeout": 3,
            # The pool doubles its pause between attempts until this has passed; then the next
            # request starts afresh. The default, 5 minutes, would have the app sit out minutes
            # after the database is back.
            "reconnect_timeout": 2,
        },
    ),
    # For the page /db: a connection for each look, named after the pod and what it is for. Counting
    # the rows of a table that a restore or a migration has locked would wait; but not for long.
    "report": database("REPORT_DATABASE_URL", f"{POD_NAME[:52]} /db report", options="-c statement_timeout=5s"),
}
DATABASE_ROUTERS = ["guestbook.routers.NothingIsStoredThroughReport"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
INSTALLED_APPS = ["django.contrib.staticfiles", "guestbook"]

MIDDLEWARE = [
    "guestbook.middleware.identity_headers",  # outermost: every response carries them
    "guestbook.middleware.strip_prefix",
    "guestbook.middleware.probes",  # before whatever looks at the Host header
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "guestbook.middleware.DatabaseUnavailableMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["guestbook.views.identity"]},
    }
]

# The ingress strips the prefix from what it forwards; links, forms, redirects and static files
# have to carry it nevertheless, for they are followed from outside.
URL_PREFIX = url_prefix("URL_PREFIX")
FORCE_SCRIPT_NAME = URL_PREFIX or None
APPEND_SLASH = False

STATIC_URL = f"{URL_PREFIX}/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}

ALLOWED_HOSTS = comma_list("ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = comma_list("CSRF_TRUSTED_ORIGINS")
CSRF_COOKIE_HTTPONLY = True  # the token is in the form; no script needs the cookie

# TLS ends at the ingress, which overwrites this header whatever the client sent, and network
# policy lets nobody but the ingress and the frontend reach the pod. Hence it can be believed.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# A browser doesn't send a Secure cookie over plain http, and without its CSRF cookie the form is
# refused. So a stack that serves plain http as well (redirect switched off, or localhost:8080)
# says HTTPS_ONLY=false; everybody else gets the safe default.
CSRF_COOKIE_SECURE = boolean("HTTPS_ONLY", default="true")

SILENCED_SYSTEM_CHECKS = [
    # HSTS: browsers would remember for months, for all ports of the host, that a name which
    # exists only in a hosts file and is vouched for by a private CA has no plain http. Whoever
    # owns a real domain sets it at the ingress, where TLS ends.
    "security.W004",
    # Redirect to https: the ingress's job. Here it would also catch callers within the cluster.
    "security.W008",
]

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

# With DEBUG off, Django's default is to mail errors to ADMINS; a container's go to stderr.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
