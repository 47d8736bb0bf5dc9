"""What plans promise in their own words: each pattern with a phrase, and how it is judged."""

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from departments.models import Region
from plans.periods import Month
from targets.arithmetic.formulas import reaches_aspiration
from targets.models import Indicator, Target
from targets.tests import factories as f

pytestmark = pytest.mark.django_db


def promise(
    phrase: str, measured: Indicator, comparator: str, threshold: object = None, *months: str, **values: Any
) -> Target:
    """The words of a plan as a target; `months` are the plan's first and last."""
    first, last = months or ("2016-01", "2016-12")
    return f.target(measured, comparator, threshold, plan=f.plan_over(first, last, text=f"一、{phrase}。"), **values)


def verdicts(target: Target, figures: dict[str, object], place: Region | None = None) -> list[str]:
    """The verdict as of each month in which a figure comes, in order."""
    found = []
    for month, figure in figures.items():
        f.official(f.entry(target.indicator, month, figure, place=place))
        found.append(f.attainment(target, month, place).verdict)
    return found


def signals(target: Target, *months: str, place: Region | None = None) -> list[str]:
    return [f.attainment(target, month, place).signal for month in months]


@pytest.mark.parametrize(
    ("growth", "verdict"),
    [("6", "met"), ("6.5", "met"), ("5.5", "met"), ("6.500001", "not_met"), ("5.499999", "not_met")],
)
def test_about_6_percent(growth: str, verdict: str) -> None:
    target = promise("工业增加值增长6%左右", f.indicator("level", unit="%"), "about", 6, tolerance=D("0.5"))
    assert verdicts(target, {"2016-12": growth}) == [verdict]


def test_about_is_yellow_within_the_margin_beyond_its_tolerance_until_it_is_due() -> None:
    target = promise("增长6%左右", f.indicator("level"), "about", 6, tolerance=D("0.5"), warning_margin=D("0.2"))
    f.official(f.entry(target.indicator, "2016-01", "6.7"), f.entry(target.indicator, "2016-02", "6.71"))
    assert signals(target, "2016-01", "2016-02", "2016-12") == ["yellow", "red", "red"]


@pytest.mark.parametrize(("this_year", "verdict"), [("97", "met"), ("97.000001", "not_met")])
def test_3_percent_lower_than_last_year(this_year: str, verdict: str) -> None:
    accidents = f.indicator("count", direction="lower")
    target = promise("事故起数比上年下降3%以上", accidents, "at_most", -3, threshold_kind="last_year")
    f.official(f.entry(accidents, "2015-03", 100), f.entry(accidents, "2015-04", 900))
    assert verdicts(target, {"2016-03": this_year}) == [verdict]
    assert f.attainment(target, "2016-03").compared == 97


def test_lower_than_last_year_without_a_figure_of_last_year_is_not_assessable() -> None:
    target = promise("比上年下降3%", f.indicator("count"), "at_most", -3, threshold_kind="last_year")
    assert verdicts(target, {"2016-03": 1}) == ["not_assessable"]
    assert f.attainment(target, "2016-03").reason == "no_last_year"


@pytest.mark.parametrize(("reading", "verdict"), [("17.085", "met"), ("17.085001", "not_met")])
def test_15_percent_lower_than_the_2015_that_is_stored(reading: str, verdict: str) -> None:
    fields = {"threshold_kind": "baseline_share", "baseline": D("20.1"), "baseline_year": 2015}
    particles = f.indicator("level", direction="lower", unit="微克/立方米", time_rule="mean")
    target = promise("PM2.5浓度比2015年下降15%以上", particles, "at_most", -15, **fields)
    assert verdicts(target, {"2016-12": reading}) == [verdict]
    assert f.attainment(target, "2016-12").compared == D("17.085")


def test_15_percent_lower_than_the_2015_that_was_measured() -> None:
    particles = f.indicator("level", direction="lower", time_rule="mean")
    fields = {"threshold_kind": "baseline_share", "baseline_year": 2015}
    target = promise("PM2.5浓度比2015年下降15%以上", particles, "at_most", -15, **fields)
    assert verdicts(target, {"2016-11": 17}) == ["not_assessable"]
    assert f.attainment(target, "2016-11").reason == "baseline_missing"
    f.official(f.entry(particles, "2015-06", 18), f.entry(particles, "2015-12", "22.2"))
    row = f.attainment(target, "2016-11")
    assert (row.compared, row.verdict, len(row.revisions)) == (D("17.085"), "met", 3)


def test_no_lower_than_the_mean_of_the_province() -> None:
    province = Region.objects.create(code="100000", name="省", kind="province")
    Region.objects.filter(pk=f.region().pk).update(parent=province)
    rate = f.indicator(region_rule="own")
    target = promise("合格率不低于全省平均水平", rate, "at_least", threshold_kind="elsewhere")
    f.official(f.entry(rate, "2016-01", 91, 100))
    assert f.attainment(target, "2016-01").reason == "operand_missing"
    f.official(f.entry(rate, "2016-01", 900, 1000, place=province), f.entry(rate, "2016-02", 950, 1000, place=province))
    assert [f.attainment(target, month).verdict for month in ("2016-01", "2016-02")] == ["met", "not_met"]
    assert f.attainment(target, "2016-02").compared == D("92.5")


def test_no_lower_than_a_named_city() -> None:
    _home, other = f.region(), f.region("200100")
    rate = f.indicator(region_rule="own")
    target = promise("不低于邻市水平", rate, "at_least", threshold_kind="elsewhere", operand_region=other)
    f.official(f.entry(rate, "2016-01", 91, 100), f.entry(rate, "2016-01", 92, 100, place=other))
    assert f.attainment(target, "2016-01").verdict == "not_met"


@pytest.mark.parametrize(
    ("good", "verdict", "aspired"), [(919, "not_met", False), (920, "met", False), (950, "met", True)]
)
def test_92_percent_at_least_and_95_if_possible(good: int, verdict: str, aspired: bool) -> None:
    rate = f.indicator()
    target = promise("合格率确保92%，力争95%", rate, "at_least", 92, aspiration=D(95))
    f.official(f.entry(rate, "2016-12", good, 1000))
    row = f.attainment(target, "2016-12")
    assert (row.verdict, row.compared) == (verdict, 92)
    assert row.numerator is not None
    assert row.denominator is not None
    assert reaches_aspiration(target.rule, D(95), row.numerator, row.denominator) is aspired


@pytest.mark.parametrize(("place", "verdict"), [(1, "met"), (3, "met"), (4, "not_met")])
def test_among_the_first_three_of_the_province(place: int, verdict: str) -> None:
    ranked = f.indicator("level", direction="lower", unit="位", decimals=0)
    assert verdicts(promise("满意度进入全省前三位", ranked, "at_most", 3), {"2016-12": place}) == [verdict]


def test_60_percent_by_the_end_of_june_and_100_by_the_end_of_the_year_as_a_rate() -> None:
    rate = f.indicator("level", unit="%")
    target = promise("开工率6月底前达到60%，年底前达到100%", rate, "at_least", 100, warning_margin=D(5))
    f.step(target, "2016-06-30", 60)
    for month, reading in (("03", 30), ("04", 60), ("06", 56), ("07", 54), ("09", 60), ("11", 100), ("12", 99)):
        f.official(f.entry(rate, f"2016-{month}", reading))
    shown = signals(target, *(f"2016-{month}" for month in ("03", "04", "06", "07", "09", "11", "12")))
    assert shown == ["yellow", "green", "yellow", "red", "green", "green", "red"]
    found = [f.attainment(target, f"2016-{month}").verdict for month in ("06", "09", "11", "12")]
    assert found == ["not_met", "not_met", "met", "not_met"]


@pytest.mark.parametrize(("december", "verdict"), [(200, "met"), (199, "not_met")])
def test_60_percent_by_the_end_of_june_and_100_by_the_end_of_the_year_as_a_count(december: int, verdict: str) -> None:
    flats = f.indicator("count")
    target = promise("6月底前开工60%，年底前开工100%", flats, "at_least", 1000)
    f.step(target, "2016-06-30", 600)
    f.official(f.entry(flats, "2016-03", 300), f.entry(flats, "2016-06", 290), f.entry(flats, "2016-09", 210))
    rows = [f.attainment(target, f"2016-{month}") for month in ("03", "06", "09")]
    assert [(row.pace, row.signal) for row in rows] == [(300, "green"), (600, "yellow"), (800, "green")]
    assert verdicts(target, {"2016-12": december}) == [verdict]


def test_5500_firms_in_all_by_2025() -> None:
    firms = f.indicator("count")
    target = promise("到2025年累计培育5500家", firms, "at_least", 5500, "2021-01", "2025-12", counting="plan")
    f.official(*(f.entry(firms, f"{year}-12", 1100) for year in range(2021, 2026)))
    assert [f.attainment(target, f"{year}-12").actual for year in (2021, 2023, 2025)] == [1100, 3300, 5500]
    assert signals(target, "2021-12", "2022-11", "2023-12", "2025-12") == ["green", "red", "green", "green"]
    assert f.attainment(target, "2025-12").verdict == "met"
    assert f.attainment(target, "2023-12").last_data_month == Month(2023, 12)
    f.official(f.entry(firms, "2021-12", 1099, note="核减一家"))
    row = f.attainment(target, "2025-12")
    assert (row.actual, row.verdict, row.signal) == (5499, "not_met", "red")


def test_5500_firms_entered_from_each_january_on_are_added_up_over_the_years() -> None:
    firms = f.indicator("count", entry_basis="to_date")
    target = promise("到2025年累计培育5500家", firms, "at_least", 5500, "2021-01", "2025-12", counting="plan")
    f.official(f.entry(firms, "2021-06", 500), f.entry(firms, "2021-12", 900), f.entry(firms, "2022-06", 700))
    assert [f.attainment(target, month).actual for month in ("2021-12", "2022-05", "2022-06")] == [900, 900, 1600]


def test_figures_of_before_the_plan_are_not_counted_over_it() -> None:
    firms = f.indicator("count")
    target = promise("到2025年累计5500家", firms, "at_least", 5500, "2021-07", "2025-12", counting="plan")
    f.official(f.entry(firms, "2021-06", 5000), f.entry(firms, "2021-07", 100))
    assert f.attainment(target, "2021-07").actual == 100
    by_year = promise("年内5500家", firms, "at_least", 5500, "2021-07", "2021-12")
    f.judged_anew(by_year)
    assert f.attainment(by_year, "2021-07").actual == 5100


def test_46_49_and_52_micrograms_each() -> None:
    """A number a region: the city's own is 49."""
    city = f.region()
    low, high = f.region("100101", city), f.region("100102", city)
    particles = f.indicator("level", direction="lower", time_rule="mean")
    target = promise("全市及两县分别控制在49、46、52微克", particles, "at_most", 49, coverage="parts")
    f.quota(target, low, 46, "2016-01")
    f.quota(target, high, 52, "2016-01")
    f.official(*(f.entry(particles, "2016-12", 47, place=place) for place in (city, low, high)))
    assert [f.attainment(target, "2016-12", place).verdict for place in (city, low, high)] == ["met", "not_met", "met"]


def test_no_slower_than_the_economy() -> None:
    income, economy = f.indicator("level", unit="%"), f.indicator("level", unit="%")
    target = promise("居民收入与经济增长同步", income, "at_least", threshold_kind="indicator", operand=economy)
    f.official(f.entry(economy, "2016-06", "7.5"))
    assert verdicts(target, {"2016-06": "7.5", "2016-07": "7.4"}) == ["met", "not_met"]


def test_more_than_100_and_of_these_20_of_the_county() -> None:
    """One phrase, two targets."""
    centres, county = f.indicator("count"), f.indicator("count")
    plan = f.plan_over("2016-01", "2016-12", text="一、建成100个以上，其中县级20个。")
    both = f.target(centres, "at_least", 100, plan=plan), f.target(county, "at_least", 20, plan=plan)
    f.official(f.entry(centres, "2016-12", 120), f.entry(county, "2016-12", 19))
    assert [f.attainment(one, "2016-12").verdict for one in both] == ["met", "not_met"]


@pytest.mark.parametrize(
    ("quarters", "lights", "verdict"),
    [
        ((1, 1, 1, 1), ["green", "green", "green", "green"], "met"),
        ((1, 0, 1, 1), ["green", "red", "red", "red"], "not_met"),
    ],
)
def test_once_a_quarter_at_least(quarters: tuple[int, ...], lights: list[str], verdict: str) -> None:
    """What is counted are the quarters with a check, not the checks: several in one quarter make up for none."""
    checked = f.indicator("count", frequency="quarterly", unit="个季度", maximum=D(1))
    target = promise("每季度检查不少于1次", checked, "at_least", 4)
    for number, due in enumerate(("2016-03-31", "2016-06-30", "2016-09-30"), 1):
        f.step(target, due, number)
    months = ("2016-03", "2016-06", "2016-09", "2016-12")
    f.official(*(f.entry(checked, month, number) for month, number in zip(months, quarters, strict=True)))
    assert signals(target, *months) == lights
    assert f.attainment(target, "2016-12").verdict == verdict


def test_ever_lower() -> None:
    complaints = f.indicator("count", direction="lower")
    target = promise("投诉量持续下降", complaints, "improves")
    f.official(f.entry(complaints, "2015-01", 10), f.entry(complaints, "2015-02", 5))
    assert verdicts(target, {"2016-01": 9, "2016-02": 6}) == ["met", "not_met"]


def test_last_year_is_that_of_each_year_of_a_plan_over_several() -> None:
    complaints = f.indicator("count", direction="lower")
    target = promise("投诉量逐年下降", complaints, "improves", None, "2016-01", "2017-12")
    f.official(*(f.entry(complaints, f"{year}-01", number) for year, number in ((2015, 10), (2016, 9), (2017, 9))))
    assert [f.attainment(target, f"{year}-01").verdict for year in (2016, 2017)] == ["met", "not_met"]


def test_twice_a_year() -> None:
    target = promise("每半年评估一次", f.indicator("level", frequency="half_yearly"), "at_least", 60)
    f.official(f.entry(target.indicator, "2016-06", 61))
    assert f.attainment(target, "2016-11").missing_months == []
    assert f.attainment(target, "2016-12").missing_months == [Month(2016, 12)]


def test_an_event_that_was_done_in_an_earlier_year_stays_done() -> None:
    event = f.indicator("event")
    target = promise("2025年前通过验收", event, "done_by", None, "2023-01", "2025-12", due=date(2025, 6, 30))
    f.official(f.entry(event, "2023-05", 1, occurred_on=date(2023, 5, 9)))
    row = f.attainment(target, "2025-12")
    assert (row.verdict, row.done_on) == ("met", date(2023, 5, 9))


def test_a_mean_over_years_is_that_of_all_readings() -> None:
    particles = f.indicator("level", direction="lower", time_rule="mean")
    target = promise("三年平均不高于50", particles, "at_most", 50, "2023-01", "2025-12", counting="plan")
    f.official(f.entry(particles, "2023-01", 60), f.entry(particles, "2024-01", 50), f.entry(particles, "2025-01", 40))
    assert [f.attainment(target, f"{year}-01").actual for year in (2023, 2024, 2025)] == [60, 55, 50]
    assert f.attainment(target, "2025-02").missing_months[:2] == [Month(2023, 2), Month(2023, 3)]
