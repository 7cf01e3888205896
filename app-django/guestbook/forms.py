"""The one place where input is validated, for the page and the JSON API alike."""

from django import forms
from django.conf import settings

from .models import Entry


class EntryForm(forms.ModelForm):
    """A new entry; the pod that saves it signs it."""

    class Meta:
        model = Entry
        fields = ["name", "message"]
        widgets = {"message": forms.Textarea(attrs={"rows": 3})}

    def save(self, commit=True):
        """Save the entry under this pod's name."""
        self.instance.pod = settings.POD_NAME
        return super().save(commit)
