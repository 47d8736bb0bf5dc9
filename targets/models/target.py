"""A plan's promise about one indicator."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from plans.models import AbstractAssignment, Clause, Plan
from plans.models.plan import check_quote
from plans.wording import with_parting
from targets.formulas import TargetRule
from targets.models.indicator import Indicator, bound


class TargetQuerySet(models.QuerySet["Target"]):
    """Questions about targets."""

    def in_force(self) -> "TargetQuerySet":
        """Without those of a plan that is a draft yet: they are not judged."""
        return self.filter(plan__state=Plan.State.PUBLISHED)

    def with_version(self) -> "TargetQuerySet":
        """Each target with `version`: how often it was written, counted in its history, so never wrong."""
        written = Target.history.filter(id=models.OuterRef("pk")).values("id").annotate(times=models.Count("pk"))
        return self.annotate(version=Coalesce(models.Subquery(written.values("times")), 0))


class TargetManager(models.Manager.from_queryset(TargetQuerySet)):  # type: ignore[misc]
    """Finds rows by the names that fixtures use."""

    def get_by_natural_key(self, plan: str, code: str) -> "Target":
        return self.get(plan__code=plan, code=code)


class Target(models.Model):
    """One promise in numbers; comparators and thresholds are domain.md, "Target".

    The number compared with is by `threshold_kind`: `constant` (threshold, for `between` also threshold_upper),
    `indicator` (operand, same region and months), `baseline` (baseline + threshold, which is then the change), or
    `nothing` (none, done_by, improves). `reference` is what had been reached before the plan, for showing only.
    `coverage` says whether the plan's region alone is judged, or its parts too, by the same threshold.
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

    class ThresholdKind(models.TextChoices):
        CONSTANT = "constant", _("a number")
        INDICATOR = "indicator", _("another indicator")
        BASELINE = "baseline", _("baseline + change")
        NOTHING = "nothing", _("nothing")

    class Firmness(models.TextChoices):
        BINDING = "binding", _("binding")
        ASPIRATIONAL = "aspirational", _("aspirational")

    class Coverage(models.TextChoices):
        WHOLE = "whole", _("the plan's region")
        PARTS = "parts", _("the plan's region and its parts")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="targets", verbose_name=_("plan"), db_index=False)
    code = models.SlugField(_("code"), max_length=60)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    name = models.CharField(_("name"), max_length=120)
    clause = models.ForeignKey(Clause, models.PROTECT, related_name="targets", verbose_name=_("clause"))
    quote = models.CharField(_("words of the plan"), max_length=400, blank=True)
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="targets", verbose_name=_("indicator"))
    comparator = models.CharField(_("comparator"), max_length=10, choices=Comparator.choices)
    threshold_kind = models.CharField(_("kind of threshold"), max_length=10, choices=ThresholdKind.choices)
    threshold = bound(_("threshold"))
    threshold_upper = bound(_("upper threshold"))
    operand = models.ForeignKey(
        Indicator, models.PROTECT, null=True, blank=True, related_name="operand_of", verbose_name=_("compared with")
    )
    baseline = bound(_("baseline"))
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
    coverage = models.CharField(_("judged for"), max_length=5, choices=Coverage.choices, default="whole")

    objects = TargetManager()
    history = HistoricalRecords()

    version: int
    """How often the target was written; there after `with_version()` alone."""

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["plan", "order", "code"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "code"], name="target_code_once"),
            models.CheckConstraint(
                name="target_threshold_fits_kind",
                condition=Q(
                    threshold_kind="constant", threshold__isnull=False, operand__isnull=True, baseline__isnull=True
                )
                | Q(threshold_kind="indicator", threshold__isnull=True, operand__isnull=False, baseline__isnull=True)
                | Q(threshold_kind="baseline", threshold__isnull=False, operand__isnull=True)
                | Q(threshold_kind="nothing", threshold__isnull=True, operand__isnull=True, baseline__isnull=True),
                violation_error_message=_(
                    "The threshold does not fit its kind: a number needs a threshold, another indicator an operand, "
                    "baseline + change the change as threshold, nothing none of them."
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
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves; refuses words that the clause does not hold, by whatever door they come."""
        check_quote(self.quote, self.clause)
        super().save(*args, **kwargs)

    def natural_key(self) -> tuple[str, str]:
        return (self.plan.code, self.code)

    natural_key.dependencies = ["plans.clause", "targets.indicator"]  # type: ignore[attr-defined]

    @property
    def rule(self) -> TargetRule:
        """What decides the judgement, as the formulas take it."""
        return TargetRule(
            self.comparator,
            self.threshold_kind,
            self.threshold,
            self.threshold_upper,
            self.baseline,
            self.due,
            self._due_month(),
            self.warning_margin,
            self.plan.pace_tolerance,
            self.indicator.rule,
        )

    def _due_month(self) -> int:
        years = self.due.year - self.plan.year
        return self.due.month if years == 0 else 1 if years < 0 else 13

    def clean(self) -> None:
        """The rules that span rows: the quote, the clause's plan, the measure, loops between indicators."""
        check_quote(self.quote, self.clause)
        if self.clause.plan_id != self.plan_id:
            raise ValidationError({"clause": _("The clause belongs to another plan.")})
        self._check_measure()
        self._check_coverage()
        self._check_loop()

    def _check_measure(self) -> None:
        is_event = self.indicator.measure == Indicator.Measure.EVENT
        if is_event != (self.comparator == self.Comparator.DONE_BY):
            raise ValidationError({"comparator": _("An event is promised with done by, and only an event.")})

    def _check_coverage(self) -> None:
        adds_up = (
            self.indicator.measure == Indicator.Measure.COUNT and self.threshold_kind != self.ThresholdKind.NOTHING
        )
        if self.coverage == self.Coverage.PARTS and adds_up:
            raise ValidationError(
                {"coverage": _("A count promised for the whole is not promised for each of its parts.")}
            )

    def _check_loop(self) -> None:
        """A loop: the plan's comparisons lead from the operand back to this target's own indicator."""
        if self.operand_id is None:
            return
        edges: dict[int, set[int]] = {}
        others = Target.objects.filter(plan_id=self.plan_id, operand__isnull=False).exclude(pk=self.pk)
        for indicator_id, operand_id in others.values_list("indicator_id", "operand_id"):
            edges.setdefault(indicator_id, set()).add(operand_id)
        seen, waiting = set(), [self.operand_id]
        while waiting:
            current = waiting.pop()
            if current == self.indicator_id:
                raise ValidationError(
                    {"operand": _("The comparison runs in a loop: it leads back to this target's own indicator.")}
                )
            if current not in seen:
                seen.add(current)
                waiting.extend(edges.get(current, ()))


class TargetAssignmentManager(models.Manager["TargetAssignment"]):
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

    def natural_key(self) -> tuple[str, str, str]:
        return (*self.target.natural_key(), self.department.code)

    natural_key.dependencies = ["targets.target", "departments.department"]  # type: ignore[attr-defined]

    def clean(self) -> None:
        if self.quote and self.quote not in self.target.clause.text:
            said = _("These words do not stand in the target's clause.")
            raise ValidationError({"quote": with_parting(said, self.quote, self.target.clause.text)})
