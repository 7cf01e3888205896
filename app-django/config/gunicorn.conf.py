"""gunicorn's settings for a container: `python -m gunicorn --config config/gunicorn.conf.py`.

    WEB_CONCURRENCY  number of worker processes                    default: 2
    ACCESS_LOG       file for the access log, - for stdout         default: -
    POD_NAME         written to every line of the access log       default: the host's name
"""

import json
import os
import socket
from datetime import UTC, datetime

from gunicorn.glogging import Logger

POD_NAME = os.environ.get("POD_NAME") or socket.gethostname()
PROBES = {"/healthz", "/readyz"}


class JsonAccessLogger(Logger):
    """Writes the access log as one JSON object a line, for a sidecar to ship."""

    def access(self, resp, req, environ, request_time):
        """Log one request, unless it is the kubelet's: probes would drown everybody else's."""
        path = environ["RAW_URI"].partition("?")[0]
        if path in PROBES:
            return
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": environ["REQUEST_METHOD"],
            "path": path,
            "status": int(str(resp.status).split()[0]),
            "durationMs": round(request_time.total_seconds() * 1000, 1),
            "pod": POD_NAME,
            "requestId": environ.get("HTTP_X_REQUEST_ID"),
        }
        self.access_log.info(json.dumps(line))


wsgi_app = "config.wsgi"
bind = "0.0.0.0:8000"

try:
    workers = int(os.environ.get("WEB_CONCURRENCY") or "2")
except ValueError:
    raise SystemExit("WEB_CONCURRENCY must be a whole number.") from None
worker_class = "gthread"
threads = 4

# Requests under way get this long to finish after SIGTERM; the pod's
# terminationGracePeriodSeconds has to be longer.
graceful_timeout = 25
# Longer than the 60 s that ingress-nginx keeps an idle connection to a pod, so that it is never
# gunicorn that closes one just as a request is sent on it.
keepalive = 75

# gunicorn opens the file in append mode, so the sidecar may truncate it at any time.
accesslog = os.environ.get("ACCESS_LOG") or "-"
logger_class = JsonAccessLogger

# The root file system is read-only. Heartbeats belong in memory, not on a disk that may block;
# the control socket would want to live in the user's home, which doesn't exist.
worker_tmp_dir = "/dev/shm"
control_socket_disable = True

# forwarded_allow_ips stays at its default: Django reads X-Forwarded-Proto by itself (see
# SECURE_PROXY_SSL_HEADER), and no peer has business setting SCRIPT_NAME by a header.
