"""Which department follows which: renamed, merged, split, one after the other."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from departments.rules.succession import ReformKind, ReformStep, reform_fits, successors

RENAMED, MERGED, SPLIT = ReformKind.RENAMED, ReformKind.MERGED, ReformKind.SPLIT
DAY = date(2015, 3, 1)


def step(before: set[int], after: set[int], day: date = DAY) -> ReformStep:
    return ReformStep(day, frozenset(before), frozenset(after))


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (RENAMED, {1}, {2}),
        (MERGED, {1, 2}, {3}),
        (MERGED, {1}, {2}),
        (MERGED, {1, 2}, {2}),
        (SPLIT, {1}, {2, 3}),
        (SPLIT, {1}, {1, 2}),
    ],
)
def test_departments_become_others(kind: ReformKind, before: set[int], after: set[int]) -> None:
    assert reform_fits(kind, before, after)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (RENAMED, {1}, {1}),
        (RENAMED, {1, 2}, {3}),
        (RENAMED, {1}, {2, 3}),
        (MERGED, {1, 2}, {3, 4}),
        (MERGED, {1}, {1}),
        (SPLIT, {1}, {2}),
        (SPLIT, {1, 2}, {3, 4}),
        (SPLIT, {1}, {1}),
        *((kind, set(), {1}) for kind in ReformKind),
        *((kind, {1}, set()) for kind in ReformKind),
    ],
)
def test_what_is_no_reform_of_its_kind_is_refused(kind: ReformKind, before: set[int], after: set[int]) -> None:
    assert not reform_fits(kind, before, after)


def test_a_reform_counts_from_its_day_on() -> None:
    steps = [step({1}, {2})]
    assert successors(steps, DAY - timedelta(1)) == {}
    assert successors(steps, DAY) == {1: {2}}


def test_reforms_follow_one_another() -> None:
    renamed, merged = step({1}, {2}, DAY), step({2, 3}, {4}, DAY + timedelta(30))
    assert successors([merged, renamed], DAY + timedelta(30)) == {1: {4}, 2: {4}, 3: {4}}


def test_a_department_that_lives_on_follows_itself() -> None:
    assert successors([step({1, 2}, {2})], DAY) == {1: {2}}
    assert successors([step({1}, {1, 2})], DAY) == {1: {1, 2}}


IDS = st.sets(st.integers(1, 8), min_size=1, max_size=3)
STEPS = st.lists(st.builds(step, IDS, IDS, st.dates(date(2014, 1, 1), date(2016, 1, 1))), max_size=6)


@given(STEPS, st.dates(date(2013, 1, 1), date(2017, 1, 1)))
def test_nobody_is_left_without_a_successor(steps: list[ReformStep], day: date) -> None:
    assert all(successors(steps, day).values())


@given(STEPS)
def test_before_the_first_reform_everybody_is_who_they_are(steps: list[ReformStep]) -> None:
    assert successors(steps, date(2013, 12, 31)) == {}
