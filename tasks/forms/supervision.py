"""What is typed about supervision: a notice, its steps, what a list is to show."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from departments.models import Department
from pages.choices import offer_choices, offer_rows
from plans.models import Plan
from targets.models import Target
from tasks.models import SupervisionNotice, Task
from tasks.models.units import units_for
from tasks.services.supervision import LONGEST_TEXT, NoticeProposal

Passed = Any
"""What Django gives to a form: of many kinds, handed on as it comes."""


class NoticeForm(forms.Form):
    """The words, the urgency, the limit and the units of a notice."""

    title = forms.CharField(label=_("Title"), max_length=120)
    demand = forms.CharField(
        label=_("What is asked"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 5})
    )
    lead = forms.ModelChoiceField(Department.objects.none(), label=_("Leading unit"), required=False)
    support = forms.ModelMultipleChoiceField(
        Department.objects.none(),
        label=_("Supporting units"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 5}),
        help_text=_("Hold Ctrl to choose several."),
    )
    urgency = forms.ChoiceField(label=_("Urgency"), choices=SupervisionNotice.Urgency.choices, initial="ordinary")
    days = forms.IntegerField(
        label=_("Limit in working days"),
        required=False,
        min_value=1,
        max_value=365,
        help_text=_("Empty: the usual limit of the urgency."),
    )

    def __init__(self, plan: Plan, *args: Passed, **kwargs: Passed) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        for name in ("lead", "support"):
            offer_rows(self, name, units_for(plan))

    def proposal(self, **values: Passed) -> NoticeProposal:
        """Makes a proposal of what was typed; `values` say what the notice is about."""
        typed = self.cleaned_data
        return NoticeProposal(**{**typed, "support": tuple(typed["support"])}, plan=self.plan, **values)

    @staticmethod
    def typed_of(notice: SupervisionNotice) -> dict[str, object]:
        """The values of the fields as the notice has them now."""
        said = {name: getattr(notice, name) for name in ("title", "demand", "lead", "urgency", "days")}
        return said | {"support": list(notice.support.all())}


class NewNoticeForm(NoticeForm):
    """A notice that the coordinator writes: about which target or task of the plan?"""

    subject = forms.ChoiceField(label=_("About"))
    field_order = ["subject"]

    def __init__(self, plan: Plan, *args: Passed, **kwargs: Passed) -> None:
        super().__init__(plan, *args, **kwargs)
        self.targets = {f"target:{target.code}": target for target in Target.objects.filter(plan=plan)}
        self.tasks = {f"task:{task.code}": task for task in Task.objects.filter(plan=plan)}
        targets = _("Targets"), [(code, target.name) for code, target in self.targets.items()]
        tasks = _("Key tasks"), [(code, task.title) for code, task in self.tasks.items()]
        offer_choices(self, "subject", [("", "—"), targets, tasks])

    def proposal(self, **values: Passed) -> NoticeProposal:
        """The notice about the subject that was chosen."""
        subject = self.cleaned_data.pop("subject")
        about = {"target": self.targets.get(subject), "task": self.tasks.get(subject)}
        return super().proposal(**about, **values)


class StepForm(forms.Form):
    """The words of a step, and the limit of a new round; what must be there is asked by the service."""

    text = forms.CharField(max_length=LONGEST_TEXT, required=False)
    days = forms.IntegerField(min_value=1, max_value=365, required=False)


class SupervisionFilterForm(forms.Form):
    """Which notices a list shows."""

    state = forms.ChoiceField(label=_("State"), required=False)
    department = forms.ModelChoiceField(
        Department.objects.none(), label=_("Unit"), required=False, to_field_name="code", empty_label=_("all units")
    )
    plan = forms.ModelChoiceField(
        Plan.objects.none(),
        label=pgettext_lazy("in a list of plans", "Plan"),
        required=False,
        to_field_name="code",
        empty_label=_("all plans"),
    )
    overdue = forms.BooleanField(label=_("Overdue only"), required=False)

    def __init__(
        self, *args: Passed, proposals: bool, units: "QuerySet[Department]", plans: "QuerySet[Plan]", **kwargs: Passed
    ) -> None:
        super().__init__(*args, **kwargs)
        offer_rows(self, "department", units)
        offer_rows(self, "plan", plans)
        if plans.count() < 2:
            self.fields["plan"].widget = forms.HiddenInput()
        hidden = () if proposals else ("proposed", "rejected")
        states = [choice for choice in SupervisionNotice.StateChoices.choices if choice[0] not in hidden]
        for name in ("state", "department", "plan"):
            self.fields[name].widget.attrs["class"] = "form-select"
        self.fields["overdue"].widget.attrs["class"] = "form-check-input"
        offer_choices(self, "state", [("", _("all open")), ("all", _("all")), *states])


def add_errors(form: forms.Form, refused: ValidationError) -> None:
    """Puts what the service refused at the fields where the mistakes lie."""
    if not hasattr(refused, "error_dict"):
        form.add_error(None, refused)
        return
    for name, errors in refused.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
