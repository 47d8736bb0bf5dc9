"""Where a count ought to be by the end of each month, and how far its time has gone."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.periods import Month
from targets.arithmetic.pace import Course, PaceStep, stage_of, time_progress, windows

M = Month.parse
YEAR = Course(M("2014-01"), M("2014-12"), M("2014-01"), M("2014-12"))
THREE_YEARS = Course(M("2023-01"), M("2025-12"), M("2023-01"), M("2025-12"), by_plan=True)
JUNE_60 = replace(YEAR, steps=(PaceStep(date(2014, 6, 30), D(60)),), threshold=D(100))

months = st.builds(Month, st.integers(2014, 2024), st.integers(1, 12))


def wanted(course: Course, threshold: int, *named: str) -> list[Fraction]:
    """What a count ought to have reached by the end of the months."""
    shares = [stage_of(course, M(month)).pace for month in named]
    return [threshold * Fraction(share.numerator) / Fraction(share.denominator) for share in shares]


def gone(course: Course, month: str) -> Fraction:
    found = time_progress(course, M(month))
    return Fraction(found.numerator) / Fraction(found.denominator)


def test_a_year_s_pace_is_a_twelfth_a_month() -> None:
    assert wanted(YEAR, 4081, "2014-01", "2014-06", "2014-12") == [Fraction(4081, 12), Fraction(4081, 2), 4081]


def test_what_is_due_in_june_is_paced_until_june() -> None:
    assert wanted(replace(YEAR, due=M("2014-06")), 120, "2014-01", "2014-05", "2014-06") == [20, 100, 120]


def test_what_is_due_after_the_plan_is_paced_over_the_year_when_counted_by_year() -> None:
    assert wanted(replace(YEAR, due=M("2015-06")), 120, "2014-06", "2014-12") == [60, 120]


def test_a_plan_of_three_years_with_600_promised_wants_200_after_the_first() -> None:
    assert wanted(THREE_YEARS, 600, "2023-01", "2023-12", "2024-12", "2025-06") == [Fraction(600, 36), 200, 400, 500]


def test_counted_by_year_each_year_begins_anew() -> None:
    by_year = replace(THREE_YEARS, by_plan=False, due=M("2025-06"))
    assert wanted(by_year, 120, "2023-06", "2023-12", "2024-01", "2025-03", "2025-06") == [60, 120, 10, 60, 120]


def test_a_pace_bends_at_its_steps_and_runs_straight_between_them() -> None:
    assert wanted(JUNE_60, 100, "2014-03", "2014-06", "2014-09", "2014-12") == [30, 60, 80, 100]


def test_of_two_steps_in_a_month_the_later_counts() -> None:
    course = replace(JUNE_60, steps=(PaceStep(date(2014, 6, 10), D(50)), PaceStep(date(2014, 6, 30), D(60))))
    assert wanted(course, 100, "2014-03", "2014-06") == [30, 60]


def test_a_year_s_step_is_what_the_year_is_to_reach() -> None:
    steps = (PaceStep(date(2023, 12, 31), D(50)), PaceStep(date(2024, 6, 30), D(80)))
    course = replace(THREE_YEARS, by_plan=False, steps=steps, threshold=D(100))
    assert wanted(course, 100, "2023-06", "2023-12", "2024-03", "2024-06", "2024-12", "2025-06") == [
        25,
        50,
        40,
        80,
        80,
        50,
    ]
    aims = [stage_of(course, M(month)).aim for month in ("2023-01", "2024-01", "2025-01")]
    assert [Fraction(aim.numerator) / Fraction(aim.denominator) * 100 for aim in aims] == [50, 80, 100]


def test_steps_of_a_plan_over_years_bend_one_line() -> None:
    course = replace(THREE_YEARS, steps=(PaceStep(date(2024, 6, 30), D(500)),), threshold=D(600))
    assert wanted(course, 600, "2023-09", "2024-06", "2025-03", "2025-12") == [250, 500, 550, 600]


def test_a_pace_that_begins_later_wants_nothing_before() -> None:
    course = replace(YEAR, begins=M("2014-07"))
    assert wanted(course, 60, "2014-06", "2014-07", "2014-09", "2014-12") == [0, 10, 30, 60]
    assert [gone(course, month) for month in ("2014-06", "2014-09")] == [0, Fraction(1, 2)]


def test_a_pace_that_begins_in_the_second_year_wants_nothing_in_the_first() -> None:
    course = replace(THREE_YEARS, by_plan=False, begins=M("2024-07"))
    assert wanted(course, 60, "2023-12", "2024-06", "2024-08", "2025-01") == [0, 0, 20, 5]
    assert [gone(course, month) for month in ("2023-06", "2024-12")] == [0, 1]


@pytest.mark.parametrize(
    ("course", "month", "share"),
    [
        (YEAR, "2014-05", Fraction(5, 12)),
        (replace(YEAR, due=M("2014-06")), "2014-05", Fraction(5, 6)),
        (replace(YEAR, due=M("2014-06")), "2014-09", 1),
        (replace(YEAR, due=M("2013-06")), "2014-03", Fraction(1, 4)),
        (THREE_YEARS, "2024-06", Fraction(1, 2)),
        (replace(THREE_YEARS, by_plan=False), "2024-06", Fraction(1, 2)),
        (replace(THREE_YEARS, due=M("2023-12")), "2025-06", 1),
    ],
)
def test_time_progress_is_the_share_of_the_way_that_has_gone(course: Course, month: str, share: Fraction) -> None:
    assert gone(course, month) == share


@pytest.mark.parametrize(
    ("course", "month", "left"),
    [
        (YEAR, "2014-05", 7),
        (replace(YEAR, due=M("2014-06")), "2014-05", 1),
        (replace(YEAR, due=M("2014-06")), "2014-08", 0),
        (replace(YEAR, due=M("2015-06")), "2014-05", 7),
        (replace(YEAR, due=M("2013-06")), "2014-05", 0),
        (THREE_YEARS, "2024-06", 18),
        (replace(THREE_YEARS, by_plan=False), "2024-06", 6),
    ],
)
def test_months_are_left_until_the_due_month_or_the_end_of_the_year_that_is_counted(
    course: Course, month: str, left: int
) -> None:
    assert stage_of(course, M(month)).left == left


def test_a_reading_is_held_against_the_latest_step_that_is_due_and_before_that_against_the_first() -> None:
    course = replace(
        YEAR, steps=(PaceStep(date(2014, 6, 30), D(60)), PaceStep(date(2014, 9, 30), D(80))), threshold=D(100)
    )
    found = [stage_of(course, M(month)) for month in ("2014-05", "2014-06", "2014-08", "2014-09")]
    assert [(one.step, one.step_is_due) for one in found] == [(60, False), (60, True), (60, True), (80, True)]


def test_months_of_years_after_the_due_one_are_frozen() -> None:
    course = replace(THREE_YEARS, due=M("2024-06"))
    assert [str(month) for month in (course.frozen[0], course.frozen[-1])] == ["2025-01", "2025-12"]
    assert windows(course)[-1].stages[-1].month == M("2024-12")


def test_what_was_due_before_its_plan_is_never_frozen() -> None:
    assert replace(THREE_YEARS, due=M("2022-12")).frozen == []


def test_figures_are_expected_in_the_plan_s_own_months_though_the_whole_year_is_counted() -> None:
    (window,) = windows(replace(YEAR, first=M("2014-07")), (3, 6, 9, 12))
    assert (window.first, window.skipped, len(window.months)) == (M("2014-01"), 6, 12)
    assert [stage.expected for stage in window.stages] == [0, 0, 1 << 8, 1 << 8, 1 << 8, 1 << 8 | 1 << 11]


@given(months, st.integers(0, 40), st.integers(0, 40), st.integers(0, 60), st.booleans(), st.integers(0, 12))
def test_every_month_has_its_stage_and_no_pace_ever_falls_or_passes_the_whole(
    first: Month, length: int, begins: int, due: int, by_plan: bool, step: int
) -> None:
    course = Course(first, first.shifted(length), first.shifted(min(begins, length)), first.shifted(due - 6), by_plan)
    if step:
        course = replace(course, steps=(PaceStep(first.shifted(step).last_day, D(step)),), threshold=D(12))
    found = [stage for window in windows(course) for stage in window.stages]
    assert [stage.month for stage in found] + course.frozen == course.months
    for window in windows(course):
        paces = [Fraction(one.pace.numerator) / Fraction(one.pace.denominator) for one in window.stages]
        assert paces == sorted(paces)
        assert all(0 <= pace <= 1 for pace in paces)
        assert [one.month.key for one in window.stages] == list(window.months[window.skipped :][: len(paces)])
    assert all(0 <= gone(course, str(month)) <= 1 for month in course.months)
