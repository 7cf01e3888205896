"""The whole site is the guestbook. Probes are answered earlier, in guestbook.middleware."""

from django.urls import include, path

urlpatterns = [path("", include("guestbook.urls"))]
