"""What a light says of each pattern of a promise, in Chinese and in English, month by month."""

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from django.utils.translation import override

from departments.models import Region
from plans.periods import Month
from targets.models import Attainment, Indicator, Target
from targets.tests import factories as f
from targets.wording.explanation import attainment_texts_of, explain_attainment
from targets.wording.lights import light_of_attainment
from targets.wording.rules import rules

pytestmark = pytest.mark.django_db


def promise(measured: Indicator, comparator: str, threshold: object = None, **values: Any) -> Target:
    months = values.pop("months", ("2016-01", "2016-12"))
    return f.target(measured, comparator, threshold, plan=f.plan_over(*months), **values)


def spaced(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def sentence(row: Attainment, language: str = "zh-hans") -> str:
    """The sentence without the months at its beginning and without what is not complete."""
    with override(language):
        mark = "：" if language == "zh-hans" else ": "
        return spaced(explain_attainment(row)).partition(mark)[2].partition("数据不全")[0].partition(" Not complete")[0]


def at(target: Target, month: str, figure: object, place: Region | None = None) -> Attainment:
    f.official(f.entry(target.indicator, month, figure, place=place))
    return f.attainment(target, month, place)


def test_about_a_number() -> None:
    growth = promise(f.indicator("level", name="增速", unit="%"), "about", 6, tolerance=D("0.5"))
    row = at(growth, "2016-03", "6.6")
    assert sentence(row) == "增速 6.6 %，目标 6 %左右（±0.5），目前高于目标。"
    assert sentence(row, "en") == "增速 6.6 %, target about 6 % (±0.5), above the target at present."
    assert spaced(attainment_texts_of(at(growth, "2016-04", "6.5004")).actual) == "6.5004 %", "6.5 would be near enough"


def test_15_percent_below_a_year() -> None:
    particles = f.indicator("level", direction="lower", name="PM2.5", unit="微克", time_rule="mean")
    fields = {"threshold_kind": "baseline_share", "baseline": D("20.1"), "baseline_year": 2015}
    row = at(promise(particles, "at_most", -15, **fields), "2016-12", 17)
    aim = "目标 比2015年（20.1 微克）下降 ≥ 15 %，即 ≤ 17.085 微克"
    assert sentence(row) == f"1 次读数合计 17，PM2.5 17.0 微克，{aim}，已达标。"
    assert "target ≥ 15 % below the year 2015 (20.1 微克), that is ≤ 17.085 微克, holds." in sentence(row, "en")


def test_a_year_that_was_measured_is_reckoned_back() -> None:
    particles = f.indicator("level", direction="lower", unit="微克")
    target = promise(particles, "at_most", -15, threshold_kind="baseline_share", baseline_year=2015)
    f.official(f.entry(particles, "2015-12", "20.1"))
    assert "比2015年（20.1 微克）下降 ≥ 15 %，即 ≤ 17.085 微克" in sentence(at(target, "2016-12", 17))


def test_2_points_above_the_baseline() -> None:
    share = f.indicator("level", unit="%")
    target = promise(share, "at_least", 2, threshold_kind="baseline", baseline=D("21.4"))
    row = at(target, "2016-06", "23.4")
    assert "目标 比基期（21.4 %）提高 ≥ 2 个百分点，即 ≥ 23.4 %，目前达到目标。" in sentence(row)
    with override("zh-hans"):
        assert "比基期（21.4 %）提高 ≥ 2 个百分点。按全数值比较" in spaced(rules(target)[0])
        assert spaced(attainment_texts_of(row).threshold) == "≥ 23.4 %"
    with override("en"):
        assert "≥ 2 percentage points above the baseline (21.4 %)." in spaced(rules(target)[0])


@pytest.mark.parametrize(
    ("comparator", "change", "words"),
    [
        ("at_most", -3, "比上年同期下降 ≥ 3 %"),
        ("at_least", -3, "比上年同期下降 ≤ 3 %"),
        ("less_than", -3, "比上年同期下降 > 3 %"),
        ("at_most", 3, "比上年同期提高 ≤ 3 %"),
        ("more_than", 3, "比上年同期提高 > 3 %"),
        ("at_least", 0, "≥ 上年同期"),
    ],
)
def test_a_change_is_told_with_its_direction(comparator: str, change: int, words: str) -> None:
    target = promise(f.indicator("count"), comparator, change, threshold_kind="last_year")
    with override("zh-hans"):
        assert f" {words}。" in spaced(rules(target)[0])


def test_last_year_is_told() -> None:
    accidents = f.indicator("count", direction="lower", name="事故", unit="起")
    target = promise(accidents, "at_most", -3, threshold_kind="last_year")
    f.official(f.entry(accidents, "2015-03", 100))
    told = sentence(at(target, "2016-03", 97))
    assert told == "事故 97 起，目标 比上年同期（100 起）下降 ≥ 3 %，即 ≤ 97 起，目前未超限。"


def test_up_to_which_month_last_year_counts_is_told_where_this_year_s_figures_end_earlier() -> None:
    """97 until March are not held against the 100 of the same three months, but against all that were until May."""
    accidents = f.indicator("count", direction="lower", name="事故", unit="起")
    fewer = promise(accidents, "at_most", -3, threshold_kind="last_year")
    better = f.target(accidents, "improves", plan=fewer.plan)
    f.official(
        f.entry(accidents, "2015-03", 100), f.entry(accidents, "2015-05", 900), f.entry(accidents, "2016-03", 97)
    )
    f.judged_anew(better)
    told = sentence(f.attainment(fewer, "2016-05"))
    assert told == "事故 97 起，目标 比上年同期（1 000 起）下降 ≥ 3 %（上年计至2015年5月），即 ≤ 970 起，目前未超限。"
    assert "优于上年同期 (1 000 起)（上年计至2015年5月）" in sentence(f.attainment(better, "2016-05"))
    assert "(last year's up to May 2015)" in sentence(f.attainment(better, "2016-05"), "en")
    assert "上年计至" not in sentence(f.attainment(fewer, "2016-03"))


def test_the_same_elsewhere() -> None:
    _home, other = f.region(), f.region("200100")
    rate = f.indicator(region_rule="own", name="合格率")
    named = promise(rate, "at_least", threshold_kind="elsewhere", operand_region=other)
    f.official(f.entry(rate, "2016-01", 93, 100), f.entry(rate, "2016-01", 92, 100, place=other))
    row = f.attainment(named, "2016-01")
    assert "目标 ≥ 地区200100水平 (92 %)，目前达到目标。" in sentence(row)
    Region.objects.filter(pk=_home.pk).update(parent=other)
    Target.objects.filter(pk=named.pk).update(operand_region=None)
    assert "目标 ≥ 上级地区水平 (92 %)" in sentence(f.attainment(named, "2016-01"))


@pytest.mark.parametrize(("good", "words"), [(93, "力争 ≥ 95 %：尚未达到"), (95, "力争 ≥ 95 %：已达到")])
def test_a_second_number_is_told_beside_the_binding_one(good: int, words: str) -> None:
    rate = f.indicator()
    target = promise(rate, "at_least", 92, aspiration=D(95))
    f.official(f.entry(rate, "2016-12", good, 100))
    assert f"目标 ≥ 92 %，{words}，已达标。" in sentence(f.attainment(target, "2016-12"))


def test_what_is_shown_never_contradicts_the_second_number() -> None:
    rate = f.indicator()
    target = promise(rate, "at_least", 92, aspiration=D(95))
    f.official(f.entry(rate, "2016-12", 94996, 100000))
    assert attainment_texts_of(f.attainment(target, "2016-12")).actual.startswith("94.996")


def test_the_step_of_a_count_explains_its_pace() -> None:
    target = promise(f.indicator("count", name="开工", unit="套"), "at_least", 1000)
    f.step(target, "2016-06-30", 600)
    step = "阶段目标 2016年6月30日前 ≥ 600 套"
    row = at(target, "2016-03", 300)
    assert sentence(row) == f"开工 300 套，目标 ≥ 1 000 套，{step}，达到时序进度（应达 300，已达 300）。"
    late = sentence(at(target, "2016-09", 400))
    assert late == "开工 700 套，目标 ≥ 1 000 套，低于时序进度（应达 800，已达 700）。"


def test_the_step_of_a_rate_explains_its_light() -> None:
    target = promise(f.indicator("level", name="开工率", unit="%"), "at_least", 100, warning_margin=D(5))
    f.step(target, "2016-06-30", 60)
    months = (("03", 30), ("04", 60), ("06", "59.96"), ("09", 60), ("12", 99))
    told = {month: sentence(at(target, f"2016-{month}", figure)) for month, figure in months}
    step = "目标 ≥ 100 %，阶段目标 2016年6月30日前 ≥ 60 %"
    assert told == {
        "03": f"开工率 30.0 %，{step}，尚未达到阶段目标。",
        "04": f"开工率 60.0 %，{step}，已达到阶段目标。",
        "06": f"开工率 59.96 %，{step}，未达到阶段目标。",
        "09": f"开工率 60.0 %，{step}，已达到阶段目标。",
        "12": "开工率 99.0 %，目标 ≥ 100 %，未达标。",
    }


@pytest.fixture
def divided() -> Target:
    """400 households, of which a county owes 300 and from July on 200; another one owes nothing."""
    houses = f.indicator("count", region_rule="sum", name="改造", unit="户", decimals=0)
    target = promise(houses, "at_least", 400, coverage="quotas")
    own, other = f.region("100101", f.region()), f.region("100102", f.region())
    f.quota(target, own, 300, "2016-01", source="温质〔2014〕3号")
    f.quota(target, own, 200, "2016-07")
    f.official(f.entry(houses, "2016-06", 140, place=own), f.entry(houses, "2016-06", 5, place=other))
    return target


def test_a_part_is_told_its_own_quota_with_the_paper_and_since_when(divided: Target) -> None:
    part = f.region("100101")
    quota = "本地区分解指标 300 户（温质〔2014〕3号，自1月起）"
    pace = "低于时序进度（应达 150，已达 140）"
    assert sentence(f.attainment(divided, "2016-06", part)) == f"改造 140 户，{quota}，{pace}。"
    later = f.attainment(divided, "2016-07", part)
    assert sentence(later) == "改造 140 户，本地区分解指标 200 户（自7月起），达到时序进度（应达 117，已达 140）。"
    assert "own quota 200 户 (from Jul on), keeps pace (due by now 117, reached 140)" in sentence(later, "en")


def test_a_part_without_a_quota_owes_nothing(divided: Target) -> None:
    row = f.attainment(divided, "2016-06", f.region("100102"))
    with override("zh-hans"):
        assert sentence(row) == "改造 5 户，本地区不承担此项目标。"
        assert (attainment_texts_of(row).threshold, str(light_of_attainment(row).word)) == ("不承担", "灰灯·不承担")


def test_months_of_a_plan_over_several_years_are_told_with_their_year() -> None:
    firms = f.indicator("count")
    months = ("2023-01", "2025-12")
    counted = promise(firms, "at_least", 600, months=months, counting="plan")
    yearly = promise(firms, "at_least", 600, months=months)
    f.official(f.entry(firms, "2023-02", 10), f.entry(firms, "2025-09", 20))
    with override("zh-hans"):
        assert explain_attainment(f.attainment(counted, "2025-09")).startswith("2023年1月—2025年9月累计：")
        assert "数据不全：2023年1、3–12月、2024年1–12月、2025年1–8月。" in explain_attainment(
            f.attainment(counted, "2025-09")
        )
        assert explain_attainment(f.attainment(counted, "2023-02")).startswith("2023年1–2月累计：")
        assert explain_attainment(f.attainment(yearly, "2025-09")).startswith("2025年1–9月：")
        assert any("自2023年1月起按计划期累计" in rule for rule in rules(counted))
        assert any("每年内匀速推进" in rule for rule in rules(yearly))
    with override("en"):
        assert explain_attainment(f.attainment(counted, "2025-09")).startswith(
            "January 2023 to September 2025 together: "
        )


def test_a_target_with_a_due_month_of_its_own_is_due_then() -> None:
    target = promise(f.indicator("count", name="完成"), "at_least", 120, due=date(2016, 6, 30))
    assert "低于时序进度（应达 100，已达 50）" in sentence(at(target, "2016-05", 50))
    assert sentence(at(target, "2016-06", 10)).endswith("未达标。")
    with override("zh-hans"):
        told = "".join(rules(target))
    assert "自2016年1月至2016年6月匀速推进" in told
    assert "自到期月份（2016年6月）起" in told


def test_twice_a_year_names_the_half_that_is_missing() -> None:
    target = promise(f.indicator("level", frequency="half_yearly"), "at_least", 60)
    f.official(f.entry(target.indicator, "2016-06", 61))
    with override("zh-hans"):
        assert explain_attainment(f.attainment(target, "2016-12")).endswith("数据不全：12月。")


@pytest.mark.parametrize(("done", "words"), [(None, "尚未到期"), (1, "已按期完成")])
def test_an_event_is_told_as_done_or_not_due_yet(done: int | None, words: str) -> None:
    target = promise(f.indicator("event"), "done_by")
    assert sentence(at(target, "2016-05", done or 0)).endswith(f"，{words}。")


@pytest.mark.parametrize("comparator", ["at_least", "more_than", "at_most", "less_than", "exactly", "none", "between"])
@pytest.mark.parametrize("measure", ["count", "level"])
def test_no_green_light_is_explained_by_what_was_missed(measure: str, comparator: str) -> None:
    threshold = None if comparator == "none" else 10
    values = {"threshold_upper": D(11)} if comparator == "between" else {}
    target = promise(f.indicator(measure), comparator, threshold, **values)
    f.official(*(f.entry(target.indicator, f"2016-{month:02}", 1) for month in range(1, 13)))
    for row in Attainment.objects.filter(target=target).select_related("target__indicator"):
        told = sentence(row)
        assert ("达标" in told) is (row.month == Month(2016, 12))
        assert not (row.signal == "green" and ("未" in told.replace("未超限", "") or "低于" in told or "高于" in told))
