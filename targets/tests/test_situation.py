"""Where plans stand on a day, and what follows for plans that are not for the twelve months of a year."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.permissions import Role
from plans.models import CalendarDay, Plan
from plans.periods import Month, months_between
from targets.expected.deadlines import Deadlines, deadlines_of, last_months_with_data
from targets.expected.month_standings import by_year, standings_of_months
from targets.expected.plan_situation import Situation
from targets.expected.timeliness import timeliness_matrix_of
from targets.services.locking import close_plan_month
from targets.services.reporting import month_being_reported
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
SPAN: dict[str, Any] = {"first_month": Month(2013, 7), "last_month": Month(2016, 6)}


def codes(plans: Iterable[Plan]) -> list[str]:
    return [plan.code for plan in plans]


@pytest.mark.parametrize(
    ("today", "running", "asking"),
    [
        (date(2013, 12, 31), ["2013"], ["2013"]),
        (date(2014, 1, 5), ["2013", "2014"], ["2013", "2014"]),
        (date(2014, 1, 6), ["2013", "2014"], ["2013", "2014"]),
        (date(2014, 1, 31), ["2013", "2014"], ["2013", "2014"]),
        (date(2014, 2, 1), ["2014"], ["2013", "2014"]),
        (date(2014, 3, 6), ["2014"], ["2013", "2014"]),
        (date(2014, 3, 7), ["2014"], ["2014"]),
        (date(2026, 1, 1), ["2013", "2014"], []),
    ],
)
def test_last_years_plan_runs_through_january_and_is_asked_for_two_months_after_its_last_deadline(
    today: date, running: list[str], asking: list[str]
) -> None:
    plans = [f.another_plan(str(year), year) for year in (2013, 2014)]
    situation = Situation.of(plans, today)
    assert (codes(situation.running()), codes(situation.asking())) == (running, asking)


def test_the_open_months_of_a_plan_over_years_are_those_that_are_due_and_not_closed() -> None:
    plan = f.another_plan("years", 2013, **SPAN)
    close_plan_month(plan, Month(2013, 9), by=f.coordinator())
    found = Situation.of([plan], date(2014, 2, 10)).open(plan)
    assert found == [month for month in months_between(Month(2013, 7), Month(2014, 1)) if month != Month(2013, 9)]


def test_of_many_plans_the_situation_takes_as_many_queries_as_of_one() -> None:
    plans = [f.another_plan(f"plan-{number}", 2013 + number % 3) for number in range(12)]

    def queries(number: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            Situation.of(plans[:number], date(2014, 2, 10))
        return len(captured)

    assert queries(1) == queries(12) == 3


def test_the_last_month_with_data_of_a_plan_over_years_may_lie_in_any_of_them() -> None:
    plan, other = f.another_plan("years", 2013, **SPAN), f.another_plan("other", 2014)
    for measured, of in ((f.indicator("count"), plan), (f.indicator("count"), other)):
        f.target(measured, threshold=10, plan=of, due=of.last_month.last_day)
        f.official(f.entry(measured, "2014-03", 1))
        if of is plan:
            f.official(f.entry(measured, "2015-02", 1))
    assert last_months_with_data([plan, other]) == {plan.pk: Month(2015, 2), other.pk: Month(2014, 3)}


def test_deadlines_of_many_plans_read_the_calendar_once() -> None:
    plans = [f.another_plan("one", 2014, deadline_day=3), f.another_plan("years", 2013, **SPAN, deadline_moves=True)]
    with CaptureQueriesContext(connection) as captured:
        found = deadlines_of(plans)
    assert len(captured) == 1
    assert [found[plan.pk][Month(2014, 6)].day.day for plan in plans] == [3, 7]


def test_of_a_calendar_year_only_the_years_in_which_its_days_lie_are_said_to_be_unknown() -> None:
    CalendarDay.objects.create(day=date(2014, 1, 1), kind="holiday", name="元旦")
    deadlines = Deadlines.of(f.another_plan("years", 2013, **SPAN, deadline_moves=True))
    assert deadlines.unknown_years == [2013, 2015, 2016]
    assert deadlines.of_year(2014).unknown_years == [2015]
    assert len(deadlines.of_year(2014).by_month) == 12


def test_the_months_of_a_plan_over_years_are_told_year_by_year() -> None:
    office = f.department()
    plan = f.another_plan("years", 2013, **SPAN)
    f.target(f.indicator("count", department=office), threshold=10, plan=plan, due=date(2016, 6, 30))
    years = by_year(standings_of_months(plan))
    assert {year: len(rows) for year, rows in years.items()} == {2013: 6, 2014: 12, 2015: 12, 2016: 6}
    missing = [row.missing for rows in years.values() for row in rows]
    assert missing == [7] + [1] * 35, "January to June are counted with the first month, with which they are closed"
    client = Client()
    client.force_login(f.coordinator())
    page = client.get("/plans/years/months/").content.decode()
    assert [f'id="year-{year}"' in page for year in years] == [True] * 4
    assert client.post("/plans/years/months/2015-04/lock/", follow=True).status_code == 200
    assert [row.month for row in standings_of_months(plan) if row.lock] == [Month(2015, 4)]


def test_timeliness_of_a_plan_over_years_is_that_of_the_year_of_the_month_shown() -> None:
    office = f.department()
    plan = f.another_plan("years", 2013, **SPAN)
    f.target(f.indicator("count", department=office), threshold=10, plan=plan, due=date(2016, 6, 30))
    matrix = timeliness_matrix_of(plan, f.person(Role.LEADER), Month(2014, 4), datetime(2014, 8, 1, tzinfo=UTC))
    assert [str(deadline.month) for deadline in matrix.deadlines] == ["2014-01", "2014-02", "2014-03", "2014-04"]
    assert [line.passed.due for line in matrix.lines] == [4]


def test_the_month_being_reported_is_the_one_before_if_any_plan_holds_it() -> None:
    f.another_plan("last", 2013)
    f.another_plan("this", 2014)
    assert month_being_reported(date(2014, 1, 10)) == Month(2013, 12)
    assert month_being_reported(date(2014, 2, 10)) == Month(2014, 1)
    assert month_being_reported(date(2013, 1, 10)) == Month(2014, 1)
