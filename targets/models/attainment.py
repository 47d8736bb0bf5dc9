"""What is derived: attainments, and the keys that say what must be derived anew."""

from decimal import Decimal
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from departments import access
from departments.models import Region, User
from departments.permissions import Action
from plans.fields import MonthField, optional_month
from plans.models import Plan
from plans.periods import Month
from targets.arithmetic.accumulation import month_numbers
from targets.arithmetic.formulas import Signal, UnassessableReason, Verdict
from targets.arithmetic.pace import time_progress
from targets.models.fields import ExactDecimalField, MonthSetField, NumbersField
from targets.models.indicator import Indicator
from targets.models.parting import Quota
from targets.models.target import Target


class AttainmentQuerySet(models.QuerySet["Attainment"]):
    """Questions about attainments."""

    def visible_to(self, user: User) -> Self:
        """Of the plans that the person sees: the lights of the plan's region, and of the regions that the person's own
        is a part of or consists of. Whoever sees one county sees that county and its wholes, and no other county."""
        return self.in_regions_of(user).filter(target__plan__in=Plan.objects.visible_to(user).values("pk"))

    def in_regions_of(self, user: User) -> Self:
        """The same of plans of which the caller knows that the person sees them."""
        reached = access.reach(user, Action.VIEW_OBSERVATIONS)
        own = models.Q(region__in=reached.judged) | models.Q(region_id=models.F("target__plan__region_id"))
        return self.filter(own)

    def with_rules(self) -> "list[Attainment]":
        """The attainments in a list, each with its target as it was judged in that month."""
        found: list[Attainment] = [*self]
        for attainment in found:
            attainment.of_target(attainment.target)
        return found

    def of_plan(self, plan: Plan, *, region_id: int | None = None) -> Self:
        """The attainments of a plan's targets for a region (the plan's own by default), in the plan's order, with all
        that explains them."""
        return (
            self.filter(target__plan=plan, region_id=region_id or plan.region_id)
            .select_related("target__indicator", "target__operand", "target__plan", "target__clause", "region")
            .select_related("target__operand_region", "quota")
            .prefetch_related("target__steps", "target__versions")
            .order_by("target__order", "target__code", "month")
        )


class Attainment(models.Model):
    """A target judged for a region as of a month, with everything that explains it. Written by `recompute` alone.

    `numerator` / `denominator` × the indicator's scale is the exact actual (denominator 1 where nothing is divided);
    `actual` and `compared` are written out to at least 15 significant digits, and never contradict the verdict.
    `pace` is what a count ought to have reached by then, where its light follows a pace. `quota` is the version of the
    region's own threshold that was in force. `months` and `missing` are sets of months as bits, of which bit 0 is
    `counted_from`, the month in which counting begins. `revisions` are the ids of all revisions used. The rows can be
    rebuilt from observations at any time, so they carry no foreign key constraints of their own.
    """

    class VerdictChoices(models.TextChoices):
        MET = Verdict.MET.value, _("met")
        NOT_MET = Verdict.NOT_MET.value, _("not met")
        NO_DATA = Verdict.NO_DATA.value, _("no data")
        NOT_ASSESSABLE = Verdict.NOT_ASSESSABLE.value, _("not assessable")

    class SignalChoices(models.TextChoices):
        GREEN = Signal.GREEN.value, _("green")
        YELLOW = Signal.YELLOW.value, _("yellow")
        RED = Signal.RED.value, _("red")
        GREY = Signal.GREY.value, _("grey")

    class ReasonChoices(models.TextChoices):
        OPERAND_MISSING = UnassessableReason.OPERAND_MISSING.value, _("the indicator compared with has no data")
        BASELINE_MISSING = UnassessableReason.BASELINE_MISSING.value, _("the baseline is missing")
        DENOMINATOR_ZERO = UnassessableReason.DENOMINATOR_ZERO.value, _("the denominator is zero")
        NO_LAST_YEAR = UnassessableReason.NO_LAST_YEAR.value, _("there is no figure for the same months of last year")
        NOT_OWED = UnassessableReason.NOT_OWED.value, _("the region has no quota")

    pk = models.CompositePrimaryKey("target_id", "region_id", "month")
    target = models.ForeignKey(
        Target,
        models.CASCADE,
        related_name="attainments",
        db_index=False,
        db_constraint=False,
        verbose_name=_("target"),
    )
    region = models.ForeignKey(
        Region,
        models.CASCADE,
        related_name="attainments",
        db_index=False,
        db_constraint=False,
        verbose_name=_("region"),
    )
    month = MonthField(_("month"))
    verdict = models.CharField(_("verdict"), max_length=14, choices=VerdictChoices.choices)
    reason = models.CharField(_("reason"), max_length=16, choices=ReasonChoices.choices, blank=True)
    signal = models.CharField(_("light"), max_length=6, choices=SignalChoices.choices)
    numerator = ExactDecimalField(_("numerator"), null=True)
    denominator = ExactDecimalField(_("denominator"), null=True)
    actual = ExactDecimalField(_("actual"), null=True)
    compared = ExactDecimalField(_("compared with"), null=True)
    done_on = models.DateField(_("done on"), null=True)
    progress = ExactDecimalField(_("progress"), null=True)
    needed = ExactDecimalField(_("needed from now on"), null=True)
    needed_reachable = models.BooleanField(_("within reach"), null=True)
    milestones_due = models.PositiveSmallIntegerField(_("milestones due"), null=True)
    milestones_done = models.PositiveSmallIntegerField(_("milestones done"), null=True)
    pace = ExactDecimalField(_("pace"), null=True)
    quota = models.ForeignKey(
        Quota,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("quota"),
    )
    counted_from = MonthField(_("counted from"))
    last_month = optional_month(_("last month with data"), blank=False)
    months = MonthSetField(_("months with data"))
    missing = MonthSetField(_("expected months missing"))
    target_version = models.PositiveIntegerField(_("version of the target"))
    formula_version = models.PositiveSmallIntegerField(_("version of the formulas"))
    revisions = NumbersField(_("revisions used"))
    inputs_hash = models.CharField(_("hash of the inputs"), max_length=64)

    objects = AttainmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attainment")
        verbose_name_plural = _("attainments")

    def __str__(self) -> str:
        return f"{self.target_id} · {self.region_id} · {self.month} · {self.signal}"

    def of_target(self, target: Target) -> None:
        """Sets its target, as it was judged in the month: with the rule that held then."""
        self.target = target.in_month(self.month)

    @property
    def time_progress(self) -> Decimal:
        """时序进度: the share of the months of its way that have gone, m / 12 for what is due in December."""
        gone = time_progress(self.target.course(), self.month)
        return gone.numerator / gone.denominator

    @property
    def missing_months(self) -> list[Month]:
        """The expected months in which a part or all of the data is missing."""
        return [self.counted_from.shifted(number - 1) for number in month_numbers(self.missing)]

    @property
    def last_data_month(self) -> Month | None:
        """The last month with approved data."""
        return self.last_month


class DirtyKey(models.Model):
    """An indicator in a region whose attainments are out of date from a month on (no region: in every region).

    Written in the transaction that changed the facts, deleted in the one that recomputed; a lost message loses nothing.
    """

    indicator = models.ForeignKey(
        Indicator, models.CASCADE, related_name="+", db_index=False, verbose_name=_("indicator")
    )
    region = models.ForeignKey(
        Region, models.CASCADE, related_name="+", null=True, db_index=False, verbose_name=_("region")
    )
    month = MonthField(_("from month"))
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("key to recompute")
        verbose_name_plural = _("keys to recompute")

    def __str__(self) -> str:
        return f"{self.indicator_id} · {self.region_id} · {self.month}"


class AppliedFormulas(models.Model):
    """By which version of the formulas the attainments are judged: one row. A process that knows only older formulas
    writes no attainments any more; one that knows newer ones has everything judged anew. Written by `recompute` alone.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.PositiveSmallIntegerField(_("version of the formulas"))

    class Meta:
        verbose_name = _("applied formulas")
        verbose_name_plural = _("applied formulas")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="formulas_applied_once")]

    def __str__(self) -> str:
        return str(self.version)
