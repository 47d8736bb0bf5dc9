"""What looks odd, and what does not."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.periods import Month
from targets.figures import Entry
from targets.oddities import Surroundings, is_ordinary, oddities


def value(amount: object, month: int = 6) -> Entry:
    return Entry(1, 1, Month(2014, month), D(str(amount)))


def rate(numerator: object, denominator: object, month: int = 6) -> Entry:
    return Entry(1, 1, Month(2014, month), None, D(str(numerator)), D(str(denominator)))


def codes(entry: Entry, **around: object) -> list[str]:
    return [one.code for one in oddities(entry, Surroundings(D(100) if entry.value is None else D(1), **around))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("entry", "around", "found"),
    [
        (value(50), {}, []),
        (value(50), {"usual_low": D(50), "usual_high": D(50)}, []),
        (value(49), {"usual_low": D(50)}, ["unusually_low"]),
        (value(51), {"usual_high": D(50)}, ["unusually_high"]),
        (rate(49, 100), {"usual_low": D(50)}, ["unusually_low"]),
        (value(150), {"earlier": [value(100, 4), value(101, 5)]}, []),
        (value(152), {"earlier": [value(100, 4), value(101, 5)]}, ["jump"]),
        (value(50), {"earlier": [value(100, 4), value(102, 5)]}, ["jump"]),
        (value(500), {"earlier": [value(100, 5)]}, []),
        (value(100), {"earlier": [value(100, 5)]}, ["same_as_last_month"]),
        (value(0), {"earlier": [value(0, 4), value(0, 5)]}, []),
        (rate(90, 100), {"earlier": [rate(90, 100, 5)]}, ["same_as_last_month"]),
        (rate(45, 50), {"earlier": [rate(90, 100, 5)]}, []),
        (rate(92, 100), {"threshold": D(92)}, ["exactly_at_threshold"]),
        (rate(100, 100), {"threshold": D(100)}, []),
        (rate(0, 0), {"usual_low": D(50), "threshold": D(92)}, []),
    ],
)
def test_what_wants_a_word_of_explanation(entry: Entry, around: dict[str, object], found: list[str]) -> None:
    assert codes(entry, **around) == found


@given(st.lists(st.integers(0, 1000), max_size=3), st.integers(0, 1000))
def test_a_figure_like_the_last_ones_never_jumps(earlier: list[int], amount: int) -> None:
    found = codes(value(amount), earlier=[value(one, month) for month, one in enumerate(earlier, 3)])
    if earlier and min(earlier) <= amount <= max(earlier) and max(earlier) <= 1.2 * min(earlier):
        assert "jump" not in found


numbers = st.decimals(-1000, 1000, places=2) | st.sampled_from([D(50), D(92), D("92.000001"), D("999999999.999999")])
entries = st.builds(value, numbers) | st.builds(rate, numbers, numbers.map(abs))
bounds = st.none() | numbers


@given(entries, bounds, bounds, bounds, st.lists(entries, max_size=3))
def test_the_quick_answer_never_overlooks_anything(
    entry: Entry, low: D | None, high: D | None, threshold: D | None, earlier: list[Entry]
) -> None:
    around = Surroundings(D(100) if entry.value is None else D(1), low, high, threshold, earlier)
    if is_ordinary(entry, around):
        assert oddities(entry, around) == []


def test_the_quick_answer_is_given_for_what_is_ordinary() -> None:
    assert is_ordinary(rate(95, 100), Surroundings(D(100), D(50), D(100), D(92), [rate(94, 100, 4), rate(96, 100, 5)]))
