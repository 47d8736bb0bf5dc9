"""Working days: whatever the holidays, the sums agree."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.workdays import add_working_days, is_working_day, next_working_day, working_days_between

days = st.dates(date(2010, 1, 1), date(2030, 12, 31))
calendars = st.dictionaries(days, st.booleans(), max_size=60)
DAY = timedelta(days=1)
NATIONAL_DAY = {date(2014, 10, day): False for day in (1, 2, 3, 6, 7)} | {
    date(2014, 9, 28): True,
    date(2014, 10, 11): True,
}


def test_the_national_day_moves_a_deadline_to_the_eighth() -> None:
    assert next_working_day(date(2014, 10, 5), NATIONAL_DAY) == date(2014, 10, 8)


def test_a_weekend_worked_in_exchange_is_worked() -> None:
    assert is_working_day(date(2014, 10, 11), NATIONAL_DAY)
    assert not is_working_day(date(2014, 10, 12), NATIONAL_DAY)


def test_a_limit_of_three_days_over_the_holiday() -> None:
    assert add_working_days(date(2014, 9, 30), 3, NATIONAL_DAY) == date(2014, 10, 10)
    assert working_days_between(date(2014, 9, 30), date(2014, 10, 11), NATIONAL_DAY) == 4


@given(days)
def test_without_exceptions_monday_to_friday_are_worked(day: date) -> None:
    assert is_working_day(day, {}) == (day.isoweekday() <= 5)


@given(days, calendars)
def test_the_next_working_day_is_the_first_on_or_after(day: date, calendar: dict[date, bool]) -> None:
    found = next_working_day(day, calendar)
    assert found >= day
    assert is_working_day(found, calendar)
    assert not any(is_working_day(day + DAY * number, calendar) for number in range((found - day).days))
    assert next_working_day(found, calendar) == found


@given(days, st.integers(1, 60), calendars)
def test_a_limit_ends_on_a_working_day_after_so_many(day: date, number: int, calendar: dict[date, bool]) -> None:
    end = add_working_days(day, number, calendar)
    assert is_working_day(end, calendar)
    assert working_days_between(day, end, calendar) == number


@given(days, st.integers(0, 30), st.integers(0, 30), calendars)
def test_two_limits_after_each_other_are_their_sum(day: date, one: int, two: int, calendar: dict[date, bool]) -> None:
    after = add_working_days(add_working_days(day, one, calendar), two, calendar)
    assert after == add_working_days(day, one + two, calendar)


@given(st.tuples(days, days, days), calendars)
def test_days_between_add_up_and_count_backwards(found: tuple[date, date, date], calendar: dict[date, bool]) -> None:
    start, middle, end = sorted(found)
    first, second = (working_days_between(*pair, calendar) for pair in ((start, middle), (middle, end)))
    assert first + second == working_days_between(start, end, calendar) == -working_days_between(end, start, calendar)


def test_a_limit_of_no_days_ends_at_once_and_a_negative_one_is_refused() -> None:
    assert add_working_days(date(2014, 10, 4), 0, NATIONAL_DAY) == date(2014, 10, 4)
    with pytest.raises(ValueError, match="-1"):
        add_working_days(date(2014, 10, 4), -1, NATIONAL_DAY)
