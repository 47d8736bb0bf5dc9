"""Deadlines on working days, and the moment at which it is too late."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.models import CalendarDay, Plan
from plans.periods import Month
from targets.expected.deadlines import Deadlines
from targets.tests import factories as f

pytestmark = pytest.mark.django_db


def test_the_deadlines_of_2014(plan_2014: Plan) -> None:
    found = [str(one.day)[5:] for one in Deadlines.of(plan_2014).by_month.values()]
    assert found == [
        "02-07",
        "03-05",
        "04-08",
        "05-05",
        "06-05",
        "07-07",
        "08-05",
        "09-05",
        "10-08",
        "11-05",
        "12-05",
        "01-05",
    ]


def test_a_deadline_says_which_holiday_moved_it(plan_2014: Plan) -> None:
    found = Deadlines.of(plan_2014)
    september, june, may = (found[Month(2014, number)] for number in (9, 6, 5))
    assert (september.moved, september.holiday, september.planned) == (True, "国庆节", date(2014, 10, 5))
    assert (june.moved, june.holiday) == (True, "")
    assert not may.moved


def test_a_sunday_worked_in_exchange_is_a_deadline() -> None:
    CalendarDay.objects.create(day=date(2014, 10, 5), kind="workday", name="国庆节")
    assert Deadlines.of(f.plan())[Month(2014, 9)].day == date(2014, 10, 5)


def test_a_plan_may_leave_its_deadlines_where_they_are(plan_2014: Plan) -> None:
    plan_2014.deadline_moves = False
    plan_2014.save()
    september = Deadlines.of(plan_2014)[Month(2014, 9)]
    assert (september.day, september.moved, september.holiday) == (date(2014, 10, 5), False, "")
    assert plan_2014.history.first().deadline_moves is False


def test_the_last_second_of_the_day_in_shanghai_is_on_time(plan_2014: Plan) -> None:
    ends = Deadlines.of(plan_2014)[Month(2014, 9)].ends
    shanghai = ZoneInfo("Asia/Shanghai")
    assert datetime(2014, 10, 8, 23, 59, 59, 999_999, tzinfo=shanghai) < ends
    assert datetime(2014, 10, 9, tzinfo=shanghai) == ends


def test_a_year_of_which_the_calendar_holds_nothing_is_told(plan_2014: Plan) -> None:
    assert Deadlines.of(plan_2014).unknown_years == []
    assert Deadlines.of(f.plan(2027)).unknown_years == [2027, 2028]
    assert Deadlines.of(f.plan(2026))[Month(2026, 12)].day == date(2027, 1, 5)
    assert Deadlines.of(f.plan(2026)).unknown_years == [2027]


def test_a_whole_year_takes_one_query(plan_2014: Plan) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert len(Deadlines.of(plan_2014).by_month) == 12
    assert len(captured) == 1
