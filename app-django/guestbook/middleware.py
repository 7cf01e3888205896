"""What happens to every request, whatever its path."""

from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection
from django.http import HttpResponse
from django.shortcuts import render

from .views import invalid, wants_json

RETRY_AFTER_SECONDS = 5


def identity_headers(get_response):
    """Name the answering pod and its version in every response, so that both can be watched."""

    def middleware(request):
        response = get_response(request)
        response["X-Pod"] = settings.POD_NAME
        response["X-Version"] = settings.APP_VERSION
        return response

    return middleware


def strip_prefix(get_response):
    """Accept paths that still carry the prefix, as they do when no ingress was there to strip it.

    That is how a pod reached by port-forward serves working links, forms and styles.
    """
    prefix = settings.URL_PREFIX

    def middleware(request):
        if prefix and f"{request.path_info}/".startswith(f"{prefix}/"):
            request.path_info = request.path_info.removeprefix(prefix) or "/"
            request.path = prefix + request.path_info
        return get_response(request)

    return middleware


def probes(get_response):
    """Answer the kubelet's probes.

    They come with the pod's address as Host, which ALLOWED_HOSTS can't list, hence a middleware
    and not a view. Liveness must not depend on the database: restarting this process wouldn't
    repair it.
    """

    def middleware(request):
        if request.path_info == "/healthz":
            return HttpResponse("ok\n", content_type="text/plain")
        if request.path_info == "/readyz":
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
            except Error as error:
                reason = f"database unavailable: {error}\n"
                return HttpResponse(reason, content_type="text/plain", status=503)
            return HttpResponse("ready\n", content_type="text/plain")
        return get_response(request)

    return middleware


class DatabaseUnavailableMiddleware:
    """Turns a database that can't be reached into a plain 503 instead of a stack trace and 500."""

    def __init__(self, get_response):
        """Keep the next in line."""
        self.get_response = get_response

    def __call__(self, request):
        """Pass the request on; only exceptions are of interest here."""
        return self.get_response(request)

    def process_exception(self, request, exception):
        """Answer 503 if the database is the cause, the pool's own time-out included."""
        if not isinstance(exception, (OperationalError, InterfaceError)):
            return None
        if request.path_info.startswith("/api/") or wants_json(request):
            response = invalid({"database": ["The database is unavailable."]}, status=503)
        else:
            response = render(request, "guestbook/unavailable.html", status=503)
        response["Retry-After"] = RETRY_AFTER_SECONDS
        response["Cache-Control"] = "no-store"
        return response
