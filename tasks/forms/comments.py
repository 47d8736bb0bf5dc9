"""What is typed about a comment: the leader's words and whom they ask, the unit's answer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from departments.models import Department
from pages.choices import offer_rows
from plans.models import Plan
from tasks.models.units import units_for

Passed = Any
"""What Django gives to a form: of many kinds, handed on as it comes."""


class CommentForm(forms.Form):
    """A comment; whoever asks a unit names the day."""

    text = forms.CharField(label=_("Comment"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    asked = forms.ModelChoiceField(
        Department.objects.none(), label=_("Unit that is to answer"), required=False, empty_label=_("nobody is asked")
    )
    due = forms.DateField(label=_("Answer by"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, plan: Plan, *args: Passed, **kwargs: Passed) -> None:
        super().__init__(*args, **kwargs)
        offer_rows(self, "asked", units_for(plan))


class AnswerForm(forms.Form):
    """An answer."""

    answer = forms.CharField(label=_("Answer"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
