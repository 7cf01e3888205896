"""Paths as this app sees them, without the prefix that the outside may put in front."""

from django.urls import path, re_path

from . import views

urlpatterns = [
    path("", views.index, name="index"),
    path("entries", views.create, name="create"),
    path("entries/<int:entry_id>/delete", views.delete, name="delete"),
    path("api/entries", views.api_entries),
    path("api/entries/<int:entry_id>", views.api_entry),
    path("whoami", views.whoami),
    # Also routed here directly, as https://<domain>/db: people type it both ways.
    re_path(r"^db/?$", views.database, name="database"),
]
