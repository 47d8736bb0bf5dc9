"""What the plan that follows is called and which months it is for, as it is suggested and as it is chosen."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

from plans.models import Plan
from plans.periods import Month

LONGEST_CODE = 60


@dataclass(frozen=True, slots=True)
class NextPlanProposal:
    """The names and the months of a plan that is made from an earlier one."""

    code: str
    title: str
    first_month: Month
    last_month: Month
    number: str = ""

    @classmethod
    def suggested(cls, plan: Plan, after: Plan | None = None) -> Self:
        """As many months as the plan has, from the one on that follows it, or the last month of another plan."""
        begins = (after or plan).last_month.shifted(1)
        months = begins.index - plan.first_month.index
        title = with_later_years(plan.title, plan, months)
        return cls(code_after(plan, months), title, begins, plan.last_month.shifted(months))


def code_after(plan: Plan, months: int) -> str:
    """A code for the plan so many months later: the plan's code with later years in it, else the series with the year
    in which the later plan begins."""
    found = with_later_years(plan.code, plan, months)
    if found != plan.code:
        return found
    return f"{plan.series or plan.code}-{plan.first_month.shifted(months).year}"[-LONGEST_CODE:].strip("-")


def with_later_years(text: str, plan: Plan, months: int) -> str:
    """Replaces the plan's years in the text by the years of a plan that begins so many months later."""
    later = {month.year: month.shifted(months).year for month in plan.months}
    return re.sub(r"\d{4}", lambda found: str(later.get(int(found[0]), found[0])), text)


def shift_day_by_months(day: date, months: int) -> date:
    """The same day of the month so many months later; the last day of a month becomes a last day (28 February, 29
    February)."""
    month, end = Month.of(day).shifted(months), day == Month.of(day).last_day
    return month.last_day if end else date(month.year, month.number, min(day.day, month.last_day.day))
