"""Rows know the line on which they begin, and a text that is no JSON says where and why."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualityplan.loading.located import JsonFault, NotJsonError, locate_json_members

members = st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()))


def fault(text: str) -> tuple[JsonFault, int, int]:
    with pytest.raises(NotJsonError) as caught:
        list(locate_json_members(text))
    return caught.value.fault, caught.value.line, caught.value.column


def test_each_member_has_the_line_of_its_beginning() -> None:
    assert list(locate_json_members('\n[{"a": 1},\n\n  {"b":\n 2}, {"c": 3},\n[]]\n')) == [
        (2, {"a": 1}),
        (4, {"b": 2}),
        (5, {"c": 3}),
        (6, []),
    ]


def test_an_empty_list_has_no_members() -> None:
    assert list(locate_json_members(" [ ] ")) == []


def test_numbers_stay_as_they_are_written() -> None:
    assert list(locate_json_members("[0.420001, 1e3]")) == [(1, Decimal("0.420001")), (1, Decimal("1e3"))]


@given(st.lists(members), st.sampled_from([None, 0, 1, 4]))
def test_the_members_are_those_that_json_reads(rows: list[dict[str, object]], indent: int | None) -> None:
    text = json.dumps(rows, indent=indent, ensure_ascii=False)
    found = list(locate_json_members(text))
    assert [member for _line, member in found] == rows
    if indent is not None:
        assert [line for line, _member in found] == sorted({line for line, _member in found})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (JsonFault.EMPTY, 1, 1)),
        (" \n", (JsonFault.EMPTY, 2, 1)),
        ('{"model": "x"}', (JsonFault.NOT_A_LIST, 1, 1)),
        ('{"model": x}', (JsonFault.VALUE, 1, 11)),
        ('{"a": 1, "a": 2}', (JsonFault.GIVEN_TWICE, 1, 1)),
        ('[\n{"a": 1}', (JsonFault.ENDS_EARLY, 2, 9)),
        ('[\n{"a": ', (JsonFault.ENDS_EARLY, 2, 7)),
        ('[{"a"：1}]', (JsonFault.FULL_WIDTH, 1, 6)),
        ("[{“a”: 1}]", (JsonFault.FULL_WIDTH, 1, 3)),
        ('[{"a": 1}，\n{"b": 2}]', (JsonFault.FULL_WIDTH, 1, 10)),
        ('[{"a": 1},\n]', (JsonFault.ONE_COMMA_TOO_MANY, 2, 1)),
        ('[{"a": 1,\n}]', (JsonFault.ONE_COMMA_TOO_MANY, 2, 1)),
        ('[{"a": [1,\n]}]', (JsonFault.ONE_COMMA_TOO_MANY, 2, 1)),
        ('[{"a": 1}\n {"b": 2}]', (JsonFault.COMMA, 2, 2)),
        ('[{"a": 1\n "b": 2}]', (JsonFault.COMMA, 2, 2)),
        ('[{"a" 1}]', (JsonFault.COLON, 1, 7)),
        ("[{a: 1}]", (JsonFault.NAME, 1, 3)),
        ("[{'a': 1}]", (JsonFault.NAME, 1, 3)),
        ('[{"a": ja}]', (JsonFault.VALUE, 1, 8)),
        ('[{"a": "b}]', (JsonFault.OPEN_TEXT, 1, 8)),
        ('[{"a": "b\nc"}]', (JsonFault.LINE_BREAK, 1, 10)),
        ('[{"a": "C:\\d"}]', (JsonFault.BACKSLASH, 1, 11)),
        ('[{"a": 1},\n{"b": 1,\n"b": 2}]', (JsonFault.GIVEN_TWICE, 2, 1)),
        ("[]\n[]", (JsonFault.MORE, 2, 1)),
    ],
)
def test_a_text_that_is_no_json_says_where_and_why(text: str, expected: tuple[JsonFault, int, int]) -> None:
    assert fault(text) == expected
