"""What pages about tasks are asked for."""

from collections.abc import Mapping, Sequence

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from departments.models import Department
from plans.models import Clause
from plans.periods import Month, months_of
from tasks.lights import LIGHTS
from tasks.models import Assignment
from tasks.selectors import Wanted


class FilterForm(forms.Form):
    """Which tasks a list shows. What is not on offer is as if it had not been asked for."""

    chapter = forms.ChoiceField(label=_("Chapter"), required=False)
    department = forms.ChoiceField(label=_("Unit"), required=False)
    role = forms.ChoiceField(label=_("Role"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)
    due = forms.ChoiceField(label=_("Due in"), required=False)

    def __init__(
        self, data: Mapping[str, str], year: int, parts: Sequence[Clause], units: Sequence[Department]
    ) -> None:
        super().__init__(data)
        every = ("", _("All"))
        choices: dict[str, list[tuple[object, object]]] = {
            "chapter": [(one.path, str(one)) for one in parts],
            "department": [(one.code, one.short_name) for one in units],
            "role": list(Assignment.Role.choices),
            "state": [(state.value, one.word) for state, one in LIGHTS.items()],
            "due": [(str(month), date_format(month.first_day, "YEAR_MONTH_FORMAT")) for month in months_of(year)],
        }
        for name, offered in choices.items():
            field = self.fields[name]
            field.choices = [every, *offered]  # type: ignore[attr-defined]

    @property
    def wanted(self) -> Wanted:
        """What is looked for."""
        self.is_valid()
        found = {name: str(self.cleaned_data.get(name) or "") for name in self.fields}
        due = found.pop("due")
        return Wanted(**found, due=Month.parse(due) if due else None)
