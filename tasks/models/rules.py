"""By which rules a plan's promises are pressed: the office's settings, never the code's."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from departments.models.columns import loaded_after
from plans.models import Plan

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


def _days(
    name: "str | _StrPromise", usual: int, longest: int, help_text: "str | _StrPromise" = ""
) -> "models.PositiveSmallIntegerField[int, int]":
    limits = [MinValueValidator(1), MaxValueValidator(longest)]
    return models.PositiveSmallIntegerField(name, default=usual, validators=limits, help_text=help_text)


class SupervisionRulesManager(models.Manager["SupervisionRules"]):
    """Finds rows by the names that fixtures use."""

    def get_by_natural_key(self, plan: str) -> "SupervisionRules":
        return self.get(plan__code=plan)


class SupervisionRules(models.Model):
    """How notices are numbered and signed, their limits in working days, and when something is proposed or escalated.

    A plan without such a row goes by the defaults. `number` holds {year} and {serial}, the year being the one in which
    the notice is issued.
    """

    plan = models.OneToOneField(Plan, models.CASCADE, related_name="supervision_rules", verbose_name=_("plan"))
    number = models.CharField(
        _("form of the number"),
        max_length=40,
        default="督〔{year}〕{serial}号",
        help_text=_("With {year} and {serial} where the year and the running number stand."),
    )
    letterhead = models.CharField(
        _("letterhead"),
        max_length=60,
        blank=True,
        help_text=_("In red above the notice. Empty: made from the plan's issuer."),
    )
    signer = models.CharField(
        _("signed by"), max_length=60, blank=True, help_text=_("Below the notice. Empty: the plan's issuer.")
    )
    urgent_days = _days(_("limit in working days: urgent"), 3, 5)
    ordinary_days = _days(_("limit in working days: ordinary"), 15, 60)
    difficult_days = _days(_("limit in working days: difficult"), 30, 120)
    leader_after = _days(
        _("working days after the limit until the leadership is told"),
        3,
        60,
        _("The unit's reviewer is told on the day after the limit."),
    )
    red_months = _days(_("months of red light after which supervision is proposed"), 2, 12)
    silent_months = _days(_("months without any figure after which supervision is proposed"), 2, 12)
    silence_days = _days(
        _("days without log-in or figures after which a unit's reviewer is told"),
        30,
        365,
    )
    silence_further_days = _days(_("further days after which the plan office is told"), 10, 365)

    objects = SupervisionRulesManager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("rules of supervision")
        verbose_name_plural = _("rules of supervision")
        ordering = ["plan"]

    def __str__(self) -> str:
        return str(self.plan)

    @loaded_after("plans.plan")
    def natural_key(self) -> tuple[str]:
        return (self.plan.code,)

    @classmethod
    def of(cls, plan: Plan) -> "SupervisionRules":
        """The plan's rules, or the defaults."""
        return cls.objects.filter(plan=plan).select_related("plan").first() or cls(plan=plan)

    @classmethod
    def of_plans(cls, plans: Collection[Plan]) -> dict[int, "SupervisionRules"]:
        """The rules of several plans, or their defaults, by the plan's id."""
        known = {rules.plan_id: rules for rules in cls.objects.filter(plan__in=plans)}
        return {plan.pk: known.get(plan.pk) or cls(plan=plan) for plan in plans}

    def clean(self) -> None:
        try:
            numbers = {self.numbered(2014, serial) for serial in (1, 2)} | {self.numbered(2015, 1)}
        except (KeyError, ValueError, IndexError):
            numbers = set()
        if len(numbers) < 3:
            raise ValidationError({"number": _("Write {year} and {serial} where the year and the number stand.")})

    def numbered(self, year: int, serial: int) -> str:
        """The number as it is printed."""
        return self.number.format(year=year, serial=serial)

    def limit(self, urgency: str) -> int:
        """How many working days an urgency leaves."""
        return {"urgent": self.urgent_days, "ordinary": self.ordinary_days, "difficult": self.difficult_days}[urgency]
