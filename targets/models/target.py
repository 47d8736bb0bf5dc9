"""A plan's promise about one indicator."""

import copy
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from departments.models import Region
from departments.models.columns import loaded_after
from plans.fields import optional_month
from plans.models import AbstractAssignment, Clause, Plan
from plans.models.assignment import AssignmentQuerySet, check_words
from plans.models.plan import check_quote
from plans.periods import Month
from targets.arithmetic.formulas import TargetRule
from targets.arithmetic.pace import Course
from targets.arithmetic.pace import PaceStep as StepOfCourse
from targets.models import promising
from targets.models.indicator import Indicator, bound


class TargetQuerySet(models.QuerySet["Target"]):
    """Questions about targets."""

    def in_force(self) -> "TargetQuerySet":
        """Without those of a plan that is a draft yet: they are not judged."""
        return self.filter(plan__state=Plan.State.PUBLISHED)

    def judged_by(self, indicator_ids: Collection[int]) -> "TargetQuerySet":
        """Those that are judged by one of the indicators or compared with it, or were by an earlier rule."""
        formerly = Target.objects.filter(versions__operand__in=indicator_ids).values("pk")
        return self.filter(Q(indicator__in=indicator_ids) | Q(operand__in=indicator_ids) | Q(pk__in=formerly))

    def with_version(self) -> "TargetQuerySet":
        """Each target with `version`: how often it was written, counted in its history, so never wrong."""
        written = Target.history.filter(id=models.OuterRef("pk")).values("id").annotate(times=models.Count("pk"))
        return self.annotate(version=Coalesce(models.Subquery(written.values("times")), 0))

    def to_be_judged(self) -> "TargetQuerySet":
        """With all that decides how they are judged, in four queries."""
        related = self.with_version().select_related("plan__region", "indicator", "operand", "operand_region")
        known = (models.Prefetch(name, to_attr=f"known_{name}") for name in ("steps", "quotas"))
        return related.prefetch_related(*known).with_rules()

    def with_rules(self) -> "TargetQuerySet":
        """With the rules that they had before they were changed from a month on; one query."""
        return self.prefetch_related(models.Prefetch("versions", to_attr="known_versions"))


_TargetManager = models.Manager.from_queryset(TargetQuerySet)


class TargetManager(_TargetManager["Target"]):
    """Finds rows by the names that fixtures use."""

    def get_by_natural_key(self, plan: str, code: str) -> "Target":
        return self.get(plan__code=plan, code=code)


if TYPE_CHECKING:
    from targets.models.parting import Quota, Step
    from targets.models.version import TargetVersion

NO_BASELINE = {"baseline__isnull": True, "baseline_year__isnull": True}
NO_FIGURE = {"operand__isnull": True, "operand_region__isnull": True, **NO_BASELINE}


class HeldRule(NamedTuple):
    """A target as it was by one of its rules, and the first and the last of the months in which that held."""

    first: Month
    last: Month
    target: "Target"


class RuleChange(NamedTuple):
    """From which month a change of a target's rule is to hold, why, and by which paper."""

    from_month: Month
    reason: str = ""
    source: str = ""


class Target(models.Model):
    """One promise in numbers; comparators and thresholds are domain.md, "Target".

    The number compared with is by `threshold_kind`: `constant` (threshold, for `between` also threshold_upper),
    `indicator` (operand, same region and months), `elsewhere` (the same indicator in operand_region, else in the region
    that the judged one is part of), `baseline` (baseline + threshold, which is then the change), `baseline_share` and
    `last_year` (the threshold is the change in per cent: −15 means × 0.85), or `nothing` (none, done_by, improves). A
    baseline that is not stored is the indicator's own year to date in December of `baseline_year`.
    `aspiration` is a second number that is told and decides nothing. `reference` is what had been reached before the
    plan, for showing only. `counting` says whether figures are counted anew each calendar year or over the whole plan,
    `first_month` where the pace begins if not with the plan. `coverage` says whether the plan's region alone is judged,
    or its parts too, by the same threshold or by their own (`Quota`).
    """

    class Comparator(models.TextChoices):
        AT_LEAST = "at_least", _("at least")
        MORE_THAN = "more_than", _("more than")
        AT_MOST = "at_most", _("at most")
        LESS_THAN = "less_than", _("less than")
        EXACTLY = "exactly", _("exactly")
        BETWEEN = "between", _("between")
        NONE = "none", _("none occurs")
        DONE_BY = "done_by", _("done by the due date")
        IMPROVES = "improves", _("better than last year")
        ABOUT = "about", _("about")

    class ThresholdKind(models.TextChoices):
        CONSTANT = "constant", _("a number")
        INDICATOR = "indicator", _("another indicator")
        ELSEWHERE = "elsewhere", _("the same indicator elsewhere")
        BASELINE = "baseline", _("baseline + change")
        BASELINE_SHARE = "baseline_share", _("baseline + change in %")
        LAST_YEAR = "last_year", _("last year + change in %")
        NOTHING = "nothing", _("nothing")

    class Firmness(models.TextChoices):
        BINDING = "binding", _("binding")
        ASPIRATIONAL = "aspirational", _("aspirational")

    class Coverage(models.TextChoices):
        WHOLE = "whole", _("the plan's region")
        PARTS = "parts", _("the plan's region and its parts")
        QUOTAS = "quotas", _("the plan's region and the parts that have a quota")

    class Counting(models.TextChoices):
        YEAR = "year", _("by calendar year")
        PLAN = "plan", _("over the whole plan")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="targets", verbose_name=_("plan"), db_index=False)
    code = models.SlugField(_("code"), max_length=60)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    name = models.CharField(_("name"), max_length=120)
    clause = models.ForeignKey(Clause, models.PROTECT, related_name="targets", verbose_name=_("clause"))
    quote = models.CharField(_("words of the plan"), max_length=400, blank=True)
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="targets", verbose_name=_("indicator"))
    comparator = models.CharField(_("comparator"), max_length=10, choices=Comparator.choices)
    threshold_kind = models.CharField(_("kind of threshold"), max_length=14, choices=ThresholdKind.choices)
    threshold = bound(_("threshold"))
    threshold_upper = bound(_("upper threshold"))
    operand = models.ForeignKey(
        Indicator, models.PROTECT, null=True, blank=True, related_name="operand_of", verbose_name=_("compared with")
    )
    operand_region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("region compared with"),
        help_text=_("Empty: the region that the judged one is part of."),
    )
    tolerance = models.DecimalField(
        _("tolerance"),
        max_digits=15,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("How far from the threshold is still about it, in the indicator's unit."),
    )
    aspiration = bound(_("aspiration"))
    baseline = bound(_("baseline"))
    baseline_year = models.PositiveSmallIntegerField(
        _("year of the baseline"), null=True, blank=True, validators=[MinValueValidator(1900), MaxValueValidator(2999)]
    )
    baseline_source = models.CharField(_("source of the baseline"), max_length=300, blank=True)
    reference = bound(_("reached before the plan"))
    reference_source = models.CharField(_("source of what was reached before"), max_length=300, blank=True)
    warning_margin = models.DecimalField(
        _("warning margin"),
        max_digits=15,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )
    due = models.DateField(_("due"))
    firmness = models.CharField(_("firmness"), max_length=12, choices=Firmness.choices, default="binding")
    headline = models.BooleanField(_("headline target"), default=False)
    coverage = models.CharField(_("judged for"), max_length=6, choices=Coverage.choices, default="whole")
    counting = models.CharField(_("counted"), max_length=4, choices=Counting.choices, default="year")
    first_month = optional_month(_("first month of the pace"), help_text=_("Empty: the first month of the plan."))

    objects = TargetManager()
    history = HistoricalRecords()

    version: int
    """How often the target was written; there after `with_version()` alone."""
    known_steps: "list[Step]"
    known_quotas: "list[Quota]"
    """There after `to_be_judged()` alone; see `all_steps` and `all_quotas`."""
    known_versions: "list[TargetVersion]"
    """There after `with_rules()` alone; see `all_versions`."""
    changing: RuleChange | None = None
    """The change under way; without one a change holds wherever the newest rule does."""
    former: "TargetVersion"
    """The rule as it was stored; there alone while the administration saves a change."""
    held: tuple[Month, Month] | None = None
    """The first and the last month in which its rule held, of one that has had several; see `rules_held`."""

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["plan", "order", "code"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "code"], name="target_code_once"),
            models.CheckConstraint(
                name="target_threshold_fits_kind",
                condition=Q(threshold_kind__in=("constant", "last_year"), threshold__isnull=False, **NO_FIGURE)
                | Q(threshold_kind="indicator", threshold__isnull=True, **NO_FIGURE | {"operand__isnull": False})
                | Q(threshold_kind="elsewhere", threshold__isnull=True, operand__isnull=True, **NO_BASELINE)
                | Q(
                    threshold_kind__in=("baseline", "baseline_share"),
                    threshold__isnull=False,
                    operand__isnull=True,
                    operand_region__isnull=True,
                )
                | Q(threshold_kind="nothing", threshold__isnull=True, **NO_FIGURE),
                violation_error_message=_(
                    "The threshold does not fit its kind: a number needs a threshold, another indicator an operand, "
                    "a change of a baseline or of last year the change as threshold, nothing none of them."
                ),
            ),
            models.CheckConstraint(
                name="target_kind_fits_comparator",
                condition=Q(comparator__in=("none", "done_by", "improves"), threshold_kind="nothing")
                | Q(comparator="between", threshold_kind="constant")
                | (~Q(comparator__in=("none", "done_by", "improves", "between")) & ~Q(threshold_kind="nothing")),
                violation_error_message=_("This comparator does not take that kind of threshold."),
            ),
            models.CheckConstraint(
                name="target_upper_iff_between",
                condition=Q(
                    comparator="between", threshold_upper__isnull=False, threshold_upper__gte=models.F("threshold")
                )
                | (~Q(comparator="between") & Q(threshold_upper__isnull=True)),
                violation_error_message=_("Only between has an upper threshold, and it is not below the lower one."),
            ),
            models.CheckConstraint(
                name="target_tolerance_iff_about",
                condition=Q(comparator="about", tolerance__isnull=False, tolerance__gte=0)
                | (~Q(comparator="about") & Q(tolerance__isnull=True)),
                violation_error_message=_("Only about has a tolerance, and it needs one that is not below 0."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:  # Django's own arguments, which are passed on
        """Saves; refuses words that the clause does not hold, by whatever door they come."""
        check_quote(self.quote, self.clause)
        super().save(*args, **kwargs)

    @loaded_after("plans.clause", "targets.indicator")
    def natural_key(self) -> tuple[str, str]:
        return (self.plan.code, self.code)

    @property
    def all_steps(self) -> "list[Step]":
        """The steps in order of time, read once where many targets are judged."""
        if "known_steps" in self.__dict__:
            return self.known_steps
        return sorted(self.steps.all(), key=lambda step: step.due)

    @property
    def all_quotas(self) -> "list[Quota]":
        """All versions of all quotas, read once where many targets are judged."""
        return self.known_quotas if "known_quotas" in self.__dict__ else list(self.quotas.all())

    @property
    def all_versions(self) -> "list[TargetVersion]":
        """The rules that it had before its own, in the order in which they were changed, read once for many targets."""
        if "known_versions" in self.__dict__:
            return self.known_versions
        return list(self.versions.all())

    @property
    def rules_held(self) -> list[HeldRule]:
        """The rules by which the target is judged, each with the months of the plan in which the rule holds."""
        first, last, versions = self.plan.first_month, self.plan.last_month, self.all_versions
        if not versions:
            return [HeldRule(first, last, self)]
        rules = [*(version.restored(self) for version in versions), self._alone()]
        found = [(first, rules[0])]
        for version, rule in zip(versions, rules[1:], strict=True):
            found = [begun for begun in found if begun[0] < version.from_month]
            found.append((max(version.from_month, first), rule))
        ends = [*(month.shifted(-1) for month, _rule in found[1:]), last]
        for (begins, rule), end in zip(found, ends, strict=True):
            rule.held = begins, end
        return [HeldRule(begins, end, rule) for (begins, rule), end in zip(found, ends, strict=True)]

    def _alone(self) -> "Target":
        """A copy of the target that has only its own rule; to be read, never to be saved."""
        made = copy.copy(self)
        made.known_versions = []
        return made

    @property
    def newest_from(self) -> Month:
        """The month from which its own rule holds."""
        return self.rules_held[-1].first

    def in_month(self, month: Month) -> "Target":
        """It as it is judged in a month of the plan."""
        if not self.all_versions:
            return self
        return next((held.target for held in self.rules_held if held.first <= month <= held.last), self)

    @property
    def by_plan(self) -> bool:
        """Whether figures are counted over the whole plan: an event that was done stays done."""
        return self.counting == self.Counting.PLAN or self.comparator == self.Comparator.DONE_BY

    @property
    def counts_earlier(self) -> bool:
        """Whether figures of the months before the plan count too: it begins in the course of a year, by which the
        target is counted."""
        return self.plan.first_month.number != 1 and not self.by_plan

    @property
    def rule(self) -> TargetRule:
        """What decides the judgement, as the formulas take it."""
        against = self.operand if self.operand is not None else self.indicator
        return TargetRule(
            self.comparator,
            self.threshold_kind,
            self.threshold,
            self.threshold_upper,
            self.tolerance,
            self.baseline,
            self.due,
            self.warning_margin,
            self.plan.pace_tolerance,
            self.indicator.rule,
            against.scale,
        )

    def course(self, steps: Iterable[StepOfCourse] = ()) -> Course:
        """When it is judged and what its pace follows; `steps` in order of time."""
        plan, steps = self.plan, tuple(steps)
        return Course(
            plan.first_month,
            plan.last_month,
            self.first_month or plan.first_month,
            Month.of(self.due),
            self.by_plan,
            steps,
            self.threshold if steps else None,
        )

    def clean(self) -> None:
        """The rules that span rows."""
        if not promising.is_filled(self, *promising.WHOLE):
            return
        check_quote(self.quote, self.clause)
        if self.clause.plan_id != self.plan_id:
            raise ValidationError({"clause": _("The clause belongs to another plan.")})
        promising.check_target(self)


_TargetAssignmentManager = models.Manager.from_queryset(AssignmentQuerySet)


class TargetAssignmentManager(_TargetAssignmentManager["TargetAssignment"]):
    """Finds rows by the names that fixtures use."""

    def get_by_natural_key(self, plan: str, code: str, department: str) -> "TargetAssignment":
        return self.get(target__plan__code=plan, target__code=code, department__code=department)


class TargetAssignment(AbstractAssignment):
    """A department's role for a target."""

    of_plan = "target__plan"

    target = models.ForeignKey(
        Target, models.CASCADE, related_name="assignments", verbose_name=_("target"), db_index=False
    )

    objects = TargetAssignmentManager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("responsibility for a target")
        verbose_name_plural = _("responsibilities for targets")
        ordering = ["target", "role", "department"]
        constraints = [models.UniqueConstraint(fields=["target", "department"], name="target_assignment_once")]

    def __str__(self) -> str:
        return f"{self.target} · {self.department} · {self.get_role_display()}"

    @loaded_after("targets.target", "departments.department")
    def natural_key(self) -> tuple[str, str, str]:
        return (*self.target.natural_key(), self.department.code)

    def clean(self) -> None:
        check_words(self.quote, self.target.clause.text, _("These words do not stand in the target's clause."))
        self.check_holder(self.target.plan.region_id)
