"""The rows of a draft as forms: only what the year decides; everything else is changed in the administration."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db import models

from departments.models import User
from plans.models import Clause, Plan
from targets.models import Indicator, Target
from tasks.models import Milestone, Task

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DraftForm(forms.ModelForm):
    """A row of a draft; a clause to choose is one of the same plan, an indicator one that the person is shown. It
    validates and does not store."""

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {name: _plain(value) for name, value in self.initial.items()}
        clause: Any = self.fields.get("clause")
        if clause is not None:
            clause.queryset = Clause.objects.filter(plan=self.instance.plan).order_by("order")
        operand: Any = self.fields.get("operand")
        if operand is not None:
            operand.queryset = Indicator.objects.visible_to(by)


def _plain(value: Any) -> Any:
    """A number without the zeros that only its column adds."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


class PlanForm(DraftForm):
    """The document itself, and the settings by which it is judged."""

    class Meta:
        model = Plan
        fields = ("title", "number", "issuer", "issued_on", "source", "pace_tolerance", "deadline_day")
        widgets = {"issued_on": DAY}


class ClauseForm(DraftForm):
    """The words of a clause."""

    class Meta:
        model = Clause
        fields = ("path", "heading", "text")
        widgets = {"text": forms.Textarea(attrs={"rows": 12})}


class TargetForm(DraftForm):
    """What is promised in numbers."""

    class Meta:
        model = Target
        fields = (
            "name",
            "comparator",
            "threshold_kind",
            "threshold",
            "threshold_upper",
            "operand",
            "baseline",
            "baseline_source",
            "warning_margin",
            "due",
            "firmness",
            "clause",
            "quote",
        )
        widgets = {"due": DAY, "quote": forms.Textarea(attrs={"rows": 3})}


class TaskForm(DraftForm):
    """What work is promised."""

    class Meta:
        model = Task
        fields = ("title", "due", "clause", "quote", "open_ended")
        widgets = {"due": DAY, "quote": forms.Textarea(attrs={"rows": 6})}


class MilestoneForm(DraftForm):
    """A deliverable of a task."""

    class Meta:
        model = Milestone
        fields = ("title", "due", "quote")
        widgets = {"due": DAY, "quote": forms.Textarea(attrs={"rows": 3})}


FORMS: dict[str, tuple[type[models.Model], type[DraftForm]]] = {
    "plan": (Plan, PlanForm),
    "clause": (Clause, ClauseForm),
    "target": (Target, TargetForm),
    "task": (Task, TaskForm),
    "milestone": (Milestone, MilestoneForm),
}
"""Kind of row, as it stands in an address → its model and its form."""
