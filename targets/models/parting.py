"""How a promise is divided: over time into steps, over regions into quotas."""

from decimal import Decimal
from itertools import pairwise
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from departments import access
from departments.models import Region, User
from departments.models.columns import loaded_after
from departments.permissions import Action
from plans.fields import MonthField
from plans.periods import Month
from targets.entry_rules.figures import Problem, check_quota
from targets.messages import problem_sentence
from targets.models.indicator import Indicator, bound
from targets.models.promising import STEPPED, UPWARD, WHOLE, is_filled, takes_quotas
from targets.models.target import Target


class StepManager(models.Manager["Step"]):
    """Finds rows by the names that fixtures use."""

    def get_by_natural_key(self, plan: str, target: str, due: str) -> "Step":
        return self.get(target__plan__code=plan, target__code=target, due=due)


class Step(models.Model):
    """阶段目标: what a target must have reached by an earlier date than its own.

    The pace of a count bends at its steps. A rate or a reading is held against the latest step that is due; whether its
    promise holds is told by the threshold alone.
    """

    target = models.ForeignKey(Target, models.CASCADE, related_name="steps", verbose_name=_("target"), db_index=False)
    due = models.DateField(_("due"))
    threshold = models.DecimalField(_("threshold"), max_digits=15, decimal_places=6)

    objects = StepManager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = pgettext_lazy("of a target", "step")
        verbose_name_plural = _("steps")
        ordering = ["due"]
        constraints = [models.UniqueConstraint(fields=["target", "due"], name="step_due_once")]

    def __str__(self) -> str:
        return f"{self.target} · {self.due}"

    @loaded_after("targets.target")
    def natural_key(self) -> tuple[str, str, str]:
        return (*self.target.natural_key(), str(self.due))

    def clean(self) -> None:
        """A step lies on the way to its target, in time and in number."""
        if not is_filled(self, "target_id", "due", "threshold") or not is_filled(self.target, *WHOLE):
            return
        self._check_kind()
        begins = self.target.first_month or self.target.plan.first_month
        if not begins.last_day < self.due < self.target.due:
            raise ValidationError({"due": _("A step lies after the target's first month and before its due date.")})
        self._check_order()

    def _check_kind(self) -> None:
        target = self.target
        if target.comparator not in STEPPED or target.threshold_kind != Target.ThresholdKind.CONSTANT:
            raise ValidationError(_("Only a number that is to be reached or kept has steps."))
        if target.indicator.rule.accumulates and target.comparator not in UPWARD:
            raise ValidationError(_("A limit of a count that only grows has no steps: passed once, it is passed."))

    def _check_order(self) -> None:
        """From step to step towards the threshold: a count from 0 upward, anything else as the comparator goes."""
        target, counted = self.target, self.target.indicator.rule.accumulates
        stored = target.steps.exclude(pk=self.pk).exclude(due=self.due) if target.pk else ()
        ordered = sorted([*((step.due, step.threshold) for step in stored), (self.due, self.threshold)])
        aim = target.threshold if target.threshold is not None else self.threshold
        way = [*([Decimal(0)] if counted else []), *(number for _due, number in ordered), aim]
        upward = target.comparator in UPWARD
        if any((late < early) if upward else (late > early) for early, late in pairwise(way)):
            raise ValidationError(
                {"threshold": _("Steps lead to the threshold, each at least as near to it as the one before.")}
            )


class QuotaQuerySet(models.QuerySet["Quota"]):
    """Questions about quotas."""

    def in_regions_of(self, user: User) -> Self:
        """Those of the regions whose lights the person sees: whoever works for a county sees that county's alone. Of
        plans of which the caller knows that the person sees them."""
        return self.filter(region__in=access.reach(user, Action.VIEW_OBSERVATIONS).judged)

    def in_force(self, month: Month) -> Self:
        """Those by which a month is judged: of each target and region the latest version; empty ones among them."""
        later = Quota.objects.filter(
            target=models.OuterRef("target"),
            region=models.OuterRef("region"),
            from_month__lte=month,
            from_month__gt=models.OuterRef("from_month"),
        )
        return self.filter(~models.Exists(later), from_month__lte=month)


_QuotaManager = models.Manager.from_queryset(QuotaQuerySet)


class QuotaManager(_QuotaManager["Quota"]):
    """Finds rows by the names that fixtures use."""

    def get_by_natural_key(self, plan: str, target: str, region: str, from_month: str) -> "Quota":
        return self.get(
            target__plan__code=plan, target__code=target, region__code=region, from_month=Month.parse(from_month)
        )


class Quota(models.Model):
    """分解指标: a region's own threshold of a target, from a month on until a later version holds.

    `source` is the paper that issued it (文号). `reason` says why the quotas of its version fall short of the
    whole. A version without a threshold ends what the region owed; 0 is a number.
    """

    target = models.ForeignKey(Target, models.CASCADE, related_name="quotas", verbose_name=_("target"), db_index=False)
    region = models.ForeignKey(Region, models.PROTECT, related_name="quotas", verbose_name=_("region"))
    threshold = bound(_("threshold"))
    from_month = MonthField(_("from month"))
    source = models.CharField(_("paper"), max_length=300, blank=True)
    reason = models.CharField(_("reason why the sum falls short of the whole"), max_length=400, blank=True)

    objects = QuotaManager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")
        ordering = ["from_month", "pk"]
        constraints = [models.UniqueConstraint(fields=["target", "region", "from_month"], name="quota_version_once")]

    def __str__(self) -> str:
        return f"{self.target} · {self.region} · {self.from_month}"

    @loaded_after("targets.target", "departments.region")
    def natural_key(self) -> tuple[str, str, str, str]:
        return (*self.target.natural_key(), self.region.code, str(self.from_month))

    def clean(self) -> None:
        """A quota is of a target that has quotas, of a part of the plan's region, from a month of the plan on."""
        if not is_filled(self, "target_id", "region_id", "from_month") or not is_filled(self.target, *WHOLE):
            return
        target, plan = self.target, self.target.plan
        if target.coverage == Target.Coverage.WHOLE or not takes_quotas(target):
            raise ValidationError(_("This target is judged for the plan's region alone, or by no number of its own."))
        if not self._is_part():
            raise ValidationError({"region": _("A quota is of a part of the plan's region.")})
        if not plan.first_month <= self.from_month <= plan.last_month:
            raise ValidationError({"from_month": _("A quota holds from a month of the plan on.")})
        problems = problems_of(target.indicator, self.threshold) if self.threshold is not None else []
        if problems:
            raise ValidationError({"threshold": [problem_sentence(problem) for problem in problems]})

    def _is_part(self) -> bool:
        """Whether the region is judged: a part, or with quotas of counts a part of a part."""
        whole, above = self.target.plan.region_id, self.region.parent
        if self.target.coverage == Target.Coverage.PARTS:
            return above is not None and above.pk == whole
        while above is not None and above.pk != whole:
            above = above.parent
        return above is not None


def problems_of(indicator: Indicator, number: Decimal) -> list[Problem]:
    """Why a number is no quota of the indicator, by whatever door it comes."""
    counted = indicator.measure == Indicator.Measure.COUNT
    return check_quota(number, indicator.minimum, indicator.maximum, counted=counted)
