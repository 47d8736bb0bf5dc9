"""The arithmetic by itself, attacked with generated figures."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plans.periods import Month
from targets.arithmetic.accumulation import (
    Accumulated,
    IndicatorRule,
    MonthReading,
    accumulate,
    combine,
    last_month_of_set,
    month_numbers,
    month_set,
)
from targets.arithmetic.formulas import DatedMilestone, TargetFacts, TargetRule, UnassessableReason
from targets.arithmetic.judging import Judgement, judge
from targets.arithmetic.pace import Course, stage_of
from targets.arithmetic.quantities import rounded, shown_apart

RATE = IndicatorRule("ratio", "higher", "month", "pooled", "sum", "own", 0xFFF, D(100))
COUNT = IndicatorRule("count", "higher", "month", "sum", "", "own", 0xFFF, D(1))
LEVEL = IndicatorRule("level", "higher", "month", "last", "", "own", 0xFFF, D(1))
EVENT = IndicatorRule("event", "higher", "month", "max", "", "own", 0xFFF, D(1))

figures = st.decimals(min_value=0, max_value=999_999_999, places=6, allow_nan=False)
signed = st.decimals(min_value=-999_999_999, max_value=999_999_999, places=6, allow_nan=False)
comparators = st.sampled_from(["at_least", "more_than", "at_most", "less_than", "exactly"])


def rule(indicator: IndicatorRule, comparator: str, threshold: object = None, **values: Any) -> TargetRule:
    made = TargetRule(
        comparator=comparator,
        threshold_kind="nothing" if threshold is None else "constant",
        threshold=None if threshold is None else D(str(threshold)),
        threshold_upper=None,
        tolerance=None,
        baseline=None,
        due=date(2014, 12, 31),
        warning_margin=None,
        pace_tolerance=D("0.8"),
        indicator=indicator,
    )
    return replace(made, **values)


def known(numerator: object, denominator: object = 1) -> Accumulated:
    return Accumulated(D(str(numerator)), D(str(denominator)), 1, 1)


YEAR = Course(Month(2014, 1), Month(2014, 12), Month(2014, 1), Month(2014, 12))


def facts(own: Accumulated | None, month: int = 6, course: Course = YEAR, **values: Any) -> TargetFacts:
    return TargetFacts(stage_of(course, Month(2014, month)), own, **values)


def judged(indicator: IndicatorRule, comparator: str, threshold: object, actual: object, month: int = 6) -> Judgement:
    return judge(rule(indicator, comparator, threshold), facts(known(actual), month))


# --- comparators: each holds and each fails ---


@pytest.mark.parametrize(
    ("comparator", "threshold", "actual", "verdict"),
    [
        ("at_least", 92, 92, "met"),
        ("at_least", 92, "91.999999", "not_met"),
        ("more_than", 92, "92.000001", "met"),
        ("more_than", 92, 92, "not_met"),
        ("at_most", "0.42", "0.42", "met"),
        ("at_most", "0.42", "0.420001", "not_met"),
        ("less_than", 5, "4.999999", "met"),
        ("less_than", 5, 5, "not_met"),
        ("exactly", 100, 100, "met"),
        ("exactly", 100, "99.999999", "not_met"),
        ("none", None, 0, "met"),
        ("none", None, 1, "not_met"),
    ],
)
def test_a_comparator_includes_or_excludes_its_number(
    comparator: str, threshold: object, actual: object, verdict: str
) -> None:
    assert judged(LEVEL, comparator, threshold, actual).verdict == verdict


@pytest.mark.parametrize(("actual", "verdict"), [(0, "not_met"), (1, "met"), (2, "met"), (3, "not_met")])
def test_between_includes_both_ends(actual: int, verdict: str) -> None:
    assert judge(rule(COUNT, "between", 1, threshold_upper=D(2)), facts(known(actual))).verdict == verdict


@pytest.mark.parametrize(("actual", "month", "signal"), [(0, 1, "red"), (1, 6, "green"), (3, 6, "red"), (0, 12, "red")])
def test_between_on_a_count_is_red_above_the_upper_bound_and_paced_below(actual: int, month: int, signal: str) -> None:
    assert judge(rule(COUNT, "between", 1, threshold_upper=D(2)), facts(known(actual), month)).signal == signal


@pytest.mark.parametrize(
    ("direction", "this", "last", "verdict"),
    [
        ("higher", 65, 64, "met"),
        ("higher", 64, 64, "not_met"),
        ("lower", 46, 58, "met"),
        ("lower", 58, 46, "not_met"),
        ("lower", 58, 58, "not_met"),
    ],
)
def test_improving_means_better_than_last_year_in_the_declared_direction(
    direction: str, this: int, last: int, verdict: str
) -> None:
    improving = rule(replace(LEVEL, direction=direction), "improves")
    assert judge(improving, facts(known(this), against=known(last))).verdict == verdict


def test_improving_without_last_year_is_not_assessable() -> None:
    result = judge(rule(LEVEL, "improves"), facts(known(1)))
    assert (result.verdict, result.reason, result.signal) == ("not_assessable", UnassessableReason.NO_LAST_YEAR, "grey")


def test_a_missing_baseline_is_not_assessable() -> None:
    result = judge(rule(LEVEL, "at_least", 2, threshold_kind="baseline"), facts(known(1)))
    assert (result.verdict, result.reason, result.signal) == (
        "not_assessable",
        UnassessableReason.BASELINE_MISSING,
        "grey",
    )


@pytest.mark.parametrize("operand", [None, Accumulated(D(0), D(0), 1, 1)])
def test_an_operand_without_a_figure_is_not_assessable(operand: Accumulated | None) -> None:
    result = judge(rule(LEVEL, "at_least", threshold_kind="indicator"), facts(known(1), against=operand))
    assert (result.verdict, result.signal) == ("not_assessable", "grey")


def test_a_denominator_of_zero_is_not_assessable() -> None:
    result = judge(rule(RATE, "at_least", 92), facts(known(0, 0)))
    assert (result.verdict, result.reason, result.actual) == (
        "not_assessable",
        UnassessableReason.DENOMINATOR_ZERO,
        None,
    )


def test_nothing_reported_is_no_data_whatever_the_comparator() -> None:
    for comparator in ("at_least", "at_most", "none", "improves", "done_by"):
        result = judge(rule(EVENT if comparator == "done_by" else LEVEL, comparator, threshold=None), facts(None))
        assert (result.verdict, result.signal) == ("no_data", "grey")


# --- lights ---


@pytest.mark.parametrize(
    ("actual", "signal"), [("92", "green"), ("91.5", "yellow"), ("90", "yellow"), ("89.999999", "red")]
)
def test_a_rate_is_yellow_within_its_own_margin_and_never_paced(actual: str, signal: str) -> None:
    assert judge(rule(LEVEL, "at_least", 92, warning_margin=D(2)), facts(known(actual), month=1)).signal == signal


@pytest.mark.parametrize("comparator", ["at_most", "less_than"])
def test_a_growing_count_that_exceeds_its_limit_is_red_at_once(comparator: str) -> None:
    exceeded = rule(COUNT, comparator, 5, warning_margin=D(100))
    assert judge(exceeded, facts(known(6), month=1)).signal == "red"


def test_lower_is_better_shows_red_when_high() -> None:
    assert judged(replace(LEVEL, direction="lower"), "at_most", 10, 11).signal == "red"
    assert judged(replace(LEVEL, direction="lower"), "at_most", 10, 9).signal == "green"


@pytest.mark.parametrize(("actual", "signal"), [(4080, "red"), (4081, "green")])
def test_from_the_due_month_on_there_is_no_yellow(actual: int, signal: str) -> None:
    assert judged(COUNT, "at_least", 4081, actual, month=12).signal == signal


def test_a_due_month_before_december_judges_from_then_on() -> None:
    early, course = rule(COUNT, "at_least", 12, due=date(2014, 6, 30)), replace(YEAR, due=Month(2014, 6))
    assert [judge(early, facts(known(10), month, course)).signal for month in (5, 6, 7)] == ["green", "red", "red"]


def test_the_tolerance_of_the_pace_is_the_plans_own_setting() -> None:
    strict = rule(COUNT, "at_least", 1200, pace_tolerance=D("0.95"))
    assert judge(strict, facts(known(560), 6)).signal == "red"
    assert judge(strict, facts(known(570), 6)).signal == "yellow"


END = date(2014, 6, 28)
STEP_DONE, STEP_LATE = DatedMilestone(date(2014, 5, 1), date(2014, 4, 30)), DatedMilestone(date(2014, 5, 1), None)
STEP_AHEAD = DatedMilestone(date(2014, 11, 1), None)


@pytest.mark.parametrize(
    ("steps", "signal"),
    [
        ((), "grey"),
        ((STEP_AHEAD,), "green"),
        ((STEP_DONE, STEP_AHEAD), "green"),
        ((STEP_DONE, STEP_LATE), "red"),
        ((DatedMilestone(date(2014, 5, 1), date(2014, 7, 1)),), "red"),
    ],
)
def test_what_is_not_done_yet_follows_its_milestones(steps: tuple[DatedMilestone, ...], signal: str) -> None:
    not_yet = Accumulated(D(0), D(1), 1, 1, None)
    assert judge(rule(EVENT, "done_by"), facts(not_yet, milestones=steps)).signal == signal


@pytest.mark.parametrize(
    ("day", "month", "verdict", "signal"),
    [
        (date(2014, 6, 1), 6, "met", "green"),
        (date(2014, 12, 31), 12, "met", "green"),
        (None, 12, "not_met", "red"),
    ],
)
def test_done_by_holds_when_done_on_or_before_the_due_date(
    day: date | None, month: int, verdict: str, signal: str
) -> None:
    result = judge(rule(EVENT, "done_by"), facts(Accumulated(D(1 if day else 0), D(1), 1, 1, day), month))
    assert (result.verdict, result.signal, result.done_on) == (verdict, signal, day)


def test_done_after_the_due_date_is_not_met() -> None:
    late, course = rule(EVENT, "done_by", due=date(2014, 6, 30)), replace(YEAR, due=Month(2014, 6))
    result = judge(late, facts(Accumulated(D(1), D(1), 1, 1, date(2014, 7, 1)), 7, course))
    assert (result.verdict, result.signal) == ("not_met", "red")


# --- what is needed ---


def test_a_count_needs_the_rest_spread_over_the_months_left() -> None:
    result = judged(COUNT, "at_least", 4081, 2041)
    assert (result.needed, result.needed_reachable) == (340, True)


def test_a_count_above_its_upper_bound_cannot_be_mended() -> None:
    result = judge(rule(COUNT, "between", 1, threshold_upper=D(2)), facts(known(3)))
    assert (result.needed, result.needed_reachable) == (0, False)


def test_a_pooled_rate_needs_what_the_remaining_samples_must_bring() -> None:
    result = judge(rule(RATE, "at_least", 92), facts(known(540, 600)))
    assert (result.needed, result.needed_reachable) == (94, True)


def test_a_rate_over_100_percent_is_out_of_reach() -> None:
    result = judge(rule(RATE, "at_least", 92), facts(known(500, 600)))
    assert result.needed is not None
    assert result.needed > 100
    assert result.needed_reachable is False


def test_a_full_coverage_that_was_missed_once_is_out_of_reach() -> None:
    assert judge(rule(RATE, "exactly", 100), facts(known(599, 600))).needed_reachable is False


def test_a_rate_below_zero_is_out_of_reach_when_less_is_better() -> None:
    assert judge(rule(RATE, "at_most", 1), facts(known(60, 600))).needed_reachable is False


def test_nothing_is_needed_after_the_due_month() -> None:
    assert judged(COUNT, "at_least", 4081, 1, month=12).needed is None


@given(st.integers(0, 500), st.integers(1, 500), st.integers(1, 11), st.integers(1, 100))
def test_the_needed_rate_brings_the_year_exactly_to_the_threshold(good: int, all_: int, month: int, aim: int) -> None:
    assume(good <= all_)
    result = judge(rule(RATE, "at_least", aim), facts(known(good, all_), month))
    rest = Fraction(all_, month) * (12 - month)
    exact = (Fraction(aim) * (all_ + rest) - 100 * good) / rest
    assert result.needed is not None
    assert abs(Fraction(result.needed) - max(exact, Fraction(0))) < Fraction(1, 10**10)
    assert result.needed_reachable == (exact <= 100)


# --- what is shown ---


def test_91_996_is_shown_as_it_is_and_not_as_92_in_red() -> None:
    assert shown_apart(D("91.996"), D(92), 2) == (D("91.996"), D(92))


def test_14_point_6_is_not_shown_as_15() -> None:
    assert shown_apart(D("14.6"), D(15), 0) == (D("14.6"), D(15))


def test_halves_are_rounded_to_even() -> None:
    assert (rounded(D("0.125"), 2), rounded(D("0.135"), 2)) == (D("0.12"), D("0.14"))


def test_two_quotients_that_differ_late_are_shown_apart() -> None:
    first, second = shown_apart(D("64.2000000000001"), D("64.2000000000002"), 1)
    assert second is not None
    assert first < second


@given(comparators, signed, signed, st.integers(0, 6))
def test_no_shown_figure_contradicts_its_verdict(comparator: str, threshold: D, actual: D, decimals: int) -> None:
    result = judge(rule(LEVEL, comparator, threshold), facts(known(actual)))
    assert result.actual is not None
    first, second = shown_apart(result.actual, result.compared, decimals)
    assert judge(rule(LEVEL, comparator, second), facts(known(first))).verdict == result.verdict


@given(comparators, figures, figures, figures, st.integers(0, 6))
def test_no_shown_rate_contradicts_its_verdict(
    comparator: str, numerator: D, denominator: D, threshold: D, decimals: int
) -> None:
    assume(denominator > 0)
    result = judge(rule(RATE, comparator, threshold), facts(known(numerator, denominator)))
    assert result.actual is not None
    first, second = shown_apart(result.actual, result.compared, decimals)
    assert judge(rule(LEVEL, comparator, second), facts(known(first))).verdict == result.verdict


@given(figures, figures, figures, figures)
def test_a_comparison_is_the_comparison_of_exact_fractions(a: D, b: D, c: D, d: D) -> None:
    assume(b > 0 and d > 0)
    left, right = Fraction(a) / Fraction(b), Fraction(c) / Fraction(d)
    assert judge(
        rule(LEVEL, "at_least", threshold_kind="indicator"), facts(known(a, b), against=known(c, d))
    ).verdict == ("met" if left >= right else "not_met")


# --- months and regions ---


def reading(month: int, numerator: object, denominator: object) -> MonthReading:
    return MonthReading(month, None, D(str(numerator)), D(str(denominator)), None, month)


def value(month: int, amount: object) -> MonthReading:
    return MonthReading(month, D(str(amount)), None, None, None, month)


def test_a_mean_does_not_count_a_missing_month_as_zero() -> None:
    state = accumulate(replace(LEVEL, time_rule="mean"), [value(1, 50), value(3, 70)])[11]
    assert state is not None
    assert (state.numerator, state.denominator) == (120, 2)


def test_a_maximum_survives_a_missing_month() -> None:
    states = accumulate(replace(LEVEL, time_rule="max"), [value(2, 5), value(4, 3)])
    assert [state and state.numerator for state in states[:4]] == [None, 5, 5, 5]


def test_a_reported_zero_is_a_value_and_nothing_is_not() -> None:
    states = accumulate(COUNT, [value(2, 0)])
    assert states[0] is None
    assert states[1] is not None
    assert states[1].numerator == 0


def test_the_denominator_starts_at_what_was_reported() -> None:
    state = accumulate(RATE, [reading(1, 1, 1)])[0]
    assert state is not None
    assert state.denominator == 1
    (first,) = accumulate(RATE, [reading(1, 0, 0)])[:1]
    assert first is not None
    assert first.denominator == 0


def test_folding_twice_gives_the_same_and_doubles_nothing() -> None:
    readings = [value(1, 5), value(2, 7)]
    assert accumulate(COUNT, readings) == accumulate(COUNT, readings)


def test_a_county_that_reports_later_keeps_its_stock_in_the_whole() -> None:
    stock = replace(RATE, denominator_rule="last", region_rule="pooled")
    east = accumulate(stock, [reading(1, 1, 10), reading(2, 0, 11)])
    west = accumulate(stock, [reading(1, 2, 20)])
    state = combine(stock, [east, west])[1]
    assert state is not None
    assert (state.numerator, state.denominator) == (3, 31)
    assert (month_numbers(state.months), month_numbers(state.complete & 0xFFF)) == ([1, 2], [1])


def test_a_whole_is_incomplete_while_a_part_is_silent() -> None:
    counted = replace(COUNT, region_rule="sum")
    state = combine(counted, [accumulate(counted, [value(1, 5)]), accumulate(counted, [])])[0]
    assert state is not None
    assert (state.numerator, state.complete) == (5, 0)


@given(st.dictionaries(st.integers(1, 12), st.tuples(figures, figures)), st.randoms())
def test_pooling_is_independent_of_order(months: dict[int, tuple[D, D]], random: Random) -> None:
    readings = [reading(month, *parts) for month, parts in months.items()]
    shuffled = list(readings)
    random.shuffle(shuffled)
    assert accumulate(RATE, readings) == accumulate(RATE, shuffled)
    whole = replace(RATE, region_rule="pooled")
    one_by_one = combine(whole, [accumulate(RATE, [single]) for single in shuffled]) if readings else [None] * 12
    final, direct = one_by_one[11], accumulate(RATE, readings)[11]
    assert (final and final[:2]) == (direct and direct[:2])


@given(st.sets(st.integers(1, 12)))
def test_a_set_of_months_gives_its_numbers_back(numbers: set[int]) -> None:
    bits = month_set(numbers)
    assert month_numbers(bits) == sorted(numbers)
    assert last_month_of_set(bits) == (max(numbers) if numbers else None)


@given(st.lists(st.tuples(st.integers(1, 12), figures), unique_by=lambda pair: pair[0]), st.integers(1, 12))
def test_a_later_month_never_changes_an_earlier_one(pairs: list[tuple[int, D]], cut: int) -> None:
    readings = [value(month, amount) for month, amount in pairs]
    early = [one for one in readings if one.month <= cut]
    assert accumulate(COUNT, readings)[:cut] == accumulate(COUNT, early)[:cut]


def test_80_of_92_is_not_on_track() -> None:
    assert judged(LEVEL, "at_least", 92, 80).signal == "red"


def test_50_of_100_is_half_and_150_of_100_is_more_than_all() -> None:
    assert judged(COUNT, "at_least", 100, 50).progress == D("0.5")
    assert judged(COUNT, "at_least", 100, 150).progress == D("1.5")
