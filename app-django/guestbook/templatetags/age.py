"""Ages in words."""

from django.template import Library

register = Library()


@register.filter
def age(seconds):
    """Return a number of seconds in words, by the largest unit of which there are at least two."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}s"
    return "1 second" if seconds == 1 else f"{seconds} seconds"
