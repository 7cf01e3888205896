"""gunicorn's settings for a container: `python -m gunicorn --config config/gunicorn.conf.py`.

    WEB_CONCURRENCY  number of worker processes                               default: 2
    ACCESS_LOG       named pipe or file, there already, for the access log    default: - for stdout
    POD_NAME         written to every line of the access log                  default: the host's name
"""

import json
import os
import re
import socket
import threading
from datetime import UTC, datetime

from gunicorn.glogging import Logger

POD_NAME = os.environ.get("POD_NAME") or socket.gethostname()
ACCESS_LOG = os.environ.get("ACCESS_LOG") or "-"
PROBES = {"/healthz", "/readyz"}
LONGEST_PATH = 1000
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class JsonAccessLogger(Logger):
    """Writes the access log as one JSON object a line, for a sidecar to ship.

    The sidecar reads a named pipe, to which all workers write at once: what is below 4096 bytes goes
    in whole or not at all. Where nobody reads, or not fast enough, lines are lost: a request must
    neither fail nor wait because of its log line.
    """

    def __init__(self, cfg):
        """Open nothing yet: each worker does so for itself, with the first line."""
        super().__init__(cfg)
        self.fd = 1 if ACCESS_LOG == "-" else None
        self.lines_lost = False
        self.writing = threading.Lock()

    def access(self, resp, req, environ, request_time):
        """Log one request, unless it is the kubelet's: probes would drown everybody else's."""
        path = environ["RAW_URI"].partition("?")[0]
        if path in PROBES:
            return
        request_id = environ.get("HTTP_X_REQUEST_ID", "")
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": environ["REQUEST_METHOD"],
            "path": path[:LONGEST_PATH],  # gunicorn lets nothing in but printable ASCII: two bytes each at most
            "status": int(str(resp.status).split()[0]),
            "durationSeconds": round(request_time.total_seconds(), 4),
            "pod": POD_NAME,
            "requestId": request_id if REQUEST_ID.fullmatch(request_id) else None,
        }
        self.write(json.dumps(line).encode() + b"\n")

    def write(self, line):
        """Write the line, or lose it and say so, once."""
        with self.writing:
            try:
                if self.fd is None:
                    # Not blocking: neither until somebody reads the pipe, nor while it is full. And
                    # not creating: a plain file would take the place of a pipe still to be made.
                    self.fd = os.open(ACCESS_LOG, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC)
                os.write(self.fd, line)
            except OSError as error:
                if not self.lines_lost:
                    self.lines_lost = True
                    self.warning("Lines of the access log are lost (said once): %s: %s", ACCESS_LOG, error.strerror)
                # A full pipe stays open. One that nobody reads may be another when a reader is back.
                if ACCESS_LOG != "-" and self.fd is not None and not isinstance(error, BlockingIOError):
                    os.close(self.fd)
                    self.fd = None


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

# Where it goes is up to the logger above. gunicorn itself would wait at its start until somebody
# reads the pipe, and keep lines that it couldn't write, to write them later in pieces.
accesslog = "-"
logger_class = JsonAccessLogger

# The root file system is read-only. Heartbeats belong in memory, not on a disk that may block;
# the control socket would want to live in the user's home, which doesn't exist.
worker_tmp_dir = "/dev/shm"
control_socket_disable = True

# forwarded_allow_ips stays at its default: Django reads X-Forwarded-Proto by itself (see
# SECURE_PROXY_SSL_HEADER), and no peer has business setting SCRIPT_NAME by a header.
