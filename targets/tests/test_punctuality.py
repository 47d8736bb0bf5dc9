"""How punctual reporting is: each status, and shares that never leave 0 to 1."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.workflow import ReviewState
from targets.expected.punctuality import (
    COUNTED,
    DatedEntry,
    HandingInFact,
    PunctualityTally,
    Status,
    fact_of,
    pool_tallies,
    status_of,
)

ENDS = datetime(2014, 7, 7, 16, tzinfo=UTC)
BEFORE, AFTER = ENDS - timedelta(microseconds=1), ENDS
STORED = sorted(set(ReviewState) - {ReviewState.DRAFT})
"""A draft is no entry yet."""
moments = st.integers(-600_000, 600_000).map(lambda seconds: ENDS + timedelta(seconds=seconds))
entries = st.lists(st.builds(DatedEntry, moments, st.sampled_from(STORED)), max_size=6)
tallies = st.builds(PunctualityTally, *[st.integers(0, 50)] * len(COUNTED))


@pytest.mark.parametrize(
    ("first", "provided", "now", "status"),
    [
        (BEFORE, True, AFTER, Status.ON_TIME),
        (BEFORE, True, BEFORE, Status.ON_TIME),
        (AFTER, True, AFTER, Status.LATE),
        (BEFORE, False, AFTER, Status.RETURNED),
        (BEFORE, False, BEFORE, Status.RETURNED),
        (AFTER, False, AFTER, Status.RETURNED),
        (None, False, BEFORE, Status.NOT_DUE),
        (None, False, AFTER, Status.MISSING),
    ],
)
def test_each_status(first: datetime | None, provided: bool, now: datetime, status: Status) -> None:
    assert status_of(HandingInFact(first, provided), ENDS, now) is status


def entered(*made: tuple[datetime, ReviewState]) -> Status:
    return status_of(fact_of(DatedEntry(*one) for one in made), ENDS, AFTER + timedelta(days=9))


def test_what_came_back_and_was_handed_in_again_counts_from_the_first_time() -> None:
    assert entered((BEFORE, ReviewState.RETURNED)) is Status.RETURNED
    assert entered((BEFORE, ReviewState.RETURNED), (AFTER, ReviewState.SUBMITTED)) is Status.ON_TIME
    assert entered((AFTER, ReviewState.RETURNED), (AFTER, ReviewState.APPROVED)) is Status.LATE


def test_a_correction_that_came_back_takes_nothing_away() -> None:
    assert entered((BEFORE, ReviewState.APPROVED), (AFTER, ReviewState.RETURNED)) is Status.ON_TIME


def test_a_late_correction_of_what_was_on_time_is_not_late() -> None:
    assert entered((BEFORE, ReviewState.SUPERSEDED), (AFTER, ReviewState.APPROVED)) is Status.ON_TIME


def test_what_was_withdrawn_is_missing_until_it_is_entered_again() -> None:
    assert entered((BEFORE, ReviewState.WITHDRAWN)) is Status.MISSING
    assert entered((BEFORE, ReviewState.SUPERSEDED), (BEFORE, ReviewState.WITHDRAWN)) is Status.MISSING
    assert entered((BEFORE, ReviewState.WITHDRAWN), (AFTER, ReviewState.SUBMITTED)) is Status.LATE


@given(entries)
def test_what_is_there_was_handed_in_once(made: list[DatedEntry]) -> None:
    fact = fact_of(made)
    assert not fact.provided or fact.first_at is not None


@given(entries, moments, moments)
def test_time_alone_turns_only_not_due_into_missing(made: list[DatedEntry], one: datetime, two: datetime) -> None:
    fact, (earlier, later) = fact_of(made), sorted((one, two))
    before, after = (status_of(fact, ENDS, now) for now in (earlier, later))
    assert before is after or (before, after) == (Status.NOT_DUE, Status.MISSING)


@given(entries, moments)
def test_every_expected_figure_has_a_status_that_is_counted(made: list[DatedEntry], now: datetime) -> None:
    tally = PunctualityTally.of([status_of(fact_of(made), ENDS, now)])
    assert tally.due == 1
    assert tally.status in COUNTED


@given(st.lists(tallies, max_size=12))
def test_shares_lie_between_0_and_1_and_are_pooled(months: list[PunctualityTally]) -> None:
    whole = pool_tallies(months)
    assert whole.due == sum(one.due for one in months)
    if whole.due == 0:
        assert (whole.punctuality, whole.completeness) == (None, None)
        return
    assert whole.punctuality is not None
    assert whole.completeness is not None
    assert 0 <= whole.punctuality <= whole.completeness <= 1
    assert whole.completeness == Fraction(sum(one.provided for one in months), sum(one.due for one in months))


def test_shares_are_not_averaged() -> None:
    assert pool_tallies(
        [PunctualityTally(on_time=1), PunctualityTally(on_time=90, missing=10)]
    ).punctuality == Fraction(91, 101)


@given(st.lists(st.sampled_from(COUNTED), max_size=20))
def test_a_cell_shows_the_worst_of_its_figures(statuses: list[Status]) -> None:
    order = list(Status)
    worst = min(statuses, key=order.index, default=Status.NOTHING_EXPECTED)
    assert PunctualityTally.of(statuses).status is worst
    assert PunctualityTally.of(statuses).due == len(statuses)
