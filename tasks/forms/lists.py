"""What pages about tasks are asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from departments.models import Department
from departments.rules.typed import number_of
from pages.choices import offer_choices, offer_rows
from plans.models import Clause
from plans.periods import Month, months_of
from targets.models import Target
from tasks.models import Assignment, Milestone, Task
from tasks.reading.responsible_units import units_answering
from tasks.reading.selectors import Wanted, countable_targets
from tasks.wording.lights import LIGHTS

Passed = Any
"""What Django gives to a form: of many kinds, handed on as it comes."""


class TaskFilterForm(forms.Form):
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
            "chapter": [(part.path, str(part)) for part in parts],
            "department": [(unit.code, unit.short_name) for unit in units],
            "role": list(Assignment.Role.choices),
            "state": [(state.value, light.word) for state, light in LIGHTS.items()],
            "due": [(str(month), date_format(month.first_day, "YEAR_MONTH_FORMAT")) for month in months_of(year)],
        }
        for name, offered in choices.items():
            offer_choices(self, name, [every, *offered])

    @property
    def wanted(self) -> Wanted:
        """The filter as it was chosen."""
        self.is_valid()
        found = {name: str(self.cleaned_data.get(name) or "") for name in self.fields}
        due = found.pop("due")
        return Wanted(**found, due=Month.parse(due) if due else None)


class SplitMilestoneForm(forms.Form):
    """A line of a task that is being split. An empty one says nothing; what the plan names keeps its words and day."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Milestone"), max_length=120, required=False)
    due = forms.DateField(label=_("Due on"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    department = forms.ModelChoiceField(
        Department.objects.none(), label=_("Unit"), required=False, empty_label=_("whoever leads the task")
    )
    weight = forms.IntegerField(label=_("Weight in %"), required=False, min_value=1, max_value=100)
    evidence = forms.CharField(label=_("Evidence"), max_length=200, required=False)
    counted_by = forms.ModelChoiceField(
        Target.objects.none(), label=_("Counted by"), required=False, empty_label=_("reports of the unit")
    )
    gone = forms.BooleanField(label=_("Remove"), required=False)

    def __init__(self, *args: Passed, task: Task, stored: Mapping[int, Milestone], **kwargs: Passed) -> None:
        super().__init__(*args, **kwargs)
        offer_rows(self, "department", units_answering(task))
        offer_rows(self, "counted_by", countable_targets(task))
        self.fields["due"].widget.attrs["max"] = task.due.isoformat()
        pk = number_of(self["pk"].value())
        self.stored = stored.get(pk) if pk is not None else None
        self.of_plan = self.stored is not None and bool(self.stored.quote)
        if self.of_plan:
            for name in ("title", "due"):
                self.fields[name].disabled = True
                self.initial[name] = getattr(self.stored, name)
        for field in self.fields.values():
            kind = "form-select" if isinstance(field, forms.ModelChoiceField) else "form-control"
            field.widget.attrs.setdefault("class", "form-check-input" if field is self.fields["gone"] else kind)

    def clean(self) -> dict[str, object]:
        """A milestone has a title and a day; both or neither."""
        values = self.cleaned_data
        named = bool(values.get("title"))
        if named and not values.get("due") and "due" not in self.errors:
            self.add_error("due", _("Give the day by which it is due."))
        others = any(values.get(name) for name in ("due", "department", "weight", "evidence", "counted_by", "pk"))
        if not named and others and not values.get("gone"):
            self.add_error("title", _("Say what is to be done."))
        return values
