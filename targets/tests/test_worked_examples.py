"""The worked examples of the domain, each from the figures that were reported to the row that pages read."""

from datetime import date
from decimal import Decimal as D

import pytest
from django.core.exceptions import ValidationError

from departments.permissions import Role
from plans.periods import Month
from targets.entry_rules.figures import Problem
from targets.models import Observation, Revision
from targets.services.checking import check_entries
from targets.services.quotas import set_quotas
from targets.services.reviewing import approve_revision, return_revision, withdraw_revision
from targets.tests import factories as f
from targets.wording.explanation import attainment_texts_of

pytestmark = pytest.mark.django_db


def test_pooled_ratio_of_three_months_reaches_92_percent() -> None:
    rate = f.indicator()
    promise = f.target(rate, "at_least", 92)
    f.official(
        f.entry(rate, "2014-01", 180, 200), f.entry(rate, "2014-02", 190, 200), f.entry(rate, "2014-03", 95, 100)
    )
    row = f.attainment(promise, "2014-03")
    assert (row.numerator, row.denominator, row.actual, row.verdict, row.signal) == (465, 500, 93, "met", "green")


def test_any_91_point_999_does_not_reach_92() -> None:
    rate = f.indicator()
    promise = f.target(rate, "at_least", 92)
    f.official(f.entry(rate, "2014-01", "919999.999999", 1000000))
    assert f.attainment(promise, "2014-01").verdict == "not_met"


@pytest.mark.parametrize(("value", "signal"), [(2040, "yellow"), (2041, "green"), (1632, "red"), (1633, "yellow")])
def test_a_count_is_measured_against_its_pace(value: int, signal: str) -> None:
    houses = f.indicator("count")
    promise = f.target(houses, "at_least", 4081)
    f.official(f.entry(houses, "2014-06", value))
    row = f.attainment(promise, "2014-06")
    assert (row.pace, row.signal) == (D("2040.5"), signal)


def test_a_count_that_reaches_the_threshold_is_met_in_june() -> None:
    houses = f.indicator("count")
    promise = f.target(houses, "at_least", 4081)
    f.official(f.entry(houses, "2014-06", 4081))
    row = f.attainment(promise, "2014-06")
    assert (row.verdict, row.signal, row.progress) == ("met", "green", 1)


def test_what_is_entered_to_date_is_never_added_up() -> None:
    houses = f.indicator("count", entry_basis="to_date")
    promise = f.target(houses, "at_least", 4081)
    f.official(f.entry(houses, "2014-01", 300), f.entry(houses, "2014-02", 650), f.entry(houses, "2014-03", 650))
    assert f.attainment(promise, "2014-03").actual == 650


def test_a_total_to_date_that_falls_has_to_be_explained() -> None:
    houses = f.indicator("count", entry_basis="to_date")
    f.official(f.entry(houses, "2014-01", 300))
    problems = check_entries([f.entry(houses, "2014-02", 299)])
    assert problems == {0: [Problem("total_falls", "value", (("month", "2014-01"), ("before", "300"), ("now", "299")))]}
    assert check_entries([f.entry(houses, "2014-02", 299, note="一月重复统计一户")]) == {}


def test_accidents_per_ten_thousand_sets_divide_by_the_last_stock_and_show_0_4167() -> None:
    accidents = f.indicator(denominator_rule="last", scale=D(1), decimals=4, unit="起/万台", direction="lower")
    promise = f.target(accidents, "at_most", "0.42")
    f.official(
        f.entry(accidents, "2014-01", 0, "7.1"),
        f.entry(accidents, "2014-02", 2, "7.2"),
        f.entry(accidents, "2014-03", 1, "7.2"),
    )
    row = f.attainment(promise, "2014-03")
    assert (row.numerator, row.denominator, row.verdict) == (3, D("7.2"), "met")
    assert str(row.actual).startswith("0.41666666666")
    assert attainment_texts_of(row).actual.startswith("0.4167\u00a0")


def test_none_without_rows_is_no_data() -> None:
    incidents = f.indicator("count", direction="lower")
    promise = f.target(incidents, "none")
    f.recompute()
    from targets.services.dirty import promises_changed

    promises_changed([promise])
    f.recompute()
    row = f.attainment(promise, "2014-03")
    assert (row.verdict, row.signal) == ("no_data", "grey")


def test_none_holds_with_a_reported_zero() -> None:
    incidents = f.indicator("count", direction="lower")
    promise = f.target(incidents, "none")
    f.official(f.entry(incidents, "2014-01", 0))
    row = f.attainment(promise, "2014-01")
    assert (row.verdict, row.signal, row.actual) == ("met", "green", 0)


def test_one_case_in_march_is_red_for_the_rest_of_the_year() -> None:
    incidents = f.indicator("count", direction="lower")
    promise = f.target(incidents, "none")
    f.official(f.entry(incidents, "2014-01", 0), f.entry(incidents, "2014-03", 1))
    signals = [f.attainment(promise, f"2014-{month:02d}").signal for month in range(1, 13)]
    assert signals == ["green"] * 2 + ["red"] * 10


def test_investment_grows_no_slower_than_gdp() -> None:
    investment, gdp = (f.indicator("level", entry_basis="to_date", decimals=1) for _ in range(2))
    promise = f.target(investment, "at_least", operand=gdp, threshold_kind="indicator")
    f.official(f.entry(investment, "2014-06", "9.3"))
    row = f.attainment(promise, "2014-06")
    assert (row.verdict, row.reason, row.signal) == ("not_assessable", "operand_missing", "grey")
    f.official(f.entry(gdp, "2014-06", "7.2"))
    row = f.attainment(promise, "2014-06")
    assert (row.verdict, row.compared) == ("met", D("7.2"))


@pytest.mark.parametrize(("value", "verdict"), [("23.4", "met"), ("23.39", "not_met")])
def test_a_change_of_two_points_over_the_baseline(value: str, verdict: str) -> None:
    share = f.indicator("level")
    promise = f.target(
        share, "at_least", 2, threshold_kind="baseline", baseline=D("21.4"), baseline_source="2013年统计"
    )
    f.official(f.entry(share, "2014-12", value))
    row = f.attainment(promise, "2014-12")
    assert (row.verdict, row.compared) == (verdict, D("23.4"))


def test_a_city_is_pooled_from_its_counties_and_never_the_mean_of_rates() -> None:
    city = f.region()
    east, west = f.region("100101", city), f.region("100102", city)
    rate = f.indicator(region_rule="pooled")
    promise = f.target(rate, "at_least", 92)
    f.official(f.entry(rate, "2014-01", 90, 100, place=east), f.entry(rate, "2014-01", 1, 1, place=west))
    row = f.attainment(promise, "2014-01")
    assert (row.numerator, row.denominator) == (91, 101)
    assert str(row.actual).startswith("90.0990099009")


def test_a_city_row_beside_its_counties_is_refused() -> None:
    f.region("100101", f.region())
    rate = f.indicator(region_rule="pooled")
    assert check_entries([f.entry(rate, "2014-01", 90, 100)])[0][0].code == "made_from_parts"


def test_a_late_entry_changes_every_month_from_its_own_on_and_nothing_before() -> None:
    houses = f.indicator("count")
    promise = f.target(houses, "at_least", 4081)
    f.official(*(f.entry(houses, f"2014-{month:02d}", 100) for month in range(1, 7)))
    before = [f.attainment(promise, f"2014-{month:02d}").inputs_hash for month in range(1, 13)]
    f.official(f.entry(houses, "2014-02", 150, note="补报"))
    rows = [f.attainment(promise, f"2014-{month:02d}") for month in range(1, 13)]
    assert [row.inputs_hash == old for row, old in zip(rows, before, strict=True)] == [True] + [False] * 11
    assert [row.actual for row in rows[:6]] == [100, 250, 350, 450, 550, 650]


def test_the_last_approved_value_stands_until_the_next_approval_and_withdrawal_removes_it() -> None:
    office = f.department()
    houses = f.indicator("count", department=office)
    promise = f.target(houses, "at_least", 4081)
    reporter, reviewer = f.person(Role.REPORTER, office), f.person(Role.REVIEWER, office)

    def entered(value: int) -> Revision:
        entry = f.entry(houses, "2014-01", value)
        return f.handed_in(entry, by=reporter)

    first = approve_revision(entered(300), by=reviewer)
    f.recompute()
    correction = entered(310)
    return_revision(correction, by=reviewer, reason="请附说明")
    f.recompute()
    assert f.attainment(promise, "2014-01").actual == 300
    second = approve_revision(entered(320), by=reviewer)
    f.recompute()
    assert f.attainment(promise, "2014-01").actual == 320
    first.refresh_from_db()
    assert first.state == "superseded"
    withdraw_revision(second, by=reviewer, reason="重复统计")
    f.recompute()
    assert f.attainment(promise, "2014-01").verdict == "no_data"
    assert Observation.objects.get().official is None


def test_accumulation_is_by_indicator_and_region_never_by_the_person_who_typed() -> None:
    office = f.department()
    houses = f.indicator("count", entry_basis="to_date", department=office)
    promise = f.target(houses, "at_least", 4081)
    reviewer = f.person(Role.REVIEWER, office)
    for month, value in (("2014-06", 2000), ("2014-12", 4081)):
        reporter = f.person(Role.REPORTER, office)
        approve_revision(f.handed_in(f.entry(houses, month, value), by=reporter), by=reviewer)
    f.recompute()
    assert f.attainment(promise, "2014-12").actual == 4081


# --- Quotas, steps and pace -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reached", "signal"), [(300, "green"), (280, "yellow"), (239, "red")])
def test_q1_a_county_is_paced_to_its_own_quota(reached: int, signal: str) -> None:
    county = f.region("100101", f.region())
    houses = f.indicator("count", region_rule="sum")
    promise = f.target(houses, "at_least", 4081, coverage="quotas")
    f.quota(promise, county, 400)
    f.official(f.entry(houses, "2014-09", reached, place=county))
    row = f.attainment(promise, "2014-09", county)
    assert (row.signal, row.pace, row.compared) == (signal, 300, 400)


def test_q2_quotas_of_4000_of_4081_are_refused_without_a_reason() -> None:
    county = f.region("100101", f.region())
    promise = f.target(f.indicator("count", region_rule="sum"), "at_least", 4081, coverage="quotas")

    def divide(reason: str) -> None:
        rows, month = {county.pk: D(4000)}, Month(2014, 1)
        set_quotas(
            target=promise, rows=rows, from_month=month, source="温质〔2014〕3号", reason=reason, by=f.coordinator()
        )

    with pytest.raises(ValidationError):
        divide("")
    divide("余下81户由市本级承担")


def test_q3_a_quota_halved_in_july_leaves_january_to_june_as_they_were() -> None:
    county = f.region("100101", f.region())
    houses = f.indicator("count", region_rule="sum")
    promise = f.target(houses, "at_least", 4081, coverage="quotas")
    f.quota(promise, county, 400)
    f.official(*(f.entry(houses, f"2014-{month:02d}", 20, place=county) for month in range(1, 13)))
    rows = [f.attainment(promise, f"2014-{month:02d}", county) for month in range(1, 13)]
    f.quota(promise, county, 200, "2014-07")
    f.judged_anew(promise)
    after = [f.attainment(promise, f"2014-{month:02d}", county) for month in range(1, 13)]
    assert [old.inputs_hash == new.inputs_hash for old, new in zip(rows, after, strict=True)] == [True] * 6 + [
        False
    ] * 6
    assert [row.signal for row in rows] == ["red"] * 12
    assert [row.signal for row in after] == ["red"] * 6 + ["green"] * 6


def test_a_region_without_a_quota_owes_nothing() -> None:
    county = f.region("100101", f.region())
    houses = f.indicator("count", region_rule="sum")
    promise = f.target(houses, "at_least", 4081, coverage="quotas")
    f.official(f.entry(houses, "2014-09", 10, place=county))
    row = f.attainment(promise, "2014-09", county)
    assert (row.verdict, row.reason, row.signal, row.actual) == ("not_assessable", "not_owed", "grey", 10)


def test_a_quota_of_a_rate_stands_beside_the_whole_s_threshold() -> None:
    city = f.region()
    strict, usual = f.region("100101", city), f.region("100102", city)
    rate = f.indicator(region_rule="pooled")
    promise = f.target(rate, "at_least", 92, coverage="parts")
    f.quota(promise, strict, 95, "2014-02")
    f.official(*(f.entry(rate, "2014-01", 93, 100, place=place) for place in (strict, usual)))
    found = [f.attainment(promise, month, place) for place in (strict, usual) for month in ("2014-01", "2014-02")]
    assert [(row.compared, row.verdict) for row in found] == [(92, "met"), (95, "not_met"), (92, "met"), (92, "met")]


def test_120_due_on_30_june_at_10_a_month_is_red_in_may() -> None:
    houses = f.indicator("count")
    promise = f.target(houses, "at_least", 120, due=date(2014, 6, 30))
    f.official(*(f.entry(houses, f"2014-{month:02d}", 10) for month in range(1, 7)))
    row = f.attainment(promise, "2014-05")
    assert (row.actual, row.pace, row.signal) == (50, 100, "red")


def test_600_promised_by_december_2025_of_a_plan_that_began_in_january_2023_want_200_after_a_year() -> None:
    firms = f.indicator("count")
    promise = f.target(firms, "at_least", 600, plan=f.plan_over("2023-01", "2025-12"), counting="plan")
    f.official(f.entry(firms, "2023-12", 200), f.entry(firms, "2024-12", 159))
    first, second = (f.attainment(promise, month) for month in ("2023-12", "2024-12"))
    assert (first.pace, first.signal, first.time_progress) == (200, "green", D(12) / 36)
    assert (second.actual, second.pace, second.signal) == (359, 400, "yellow")


def test_counted_by_year_each_january_begins_anew() -> None:
    firms = f.indicator("count")
    promise = f.target(firms, "at_least", 120, plan=f.plan_over("2023-01", "2025-12"))
    f.official(f.entry(firms, "2023-12", 120), f.entry(firms, "2024-01", 10))
    first, second = (f.attainment(promise, month) for month in ("2023-12", "2024-01"))
    assert (first.actual, first.verdict) == (120, "met")
    assert (second.actual, second.pace, second.signal) == (10, 10, "green")


def test_a_target_due_in_an_earlier_year_of_its_plan_stays_judged_at_its_due_month() -> None:
    firms = f.indicator("count")
    promise = f.target(firms, "at_least", 120, plan=f.plan_over("2023-01", "2025-12"), due=date(2023, 6, 30))
    f.official(f.entry(firms, "2023-06", 100), f.entry(firms, "2023-09", 20), f.entry(firms, "2024-02", 500))
    rows = [f.attainment(promise, month) for month in ("2023-06", "2023-09", "2024-02", "2025-12")]
    assert [(row.actual, row.signal) for row in rows] == [(100, "red"), (120, "green"), (100, "red"), (100, "red")]
    assert rows[3].last_data_month == Month(2023, 6)
    assert rows[3].missing_months == rows[0].missing_months
