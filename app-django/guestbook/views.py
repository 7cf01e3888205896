"""Pages for people, JSON for programs."""

import json

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from . import dbstate
from .forms import EntryForm
from .models import Entry

LIMIT = 100  # entries shown at once


def identity(request):
    """Give every template the name of who answers (a context processor)."""
    return {"pod": settings.POD_NAME, "node": settings.NODE_NAME, "version": settings.APP_VERSION}


def wants_json(request):
    """Tell whether the client prefers JSON; one with no preference gets HTML."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def page(request, form, status=200):
    """Render the guestbook with the given form."""
    context = {"form": form, "entries": Entry.objects.all()[:LIMIT], "limit": LIMIT}
    return render(request, "guestbook/index.html", context, status=status)


@require_safe
@never_cache
def index(request):
    """GET /: the guestbook."""
    return page(request, EntryForm())


@require_POST
def create(request):
    """POST /entries: add an entry from the page's form."""
    form = EntryForm(request.POST)
    if not form.is_valid():
        return page(request, form, status=400)
    form.save()
    return redirect("index")


@require_POST
def delete(request, entry_id):
    """POST /entries/<id>/delete: the page's button. An entry already gone is fine."""
    Entry.objects.filter(pk=entry_id).delete()
    return redirect("index")


@require_safe
@never_cache
def whoami(request):
    """GET /whoami: which pod, on which node, answered which request."""
    request_id = request.headers.get("X-Request-ID")
    return JsonResponse({**identity(request), "requestId": request_id})


# The API takes no CSRF token, and needs none: it knows no cookies, and a browser sends neither
# application/json nor DELETE to another origin without asking first by a CORS preflight, to
# which this app never consents. So a foreign page can't call it in a visitor's name.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def api_entries(request):
    """GET and POST /api/entries: list the newest entries, or add one."""
    if request.method != "POST":
        entries = [as_json(entry) for entry in Entry.objects.all()[:LIMIT]]
        return JsonResponse({"entries": entries, "pod": settings.POD_NAME})

    if request.content_type != "application/json":
        return invalid({"body": ["Send application/json."]}, status=415)
    try:
        data = json.loads(request.body)
        # Half a surrogate pair can be written in JSON, but neither encoded nor stored.
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return invalid({"body": ["This is not valid JSON."]})
    if not isinstance(data, dict):
        return invalid({"body": ["Send an object with name and message."]})
    # The form would take a number or a list for its text form.
    not_text = [field for field in EntryForm.base_fields if not isinstance(data.get(field, ""), str)]
    if not_text:
        return invalid({field: ["This must be a string."] for field in not_text})
    form = EntryForm(data)
    if not form.is_valid():
        return invalid(form.errors)
    return JsonResponse(as_json(form.save()), status=201)


@csrf_exempt  # for the same reason as above
@require_http_methods(["DELETE"])
def api_entry(request, entry_id):
    """DELETE /api/entries/<id>: remove one entry."""
    deleted, _ = Entry.objects.filter(pk=entry_id).delete()
    if not deleted:
        return invalid({"id": ["There is no such entry."]}, status=404)
    return HttpResponse(status=204)


def as_json(entry):
    """Return an entry the way the API shows it."""
    return {
        "id": entry.id,
        "name": entry.name,
        "message": entry.message,
        "createdAt": entry.created_at.isoformat(),
        "pod": entry.pod,
    }


def invalid(errors, status=400):
    """Refuse a request in JSON, with the reasons by field."""
    return JsonResponse({"errors": errors}, status=status)


@require_safe
@never_cache
def database(request):
    """GET /db: the state of the database tier, as a page or as JSON."""
    state = dbstate.collect()
    if wants_json(request):
        response = JsonResponse({**state, "pod": settings.POD_NAME})
    else:
        response = render(request, "guestbook/database.html", {"state": state})
    response["Vary"] = "Accept"
    return response
