"""What is not recognised can be corrected, and the correction is remembered by the shape of the form."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.files.readers import Limits, read_file_rows
from imports.tables.parsing import FileMapping, MappedColumn, Recognition, SheetMapping, parse
from imports.tests.awkward import KNOWN
from imports.tests.writing import as_csv
from imports.vocabulary.strict import HostileError

FORM = ("名目", "哪里", "何时", "多少", "颜色")
ROW = ("houses", "330302", "2014-01", 40, "红")
MEANINGS = ("indicator", "region", "month", "value", "ignored")


def shape(*rows: Any) -> str:
    return parse(read_file_rows(as_csv(rows), Limits()), None, KNOWN).recognition.sheets[0].shape


def mapping(**sheet: Any) -> FileMapping:
    columns = tuple(MappedColumn(index, meaning) for index, meaning in enumerate(MEANINGS))
    return FileMapping({shape(FORM, ROW): SheetMapping(columns, **sheet)})


def test_a_mapping_makes_an_unknown_form_readable() -> None:
    rows = read_file_rows(as_csv([FORM, ROW]), Limits())
    assert parse(rows, None, KNOWN).lines == []
    table = parse(rows, mapping(), KNOWN)
    assert table.mistakes == []
    assert [(one.indicator, one.region, one.value) for one in table.lines] == [("houses", "330302", 40)]


def test_a_mapping_of_another_form_changes_nothing() -> None:
    rows = read_file_rows(as_csv([(*FORM, "大小"), ROW]), Limits())
    assert parse(rows, mapping(), KNOWN).lines == []


def test_a_mapping_says_the_month_and_is_remembered_without_it() -> None:
    form = ("指标", "地区", "数值")
    known = FileMapping({shape(form, ("houses", "330302", 1)): SheetMapping(month="2014-05", region="330302")})
    rows = read_file_rows(as_csv([form, ("houses", "330302", 1)]), Limits())
    assert [str(one.month) for one in parse(rows, known, KNOWN).lines] == ["2014-05"]
    assert [(one.month, one.region) for one in known.lasting().sheets.values()] == [("", "330302")]


def test_a_mapping_says_where_the_headings_are() -> None:
    rows = [("甲", "乙"), FORM, ROW]
    corrected = SheetMapping(mapping().sheets[shape(FORM, ROW)].columns, heading_rows=(2,))
    table = parse(read_file_rows(as_csv(rows), Limits()), FileMapping({shape(*rows): corrected}), KNOWN)
    assert [(one.row, one.value) for one in table.lines] == [(3, 40)]


def test_the_shape_of_a_form_stays_when_figures_and_titles_change() -> None:
    first, second = (
        parse(
            read_file_rows(as_csv([(f"2014年{m}月",), ("指标", "地区", "数值"), ("houses", "330302", m)]), Limits()),
            None,
            KNOWN,
        )
        for m in (1, 2)
    )
    assert first.recognition.shape == second.recognition.shape
    assert shape(FORM, ROW) != shape(FORM[:4], ROW)


@pytest.mark.parametrize("day", [("2014-06-05", "2014-07-04"), ("2014年6月5日", "2014年7月4日"), (41795, 41824.5)])
def test_a_day_beside_the_title_makes_no_other_form(day: tuple[Any, Any]) -> None:
    first, second = ([("填报日期", one, "市质监局"), FORM, ROW] for one in day)
    assert shape(*first) == shape(*second)
    assert shape(*first) != shape(("填报单位", day[0], "市质监局"), FORM, ROW)
    known = FileMapping({shape(*first): SheetMapping(mapping().sheets[shape(FORM, ROW)].columns, heading_rows=(2,))})
    table = parse(read_file_rows(as_csv(second), Limits()), known, KNOWN)
    assert [(one.row, one.value) for one in table.lines] == [(3, 40)]


def test_another_number_in_a_recognised_heading_is_another_form() -> None:
    wide = ("指标", "地区", "1月", "2月")
    assert shape(wide, ("houses", "330302", 1, 2)) != shape((*wide[:3], "3月"), ("houses", "330302", 1, 2))


def test_a_mapping_travels_as_json() -> None:
    given_back = json.loads(json.dumps(mapping(month="2014-05", heading_rows=(3, 4)).to_json()))
    assert FileMapping.from_json(given_back) == mapping(month="2014-05", heading_rows=(3, 4))


SHAPE = "0" * 64
SHEET: dict[str, Any] = {
    "columns": [],
    "heading_rows": [],
    "indicator": "",
    "region": "",
    "month": "",
    "skipped": False,
}
COLUMN: dict[str, Any] = {"index": 0, "meaning": "value", "indicator": "", "region": "", "period": ""}
HOSTILE: dict[str, object] = {
    "no object": [],
    "nothing": {},
    "a further field": {"sheets": {}, "x": 1},
    "no shape": {"sheets": {"x": SHEET}},
    "a sheet that is none": {"sheets": {SHAPE: 3}},
    "a missing field": {"sheets": {SHAPE: {"columns": []}}},
    "an unknown meaning": {"sheets": {SHAPE: {**SHEET, "columns": [{**COLUMN, "meaning": "__class__"}]}}},
    "a column before A": {"sheets": {SHAPE: {**SHEET, "columns": [{**COLUMN, "index": -1}]}}},
    "true for 1": {"sheets": {SHAPE: {**SHEET, "columns": [{**COLUMN, "index": True}]}}},
    "a column twice": {"sheets": {SHAPE: {**SHEET, "columns": [COLUMN, COLUMN]}}},
    "a number for a text": {"sheets": {SHAPE: {**SHEET, "month": 5}}},
    "a long text": {"sheets": {SHAPE: {**SHEET, "month": "x" * 2000}}},
    "a sign that cannot be stored": {"sheets": {SHAPE: {**SHEET, "month": "\0"}}},
    "half a sign": {"sheets": {SHAPE: {**SHEET, "month": "\ud800"}}},
    "rows out of order": {"sheets": {SHAPE: {**SHEET, "heading_rows": [2, 1]}}},
    "a number for a truth value": {"sheets": {SHAPE: {**SHEET, "skipped": 1}}},
    "a fraction for a number": {"sheets": {SHAPE: {**SHEET, "heading_rows": [1.0]}}},
    "a tuple for a list": {"sheets": {SHAPE: {**SHEET, "heading_rows": (1,)}}},
    "a large number": {"sheets": {SHAPE: {**SHEET, "heading_rows": [10**30]}}},
    "a further field of a sheet": {"sheets": {SHAPE: {**SHEET, "x": 1}}},
    "more sheets than a file has": {"sheets": {f"{number:064}": SHEET for number in range(20_001)}},
    "a number for a name": {"sheets": {5: SHEET}},
    "row zero": {"sheets": {SHAPE: {**SHEET, "heading_rows": [0]}}},
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_json_is_refused(data: object) -> None:
    with pytest.raises(HostileError):
        FileMapping.from_json(data)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["sheets", "hidden", SHAPE]), inner),
    max_leaves=8,
)


@given(anything)
def test_no_json_crashes(data: object) -> None:
    for kind in (FileMapping, Recognition):
        try:
            kind.from_json(data)
        except HostileError:
            continue
