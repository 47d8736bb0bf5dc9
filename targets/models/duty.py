"""Who is expected to report what, from which month until which."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from departments.models import Department
from departments.models.columns import loaded_after
from plans.fields import optional_month
from plans.periods import Month
from targets.models.indicator import Indicator

COUNTY = Department.Kind.COUNTY_GOVERNMENT


class ReportingDutyQuerySet(models.QuerySet["ReportingDuty"]):
    """Questions about duties; finds rows by the names that fixtures use."""

    def get_by_natural_key(self, indicator: str | None, department: str | None, since: Month | None) -> "ReportingDuty":
        return self.get(indicator__code=indicator, department__code=department, since=since)

    def beside(self, duty: "ReportingDuty") -> Self:
        """The other duties for the same figures: of a county the same county's, of a bureau those of its region."""
        others = self.exclude(pk=duty.pk)
        if duty.is_countys:
            return others.filter(indicator=duty.indicator_id, department=duty.department_id)
        return others.of_bureaus(duty.indicator_id, duty.place_id)

    def of_bureaus(self, indicator_id: int | None, region_id: int | None) -> Self:
        """The bureaus' duties for an indicator's figure of a region; of any region for None."""
        found = self.filter(indicator=indicator_id).exclude(department__kind=COUNTY)
        if region_id is None:
            return found
        at_home = Q(indicator__department=None) | Q(indicator__department__region=region_id)
        return found.filter(Q(department__region=region_id) | Q(department=None) & at_home)


class ReportingDuty(models.Model):
    """A department reports an indicator from one month to another (both included; empty: without end).

    A bureau's duty is about the figure of the region where it is, a county government's about the county's: where two
    cities share an indicator, each names its own. Only a county's may leave the indicator open: it stands for
    everything that the county is asked for. The months that no duty names are not expected at all, so a closed unit
    leaves numerator and denominator together. A duty without a department says that the figure is due and nobody has
    been named. An indicator of which a region has no duties, or a county without any, is expected in every month, of
    the indicator's present department or of the county. A county that is never asked for an indicator has a duty that
    ended before the plan began.
    """

    indicator = models.ForeignKey(
        Indicator,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="duties",
        verbose_name=_("indicator"),
        help_text=_("Only for a county it may stay empty: everything that is asked of the county."),
    )
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reporting_duties",
        verbose_name=_("department"),
        help_text=_("Empty: the figure is due, and nobody has been named."),
    )
    since = optional_month(_("first month"), help_text=_("Empty: from the beginning."))
    until = optional_month(_("last month"), help_text=_("Empty: until further notice."))

    objects = ReportingDutyQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("reporting duty")
        verbose_name_plural = _("reporting duties")
        ordering = ["indicator", "since"]
        constraints = [
            models.CheckConstraint(
                condition=Q(indicator__isnull=False) | Q(department__isnull=False),
                name="duty_names_something",
                violation_error_message=_("Name an indicator or a county."),
            ),
            models.CheckConstraint(
                condition=Q(since__isnull=True) | Q(until__isnull=True) | Q(since__lte=F("until")),
                name="duty_ends_after_its_start",
                violation_error_message=_("The last month lies before the first one."),
            ),
            models.UniqueConstraint(fields=["indicator", "department", "since"], name="duty_once"),
            # The same where one of them is empty, which the constraint above takes for different every time.
            models.UniqueConstraint(
                Coalesce("indicator", Value(0)),
                Coalesce("department", Value(0)),
                Coalesce("since", Value(0), output_field=models.PositiveIntegerField()),
                name="duty_starts_once",
                violation_error_message=_("There is such a duty from this month on already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator or '*'} · {self.department or '—'} · {self.since or ''}…{self.until or ''}"

    @loaded_after("targets.indicator", "departments.department")
    def natural_key(self) -> tuple[str | None, str | None, Month | None]:
        return (
            self.indicator.code if self.indicator else None,
            self.department.code if self.department else None,
            self.since,
        )

    def clean(self) -> None:
        if self.indicator_id is None and not self.is_countys:
            raise ValidationError({"indicator": _("Name the indicator: only a county's duty may be for everything.")})
        if any(self.overlaps(other) for other in ReportingDuty.objects.beside(self)):
            raise ValidationError(_("Another duty for the same figures covers some of these months. End it first."))

    @property
    def is_countys(self) -> bool:
        """Whether the duty is a county government's, for the county's own figures."""
        return self.department is not None and self.department.kind == COUNTY

    @property
    def place_id(self) -> int | None:
        """The region whose figure it is about: where the department is, or else that of the indicator."""
        unit = self.department or (self.indicator.department if self.indicator is not None else None)
        return unit.region_id if unit is not None else None

    def covers(self, month: Month) -> bool:
        """Whether the month is one of the duty's."""
        return (self.since is None or self.since <= month) and (self.until is None or month <= self.until)

    def overlaps(self, other: "ReportingDuty") -> bool:
        """Whether the two have a month in common."""
        starts_in_time = self.since is None or other.until is None or self.since <= other.until
        return starts_in_time and (other.since is None or self.until is None or other.since <= self.until)
