"""What can be chosen in a field of a form, where that depends on who asks or about what."""

from collections.abc import Iterable, Sequence

from django import forms
from django.db.models import Model, QuerySet

Choice = tuple[object, object]


def offer_rows(form: forms.BaseForm, name: str, rows: "QuerySet[Model]") -> None:
    """The field offers these rows."""
    field = form.fields[name]
    if not isinstance(field, forms.ModelChoiceField):
        raise TypeError(f"{name} offers no rows")
    field.queryset = rows


def offer_choices(
    form: forms.BaseForm, name: str, choices: "Iterable[Choice | tuple[object, Sequence[Choice]]]"
) -> None:
    """The field offers these values, each with its words; or groups of them."""
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"{name} offers no choices")
    field.choices = list(choices)
