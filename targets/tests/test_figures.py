"""What may be entered: each rule accepts and refuses."""

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from plans.periods import Month
from targets.entry_rules.figures import Entry, EntryRule, check_entry, check_to_date
from targets.messages import SENTENCES, problem_sentence

MONTH = Month(2014, 6)
RATE = EntryRule("ratio", "month", D(100), D(0), D(100), made_from_parts=False)
COUNT = EntryRule("count", "month", D(1), D(0), None, made_from_parts=False)
EVENT = EntryRule("event", "month", D(1), None, None, made_from_parts=False)


def codes(rule: EntryRule, **values: Any) -> list[str]:
    plain: dict[str, Any] = {
        name: D(str(value)) if isinstance(value, int | str) else value for name, value in values.items()
    }
    return [problem.code for problem in check_entry(rule, Entry(1, 1, MONTH, **plain))]


@pytest.mark.parametrize(
    ("rule", "values", "problems"),
    [
        (RATE, {"numerator": 90, "denominator": 100}, []),
        (RATE, {"numerator": 0, "denominator": 0}, []),
        (RATE, {"numerator": 100, "denominator": 100}, []),
        (RATE, {"numerator": 101, "denominator": 100}, ["above_maximum"]),
        (RATE, {"numerator": -1, "denominator": 100}, ["below_minimum"]),
        (RATE, {"numerator": 1, "denominator": 0}, ["zero_denominator"]),
        (RATE, {"numerator": 1, "denominator": -1}, ["negative_denominator"]),
        (RATE, {"numerator": 90}, ["part_missing"]),
        (RATE, {"denominator": 90}, ["part_missing"]),
        (RATE, {}, ["part_missing", "part_missing"]),
        (RATE, {"value": 90}, ["ratio_given_as_value", "part_missing", "part_missing"]),
        (RATE, {"value": 90, "numerator": 90, "denominator": 100}, ["ratio_given_as_value"]),
        (COUNT, {"value": 0}, []),
        (COUNT, {"value": "999999999.999999"}, []),
        (COUNT, {"value": "1000000000"}, ["too_many_digits"]),
        (COUNT, {"value": "0.0000001"}, ["too_many_digits"]),
        (COUNT, {"value": "NaN"}, ["too_many_digits"]),
        (COUNT, {"value": "Infinity"}, ["too_many_digits"]),
        (COUNT, {"value": -1}, ["below_minimum"]),
        (COUNT, {}, ["value_missing"]),
        (COUNT, {"value": 1, "denominator": 2}, ["parts_of_no_ratio"]),
        (replace(COUNT, made_from_parts=True), {"value": 1}, ["made_from_parts"]),
        (EVENT, {"value": 0}, []),
        (EVENT, {"value": 1}, []),
        (EVENT, {"value": 1, "occurred_on": date(2014, 6, 30)}, []),
        (EVENT, {"value": 1, "occurred_on": date(2014, 5, 2)}, []),
        (EVENT, {"value": 2}, ["event_is_0_or_1"]),
        (EVENT, {"value": 0, "occurred_on": date(2014, 6, 1)}, ["day_without_event"]),
        (COUNT, {"value": 1, "occurred_on": date(2014, 6, 1)}, ["day_without_event"]),
        (EVENT, {"value": 1, "occurred_on": date(2014, 7, 1)}, ["day_after_month"]),
    ],
)
def test_what_may_be_entered(rule: EntryRule, values: dict[str, Any], problems: list[str]) -> None:
    assert codes(rule, **values) == problems


def total(month: int, value: int, offered: bool = True, note: str = "") -> tuple[Entry, bool]:
    return Entry(1, 1, Month(2014, month), D(value), note=note), offered


@pytest.mark.parametrize(
    ("series", "blamed"),
    [
        ([total(1, 300), total(2, 650), total(3, 650)], []),
        ([total(3, 650), total(1, 300)], []),
        ([total(1, 300, offered=False), total(2, 299)], [2]),
        ([total(1, 700), total(2, 650, offered=False)], [1]),
        ([total(1, 300, offered=False), total(2, 299, note="更正")], []),
        ([total(1, 300, offered=False), total(2, 299, offered=False)], []),
    ],
)
def test_a_total_since_january_does_not_fall_unexplained(series: list[Any], blamed: list[int]) -> None:
    assert [entry.month.number for entry, _problem in check_to_date(series)] == blamed


def test_every_problem_has_a_sentence_in_both_languages_that_says_what_to_do() -> None:
    problems = check_entry(replace(RATE, minimum=D("0.5")), Entry(1, 1, MONTH, numerator=D(0), denominator=D(1)))
    with override("zh-hans"):
        assert "0.5" in problem_sentence(problems[0])
    for language in ("zh-hans", "en"):
        with override(language):
            assert all(len(str(text)) >= 6 for text in SENTENCES.values())


@given(
    st.decimals(allow_nan=True, allow_infinity=True),
    st.none() | st.decimals(allow_nan=True),
    st.sampled_from([RATE, COUNT, EVENT]),
)
def test_no_number_whatever_breaks_the_rules(one: D, other: D | None, rule: EntryRule) -> None:
    check_entry(rule, Entry(1, 1, MONTH, value=one))
    check_entry(rule, Entry(1, 1, MONTH, numerator=one, denominator=other))


@given(
    st.decimals(min_value=0, max_value=999_999_999, places=6), st.decimals(min_value=0, max_value=999_999_999, places=6)
)
def test_a_share_is_accepted_exactly_up_to_the_whole(numerator: D, denominator: D) -> None:
    found = check_entry(RATE, Entry(1, 1, MONTH, numerator=numerator, denominator=denominator))
    assert (found == []) == (numerator <= denominator)
