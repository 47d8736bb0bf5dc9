"""Signals of bad or embellished data: rare among honest figures, sure where figures were made up."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.periods import Month
from targets.data_quality import chances, corrections, pooled, repeats, spreads
from targets.data_quality.corrections import Corrected, OfficialFigure
from targets.data_quality.pooled import BesideLine
from targets.data_quality.series import MonthlySeries, by_month
from targets.data_quality.signals import (
    RULES,
    MonthTested,
    SignalKind,
    SignalResult,
    SignalSubject,
    scant_result,
    weigh_result,
)
from targets.entry_rules.figures import Entry
from targets.tests.honest import DECEMBER, Chance, counted, shared

JUNE = Month(2014, 6)


def state(result: SignalResult | None) -> str:
    if result is None:
        return "none"
    return "scant" if result.is_scant else "found" if result.is_found else "passed"


def rate(results: Iterable[SignalResult | None]) -> float:
    """How many of the tests that were made have found something."""
    made = [result for result in results if result is not None and not result.is_scant]
    return sum(result.is_found for result in made) / len(made) if made else 0.0


# --- Chances ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "least"), [(12, 8), (36, 16), (60, 23), (132, 42)])
def test_so_many_of_the_last_digits_are_0_or_5_less_than_once_in_a_thousand(number: int, least: int) -> None:
    assert (
        chances.chance_of_at_least(least, number, chances.FIFTH)
        < 0.001
        <= chances.chance_of_at_least(least - 1, number, chances.FIFTH)
    )


@pytest.mark.parametrize(("number", "least"), [(8, 8), (10, 10), (15, 13), (20, 16)])
def test_so_many_of_the_corrections_go_one_way_less_than_once_in_a_hundred(number: int, least: int) -> None:
    assert (
        chances.chance_of_at_least(least, number, chances.HALF)
        < 0.01
        <= chances.chance_of_at_least(least - 1, number, chances.HALF)
    )


@given(st.integers(0, 40), st.integers(1, 40), st.fractions(0, 1, max_denominator=50))
def test_hits_and_misses_share_the_chance(hits: int, trials: int, share: Fraction) -> None:
    more = chances.chance_of_at_least(hits, trials, share)
    others = chances.chance_of_at_least(trials - hits + 1, trials, 1 - share)
    assert more + others == pytest.approx(1, abs=1e-12)


def test_quantiles_are_those_of_the_tables() -> None:
    quantiles = {1: 1.570797e-06, 2: 0.002001, 5: 0.210213, 11: 1.833853, 30: 11.587972}
    for degrees, wanted in quantiles.items():
        assert chances.least_spread(degrees, 0.001) == pytest.approx(wanted, rel=1e-5)
    assert chances.at_most_spread(31.264, 11) == pytest.approx(0.999, abs=1e-5)
    assert chances.at_most_spread(0, 11) == 0
    assert chances.at_most_spread(900, 11) == pytest.approx(1)
    assert chances.above_t(4.143700, 10) == pytest.approx(0.001, rel=1e-5)
    assert chances.above_t(0, 10) == 0.5
    assert chances.two_sided(1.959964) == pytest.approx(0.05, rel=1e-5)


@pytest.mark.parametrize(
    ("number", "pairs", "wanted"), [(400, 11, 0.0085), (100, 11, 0.034), (30, 11, 0.11), (400, 55, 0.042)]
)
def test_two_shares_agree_as_often_as_was_simulated(number: int, pairs: int, wanted: float) -> None:
    """A month and the one before it, eleven times a year; eleven counties in one month."""
    once = chances.coincidence(round(number * 0.93), number, fixed=False)
    assert 1 - (1 - once) ** pairs == pytest.approx(wanted, rel=0.1)


def test_where_the_number_is_fixed_equal_shares_say_little() -> None:
    assert chances.coincidence(391, 420, fixed=True) == pytest.approx(0.05, rel=0.1)
    assert chances.coincidence(400, 400, fixed=False) == chances.coincidence(0, 400, fixed=False) == 1
    assert chances.coincidence(0, 0, fixed=False) == 1


def test_holm_steps_down_through_all_tests() -> None:
    assert chances.adjusted([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert chances.adjusted([0.5, 0.9]) == [1.0, 1.0]
    assert chances.adjusted([]) == []


@given(st.lists(st.floats(0, 1), max_size=30))
def test_holm_never_makes_a_chance_smaller_nor_changes_their_order(found: list[float]) -> None:
    together = chances.adjusted(found)
    assert all(one >= alone and one <= 1 for one, alone in zip(together, found, strict=True))
    ranked = [one for _alone, one in sorted(zip(found, together, strict=True))]
    assert ranked == sorted(ranked)


# --- Copied -----------------------------------------------------------------------------------------------------------

PLAIN = [(393, 421), (380, 410), (401, 430), (377, 404), (390, 415), (395, 426)]


@pytest.mark.parametrize(
    ("shares", "wanted"),
    [
        (PLAIN, "passed"),
        ([*PLAIN, PLAIN[-1]], "found"),
        ([*PLAIN, PLAIN[0]], "passed"),
        ([*PLAIN, (PLAIN[-1][0], 427)], "passed"),
        ([(93, 100), (95, 103), (95, 103)], "scant"),
        ([(391, 420), (388, 420), (390, 420), (390, 420)], "scant"),
        ([(420, 420), (431, 431), (431, 431)], "scant"),
        ([(1860, 2001), (1871, 2013), (1850, 1990), (1860, 2001)], "found"),
        (PLAIN[:1], "scant"),
        ([(395, 426), (380, 0), (395, 426)], "scant"),
    ],
)
def test_a_month_is_copied_where_both_numbers_are_those_of_the_one_before(
    shares: list[tuple[int, int]], wanted: str
) -> None:
    """Any earlier one where there are two thousand things; never where there are few, a fixed number, or all good."""
    assert state(repeats.copied_month(shared(shares), DECEMBER)) == wanted


def test_equal_counts_of_two_months_say_nothing() -> None:
    assert repeats.copied_month(counted([1000, 1000]), DECEMBER) is None
    assert repeats.equal_counties(1, [counted([1000], place) for place in range(11)], DECEMBER) is None


def test_a_month_of_which_there_is_no_figure_is_not_tested() -> None:
    series = shared([*PLAIN, PLAIN[-1]], last=JUNE)
    for test in (repeats.copied_month, spreads.too_even, spreads.outlier):
        assert state(test(series, DECEMBER)) == "scant"


def counties(*figures: list[tuple[int, int]]) -> list[MonthlySeries]:
    return [shared(lot, place) for place, lot in enumerate(figures)]


SAME, OTHERS = (391, 420), [(388, 419), (402, 431), (379, 409), (396, 426)]


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ([[one] for one in OTHERS], "passed"),
        ([[SAME], [SAME], *([one] for one in OTHERS)], "passed"),
        ([[SAME], [SAME], [SAME], *([one] for one in OTHERS)], "found"),
        ([[OTHERS[0], SAME], [OTHERS[0], SAME], *([one, one] for one in OTHERS)], "found"),
        ([[OTHERS[0], SAME], [OTHERS[1], SAME], *([one, one] for one in OTHERS)], "passed"),
        ([[SAME]] * 4 + [[OTHERS[0]]], "scant"),
        ([[(39, 42)]] * 3 + [[(38, 41)]] * 2, "scant"),
        ([[SAME], [SAME]], "none"),
    ],
)
def test_counties_are_equal_where_three_are_or_two_twice(now: list[list[tuple[int, int]]], wanted: str) -> None:
    """Where most have the same number of things it is fixed, and equal shares are no wonder."""
    assert state(repeats.equal_counties(1, counties(*now), DECEMBER)) == wanted


def test_the_equal_figures_are_told() -> None:
    found = repeats.equal_counties(1, counties([SAME], [SAME], [SAME], *([one] for one in OTHERS)), DECEMBER)
    assert found is not None
    assert [entry.region_id for entry in found.figures] == [0, 1, 2]
    assert found.about == SignalSubject(1)


# --- Too even ---------------------------------------------------------------------------------------------------------


def too_even(series: MonthlySeries) -> str:
    return state(spreads.too_even(series, DECEMBER))


def test_figures_are_too_even_where_chance_would_spread_them_more() -> None:
    assert too_even(counted([100, 101, 99, 100, 102, 98, 100, 101, 99, 100, 100, 100])) == "found"
    assert too_even(counted([100, 112, 91, 95, 108, 88, 103, 110, 97, 92, 104, 100])) == "passed"
    assert too_even(shared([(93, 100), (92, 99), (94, 101)] * 4)) == "found"
    assert too_even(shared([(93, 100), (88, 99), (98, 101)] * 4)) == "passed"


@pytest.mark.parametrize(
    "series",
    [
        counted([100] * 5),
        counted([2] * 12),
        shared([(98, 100)] * 12),
        shared([(100, 100)] * 12),
        MonthlySeries(1, 1, "count", [Entry(1, 1, Month(2014, n), D("3.5")) for n in range(1, 13)]),
    ],
)
def test_where_too_little_is_expected_a_month_nothing_is_said_of_how_even_it_is(series: MonthlySeries) -> None:
    assert too_even(series) == "scant"


def squeezed(counts: list[int], mean: int, factor: float) -> list[int]:
    return [round(mean + factor * (count - mean)) for count in counts]


def test_honest_figures_are_rarely_too_even_and_smoothed_ones_often() -> None:
    """The table: 0.07 to 0.12 % of honest years; a spread of three tenths is found in 95 % of years."""
    chance = Chance()
    honest = [spreads.too_even(counted(chance.counts(100, 12)), DECEMBER) for _year in range(1500)]
    smooth = [squeezed(chance.counts(100, 12), 100, 0.3) for _year in range(100)]
    assert rate(honest) <= 0.004
    assert rate(spreads.too_even(counted(year), DECEMBER) for year in smooth) >= 0.85


@pytest.mark.long
@pytest.mark.parametrize("mean", [4, 10, 34, 100])
@pytest.mark.parametrize("months", [6, 9, 12])
def test_however_many_months_there_are_the_rate_of_false_alarms_is_the_one_that_is_told(mean: int, months: int) -> None:
    chance = Chance()
    honest = [spreads.too_even(counted(chance.counts(mean, months)), DECEMBER) for _year in range(20_000)]
    assert rate(honest) <= 0.0018


@pytest.mark.long
@pytest.mark.parametrize(("factor", "least", "most"), [(0.2, 0.99, 1), (0.3, 0.9, 1), (0.5, 0.12, 0.4)])
def test_smoothing_is_found_as_often_as_the_table_says(factor: float, least: float, most: float) -> None:
    chance = Chance()
    smooth = [squeezed(chance.counts(400, 12), 400, factor) for _year in range(3000)]
    assert least <= rate(spreads.too_even(counted(year), DECEMBER) for year in smooth) <= most


# --- Last digits ------------------------------------------------------------------------------------------------------


def digits(counts: Iterable[int]) -> SignalResult:
    return pooled.round_digits(7, counted(list(counts)).entries)


def test_counts_that_end_in_0_or_5_are_told_of_the_unit() -> None:
    found = digits([10, 20, 35, 15, 40, 25, 30, 45, 17, 22, 31, 48])
    assert (state(found), found.about.unit_id, dict(found.facts)) == ("found", 7, {"number": 12, "round": 8})
    assert state(digits([10, 20, 35, 15, 40, 25, 30, 44, 17, 22, 31, 48])) == "passed"


def test_small_counts_and_few_of_them_are_not_tested() -> None:
    assert state(digits([5] * 100 + [10] * 11)) == "scant"


def test_of_half_rounded_counts_so_many_are_found_as_the_table_says() -> None:
    """N = 12: 44 %, 24: 89 %, 36: 98 %; exact figures of honest data: 0.06 to 0.10 %."""
    chance = Chance()
    for number, wanted in ((12, 0.44), (24, 0.89), (36, 0.98)):
        years = [chance.counts(60, number) for _year in range(300)]
        half = [[round(count / 5) * 5 if chance.random.random() < 0.5 else count for count in year] for year in years]
        assert rate(map(digits, half)) == pytest.approx(wanted, abs=0.1)


# --- Just over the line -----------------------------------------------------------------------------------------------


def lifted(chance: Chance, things: int, share: float, number: int, part: float) -> list[BesideLine]:
    """Figures of which a part of those that fail are lifted over 92 %."""
    line, found = Fraction(92, 100), []
    for good in chance.good(things, share, number):
        passing = -(-line * things // 1)
        missed = good < passing and chance.random.random() < part
        found.append(BesideLine(Entry(1, 1, JUNE, None, D(int(passing) if missed else good), D(things)), line))
    return found


def test_lifted_figures_crowd_over_the_line() -> None:
    chance = Chance()
    found = pooled.over_the_line(1, lifted(chance, 100, 0.92, 132, 0.7))
    assert state(found) == "found"
    assert state(pooled.over_the_line(1, lifted(chance, 100, 0.92, 132, 0))) == "passed"


def test_few_figures_and_those_of_few_things_are_not_held_against_the_line() -> None:
    chance = Chance()
    assert state(pooled.over_the_line(1, lifted(chance, 100, 0.92, 59, 1))) == "scant"
    assert state(pooled.over_the_line(1, lifted(chance, 20, 0.99, 132, 0))) == "scant"
    assert state(pooled.over_the_line(1, lifted(chance, 420, 0.999, 132, 0))) == "scant"
    assert pooled.over_the_line(1, []) is None


def test_of_what_is_better_low_the_line_is_passed_from_above() -> None:
    """At most 4 %: 4 of 100 pass, 5 do not."""
    entries = [Entry(1, 1, JUNE, None, D(bad), D(300)) for bad in (*([12] * 60), *([13] * 4))]
    found = pooled.over_the_line(1, [BesideLine(entry, Fraction(4, 100), higher=False) for entry in entries])
    assert found is not None
    assert (state(found), found.facts["over"], found.facts["under"]) == ("found", 60, 4)


@pytest.mark.long
@pytest.mark.parametrize("things", [100, 420])
@pytest.mark.parametrize("share", [0.91, 0.92, 0.93, 0.95])
def test_honest_figures_seldom_crowd_over_the_line(things: int, share: float) -> None:
    chance = Chance()
    years = [lifted(chance, things, share, 132, 0) for _year in range(1000)]
    assert rate(pooled.over_the_line(1, year) for year in years) <= 0.006


@pytest.mark.long
@pytest.mark.parametrize("things", [100, 420])
def test_lifting_is_found_where_it_ends_on_the_line(things: int) -> None:
    chance = Chance()
    years = [lifted(chance, things, 0.92, 132, 0.7) for _year in range(300)]
    assert rate(pooled.over_the_line(1, year) for year in years) >= 0.95


# --- Outliers, the end of the year, the pace --------------------------------------------------------------------------


def test_an_outlier_lies_far_from_the_middle_and_from_the_last_months() -> None:
    assert state(spreads.outlier(counted([34, 31, 36, 33, 35, 32, 340]), DECEMBER)) == "found"
    assert state(spreads.outlier(counted([34, 31, 36, 33, 35, 32, 45]), DECEMBER)) == "passed"
    assert state(spreads.outlier(counted([2, 60, 4, 55, 3, 41, 2, 58]), DECEMBER)) == "passed"
    assert state(spreads.outlier(shared([*PLAIN, (300, 420)]), DECEMBER)) == "found"
    assert state(spreads.outlier(shared([*PLAIN, (391, 420)]), DECEMBER)) == "passed"


@pytest.mark.parametrize("series", [counted([34, 31, 36, 33, 35, 340]), counted([34] * 7), shared([(420, 420)] * 7)])
def test_what_has_too_few_months_or_does_not_spread_has_no_outliers(series: MonthlySeries) -> None:
    assert state(spreads.outlier(series, DECEMBER)) == "scant"


def test_a_rush_is_found_in_december_of_eleven_months_before_it() -> None:
    even = [20, 31, 24, 18, 27, 22, 30, 25, 19, 28, 23]
    assert state(spreads.year_end_rush(counted([*even, 60]), DECEMBER)) == "found"
    assert state(spreads.year_end_rush(counted([*even, 36]), DECEMBER)) == "passed"
    assert state(spreads.year_end_rush(counted([*even[1:], 60]), DECEMBER)) == "scant"
    assert state(spreads.year_end_rush(counted([20] * 11 + [60]), DECEMBER)) == "scant"
    assert spreads.year_end_rush(counted([*even, 60], last=JUNE), JUNE) is None
    assert spreads.year_end_rush(shared([(93, 100)] * 12), DECEMBER) is None


def test_honest_decembers_are_no_rush() -> None:
    chance = Chance()
    assert rate(spreads.year_end_rush(counted(chance.counts(34, 12)), DECEMBER) for _year in range(1000)) <= 0.006


def riding(counts: list[int], above: list[float]) -> str:
    """Year to date so many per cent above a straight line of 100 a month."""
    lines = [D(100 * number) for number in range(1, len(above) + 1)]
    standings = [(line * (100 + D(str(percent))) / 100, line) for percent, line in zip(above, lines, strict=True)]
    return state(spreads.riding_pace(counted(counts), standings, DECEMBER))


BURSTS = [60, 150, 80, 130, 70, 120, 90, 140]


def test_the_pace_is_ridden_where_bursts_come_out_just_above_the_line() -> None:
    assert riding(BURSTS, [0, 0.2, 0.9, 1, 0.5, 0.1, 4, 6]) == "found"
    assert riding(BURSTS, [0, 0.2, 0.9, 1.1, 0.5, -0.1, 4, 6]) == "passed"
    assert riding([100, 101, 99, 100, 102, 98, 100, 100], [0.1] * 8) == "scant"
    assert riding(BURSTS, [0.1] * 5) == "scant"
    assert spreads.riding_pace(counted(BURSTS), [], DECEMBER) is None


def test_bursts_of_chance_seldom_keep_just_above_the_line() -> None:
    chance, found = Chance(), []
    for _year in range(2000):
        counts = [max(1, round(chance.random.gauss(340, 0.2 * 340))) for _month in range(12)]
        months = zip(counted(counts).entries, range(1, 13), strict=True)
        total, standings = 0, []
        for entry, number in months:
            total += int(entry.value or 0)
            standings.append((D(total), D(340 * number)))
        found.append(spreads.riding_pace(counted(counts), standings, DECEMBER))
    assert rate(found) <= 0.002


# --- Corrections ------------------------------------------------------------------------------------------------------

NOON = datetime(2014, 7, 5, 12, tzinfo=UTC)


def corrected(*passes: bool | None, hours_before: int = 100) -> Corrected:
    moments = [NOON - timedelta(hours=hours_before + number) for number in reversed(range(len(passes)))]
    entry = Entry(1, 1, JUNE, D(1))
    return Corrected([OfficialFigure(entry, at, one) for at, one in zip(moments, passes, strict=True)])


UP, DOWN = corrected(False, True), corrected(True, False)


@pytest.mark.parametrize(
    ("lot", "wanted"),
    [
        ([UP] * 8, "found"),
        ([UP] * 7, "scant"),
        ([UP] * 7 + [corrected(True, True), corrected(None, True)], "scant"),
        ([UP] * 9 + [DOWN], "passed"),
        ([UP] * 13 + [DOWN] * 2, "found"),
        ([UP] * 16 + [DOWN] * 4, "found"),
        ([DOWN] * 10, "passed"),
    ],
)
def test_corrections_that_all_turn_to_the_better_are_told_of_the_unit(lot: list[Corrected], wanted: str) -> None:
    assert state(corrections.favourable(7, lot)) == wanted


def test_a_figure_that_is_corrected_there_and_back_is_listed() -> None:
    assert state(corrections.reversal(corrected(True, False, True))) == "found"
    assert state(corrections.reversal(corrected(True, False, False, True))) == "found"
    for passes in ((False, True, False), (True, False), (True, True, True), (None, None)):
        assert corrections.reversal(corrected(*passes)) is None


def test_corrections_shortly_before_the_month_was_closed_are_counted() -> None:
    earlier, alone = corrected(None, None, hours_before=49), corrected(True, hours_before=1)
    found = corrections.corrections_before_closing(7, [corrected(True, True, hours_before=47), earlier, alone], NOON)
    assert found is not None
    assert found.facts == {"number": 1}
    assert corrections.corrections_before_closing(7, [corrected(True, True, hours_before=-1)], NOON) is None


# --- Together ---------------------------------------------------------------------------------------------------------


def test_what_lacks_data_is_counted_by_itself_and_never_as_passed() -> None:
    lot = [
        scant_result(SignalKind.TOO_EVEN, SignalSubject(1, 1)),
        weigh_result(SignalKind.TOO_EVEN, SignalSubject(1, 2), 0.4),
    ]
    summary = MonthTested.of(
        [*lot, weigh_result(SignalKind.OUTLIER, SignalSubject(1, 2), 0.0001, counted([1]).entries)]
    )
    assert summary.tests == 2
    assert [result.is_scant for result in summary.of_kind(SignalKind.TOO_EVEN)] == [True, False]
    assert [result.is_found for result in summary.results] == [False, False, True]


def test_a_signal_stands_out_only_if_it_is_rare_among_all_tests() -> None:
    found = weigh_result(SignalKind.OUTLIER, SignalSubject(1, 1), 0.0005, counted([1]).entries)
    others = [weigh_result(SignalKind.OUTLIER, SignalSubject(1, number), 0.5) for number in range(2, 200)]
    assert [result.stands_out for result in MonthTested.of([found, *others[:50]]).results[:2]] == [True, False]
    (alone, *_others) = MonthTested.of([found, *others]).results
    assert (alone.is_found, alone.stands_out) == (True, False)
    assert alone.together == pytest.approx(199 * 0.0005)


def test_the_number_of_false_alarms_is_made_from_the_rates_of_all_tests() -> None:
    lot = [weigh_result(SignalKind.TOO_EVEN, SignalSubject(1, number), 0.5) for number in range(300)]
    assert MonthTested.of(lot).alarms_a_year == pytest.approx(1.2)
    assert [MonthTested.of(part).fewer_than for part in (lot, lot[:1], [])] == [2, 1, 1]
    lists = corrections.reversal(corrected(True, False, True))
    assert lists is not None
    assert MonthTested.of([lists, scant_result(SignalKind.OUTLIER, SignalSubject())]).alarms_a_year == 0


def test_a_test_by_coincidence_is_counted_with_its_own_chance_in_each_month() -> None:
    made = repeats.copied_month(shared(PLAIN), DECEMBER)
    assert made is not None
    assert (made.chance, made.alarms) == (1, pytest.approx(12 * 0.00075, rel=0.2))


def test_every_kind_is_tested_or_only_listed() -> None:
    assert RULES[SignalKind.OVER_THE_LINE].limit == 0.0001
    assert {*RULES, SignalKind.REVERSAL, SignalKind.LATE_CORRECTIONS} == set(SignalKind)


# --- What is entered to date ------------------------------------------------------------------------------------------


def test_of_what_is_entered_to_date_the_months_alone_are_tested() -> None:
    entries = [Entry(1, 1, Month(2014, number), D(total)) for number, total in ((1, 10), (2, 25), (3, 25), (5, 60))]
    assert [(one.month.number, one.value) for one in by_month(entries)] == [(1, 10), (2, 15), (3, 0)]
    shares = [Entry(1, 1, Month(2014, n), None, D(a), D(b)) for n, a, b in ((3, 9, 10), (6, 20, 22))]
    assert [one.figures[1:3] for one in by_month(shares, 3)] == [(9, 10), (11, 12)]


# --- A year of tests, month after month -------------------------------------------------------------------------------


def raised(kind: SignalKind, years: Iterable[Iterable[SignalResult | None]]) -> float:
    """How many of the years have a false alarm in any month, for one that is said to come."""
    found = [any(result is not None and result.is_found for result in year) for year in years]
    return sum(found) / len(found) / (RULES[kind].alarms_a_year or 0.0)


def month_by_month(
    test: Callable[[MonthlySeries, Month], SignalResult | None], figures: Sequence[int], first: int
) -> Iterator[SignalResult | None]:
    for number in range(first, len(figures) + 1):
        month = Month(2014, number)
        yield test(counted(figures[:number], last=month), month)


@pytest.mark.long
@pytest.mark.parametrize("mean", [4, 10, 34, 100])
def test_honest_counts_raise_no_more_alarms_a_year_than_is_told(mean: int) -> None:
    chance = Chance()
    years = [chance.counts(mean, 12) for _year in range(6000)]
    for kind, test, first in ((SignalKind.TOO_EVEN, spreads.too_even, 6), (SignalKind.OUTLIER, spreads.outlier, 7)):
        assert raised(kind, (month_by_month(test, year, first) for year in years)) <= 1.4, kind


@pytest.mark.long
@pytest.mark.parametrize("spread", [0.4, 0.8])
def test_bursts_of_chance_are_a_rush_no_more_often_than_is_told(spread: float) -> None:
    """Coefficients of variation of 0.4 and 0.8: 0.6 and 1.4 % of honest Decembers."""
    chance, shape = Chance(), 1 / spread**2
    years = [[round(chance.random.gammavariate(shape, 40 / shape)) for _month in range(12)] for _year in range(6000)]
    assert raised(SignalKind.YEAR_END_RUSH, ([spreads.year_end_rush(counted(year), DECEMBER)] for year in years)) <= 1.1


@pytest.mark.long
@pytest.mark.parametrize("a_month", [1, 3, 10])
def test_honest_digits_raise_no_more_alarms_a_year_than_is_told(a_month: int) -> None:
    chance = Chance()
    years = [chance.counts(60, 12 * a_month) for _year in range(2000)]
    tests = ((digits(year[: number * a_month]) for number in range(1, 13)) for year in years)
    assert raised(SignalKind.ROUND_DIGITS, tests) <= 1.6


@pytest.mark.long
@pytest.mark.parametrize("a_month", [1, 2, 4])
def test_honest_corrections_raise_no_more_alarms_a_year_than_is_told(a_month: int) -> None:
    chance = Chance()
    years = [[chance.random.choice([UP, DOWN]) for _turn in range(12 * a_month)] for _year in range(3000)]
    tests = ((corrections.favourable(7, year[: number * a_month]) for number in range(1, 13)) for year in years)
    assert raised(SignalKind.FAVOURABLE_CORRECTIONS, tests) <= 1.2
