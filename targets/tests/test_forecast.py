"""Where a figure will stand if the year goes on as it has gone so far."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targets.arithmetic.accumulation import Accumulated, IndicatorRule, MonthReading, accumulate, combine
from targets.arithmetic.forecast import KnownStates, Outlook, forecast, outlook_holds
from targets.arithmetic.formulas import TargetRule

MONTHLY, QUARTERLY = 0b111111111111, 0b100100100100
COUNT = IndicatorRule("count", "higher", "month", "sum", "", "own", MONTHLY, Decimal(1))
RATE = IndicatorRule("ratio", "higher", "month", "pooled", "sum", "own", MONTHLY, Decimal(100))
PER_STOCK = replace(RATE, denominator_rule="last", scale=Decimal(1), direction="lower")
MEAN = IndicatorRule("level", "lower", "month", "mean", "", "own", MONTHLY, Decimal(1))


def rule(indicator: IndicatorRule, comparator: str = "at_least", threshold: int = 92, **values: Any) -> TargetRule:
    made = TargetRule(
        comparator,
        "constant",
        Decimal(threshold),
        None,
        None,
        None,
        date(2014, 12, 31),
        None,
        Decimal("0.8"),
        indicator,
    )
    return replace(made, **values)


def readings(*figures: Any) -> list[MonthReading]:
    """One a month from January on: a number, a pair of numerator and denominator, or None for nothing."""
    made = []
    for number, figure in enumerate(figures, 1):
        if isinstance(figure, tuple):
            made.append(MonthReading(number, None, Decimal(figure[0]), Decimal(figure[1]), None, number))
        elif figure is not None:
            made.append(MonthReading(number, Decimal(str(figure)), None, None, None, number))
    return made


def ahead(
    indicator: IndicatorRule, *figures: Any, month: int | None = None, due_month: int = 12, **values: Any
) -> list[Outlook]:
    known = KnownStates(accumulate(indicator, readings(*figures)), indicator.expected)
    return forecast(rule(indicator, **values), known, month or len(figures), due_month)


def test_a_count_goes_on_at_its_mean_and_the_range_at_the_halves_of_the_months() -> None:
    """30, 10, 20, 40: mean 25, the weaker half 15, the stronger half 35; eight months are left."""
    found = ahead(COUNT, 30, 10, 20, 40)
    assert [one.month for one in found] == list(range(5, 13))
    assert found[-1] == (12, 100 + 8 * 15, 100 + 8 * 25, 100 + 8 * 35)


def test_the_middle_of_an_odd_number_belongs_to_both_halves() -> None:
    assert ahead(COUNT, 10, 20, 40)[-1] == (12, 70 + 9 * 15, 70 + 9 * Decimal(70) / 3, 70 + 9 * 30)


def test_a_rate_goes_on_at_its_pooled_rate_and_volume_and_never_at_a_mean_of_rates() -> None:
    """1/1, 90/100 and 80/100 make 171/201; the weaker two 170/200, the stronger two 91/101; 67 samples a month."""
    low, likely, high = ahead(RATE, (1, 1), (90, 100), (80, 100))[-1][1:]
    assert likely == pytest.approx(Decimal(17100) / 201)
    assert low == pytest.approx((171 + 9 * 67 * Decimal("0.85")) / 804 * 100)
    assert high == pytest.approx((171 + 9 * 67 * Decimal(91) / 101) / 804 * 100)


def test_cases_per_stock_add_up_over_the_last_stock() -> None:
    assert ahead(PER_STOCK, (0, 7), (2, 7), (1, 8))[-1] == (12, (3 + 9 * Decimal("0.5")) / 8, 12 / Decimal(8), 2.0625)


def test_a_mean_of_readings_stays_where_it_is() -> None:
    assert ahead(MEAN, 40, 50, 60)[-1].likely == 50


def test_a_running_total_tells_the_months_by_their_differences() -> None:
    total = replace(COUNT, entry_basis="to_date")
    assert ahead(total, 30, 40, 60, 100) == ahead(COUNT, 30, 10, 20, 40)
    assert ahead(total, 30, 40, None, 100) == [], "March and April cannot be told apart, and two are too few"


def test_quarters_count_as_periods() -> None:
    found = ahead(replace(COUNT, expected=QUARTERLY), None, None, 3, None, None, 5, None, None, 7)
    assert found == [(12, 15 + 4, 15 + 5, 15 + 6)]
    total = replace(COUNT, expected=QUARTERLY, entry_basis="to_date")
    assert ahead(total, None, None, 3, None, None, 8, None, None, 15) == found


def test_what_is_not_reported_yet_is_still_ahead() -> None:
    assert [one.month for one in ahead(COUNT, 1, 2, 3, month=6)] == list(range(4, 13))


def test_it_ends_when_the_target_falls_due() -> None:
    assert [one.month for one in ahead(COUNT, 1, 2, 3, due_month=6)] == [4, 5, 6]
    assert ahead(COUNT, 1, 2, 3, due_month=3) == []


@pytest.mark.parametrize(
    ("indicator", "figures", "comparator"),
    [
        (COUNT, (1, 2), "at_least"),
        (COUNT, (1, 2, 3), "none"),
        (replace(COUNT, measure="event", time_rule="max"), (0, 0, 0), "done_by"),
        (replace(MEAN, time_rule="last"), (1, 2, 3), "at_least"),
        (replace(RATE, time_rule="last"), ((1, 2), (1, 2), (1, 2)), "at_least"),
        (PER_STOCK, ((0, 1), (0, 1), (0, 0)), "at_most"),
        (COUNT, (), "at_least"),
    ],
)
def test_nothing_is_told_where_nothing_can_be(indicator: IndicatorRule, figures: Any, comparator: str) -> None:
    assert ahead(indicator, *figures, month=max(len(figures), 1), comparator=comparator) == []


def test_a_month_in_which_a_part_is_missing_teaches_nothing() -> None:
    whole = replace(COUNT, region_rule="sum")
    parts = [accumulate(whole, readings(*made)) for made in ((1, 2, 3, 4), (1, 2, 3))]
    states = combine(whole, parts)
    assert forecast(rule(whole), KnownStates(states, MONTHLY), 4, 12)[-1].likely == 16 + 8 * 4, (
        "4 a month, and not the mean with April's half"
    )


@pytest.mark.parametrize(
    ("threshold", "promised"), [(260, None), (220, True), (219, True), (381, False), (380, None), (300, None)]
)
def test_a_promise_is_kept_missed_or_open_by_the_whole_range(threshold: int, promised: bool | None) -> None:
    (*_rest, last) = ahead(COUNT, 30, 10, 20, 40)
    assert outlook_holds(rule(COUNT, threshold=threshold), last, Decimal(threshold)) is promised


@pytest.mark.parametrize(
    ("comparator", "threshold", "promised"),
    [("about", 340, None), ("about", 300, True), ("exactly", 250, None), ("about", 500, False)],
)
def test_a_range_that_passes_over_what_holds_leaves_it_open(
    comparator: str, threshold: int, promised: bool | None
) -> None:
    """Between 220 and 380, 300 likely; neither end nor the middle need be near enough."""
    (*_rest, last) = ahead(COUNT, 30, 10, 20, 40)
    tolerance = {340: 10, 300: 100, 500: 10}.get(threshold)
    made = rule(COUNT, comparator, threshold, tolerance=None if tolerance is None else Decimal(tolerance))
    assert outlook_holds(made, last, Decimal(threshold)) is promised


amounts = st.lists(st.integers(0, 500), min_size=3, max_size=11)


@given(amounts)
def test_the_range_lies_between_the_weakest_and_the_strongest_month(figures: list[int]) -> None:
    total = sum(figures)
    for times, one in enumerate(ahead(COUNT, *figures), 1):
        assert total + times * min(figures) <= one.low <= one.likely <= one.high <= total + times * max(figures)


@given(amounts)
def test_a_steady_count_has_no_range_and_ends_where_it_must(figures: list[int]) -> None:
    steady = [figures[0]] * len(figures)
    assert ahead(COUNT, *steady)[-1][1:] == (12 * figures[0],) * 3


pairs = st.lists(
    st.integers(1, 400).flatmap(lambda below: st.tuples(st.integers(0, below), st.just(below))),
    min_size=3,
    max_size=11,
)


@given(pairs)
def test_a_rate_stays_possible_and_its_likely_end_is_where_it_is(figures: Sequence[tuple[int, int]]) -> None:
    now = Decimal(sum(top for top, _below in figures) * 100) / sum(below for _top, below in figures)
    for one in ahead(RATE, *figures):
        assert 0 <= one.low <= one.likely <= one.high <= 100
        assert one.likely == pytest.approx(now)


@given(amounts, st.integers(1, 300))
def test_more_in_a_month_never_lowers_what_is_expected(figures: list[int], more: int) -> None:
    before = ahead(COUNT, *figures)[-1]
    after = ahead(COUNT, *figures[:-1], figures[-1] + more)[-1]
    assert all(new >= old for new, old in zip(after[1:], before[1:], strict=True))


def test_states_without_anything_are_nothing() -> None:
    empty: list[Accumulated | None] = [None] * 12
    assert forecast(rule(COUNT), KnownStates(empty, MONTHLY), 6, 12) == []
