"""Where a task stands, by its milestones, dates and reports alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from plans.periods import Month
from tasks.rules.progress import MOST_OPEN, SIGNALS, MilestoneStanding, TaskSpan, TaskState, judge_task_progress
from tasks.wording.explanation import explain_task_state
from tasks.wording.lights import LIGHTS

JUNE = date(2014, 6, 30)
YEAR = TaskSpan(date(2014, 1, 1), date(2014, 12, 31), Decimal("0.8"))
DONE, DUE_LATER = MilestoneStanding(date(2014, 5, 31), date(2014, 5, 1)), MilestoneStanding(date(2014, 12, 31))
LATE, DONE_LATE = MilestoneStanding(JUNE), MilestoneStanding(date(2014, 5, 31), JUNE)
DONE_AFTER, DONE_EARLY = (
    MilestoneStanding(JUNE, date(2014, 7, 1)),
    MilestoneStanding(date(2014, 12, 31), date(2014, 1, 2)),
)
NEAR = date(2014, 7, 30)
BEGUN = replace(DUE_LATER, reported=30)


@pytest.mark.parametrize(
    ("steps", "state", "light", "share"),
    [
        ([], "unknown", "grey", None),
        ([DUE_LATER], "not_started", "green", "0"),
        ([BEGUN], "on_course", "green", "0.3"),
        ([DONE, DUE_LATER], "on_course", "green", "0.5"),
        ([DONE_EARLY, DUE_LATER], "on_course", "green", "0.5"),
        ([DONE, DONE_LATE], "done", "green", "1"),
        ([DONE, LATE], "late", "red", "0.5"),
        ([DONE, DONE_AFTER, DUE_LATER], "late", "red", "0.333333333333333"),
        ([LATE], "late", "red", "0"),
        ([MilestoneStanding(NEAR)], "at_risk", "yellow", "0"),
        ([MilestoneStanding(NEAR + timedelta(days=1))], "not_started", "green", "0"),
    ],
)
def test_a_task_stands_where_its_milestones_put_it(
    steps: list[MilestoneStanding], state: str, light: str, share: str | None
) -> None:
    found = judge_task_progress(steps, YEAR, JUNE)
    assert (found.state, found.signal) == (state, light)
    assert found.share == (None if share is None else Decimal(share))


def test_the_day_itself_is_still_in_time() -> None:
    assert judge_task_progress([LATE], YEAR, JUNE - timedelta(days=1)).state != TaskState.LATE
    assert judge_task_progress([MilestoneStanding(JUNE, JUNE)], YEAR, JUNE).state == TaskState.DONE


def test_near_its_day_a_milestone_is_at_risk_below_the_plans_share_of_the_pace() -> None:
    """180 of 210 days have passed: 80 % of 85.71 is 68.57."""
    found = judge_task_progress([MilestoneStanding(NEAR, reported=68)], YEAR, JUNE)
    assert (found.state, found.wanted) == (TaskState.AT_RISK, 69)
    assert judge_task_progress([MilestoneStanding(NEAR, reported=69)], YEAR, JUNE).state == TaskState.ON_COURSE


def test_a_report_starts_a_task_and_its_absence_never_changes_a_light() -> None:
    assert (
        judge_task_progress([DUE_LATER], replace(YEAR, last_report=Month(2014, 1)), JUNE).state == TaskState.ON_COURSE
    )
    assert judge_task_progress([DUE_LATER], YEAR, JUNE).signal == "green"


def test_a_task_without_milestones_is_late_once_it_is_due() -> None:
    assert judge_task_progress([], YEAR, date(2014, 12, 30)).state == TaskState.UNKNOWN
    assert judge_task_progress([], YEAR, date(2014, 12, 31)).state == TaskState.LATE


def test_closed_is_from_the_day_on_and_not_with_an_open_milestone() -> None:
    closed = replace(YEAR, closed_on=JUNE)
    assert judge_task_progress([DONE], closed, JUNE).state == TaskState.CLOSED
    assert judge_task_progress([DONE], closed, JUNE - timedelta(days=1)).state == TaskState.DONE
    assert judge_task_progress([DONE, DUE_LATER], closed, JUNE).state == TaskState.ON_COURSE
    assert judge_task_progress([], closed, JUNE).state == TaskState.CLOSED


def test_weights_count_only_where_every_milestone_has_one() -> None:
    heavy, light = replace(DONE, weight=70), replace(DUE_LATER, weight=30)
    assert judge_task_progress([heavy, light], YEAR, JUNE).share == Decimal("0.7")
    assert judge_task_progress([heavy, replace(light, weight=None)], YEAR, JUNE).share == Decimal("0.5")


def test_every_state_has_its_light() -> None:
    assert set(SIGNALS) == set(TaskState) == set(LIGHTS)
    assert all(LIGHTS[state].colour == signal for state, signal in SIGNALS.items())


days = some.dates(date(2013, 12, 1), date(2015, 1, 31))
steps_of_a_task = some.builds(
    MilestoneStanding,
    days,
    some.none() | days,
    some.none() | some.integers(1, 100),
    some.integers(0, 100),
    some.just("步"),
)
tasks = some.lists(steps_of_a_task, max_size=6)
spans = some.builds(
    TaskSpan,
    some.just(date(2014, 1, 1)),
    days,
    some.decimals(0, 1, places=3),
    some.none() | days,
    some.none() | some.builds(Month, some.just(2014), some.integers(1, 12)),
)
RANK = {
    TaskState.CLOSED: 0,
    TaskState.DONE: 0,
    TaskState.ON_COURSE: 1,
    TaskState.NOT_STARTED: 1,
    TaskState.UNKNOWN: 1,
    TaskState.AT_RISK: 2,
    TaskState.LATE: 3,
}
"""How bad a state is; what has no light of its own is as good as another."""


def is_open(step: MilestoneStanding, day: date) -> bool:
    return step.done_on is None or step.done_on > day


@given(tasks, spans, days)
def test_nothing_is_done_or_closed_with_an_open_milestone(
    steps: Sequence[MilestoneStanding], span: TaskSpan, day: date
) -> None:
    found = judge_task_progress(steps, span, day)
    if any(is_open(one, day) for one in steps):
        assert found.state not in (TaskState.DONE, TaskState.CLOSED)
        assert found.share is not None
        assert found.share < 1


@given(tasks, spans, days)
def test_nothing_is_on_course_that_is_late(steps: Sequence[MilestoneStanding], span: TaskSpan, day: date) -> None:
    late = any(one.due <= day and is_open(one, day) for one in steps)
    assert (judge_task_progress(steps, span, day).signal == "red") == (late or (not steps and _due_and_open(span, day)))


def _due_and_open(span: TaskSpan, day: date) -> bool:
    return span.due <= day and not (span.closed_on is not None and span.closed_on <= day)


@given(tasks, spans, days, some.integers(0, 400), some.data())
def test_moving_a_date_later_never_makes_it_worse(
    steps: list[MilestoneStanding], span: TaskSpan, day: date, by: int, data: some.DataObject
) -> None:
    later = timedelta(days=by)
    before = RANK[judge_task_progress(steps, span, day).state]
    if steps:
        place = data.draw(some.integers(0, len(steps) - 1))
        moved = [replace(one, due=one.due + later) if number == place else one for number, one in enumerate(steps)]
        assert RANK[judge_task_progress(moved, span, day).state] <= before
    assert RANK[judge_task_progress(steps, replace(span, due=span.due + later), day).state] <= before


@given(tasks, spans, days)
def test_the_order_of_milestones_changes_nothing(steps: list[MilestoneStanding], span: TaskSpan, day: date) -> None:
    one, other = judge_task_progress(steps, span, day), judge_task_progress(steps[::-1], span, day)
    assert (one.state, one.share, one.number) == (other.state, other.share, other.number)


@given(tasks, spans, days, days)
def test_what_is_done_never_falls(steps: list[MilestoneStanding], span: TaskSpan, one: date, other: date) -> None:
    earlier, later = (judge_task_progress(steps, span, day) for day in sorted((one, other)))
    assert earlier.done <= later.done
    assert (earlier.share or 0) <= (later.share or 0) <= 1


@given(tasks, spans, days)
def test_every_state_is_explained_and_names_what_makes_it(
    steps: list[MilestoneStanding], span: TaskSpan, day: date
) -> None:
    found = judge_task_progress(steps, span, day)
    sentence = explain_task_state(found, day)
    assert sentence
    assert "None" not in sentence
    if found.deciding is not None and found.state in (TaskState.LATE, TaskState.AT_RISK):
        assert is_open(found.deciding, day)
        assert found.deciding.title in sentence
        assert found.deciding.percentage(day) <= MOST_OPEN
