"""Indicators and targets in the administration.

Observations and revisions are not here: they become official by review alone. Nor are attainments and the keys to
recompute: they are derived.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field
from import_export.widgets import ForeignKeyWidget, Widget

from departments import access
from departments.access import Reach
from departments.administration import (
    GuardedRows,
    Importing,
    Inline,
    OwnRelated,
    Resource,
    register_change_guard,
    register_change_listener,
)
from departments.models import Department, Region, User
from departments.people import seeing
from plans.admin import OfPlan
from plans.fields import MonthField
from plans.models import Clause, Plan
from plans.periods import Month
from targets.models import (
    Indicator,
    Quota,
    ReportingDuty,
    RuleChange,
    Step,
    Target,
    TargetAssignment,
    TargetLeader,
    TargetVersion,
)
from targets.services.dirty import promises_changed
from targets.services.quotas import demand_reasons
from targets.services.reporting import reporters_changed
from targets.services.ruling import demand_judged_alike, first_open, keep_all_open
from targets.services.versions import check_change, former_rule, keep_former

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

register_change_guard(demand_judged_alike, hold=keep_all_open)
register_change_listener(promises_changed)
register_change_listener(reporters_changed)


class InPlan(ForeignKeyWidget):
    """A reference by a name that is unique within the plan of the row."""

    def get_queryset(self, value: str, row: Mapping[str, str], *args: object, **kwargs: object) -> QuerySet:
        return super().get_queryset(value, row, *args, **kwargs).filter(plan__code=row["plan"])


class MonthWidget(Widget):
    """A month as text, "2014-06"; an empty cell is no month."""

    def clean(self, value: object, row: object = None, **kwargs: object) -> Month | None:
        return MonthField().to_python(str(value).strip()) if value else None

    def render(self, value: object, obj: object = None, **kwargs: object) -> str:
        return "" if value is None else str(value)


class IndicatorResource(Resource):
    """Indicators by their code, with the department's code."""

    department = Field("department", "department", ForeignKeyWidget(Department, "code"))

    class Meta:
        model = Indicator
        exclude = ("id",)
        import_id_fields = ("code",)


class TargetResource(Resource):
    """Targets by their plan's code and their own; the clause by its number, indicators and a region by code."""

    plan = Field("plan", "plan", ForeignKeyWidget(Plan, "code"))
    clause = Field("clause", "clause", InPlan(Clause, "path"))
    indicator = Field("indicator", "indicator", ForeignKeyWidget(Indicator, "code"))
    operand = Field("operand", "operand", ForeignKeyWidget(Indicator, "code"))
    operand_region = Field("operand_region", "operand_region", ForeignKeyWidget(Region, "code"))
    first_month = Field("first_month", "first_month", MonthWidget())

    class Meta:
        model = Target
        exclude = ("id",)
        import_id_fields = ("plan", "code")


class ReportingDutyResource(Resource):
    """Duties by indicator, department and first month; an empty cell is "any", "nobody" or "always"."""

    indicator = Field("indicator", "indicator", ForeignKeyWidget(Indicator, "code"))
    department = Field("department", "department", ForeignKeyWidget(Department, "code"))
    since = Field("since", "since", MonthWidget())
    until = Field("until", "until", MonthWidget())

    class Meta:
        model = ReportingDuty
        exclude = ("id",)
        import_id_fields = ("indicator", "department", "since")


@admin.register(Indicator)
class IndicatorAdmin(Importing):
    """What can be measured. An indicator is of its department's region; one without a department is of the plans that
    use it and, while none does, of whoever entered it."""

    def shown(self, reached: Reach, by: User) -> Q:
        return self.changed(reached, by) | Q(pk__in=Indicator.objects.visible_to(by).values("pk"))

    def changed(self, reached: Reach, by: User) -> Q:
        """Those of the own departments; without one, those that no other city's plan uses."""
        own = Q(department__region__in=reached.realm)
        return own | Q(department__isnull=True) & self._unshared(reached)

    def _unshared(self, reached: Reach) -> Q:
        compared = Q(operand=OuterRef("pk")) | Q(versions__operand=OuterRef("pk"))
        uses = Target.objects.filter(Q(indicator=OuterRef("pk")) | compared)
        people = User.objects.within(realm=reached.realm, departments=())
        entered = Indicator.history.filter(id=OuterRef("pk"), history_type="+", history_user__in=people.values("pk"))
        own = Q(Exists(uses.filter(plan__region__in=reached.realm))) | Q(Exists(entered))
        if seeing.is_alone(reached):
            own |= Q(~Exists(uses))
        return own & ~Q(Exists(uses.exclude(plan__region__in=reached.realm)))

    resource_classes = [IndicatorResource]
    list_display = ["code", "name", "measure", "time_rule", "region_rule", "frequency", "department"]
    list_filter = ["measure", "frequency", ("department", OwnRelated)]
    list_select_related = ["department"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["department"]


@admin.register(ReportingDuty)
class ReportingDutyAdmin(Importing):
    """Who is expected to report what, from which month until which."""

    def shown(self, reached: Reach, by: User) -> Q:
        return Q(department__region__in=reached.realm) | Q(indicator__department__region__in=reached.realm)

    resource_classes = [ReportingDutyResource]
    list_display = ["__str__", "indicator", "department", "since", "until"]
    list_filter = [("department", OwnRelated)]
    list_select_related = ["indicator", "department"]
    search_fields = ["indicator__code", "indicator__name", "department__short_name"]
    autocomplete_fields = ["indicator", "department"]


class TargetAssignmentInline(Inline, admin.TabularInline):
    """Who answers for the target."""

    model = TargetAssignment
    extra = 0
    autocomplete_fields = ["department"]


class PartForm(forms.ModelForm):
    """A step or a quota; the rules that span its fields are asked once each field is understood."""

    def _post_clean(self) -> None:
        if not self.errors:
            super()._post_clean()  # type: ignore[misc]  # Django's, which the stubs leave out


class StepRows(GuardedRows):
    """The steps of a target: they change from the month on that the target's form names."""

    def clean(self) -> None:
        super().clean()
        change = self.instance.changing
        if change is not None and any(form.has_changed() for form in self.forms):
            check_change(self.instance, change)

    def demand_allowed(self, before: models.Model | None, after: models.Model | None) -> None:
        for step in (before, after):
            if isinstance(step, Step):
                step.target = self.instance
        super().demand_allowed(before, after)


class StepInline(Inline, admin.TabularInline):
    """What must have been reached by earlier dates."""

    model = Step
    form = PartForm
    formset = StepRows
    extra = 0


class QuotaForms(GuardedRows):
    """All quotas of a target as they are about to be."""

    def clean(self) -> None:
        """Those that fall short of the whole say why, as on the page of quotas."""
        super().clean()
        if not any(self.errors):
            kept = [form.instance for form in self.forms if form not in self.deleted_forms]
            demand_reasons(self.instance, [quota for quota in kept if quota.region_id is not None])


class QuotaInline(Inline, admin.TabularInline):
    """What each region owes, by version. All of a target's quotas at once are set on its own page; here one is
    mended."""

    model = Quota
    formset = QuotaForms
    form = PartForm
    extra = 0
    autocomplete_fields = ["region"]


class TargetLeaderInline(Inline, admin.TabularInline):
    """The persons whom the plan names as leading the target."""

    model = TargetLeader
    extra = 0


CHANGE = ("holds_from", "change_reason", "change_paper", "seen")


def _line(label: "StrOrPromise", longest: int) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=longest, widget=AdminTextInputWidget)


class RuleForm(forms.ModelForm):
    """A target that is there. Its rule changes in all months, or from one on: where months are closed, the first that
    is open is offered."""

    holds_from = forms.CharField(label=gettext_lazy("Holds from month"), required=False, max_length=7)
    change_reason = _line(gettext_lazy("Reason for changing the rule"), 400)
    change_paper = _line(gettext_lazy("Paper of the change"), 300)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # whatever Django gives a form
        super().__init__(*args, **kwargs)
        target = Target.objects.with_version().select_related("plan").get(pk=self.instance.pk)
        earliest = first_open(target.plan)
        self.initial["seen"] = target.version
        self.initial["holds_from"] = "" if earliest in (None, target.plan.first_month) else str(earliest)

    def clean_holds_from(self) -> Month | None:
        """The month that was named."""
        return MonthField().to_python(self.cleaned_data["holds_from"].strip() or None)

    def _post_clean(self) -> None:
        """The rule as it is stored is looked at before it is asked whether the change may be; what is said of quotas
        is said of the rule of their month."""
        data = self.cleaned_data
        if data.get("holds_from") and not self.instance.plan.is_draft:
            change = data["holds_from"], data.get("change_reason", ""), data.get("change_paper", "")
            self.instance.changing = RuleChange(*change)
        super()._post_clean()  # type: ignore[misc]  # Django's, which the stubs leave out
        if not self.errors:
            self._check_rule()

    def _check_rule(self) -> None:
        stored = former_rule(self.instance)
        changed = not TargetVersion.of(self.instance, 0, self.instance.all_steps).says_the_same(stored)
        try:
            if changed and self.cleaned_data.get("seen") not in (None, stored.number):
                raise ValidationError(_("Somebody has changed the target since you saw it. Open it again."))
            if changed and self.instance.changing is not None:
                check_change(self.instance, self.instance.changing)
                stored.from_month = self.instance.changing.from_month
                self.instance.known_versions = [*self.instance.all_versions, stored]
        except ValidationError as refused:
            self.add_error(None, refused)


@admin.register(Target)
class TargetAdmin(OfPlan, Importing):
    """A plan's promises in numbers."""

    resource_classes = [TargetResource]
    inlines: list[type[InlineModelAdmin]] = [TargetAssignmentInline, TargetLeaderInline, StepInline, QuotaInline]
    list_display = ["code", "name", "plan", "comparator", "threshold", "due", "firmness", "headline"]
    list_filter = [("plan", OwnRelated), "headline", "firmness", "comparator"]
    list_select_related = ["plan"]
    search_fields = ["code", "name", "quote"]
    autocomplete_fields = ["plan", "clause", "indicator", "operand", "operand_region"]

    def get_inlines(self, request: HttpRequest, obj: Target | None) -> list[type[InlineModelAdmin]]:
        """A promise is divided once it is there."""
        return self.inlines if obj is not None else [TargetAssignmentInline]

    def get_form(
        self, request: HttpRequest, obj: Target | None = None, change: bool = False, **kwargs: object
    ) -> type[forms.ModelForm]:
        """The rule of what is there changes from a month on."""
        return super().get_form(request, obj, change, **{} if obj is None else {"form": RuleForm}, **kwargs)

    def get_fieldsets(
        self, request: HttpRequest, obj: Target | None = None
    ) -> Any:  # Django's own type of fieldsets is of the stubs alone
        """The change of the rule apart from the promise."""
        named = [name for name in self.get_fields(request, obj) if name not in CHANGE]
        promise: tuple[str | None, dict[str, object]] = (None, {"fields": named})
        if obj is None or obj.plan.is_draft or not self.has_change_permission(request, obj):
            return [promise]
        return [promise, (_("If the rule changes"), {"fields": CHANGE, "description": _how_it_changes()})]

    # Every row of this page is a target, although the class above allows any model.
    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        """The rule as it is stored is remembered until its steps are saved too."""
        with transaction.atomic():
            obj.former = former_rule(obj) if change else None
            super().save_model(request, obj, form, change)

    def response_change(self, request: HttpRequest, obj: Target) -> HttpResponse:
        """By whatever page it was changed, all of it is saved now: of a rule that changes from a month on the former
        one is kept."""
        keep_former(obj.former, obj, by=access.person_of_request(request))
        return super().response_change(request, obj)


def _how_it_changes() -> str:
    return _(
        "A change of the comparator, the number, the due date, the steps and whatever else decides a light holds from "
        "the month on that is named here, written like 2014-06; closed months stay as they were judged. Without a "
        "month it holds wherever the present rule does. A change of words alone needs none of this."
    )
