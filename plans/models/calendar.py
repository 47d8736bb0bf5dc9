"""Which days are worked, where the weekday does not tell."""

from collections.abc import Iterable
from datetime import date
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from plans.workdays import Exceptions, is_weekday


class CalendarDayQuerySet(models.QuerySet["CalendarDay"]):
    """Questions about the calendar; finds rows by the names that fixtures use."""

    def get_by_natural_key(self, day: date | str) -> "CalendarDay":
        return self.get(day=day)

    def of_years(self, first: int, last: int) -> Self:
        """The days of these years, both included."""
        return self.filter(day__range=(date(first, 1, 1), date(last, 12, 31)))


class CalendarDay(models.Model):
    """An exception to Monday–Friday: a day off within the week, or a weekend day that is worked in exchange.

    The State Council announces each year's in the autumn before. A year of which nothing is entered counts Monday to
    Friday alone.
    """

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("day off")
        WORKDAY = "workday", _("worked in exchange")

    day = models.DateField(_("day"), unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("holiday"), max_length=60, help_text=_("The holiday for which the day is off or worked."))

    objects = CalendarDayQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("day of the calendar")
        verbose_name_plural = _("calendar of working days")
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name} · {self.get_kind_display()}"

    def natural_key(self) -> tuple[date]:
        return (self.day,)

    def clean(self) -> None:
        if self.day is None:
            return
        if self.kind == self.Kind.HOLIDAY and not is_weekday(self.day):
            raise ValidationError({"day": _("This is a Saturday or Sunday, which is off anyway. Leave it out.")})
        if self.kind == self.Kind.WORKDAY and is_weekday(self.day):
            raise ValidationError({"day": _("This day lies from Monday to Friday and is worked anyway. Leave it out.")})

    @property
    def is_worked(self) -> bool:
        return self.kind == self.Kind.WORKDAY


def exceptions_of(days: Iterable[CalendarDay]) -> Exceptions:
    """The days as `plans.workdays` takes them."""
    return {day.day: day.is_worked for day in days}
