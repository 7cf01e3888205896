"""The guestbook page."""

import re

from django.test import Client, TestCase

from guestbook.models import Entry


class PageTest(TestCase):
    def test_signing_shows_the_entry_and_who_wrote_it(self):
        response = self.client.post("/entries", {"name": "Ada", "message": "Hello"}, follow=True)
        self.assertRedirects(response, "/")
        self.assertContains(response, "Hello")
        self.assertContains(response, "written by backend-test-pod")

    def test_newest_first_and_no_more_than_the_limit(self):
        for number in range(102):
            Entry.objects.create(name="n", message=f"message {number:03}")
        shown = re.findall(r"message (\d{3})", self.client.get("/").content.decode())
        self.assertEqual(shown, [f"{number:03}" for number in range(101, 1, -1)])

    def test_says_who_answered(self):
        response = self.client.get("/")
        self.assertContains(response, "<strong>backend-test-pod</strong>")
        self.assertContains(response, "<strong>test-node</strong>")
        self.assertEqual(response["X-Pod"], "backend-test-pod")
        self.assertIn("no-store", response["Cache-Control"])

    def test_markup_in_entries_is_text(self):
        Entry.objects.create(name="<b>x</b>", message="<script>alert(1)</script>")
        self.assertNotContains(self.client.get("/"), "<script>")

    def test_incomplete_form_comes_back_with_the_reason_and_what_was_typed(self):
        response = self.client.post("/entries", {"name": "Ada", "message": ""})
        self.assertContains(response, "This field is required.", status_code=400)
        self.assertContains(response, 'value="Ada"', status_code=400)
        self.assertFalse(Entry.objects.exists())

    def test_delete_button(self):
        entry = Entry.objects.create(name="Ada", message="Hello")
        for _ in range(2):  # somebody else may have been quicker
            response = self.client.post(f"/entries/{entry.id}/delete")
            self.assertRedirects(response, "/")
        self.assertFalse(Entry.objects.exists())

    def test_a_link_can_not_change_anything(self):
        entry = Entry.objects.create(name="Ada", message="Hello")
        self.assertEqual(self.client.get(f"/entries/{entry.id}/delete").status_code, 405)
        self.assertEqual(self.client.get("/entries").status_code, 405)


class CsrfTest(TestCase):
    def setUp(self):
        self.client = Client(enforce_csrf_checks=True)

    def test_form_without_token_is_refused(self):
        response = self.client.post("/entries", {"name": "Eve", "message": "x"})
        self.assertEqual(response.status_code, 403)
        self.assertEqual(response["X-Pod"], "backend-test-pod")
        self.assertFalse(Entry.objects.exists())

    def test_delete_without_token_is_refused(self):
        entry = Entry.objects.create(name="Ada", message="Hello")
        self.assertEqual(self.client.post(f"/entries/{entry.id}/delete").status_code, 403)
        self.assertTrue(Entry.objects.exists())

    def test_form_with_token_is_accepted(self):
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', self.client.get("/").content.decode())[1]
        response = self.client.post("/entries", {"name": "Ada", "message": "Hello", "csrfmiddlewaretoken": token})
        self.assertEqual(response.status_code, 302)
