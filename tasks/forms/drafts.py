"""The names of a plan that is proposed, and the rows of a draft, as forms. They validate and do not store."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from departments import access
from departments.models import Department, Region, User
from departments.permissions import Action
from pages.choices import offer_rows
from plans.models import Clause, Plan
from plans.models.plan import ClauseQuerySet
from targets.models import Indicator, Target
from tasks.models import Assignment, Milestone, Task
from tasks.reading.proposals import NextPlanProposal
from tasks.services.next_year import demand_free_code

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Passed = Any
"""What Django gives to a form: of many kinds, handed on as it comes."""

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
ROLES = Assignment.Role.values
QUOTE = forms.Textarea(attrs={"rows": 3})
OF_PLAN_SELDOM = ("series", "pace_tolerance", "deadline_day", "deadline_moves", "import_needs_second")
OF_TARGET_SELDOM = (
    "tolerance",
    "aspiration",
    "operand",
    "operand_region",
    "baseline",
    "baseline_year",
    "baseline_source",
    "reference",
    "reference_source",
    "warning_margin",
    "coverage",
    "counting",
    "first_month",
    "headline",
    "code",
    "order",
)


class ProposalForm(forms.ModelForm):
    """The names and the months of a plan that is made from an earlier plan."""

    class Meta:
        model = Plan
        fields = ("code", "title", "number", "first_month", "last_month")
        help_texts = {
            "number": _("May stay empty while the document is not out."),
            "first_month": _("A month is written like 2014-06."),
        }

    def __init__(self, *args: Passed, by: User, **kwargs: Passed) -> None:
        super().__init__(*args, **kwargs)
        self._by = by

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        demand_free_code(code, self._by)
        return code

    @property
    def proposal(self) -> NextPlanProposal:
        """The names and the months as they were typed."""
        return NextPlanProposal(**{name: self.cleaned_data[name] for name in self.Meta.fields})


class DraftForm(forms.ModelForm):
    """The form of a row of a draft. It offers clauses of the same plan and indicators that the person is shown. Fields
    that are `further` are wanted seldom and stand folded away."""

    further: ClassVar[Sequence[str]] = ()

    def __init__(self, *args: Passed, by: User, **kwargs: Passed) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {name: _plain(value) for name, value in self.initial.items()}
        for name, rows in self.offered(by).items():
            if name in self.fields:
                offer_rows(self, name, rows)
        if "code" in self.fields:
            self.fields["code"].required = False
            self.fields["code"].help_text = _("Stands in addresses. Left empty, one is made.")

    def offered(self, by: User) -> "dict[str, models.QuerySet[models.Model]]":
        """The rows that can be chosen in each field."""
        return {}

    @property
    def first(self) -> list[forms.BoundField]:
        """The fields that every row has."""
        return [field for field in self if field.name not in self.further]

    @property
    def rest(self) -> list[forms.BoundField]:
        """The fields that are folded away."""
        return [field for field in self if field.name in self.further]

    @property
    def opened(self) -> bool:
        """Whether a field that is folded away has an error."""
        return any(name in self.errors for name in self.further)


def _plain(value: object) -> object:
    """A number without the zeros that only its column adds."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


class PlanForm(DraftForm):
    """The document itself, and the settings by which it is judged."""

    further = OF_PLAN_SELDOM

    class Meta:
        model = Plan
        fields = ("title", "number", "issuer", "issued_on", "source", "first_month", "last_month", *OF_PLAN_SELDOM)
        widgets = {"issued_on": DAY}


class ClauseForm(DraftForm):
    """The words of a clause, and where it stands."""

    after = forms.ModelChoiceField(
        Clause.objects.none(), label=_("Stands behind"), required=False, empty_label=_("nothing: it is the first")
    )

    class Meta:
        model = Clause
        fields = ("path", "heading", "text", "parent")
        widgets = {"text": forms.Textarea(attrs={"rows": 12})}
        help_texts = {"path": _("As the document writes it, such as 二(二)2.")}

    def __init__(self, *args: Passed, by: User, **kwargs: Passed) -> None:
        super().__init__(*args, by=by, **kwargs)
        beside = self._beside()
        if self.instance.pk is not None:
            beside = beside.filter(order__lt=self.instance.order)
        self.initial.setdefault("after", beside.order_by("-order").values_list("pk", flat=True).first())

    def offered(self, by: User) -> "dict[str, models.QuerySet[models.Model]]":
        """Every other clause of the plan."""
        beside = self._beside().with_names().order_by("order")
        return {"after": beside, "parent": beside}

    def _beside(self) -> "ClauseQuerySet":
        return Clause.objects.filter(plan=self.instance.plan).exclude(pk=self.instance.pk)


def _units(label: "str | _StrPromise") -> forms.TypedMultipleChoiceField:
    """A field of units to choose from; the form fills in the units once it knows the person."""
    widget = forms.CheckboxSelectMultiple
    return forms.TypedMultipleChoiceField(label=label, coerce=int, required=False, widget=widget)


class PromiseForm(DraftForm):
    """A promise that stands in a clause of its plan, and the units that answer for it."""

    lead = _units(_("Lead"))
    shared = _units(_("Shared responsibility"))
    support = _units(_("Support"))

    def __init__(self, *args: Passed, by: User, **kwargs: Passed) -> None:
        super().__init__(*args, by=by, **kwargs)
        named = list(self.instance.assignments.all()) if self.instance.pk is not None else []
        near = Q(region__in=access.reach(by, Action.VIEW_PLAN).lineage)
        naming = Q(pk__in=[assignment.department_id for assignment in named])
        units = Department.objects.filter(near | naming).order_by("code")
        choices = [(unit.pk, unit.short_name) for unit in units]
        for role in ROLES:
            field = self.fields[role]
            assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101 - declared above
            chosen = [assignment.department_id for assignment in named if assignment.role == role]
            field.choices = sorted(choices, key=lambda choice: choice[0] not in chosen)
            self.initial[role] = chosen

    def clean(self) -> dict[str, object]:
        """A unit has one role."""
        given = super().clean() or self.cleaned_data
        chosen = [unit for role in ROLES for unit in given.get(role, [])]
        if len(set(chosen)) < len(chosen):
            raise forms.ValidationError(_("A unit has one role for a promise. Choose it once."))
        return given

    @property
    def roles(self) -> dict[int, str]:
        """The role of each unit that was chosen, by its id."""
        return {unit: role for role in ROLES for unit in self.cleaned_data[role]}

    def offered(self, by: User) -> "dict[str, models.QuerySet[models.Model]]":
        """Offers clauses of the plan, indicators that the person is shown, and the regions above and below; a region
        elsewhere with which a target is compared already stays on offer."""
        shown = Indicator.objects.visible_to(by)
        stored = getattr(self.instance, "operand_region_id", None)
        near = access.reach(by, Action.VIEW_PLAN).lineage
        regions = Region.objects.filter(pk__in=near | ({stored} if stored is not None else set()))
        clauses = Clause.objects.filter(plan=self.instance.plan).with_names().order_by("order")
        return {"clause": clauses, "indicator": shown, "operand": shown, "operand_region": regions}


class TargetForm(PromiseForm):
    """A promise in numbers."""

    further = OF_TARGET_SELDOM

    class Meta:
        model = Target
        fields = (
            "name",
            "indicator",
            "comparator",
            "threshold_kind",
            "threshold",
            "threshold_upper",
            "due",
            "firmness",
            "clause",
            "quote",
            *OF_TARGET_SELDOM,
        )
        widgets = {"due": DAY, "quote": QUOTE}


class TaskForm(PromiseForm):
    """A promise of work."""

    further = ("code", "order")

    class Meta:
        model = Task
        fields = ("title", "due", "clause", "quote", "open_ended", "code", "order")
        widgets = {"due": DAY, "quote": forms.Textarea(attrs={"rows": 6})}


class DraftMilestoneForm(DraftForm):
    """A deliverable of a task."""

    further = ("code", "order")

    class Meta:
        model = Milestone
        fields = ("title", "due", "quote", "code", "order")
        widgets = {"due": DAY, "quote": QUOTE}


FORMS: dict[str, tuple[type[models.Model], type[DraftForm]]] = {
    "plan": (Plan, PlanForm),
    "clause": (Clause, ClauseForm),
    "target": (Target, TargetForm),
    "task": (Task, TaskForm),
    "milestone": (Milestone, DraftMilestoneForm),
}
"""Kind of row, as it stands in an address → its model and its form."""
