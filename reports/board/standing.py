"""Where a plan stands, as every page of leadership asks for it: as of a month, by what was official on a day.

The month and the day are told in the address (`?month=2014-06&as_of=2014-08-01`). What cannot be understood is said and
replaced by what is usual: the last month with data, and what is official now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plans.models import Plan
from plans.periods import Month
from targets.judging.loading import Loader, official_at, official_now
from targets.models import Target
from targets.reading.plan_promises import PlanPromises, judged_in
from targets.reading.selectors import (
    Duties,
    MonthSwitch,
    TargetRow,
    Trends,
    attainments_official_then,
    month_asked_for,
    month_switch_of,
    rows_of_attainments,
    trends,
    trends_of_attainments,
)

NO_SUCH_MONTH = _("The plan has no such month. This page shows the last month with data instead.")
NO_SUCH_DAY = _("This day was not understood or has not come yet. This page shows what is official now.")
EARLIEST = date(1900, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMoment:
    """The month that a page shows, and by what was official on which day.

    `day` is set where the page shows what was official at the end of an earlier day; `complaints` says what of the
    address was not understood.
    """

    months: MonthSwitch
    day: date | None
    complaints: Sequence[str]

    @property
    def month(self) -> Month:
        return self.months.shown

    @property
    def asked(self) -> dict[str, str]:
        """What other pages have to be asked to show the same."""
        return {"month": str(self.month)} | ({"as_of": self.day.isoformat()} if self.day else {})

    @property
    def query(self) -> str:
        """The same as it stands in an address."""
        return urlencode(self.asked)

    @property
    def day_query(self) -> str:
        """The day alone, behind a month in an address; nothing where what is official now is shown."""
        return f"&as_of={self.day.isoformat()}" if self.day else ""

    @property
    def end(self) -> datetime:
        """The last moment of the day; now, where what is official now is shown."""
        return end_of_local_day(self.day) if self.day else timezone.now()

    @property
    def loader(self) -> Loader:
        """The figures that were official then."""
        return official_at(self.end) if self.day else official_now


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStanding(ShownMoment):
    """Every target of a plan that the person may see, as of a month, in the plan's order."""

    promised: PlanPromises
    known: Trends
    rows: Sequence[TargetRow]

    @property
    def plan(self) -> Plan:
        return self.promised.plan

    @property
    def duties(self) -> Duties:
        """Who answers for which target."""
        return self.promised.duties


def read_plan_standing(promised: PlanPromises, asked: Mapping[str, str]) -> PlanStanding:
    """Where the plan stands, as the address asks."""
    plan = promised.plan
    day, _understood = read_shown_day(asked.get("as_of"))
    judged = (
        None
        if day is None
        else attainments_official_then(Target.objects.filter(plan=plan), plan.region, end_of_local_day(day))
    )
    known = trends(plan) if judged is None else trends_of_attainments(plan, judged)
    moment = read_shown_moment(plan, asked, known.last_month)
    if judged is None:
        found = judged_in(promised, moment.month)
    else:
        found = [attainment for attainment in judged if attainment.month == moment.month]
    return PlanStanding(
        months=moment.months,
        day=moment.day,
        complaints=moment.complaints,
        promised=promised,
        known=known,
        rows=rows_of_attainments(found, known),
    )


def read_shown_moment(plan: Plan, asked: Mapping[str, str], usual: Month | None) -> ShownMoment:
    """The month and the day that the address asks for; `usual` is the last month with data."""
    day, day_understood = read_shown_day(asked.get("as_of"))
    month, month_understood = month_asked_for(asked.get("month"), plan, usual)
    complaints = [] if month_understood else [str(NO_SUCH_MONTH)]
    complaints += [] if day_understood else [str(NO_SUCH_DAY)]
    return ShownMoment(months=month_switch_of(plan, month, usual), day=day, complaints=complaints)


def read_shown_day(text: str | None) -> tuple[date | None, bool]:
    """The day asked for, and whether it could be understood; today and no day at all are what is official now."""
    if not text:
        return None, True
    today = timezone.localdate()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None, False
    if not EARLIEST <= day <= today:
        return None, False
    return (None if day == today else day), True


def end_of_local_day(day: date) -> datetime:
    """The last moment of a day, where the plan's people live."""
    return timezone.make_aware(datetime.combine(day, time.max))
