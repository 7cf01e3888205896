"""The JSON API."""

from django.conf import settings
from django.test import Client, TestCase

from guestbook.models import Entry


class ApiTest(TestCase):
    def setUp(self):
        # Programs send no CSRF token, and mustn't have to.
        self.client = Client(enforce_csrf_checks=True)

    def post(self, data, content_type="application/json"):
        return self.client.post("/api/entries", data, content_type)

    def test_create_list_delete(self):
        created = self.post({"name": "Ada", "message": "Hello"})
        self.assertEqual(created.status_code, 201)
        entry = created.json()
        self.assertEqual(set(entry), {"id", "name", "message", "createdAt", "pod"})
        self.assertEqual(entry["pod"], settings.POD_NAME)

        listed = self.client.get("/api/entries").json()
        self.assertEqual(listed, {"entries": [entry], "pod": settings.POD_NAME})

        self.assertEqual(self.client.delete(f"/api/entries/{entry['id']}").status_code, 204)
        self.assertEqual(self.client.get("/api/entries").json()["entries"], [])

    def test_newest_first_and_no_more_than_the_limit(self):
        for number in range(102):
            Entry.objects.create(name="n", message=str(number))
        messages = [entry["message"] for entry in self.client.get("/api/entries").json()["entries"]]
        self.assertEqual(messages, [str(number) for number in range(101, 1, -1)])

    def test_delete_of_what_is_not_there(self):
        for missing in (1, 10**30):  # the latter is beyond what the database can count to
            self.assertEqual(self.client.delete(f"/api/entries/{missing}").status_code, 404)

    def test_invalid_fields_are_named(self):
        cases = [
            ({"message": "x"}, ["name"]),
            ({"name": " ", "message": "x"}, ["name"]),
            ({"name": "x" * 81, "message": "x"}, ["name"]),
            ({"name": "x", "message": "x" * 501}, ["message"]),
            ({"name": "x", "message": "null \0 character"}, ["message"]),
            ({"name": 7, "message": None}, ["name", "message"]),
            ({}, ["name", "message"]),
        ]
        for data, fields in cases:
            with self.subTest(data=data):
                response = self.post(data)
                self.assertEqual(response.status_code, 400)
                self.assertEqual(list(response.json()["errors"]), fields)
        self.assertFalse(Entry.objects.exists())

    def test_body_that_is_no_object(self):
        for body in (" ", "{", "[]", "1", b"\xff", r'{"name": "\ud800", "message": "x"}', "[" * 100_000):
            with self.subTest(body=body[:20]):
                response = self.post(body)
                self.assertEqual(response.status_code, 400)
                self.assertEqual(list(response.json()["errors"]), ["body"])

    def test_only_json_is_taken(self):
        # These are the types a foreign page's form can send without a CORS preflight.
        for content_type in ("text/plain", "application/x-www-form-urlencoded"):
            response = self.post('{"name": "Eve", "message": "x"}', content_type)
            self.assertEqual(response.status_code, 415)
        self.assertFalse(Entry.objects.exists())

    def test_preflight_is_not_granted(self):
        response = self.client.options("/api/entries", headers={"Origin": "https://evil.example"})
        self.assertFalse([name for name in response.headers if name.startswith("Access-Control")])

    def test_other_methods_are_refused(self):
        self.assertEqual(self.client.put("/api/entries").status_code, 405)
        self.assertEqual(self.client.get("/api/entries/1").status_code, 405)
