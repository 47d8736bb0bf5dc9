"""What is typed and not handed in yet, and the months in which nothing may change any more."""

from collections.abc import Collection
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from departments.models import Region
from plans.fields import MonthField
from plans.models import Plan
from plans.periods import Month
from targets.models.indicator import Indicator


class Draft(models.Model):
    """A figure as somebody has typed it, saved field by field, so that nothing typed is lost, right or wrong.

    The text is understood only when it is handed in; a revision is made from it then. `version` counts the savings:
    whoever saves names the version seen last, so that nobody overwrites a colleague unawares. `by` saved it last;
    `typists` says who typed which number (see `reviews.authors`).
    """

    indicator = models.ForeignKey(
        Indicator, models.CASCADE, related_name="drafts", db_index=False, verbose_name=_("indicator")
    )
    region = models.ForeignKey(Region, models.CASCADE, related_name="drafts", db_index=False, verbose_name=_("region"))
    month = MonthField(_("month"))
    value = models.CharField(_("value"), max_length=60, blank=True)
    numerator = models.CharField(_("numerator"), max_length=60, blank=True)
    denominator = models.CharField(_("denominator"), max_length=60, blank=True)
    occurred_on = models.CharField(_("day"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=400, blank=True)
    typists = models.JSONField(_("who typed what"), default=dict, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("by")
    )
    saved_at = models.DateTimeField(_("saved at"), default=timezone.now)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        ordering = ["indicator", "region", "month"]
        constraints = [models.UniqueConstraint(fields=["indicator", "region", "month"], name="draft_once")]

    def __str__(self) -> str:
        return f"{self.indicator_id} · {self.region_id} · {self.month}"

    @property
    def is_blank(self) -> bool:
        """Whether no figure has been typed."""
        return not any((self.value, self.numerator, self.denominator))


class MonthLockQuerySet(models.QuerySet["MonthLock"]):
    """Questions about locks."""

    def closed(self, months: Collection[Month]) -> Self:
        """The locks that hold now for plans in force, of these months."""
        return self._held().filter(month__in=months)

    def closing(self, months: Collection[Month]) -> Self:
        """The locks that hold now for plans in force, by which any of these months is closed (see `closes`)."""
        first = Q(pk__in=())
        for year in {month.year for month in months}:
            first |= Q(month=models.F("plan__first_month"), month__range=(Month(year, 2), Month(year, 12)))
        return self._held().filter(Q(month__in=months) | first)

    def _held(self) -> Self:
        return self.filter(reopened_at__isnull=True, plan__state=Plan.State.PUBLISHED)


class MonthLock(models.Model):
    """封账: from `locked_at` on nothing that the plan asks for in the month may change, until it is reopened with a
    reason."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="locks", db_index=False, verbose_name=_("plan"))
    month = MonthField(_("month"))
    locked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("locked by")
    )
    locked_at = models.DateTimeField(_("locked at"), default=timezone.now)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("reopened by"),
    )
    reopened_at = models.DateTimeField(_("reopened at"), null=True, blank=True)
    reason = models.CharField(_("reason for reopening"), max_length=400, blank=True)

    objects = MonthLockQuerySet.as_manager()

    class Meta:
        verbose_name = _("lock of a month")
        verbose_name_plural = _("locks of months")
        ordering = ["-month", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "month"], condition=Q(reopened_at__isnull=True), name="month_locked_once"
            ),
            models.CheckConstraint(
                condition=Q(reopened_at__isnull=True, reopened_by__isnull=True, reason="")
                | (Q(reopened_at__isnull=False, reopened_by__isnull=False) & ~Q(reason="")),
                name="month_reopened_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} · {self.month}"

    def closes(self, month: Month) -> bool:
        """Whether it closes a month: its own; with a plan's first month the months before it that count for the plan
        are closed, those of the same year."""
        if month == self.month:
            return True
        return self.month == self.plan.first_month and month < self.month and month.year == self.month.year
