"""What can be measured month after month, across years and plans. It has no threshold."""

from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from departments import access
from departments.models import Department, User
from departments.models.columns import loaded_after
from departments.permissions import Action
from plans.models import Plan
from plans.periods import expected_months
from targets.arithmetic.accumulation import IndicatorRule, month_set

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def bound(verbose_name: "StrOrPromise") -> "models.DecimalField[Decimal | None, Decimal | None]":
    """An optional figure in the indicator's unit."""
    return models.DecimalField(verbose_name, max_digits=15, decimal_places=6, null=True, blank=True)


class IndicatorQuerySet(models.QuerySet["Indicator"]):
    """Questions about indicators; finds rows by the names that fixtures use."""

    def visible_to(self, user: User) -> Self:
        """Those of the departments of the person's own city, of what is above and below it, and those that a plan uses
        which the person sees. An indicator without a department belongs to whoever's plans use it; while none does, to
        whoever is alone in this installation."""
        plans = Plan.objects.visible_to(user).values("pk")
        lineage = access.reach(user, Action.VIEW_PLAN).lineage
        used = Q(pk__in=self.model.objects.filter(targets__plan__in=plans).values("pk"))
        used |= Q(pk__in=self.model.objects.filter(operand_of__plan__in=plans).values("pk"))
        used |= Q(pk__in=self.model.objects.filter(former_operand_of__target__plan__in=plans).values("pk"))
        others = Department.objects.exclude(region__in=lineage)
        nobodys = Q(department__isnull=True, targets__isnull=True, operand_of__isnull=True)
        nobodys &= Q(former_operand_of__isnull=True)
        free = self.model.objects.filter(nobodys, ~Exists(others)).values("pk")
        return self.filter(used | Q(department__region__in=lineage) | Q(pk__in=free))

    def get_by_natural_key(self, code: str) -> "Indicator":
        return self.get(code=code)


class Indicator(models.Model):
    """Something that is measured; how its months and regions combine is the domain's "Indicator".

    `scale` turns numerator / denominator into the unit (100 for %). `definition` is the 口径: what is counted, where.
    The names and units of numerator and denominator make the explanation readable: 抽检 1 243 批次，合格 1 160 批次.
    """

    class Measure(models.TextChoices):
        LEVEL = "level", _("a reading")
        COUNT = "count", _("a count")
        RATIO = "ratio", _("a ratio")
        EVENT = "event", _("an event")

    class Direction(models.TextChoices):
        HIGHER = "higher", _("higher is better")
        LOWER = "lower", _("lower is better")

    class EntryBasis(models.TextChoices):
        MONTH = "month", _("this month's figure")
        TO_DATE = "to_date", _("January to this month")

    class TimeRule(models.TextChoices):
        SUM = "sum", _("sum")
        LAST = "last", _("last reading")
        MEAN = "mean", _("mean")
        MAX = "max", _("highest reading")
        POOLED = "pooled", _("pooled: sum of numerators / sum of denominators")

    class DenominatorRule(models.TextChoices):
        SUM = "sum", _("sum")
        LAST = "last", _("last reading")

    class RegionRule(models.TextChoices):
        OWN = "own", _("measured at the region itself")
        SUM = "sum", _("sum of the parts")
        POOLED = "pooled", _("pooled from the parts")

    class Frequency(models.TextChoices):
        MONTHLY = "monthly", _("monthly")
        QUARTERLY = "quarterly", _("quarterly")
        HALF_YEARLY = "half_yearly", _("half-yearly")
        ANNUAL = "annual", _("annual")

    code = models.SlugField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)
    measure = models.CharField(_("measure"), max_length=10, choices=Measure.choices)
    direction = models.CharField(_("direction"), max_length=10, choices=Direction.choices)
    entry_basis = models.CharField(_("what is entered"), max_length=10, choices=EntryBasis.choices, default="month")
    time_rule = models.CharField(_("year to date"), max_length=10, choices=TimeRule.choices)
    denominator_rule = models.CharField(
        _("year to date of the denominator"), max_length=10, choices=DenominatorRule.choices, blank=True
    )
    region_rule = models.CharField(_("from parts to whole"), max_length=10, choices=RegionRule.choices, default="own")
    frequency = models.CharField(_("frequency"), max_length=11, choices=Frequency.choices, default="monthly")
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    scale = models.DecimalField(_("scale"), max_digits=12, decimal_places=3, default=Decimal(1))
    decimals = models.PositiveSmallIntegerField(_("decimals shown"), default=0)
    minimum = bound(_("lowest possible value"))
    maximum = bound(_("highest possible value"))
    usual_low = bound(_("usually at least"))
    usual_high = bound(_("usually at most"))
    numerator_name = models.CharField(_("numerator"), max_length=60, blank=True)
    numerator_unit = models.CharField(_("unit of the numerator"), max_length=20, blank=True)
    denominator_name = models.CharField(_("denominator"), max_length=60, blank=True)
    denominator_unit = models.CharField(_("unit of the denominator"), max_length=20, blank=True)
    definition = models.TextField(_("definition"), blank=True)
    source = models.CharField(_("source of the figures"), max_length=300, blank=True)
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="indicators",
        verbose_name=_("reporting department"),
    )

    objects = IndicatorQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="indicator_ratio_is_pooled_or_last",
                condition=Q(measure="ratio", time_rule__in=("pooled", "last"), denominator_rule__in=("sum", "last"))
                | (~Q(measure="ratio") & ~Q(time_rule="pooled") & Q(denominator_rule="", scale=1)),
                violation_error_message=_(
                    "A ratio is pooled or last and says how its denominator accumulates; percentages are never "
                    "averaged. Nothing but a ratio has a scale, a denominator or the rule pooled."
                ),
            ),
            models.CheckConstraint(
                name="indicator_event_rule",
                condition=~Q(measure="event") | Q(time_rule="max", region_rule="own", entry_basis="month"),
                violation_error_message=_(
                    'An event is entered by month, with the time rule "highest reading", for a region itself.'
                ),
            ),
            models.CheckConstraint(
                name="indicator_level_rule",
                condition=~Q(measure="level") | Q(time_rule__in=("last", "mean", "max")),
                violation_error_message=_("Readings are not added up: take the last, the mean or the highest."),
            ),
            models.CheckConstraint(
                name="indicator_count_rule",
                condition=~Q(measure="count") | Q(time_rule__in=("sum", "last", "max")),
                violation_error_message=_("A count is added up, or the last or highest is taken."),
            ),
            models.CheckConstraint(
                name="indicator_to_date_rule",
                condition=Q(entry_basis="month") | Q(time_rule__in=("sum", "last", "pooled")),
                violation_error_message=_("What is entered to date already covers the year: no mean or highest of it."),
            ),
            models.CheckConstraint(
                name="indicator_region_rule",
                condition=Q(region_rule="own")
                | Q(region_rule="sum", measure__in=("count", "level"), time_rule__in=("sum", "last"))
                | Q(region_rule="pooled", measure="ratio"),
                violation_error_message=_("Parts are summed for counts and readings (sum or last), pooled for ratios."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @loaded_after("departments.department")
    def natural_key(self) -> tuple[str]:
        return (self.code,)

    def clean(self) -> None:
        for low, high in (("minimum", "maximum"), ("usual_low", "usual_high")):
            lower, upper = getattr(self, low), getattr(self, high)
            if lower is not None and upper is not None and lower > upper:
                raise ValidationError({high: _("The upper bound lies below the lower one.")})

    @property
    def is_ratio(self) -> bool:
        return self.measure == self.Measure.RATIO

    @property
    def rule(self) -> IndicatorRule:
        """How the figures combine, as the formulas take it."""
        return IndicatorRule(
            self.measure,
            self.direction,
            self.entry_basis,
            self.time_rule,
            self.denominator_rule,
            self.region_rule,
            month_set(expected_months(self.frequency)),
            self.scale,
        )
