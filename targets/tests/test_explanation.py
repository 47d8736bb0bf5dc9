"""The sentence and the shown figures: every number in them can be checked against what is stored."""

import re
from decimal import Decimal as D
from fractions import Fraction

import pytest
from django.utils.translation import override
from hypothesis import assume, example, given
from hypothesis import strategies as st

from plans.models import Plan
from plans.periods import Month
from targets.arithmetic.accumulation import Accumulated
from targets.arithmetic.formulas import TargetFacts
from targets.arithmetic.judging import judge
from targets.arithmetic.pace import stage_of
from targets.models import Attainment, Indicator, Target
from targets.wording.explanation import attainment_texts_of, explain_attainment
from targets.wording.number_texts import months_text

SAMPLES = st.integers(0, 999_999)
NUMBERS = re.compile(r"\d[\d\u202f]*(?:\.\d+)?")


def rate_target(threshold: D = D(92), comparator: str = "at_least") -> Target:
    indicator = Indicator(
        name="合格率",
        measure="ratio",
        direction="higher",
        entry_basis="month",
        time_rule="pooled",
        denominator_rule="sum",
        unit="%",
        scale=D(100),
        decimals=2,
        numerator_name="合格",
        numerator_unit="批次",
        denominator_name="抽检",
        denominator_unit="批次",
    )
    document = Plan(first_month=Month(2014, 1), last_month=Month(2014, 12), pace_tolerance=D("0.8"))
    return Target(
        plan=document,
        indicator=indicator,
        comparator=comparator,
        threshold_kind="constant",
        threshold=threshold,
        due=Month(2014, 12).last_day,
    )


def attainment(target: Target, numerator: D, denominator: D, month: int = 6) -> Attainment:
    """The row as recompute would store it."""
    months = (1 << month) - 1
    state = Accumulated(numerator, denominator, months, months)
    result = judge(target.rule, TargetFacts(stage_of(target.course(), Month(2014, month)), state))
    return Attainment(
        target=target,
        month=Month(2014, month),
        verdict=result.verdict.value,
        reason=result.reason.value,
        signal=result.signal.value,
        numerator=numerator,
        denominator=denominator,
        actual=result.actual,
        compared=result.compared,
        needed=result.needed,
        needed_reachable=result.needed_reachable,
        pace=result.pace,
        counted_from=Month(2014, 1),
        last_month=Month(2014, month),
        months=months,
        missing=0,
    )


def test_the_sentence_of_the_domain() -> None:
    with override("zh-hans"):
        sentence = (
            explain_attainment(attainment(rate_target(), D(1160), D(1243)))
            .replace("\u202f", " ")
            .replace("\u00a0", " ")
        )
    assert sentence == "1–6月：抽检 1 243 批次，合格 1 160 批次，合格率 93.32 %，目标 ≥ 92 %，目前达到目标。"


def test_the_same_sentence_in_english() -> None:
    with override("en"):
        sentence = explain_attainment(attainment(rate_target(), D(1160), D(1243)))
    assert "target ≥\u00a092\u00a0%" in sentence
    assert "meets the target at present" in sentence


def test_gaps_are_said_in_the_sentence() -> None:
    row = attainment(rate_target(), D(1160), D(1243))
    row.missing = 0b100100
    with override("zh-hans"):
        assert "3、6月" in explain_attainment(row)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([1], "1月"), ([1, 2, 3], "1–3月"), ([1, 3], "1、3月"), ([1, 2, 3, 5, 11, 12], "1–3、5、11–12月")],
)
def test_months_in_words(numbers: list[int], text: str) -> None:
    with override("zh-hans"):
        assert months_text(numbers) == text


@given(
    SAMPLES, SAMPLES, st.sampled_from(["at_least", "more_than", "at_most", "less_than", "exactly"]), st.integers(1, 12)
)
@example(91_996, 100_000, "at_least", 6)
def test_every_sentence_recomputes_to_the_stored_value(
    numerator: int, denominator: int, comparator: str, month: int
) -> None:
    assume(denominator > 0)
    target = rate_target(D(92), comparator)
    row = attainment(target, D(numerator), D(denominator), month)
    with override("zh-hans"):
        body = explain_attainment(row).split("：", 1)[1]
    below, above, rate, threshold = [text.replace("\u202f", "") for text in NUMBERS.findall(body)]
    assert (int(below), int(above), D(threshold)) == (denominator, numerator, 92)
    decimals = len(rate.partition(".")[2])
    assert Fraction(rate) == round(Fraction(int(above) * 100, int(below)), decimals)
    assert row.actual is not None
    exact = Fraction(int(above) * 100, int(below))
    assert abs(Fraction(row.actual) - exact) <= exact / 10**14
    said = "已达标" in body if month == 12 else "目前达到目标" in body
    assert said == (row.verdict == "met") == judged_by_hand(comparator, D(rate), D(threshold))
    assert ("达标" in body) is (month == 12), "said of what is due alone"


def judged_by_hand(comparator: str, rate: D, threshold: D) -> bool:
    return {
        "at_least": rate >= threshold,
        "more_than": rate > threshold,
        "at_most": rate <= threshold,
        "less_than": rate < threshold,
        "exactly": rate == threshold,
    }[comparator]


def test_a_progress_of_80_percent_is_never_shown_as_8000() -> None:
    row = attainment(rate_target(), D(80), D(100))
    with override("zh-hans"):
        assert attainment_texts_of(row).actual == "80.00\u00a0%"


@pytest.fixture
def houses() -> Target:
    target = rate_target(D(4081))
    target.indicator = Indicator(
        name="危房改造",
        measure="count",
        direction="higher",
        entry_basis="month",
        time_rule="sum",
        unit="户",
        scale=D(1),
        decimals=0,
    )
    return target


@pytest.mark.parametrize(
    ("month", "reached", "signal", "words"),
    [
        (9, 3198, "green", "达到时序进度（应达 3 060.75，已达 3 198）"),
        (9, 3000, "yellow", "低于时序进度（应达 3 060.75，已达 3 000）"),
        (6, 1000, "red", "低于时序进度（应达 2 040.5，已达 1 000）"),
        (9, 4081, "green", "已提前达到目标"),
        (12, 4081, "green", "已达标"),
        (12, 4080, "red", "未达标"),
    ],
)
def test_a_count_is_told_against_its_pace_until_it_is_due(
    houses: Target, month: int, reached: int, signal: str, words: str
) -> None:
    row = attainment(houses, D(reached), D(1), month)
    assert row.signal == signal
    with override("zh-hans"):
        sentence = explain_attainment(row).replace("\u202f", " ")
    assert sentence.endswith(f"，{words}。")


def test_what_a_count_needs_is_told_in_whole_pieces(houses: Target) -> None:
    """13 left of 4 081 in three months are 4.33 a month."""
    assert attainment_texts_of(attainment(houses, D(4068), D(1), 9)).needed == "5\u00a0户"
    houses.indicator.decimals = 1
    assert attainment_texts_of(attainment(houses, D(4068), D(1), 9)).needed == "4.33\u00a0户"


@pytest.mark.parametrize(
    ("comparator", "good", "words"),
    [
        ("at_least", 91, "目前低于目标"),
        ("at_most", 93, "目前高于目标"),
        ("exactly", 93, "目前高于目标"),
        ("more_than", 92, "目前尚未达到目标"),
        ("less_than", 91, "目前达到目标"),
    ],
)
def test_a_rate_is_told_as_it_is_at_present_until_it_is_due(comparator: str, good: int, words: str) -> None:
    with override("zh-hans"):
        assert explain_attainment(attainment(rate_target(D(92), comparator), D(good), D(100))).endswith(f"，{words}。")


@pytest.mark.parametrize(("reached", "words"), [(3, "目前未超限"), (4, "已超限")])
def test_a_limit_is_kept_or_passed(houses: Target, reached: int, words: str) -> None:
    houses.comparator, houses.threshold = "at_most", D(3)
    with override("zh-hans"):
        assert explain_attainment(attainment(houses, D(reached), D(1))).endswith(f"，{words}。")
