"""How far a task has come, by its milestones alone."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from targets.formulas import Milestone
from tasks.progress import LIGHTS, Status, progress

JUNE = date(2014, 6, 30)
DONE, DUE_LATER = Milestone(date(2014, 5, 31), date(2014, 5, 1)), Milestone(date(2014, 12, 31), None)
LATE, DONE_LATE = Milestone(JUNE, None), Milestone(date(2014, 5, 31), JUNE)
DONE_AFTER, DONE_EARLY = Milestone(JUNE, date(2014, 7, 1)), Milestone(date(2014, 12, 31), date(2014, 1, 2))


@pytest.mark.parametrize(
    ("milestones", "status", "light", "share"),
    [
        ([], "unknown", "grey", None),
        ([DUE_LATER], "not_started", "green", "0"),
        ([DONE, DUE_LATER], "on_course", "green", "0.5"),
        ([DONE_EARLY, DUE_LATER], "on_course", "green", "0.5"),
        ([DONE, DONE_LATE], "done", "green", "1"),
        ([DONE, LATE], "late", "red", "0.5"),
        ([DONE, DONE_AFTER, DUE_LATER], "late", "red", "0.333333333333333"),
        ([LATE], "late", "red", "0"),
    ],
)
def test_a_task_stands_where_its_milestones_put_it(
    milestones: list[Milestone], status: str, light: str, share: str | None
) -> None:
    found = progress(milestones, JUNE)
    assert (found.status, found.signal) == (status, light)
    assert found.share == (None if share is None else Decimal(share))


def test_the_day_itself_is_still_in_time() -> None:
    assert progress([LATE], JUNE - timedelta(days=1)).status == Status.NOT_STARTED
    assert progress([Milestone(JUNE, JUNE)], JUNE).status == Status.DONE


def test_every_status_has_its_light() -> None:
    assert set(LIGHTS) == set(Status)


days = some.dates(date(2014, 1, 1), date(2014, 12, 31))
steps = some.builds(Milestone, days, some.none() | days)


@given(some.lists(steps, max_size=6), days)
def test_the_order_of_milestones_changes_nothing(milestones: list[Milestone], day: date) -> None:
    assert progress(milestones, day) == progress(milestones[::-1], day)


@given(some.lists(steps, min_size=1, max_size=6), days, days)
def test_the_share_never_falls(milestones: list[Milestone], one: date, other: date) -> None:
    earlier, later = (progress(milestones, day).share for day in sorted((one, other)))
    assert earlier is not None
    assert later is not None
    assert 0 <= earlier <= later <= 1
