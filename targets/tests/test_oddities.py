"""What looks odd, and what does not."""

from decimal import Decimal as D
from decimal import localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.periods import Month
from targets.accumulation import EXACT
from targets.figures import Entry
from targets.oddities import Surroundings, oddities


def value(amount: object, month: int = 6) -> Entry:
    return Entry(1, 1, Month(2014, month), D(str(amount)))


def rate(numerator: object, denominator: object, month: int = 6) -> Entry:
    return Entry(1, 1, Month(2014, month), None, D(str(numerator)), D(str(denominator)))


def codes(entry: Entry, **around: object) -> list[str]:
    scale = D(100) if entry.value is None else D(1)
    with localcontext(EXACT):
        return [one.code for one in oddities(entry, Surroundings(scale, **around))]  # type: ignore[arg-type]


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
values, rates = st.builds(value, numbers), st.builds(rate, numbers, numbers)
bounds = st.none() | numbers


def beside(kind: st.SearchStrategy[Entry]) -> st.SearchStrategy[tuple[Entry, list[Entry]]]:
    """An entry and the months before it, of one kind."""
    return st.tuples(kind, st.lists(kind, max_size=3))


def fraction(entry: Entry) -> Fraction | None:
    if entry.value is not None:
        return Fraction(entry.value)
    return Fraction(entry.numerator or 0) * 100 / Fraction(entry.denominator) if entry.denominator else None


def told(entry: Entry, low: D | None, high: D | None, threshold: D | None, earlier: list[Entry]) -> list[str]:
    """The same said with fractions."""
    amount, known = fraction(entry), [one for one in map(fraction, earlier) if one is not None]
    if amount is None:
        return []
    mean = sum(known, Fraction(0)) / max(len(known), 1)
    said = {
        "unusually_low": low is not None and amount < low,
        "unusually_high": high is not None and amount > high,
        "jump": len(known) > 1 and abs(amount - mean) > abs(mean) / 2,
        "same_as_last_month": bool(earlier) and bool(amount) and earlier[-1].figures == entry.figures,
        "exactly_at_threshold": amount == threshold and 0 < amount < 100,
    }
    return [code for code, is_so in said.items() if is_so]


@given(beside(values) | beside(rates), bounds, bounds, bounds)
def test_nothing_is_rounded(
    told_beside: tuple[Entry, list[Entry]], low: D | None, high: D | None, threshold: D | None
) -> None:
    entry, earlier = told_beside
    found = codes(entry, usual_low=low, usual_high=high, threshold=threshold, earlier=earlier)
    assert found == told(entry, low, high, threshold, earlier)


def test_nothing_is_said_of_a_number_that_cannot_be_entered() -> None:
    endless = rate("0." + "1" * 500, "0." + "3" * 500)
    assert codes(endless, threshold=D("33.33"), earlier=[rate(1, 3, 4), rate(1, 3, 5)]) == []
