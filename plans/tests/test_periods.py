"""Months as values."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.periods import Month, expected_months, months_of

months = st.builds(Month, st.integers(1950, 2900), st.integers(1, 12))


@given(months)
def test_a_month_survives_text_and_key(month: Month) -> None:
    assert Month.parse(str(month)) == month
    assert Month.from_key(month.key) == month


@given(months, st.integers(-500, 500))
def test_moving_there_and_back_is_where_one_was(month: Month, distance: int) -> None:
    assert month.shifted(distance).shifted(-distance) == month
    assert (month.shifted(distance) > month) == (distance > 0)


@given(months)
def test_the_day_after_the_last_day_is_the_first_of_the_next(month: Month) -> None:
    assert month.last_day + timedelta(days=1) == month.shifted(1).first_day
    assert Month.of(month.last_day) == month


@given(months, months)
def test_months_sort_like_their_days(one: Month, other: Month) -> None:
    assert (one < other) == (one.first_day < other.first_day) == (one.key < other.key)


@pytest.mark.parametrize("text", ["2014-13", "2014-00", "2014", "14-06", "2014-6", "2014/06", "", "二〇一四-06"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        Month.parse(text)


def test_a_plan_year_has_twelve_months() -> None:
    assert [str(months_of(2014)[index]) for index in (0, 11)] == ["2014-01", "2014-12"]
    assert Month.parse("2014-02").last_day == date(2014, 2, 28)


def test_quarters_end_in_march_june_september_and_december() -> None:
    assert expected_months("quarterly") == (3, 6, 9, 12)
    assert expected_months("annual") == (12,)
    assert len(expected_months("monthly")) == 12
