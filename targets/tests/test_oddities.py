"""What wants a word of explanation: rare among honest figures, and what chance does not do."""

import random
from collections.abc import Callable, Iterator
from decimal import Decimal as D
from decimal import localcontext
from fractions import Fraction
from math import exp, sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.periods import Month
from targets.arithmetic.accumulation import EXACT
from targets.entry_rules.figures import Entry
from targets.entry_rules.oddities import EntrySurroundings, oddities

HERE = Month(2014, 6)


def value(amount: object) -> Entry:
    return Entry(1, 1, HERE, D(str(amount)))


def share(numerator: object, denominator: object) -> Entry:
    return Entry(1, 1, HERE, None, D(str(numerator)), D(str(denominator)))


def codes(entry: Entry, measure: str = "", **around: Any) -> list[str]:
    measure = measure or ("level" if entry.value is not None else "ratio")
    scale = D(100) if entry.value is None else D(1)
    with localcontext(EXACT):
        return [one.code for one in oddities(entry, EntrySurroundings(scale, measure, **around))]


def after(*numbers: object) -> dict[str, list[Entry]]:
    return {"earlier": [share(*one) if isinstance(one, tuple) else value(one) for one in numbers]}


STANDARDS = (0, 1, 0, 1, 1, 0, 1, 0, 1)
"""制修订标准: eight a year."""
BURSTS = (2, 30, 4, 55, 3, 41, 2, 38, 60, 5, 3, 44)


@pytest.mark.parametrize(
    ("entry", "measure", "around", "found"),
    [
        (value(50), "level", {}, []),
        (value(50), "level", {"usual_low": D(50), "usual_high": D(50)}, []),
        (value(49), "level", {"usual_low": D(50)}, ["unusually_low"]),
        (value(51), "level", {"usual_high": D(50)}, ["unusually_high"]),
        (share(49, 100), "ratio", {"usual_low": D(50)}, ["unusually_low"]),
        (share(0, 0), "ratio", {"usual_low": D(50)}, []),
        *((value(number), "count", after(*STANDARDS), []) for number in range(6)),
        (value(12), "count", after(*STANDARDS), ["jump"]),
        (value(34), "count", after(40, 31, 36), []),
        (value(340), "count", after(40, 31, 36), ["jump"]),
        (value(3), "count", after(40, 31, 36), ["jump"]),
        (value(150), "count", after(100, 100, 100), []),
        (value(151), "count", after(100, 100, 100), ["jump"]),
        (value(340), "count", after(40), []),
        (value(34), "count", after(34, 34), []),
        (value(62), "count", after(*BURSTS[1:]), ["jump"]),
        (value(62), "count", after(*BURSTS), []),
        (value(600), "count", after(*BURSTS), ["jump"]),
        (value(1), "event", after(0, 0, 0), []),
        (share(340, 420), "ratio", after((391, 420), (390, 420), (392, 421)), ["jump"]),
        (share(385, 420), "ratio", after((391, 420), (390, 420), (392, 421)), []),
        (share(22, 22), "ratio", after((22, 22), (22, 22)), []),
        (share(391, 420), "ratio", after((391, 420)), ["same_as_last_month"]),
        (share(391, 420), "ratio", after((389, 420), (391, 420)), []),
        (share(28, 30), "ratio", after((28, 30)), []),
        (share(0, 420), "ratio", after((0, 420)), []),
        (share(0, "7.1"), "ratio", after((2, "7.1"), (1, "7.2")), []),
        (share(20, "7.1"), "ratio", after((2, "7.1"), (1, "7.2")), ["jump"]),
        (share("9.5", "7.5"), "ratio", after(("9.5", "7.5"), ("9.5", "7.5")), []),
        (share("95", "7.5"), "ratio", after(("9.5", "7.5"), ("9.5", "7.5")), ["jump"]),
        (value("7.2"), "level", after("7.2", "7.2"), []),
        (value("3.9"), "level", after("7.2", "7.4"), []),
        (value("72"), "level", after("7.2", "7.4"), ["jump"]),
        (value("0.72"), "level", after("7.2", "7.4"), ["jump"]),
        (value("1200.5"), "count", after("700.25", "800.5"), []),
        (value("7200.5"), "count", after("700.25", "800.5"), ["jump"]),
        (value(5), "level", after(0, 0), []),
    ],
)
def test_what_wants_a_word_of_explanation(
    entry: Entry, measure: str, around: dict[str, object], found: list[str]
) -> None:
    assert codes(entry, measure, **around) == found


# --- What honest figures do (signals.md: seed 20141123) ---------------------------------------------------------------


def poisson(chance: random.Random, mean: float) -> int:
    """How many there are by chance; from many on as the normal distribution has it."""
    if mean > 60:
        return max(0, round(chance.gauss(mean, sqrt(mean))))
    number, left, end = 0, chance.random(), exp(-mean)
    while left > end:
        number, left = number + 1, left * chance.random()
    return number


def binomial(chance: random.Random, number: int, share_of_good: float) -> int:
    """How many of a number of things are good; few bad ones are drawn, not every thing."""
    return sum(chance.random() < share_of_good for _thing in range(number))


def series_of_counts(mean: float) -> Callable[[random.Random], list[Entry]]:
    return lambda chance: [value(poisson(chance, mean)) for _month in range(24)]


def series_of_shares(number: int, good: float) -> Callable[[random.Random], list[Entry]]:
    def made(chance: random.Random) -> list[Entry]:
        numbers = [max(1, poisson(chance, number)) for _month in range(24)]
        return [share(binomial(chance, one, good), one) for one in numbers]

    return made


HONEST = [
    *((series_of_counts(mean), "count", 250) for mean in (0.7, 2, 3.8, 5, 10, 34, 100, 340)),
    *((series_of_shares(n, q), "ratio", 4000 // n + 20) for n in (30, 100, 420) for q in (0.6, 0.93, 0.99)),
]


def asked(series: list[Entry], measure: str) -> Iterator[bool]:
    """For each month of a series whether a word is asked for."""
    for month, entry in enumerate(series):
        yield bool(codes(entry, measure, earlier=series[max(0, month - 12) : month]))


def test_at_most_two_honest_figures_in_a_thousand_are_asked_about() -> None:
    chance = random.Random(20141123)
    told = [one for made, measure, times in HONEST for _one in range(times) for one in asked(made(chance), measure)]
    assert len(told) > 50_000
    assert sum(told) / len(told) <= 0.002


def test_a_fall_from_93_to_81_per_cent_of_420_samples_is_asked_about() -> None:
    chance, noticed = random.Random(20141123), 0
    for _time in range(200):
        earlier = [share(binomial(chance, 420, 0.93), 420) for _month in range(3)]
        noticed += "jump" in codes(share(binomial(chance, 420, 0.81), 420), earlier=earlier)
    assert noticed >= 198


def test_a_count_of_which_the_decimal_point_slipped_is_asked_about() -> None:
    chance, noticed = random.Random(20141123), 0
    for _time in range(500):
        earlier = [value(poisson(chance, 4)) for _month in range(3)]
        noticed += "jump" in codes(value(10 * max(1, poisson(chance, 4))), "count", earlier=earlier)
    assert noticed >= 440


# --- Nothing is rounded -----------------------------------------------------------------------------------------------

whole = st.integers(0, 1000)
shares = st.integers(1, 1000).flatmap(lambda number: st.tuples(st.integers(0, number), st.just(number)))


@given(st.lists(whole, min_size=2, max_size=3), whole)
def test_a_count_is_held_against_exactly_its_limit(earlier: list[int], now: int) -> None:
    """|2√A - 2√B| > 3.3·√(1 + 1/k), told by intervals of fractions that hold the roots."""
    k, total = len(earlier), sum(earlier)
    by_half = abs(Fraction(now) - Fraction(total, k)) > Fraction(total, 2 * k)
    gap = abs(2 * sqrt(now + 0.375) - 2 * sqrt(total / k + 0.375)) - 3.3 * sqrt(1 + 1 / k)
    if abs(gap) > 1e-9:
        assert ("jump" in codes(value(now), "count", earlier=after(*earlier)["earlier"])) == (by_half and gap > 0)


@given(st.lists(shares, min_size=2, max_size=3), shares)
def test_a_share_is_held_against_exactly_its_limit(earlier: list[tuple[int, int]], now: tuple[int, int]) -> None:
    good, number = (sum(part) for part in zip(*earlier, strict=True))
    pooled = Fraction(good + now[0], number + now[1])
    spread = pooled * (1 - pooled) * (Fraction(1, number) + Fraction(1, now[1]))
    apart = (Fraction(*now) - Fraction(good, number)) ** 2
    assert ("jump" in codes(share(*now), earlier=after(*earlier)["earlier"])) == (apart > Fraction("10.89") * spread)


def test_nothing_is_said_of_a_number_that_cannot_be_entered() -> None:
    endless = share("0." + "1" * 500, "0." + "3" * 500)
    assert codes(endless, usual_low=D(50), earlier=[share("0.1", "0.3"), share("0.1", "0.3")]) == []
