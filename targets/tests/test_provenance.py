"""What a judgement was made from: the same inputs give the same hash, and every input counts from its month on."""

import json
from dataclasses import astuple
from datetime import date
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from targets.arithmetic.accumulation import IndicatorRule, MonthReading
from targets.arithmetic.formulas import DatedMilestone, TargetRule
from targets.arithmetic.provenance import input_digests, milestones_text, revision_lists, rule_values, token

ENDS = [date(2014, month, 28) for month in range(1, 13)]
INDICATOR = IndicatorRule("count", "higher", "month", "sum", "", "own", 4095, D(1))
RULE = TargetRule("at_least", "constant", D(92), None, None, None, ENDS[-1], None, D("0.8"), INDICATOR)
TWELVE = st.lists(st.text(max_size=5), min_size=12, max_size=12)


def test_a_reading_in_canonical_text() -> None:
    assert token("330302", MonthReading(3, None, D("90.0"), D(100), None, 7)) == "330302/3=90.0:100;"
    assert token("330302", MonthReading(3, D("1.50"), None, None, None, 7)) == "330302/3=1.50@;"
    assert token("330302", MonthReading(3, D(1), None, None, date(2014, 3, 9), 7)) == "330302/3=1@2014-03-09;"


def test_the_hash_knows_nothing_of_the_ids_that_a_database_gives() -> None:
    seventh, eighth = (MonthReading(3, D(1), None, None, None, revision) for revision in (7, 8))
    assert token("330302", seventh) == token("330302", eighth)


def test_the_values_of_a_rule_are_those_of_its_fields_and_its_indicators() -> None:
    assert rule_values(RULE) == astuple(RULE)


@given(st.lists(TWELVE, min_size=1, max_size=3), st.integers(0, 11))
def test_an_input_changes_the_hashes_from_its_month_on(series: list[list[str]], changed: int) -> None:
    before = input_digests("head", series)
    other = [list(one) for one in series]
    other[0][changed] += "x"
    after = input_digests("head", other)
    assert [one == two for one, two in zip(before, after, strict=True)] == [index < changed for index in range(12)]
    assert set(before).isdisjoint(input_digests("another", series))


def test_a_step_that_is_taken_changes_the_hashes_from_then_on() -> None:
    steps = ((DatedMilestone(date(2014, 2, 1), on),) for on in (None, date(2014, 4, 2)))
    open_, done = (input_digests("", [[""] * 12], [milestones_text(one, end) for end in ENDS]) for one in steps)
    assert [one == two for one, two in zip(open_, done, strict=True)] == [True] * 3 + [False] * 9


def test_a_baseline_of_another_year_was_there_from_the_beginning() -> None:
    assert [json.loads(text) for text in revision_lists([[5], [], [9]], before=[7, 3])] == [
        [3, 5, 7],
        [3, 5, 7],
        [3, 5, 7, 9],
    ]


@given(st.lists(st.lists(st.integers(1, 60), max_size=4), min_size=12, max_size=12))
def test_the_revisions_up_to_a_month_are_listed_once_in_order(months: list[list[int]]) -> None:
    listed = revision_lists(months)
    for number, text in enumerate(listed, 1):
        assert json.loads(text) == sorted({one for ids in months[:number] for one in ids})
