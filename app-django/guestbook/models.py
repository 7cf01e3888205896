"""What the guestbook stores."""

from django.db import models


class Entry(models.Model):
    """One message in the guestbook, and which pod wrote it."""

    name = models.CharField(max_length=80)
    message = models.CharField(max_length=500)
    pod = models.CharField(max_length=253, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # Newest first; ids grow with time, and unlike created_at they have an index already.
        ordering = ["-id"]

    def __str__(self):
        """Return a short form for logs and shells."""
        return f"{self.name}: {self.message[:40]}"
