"""Every file of the collection is read as it was meant, whatever its form."""

from datetime import date
from typing import Any

import pytest

from imports.files.readers import Limits, read_file_rows
from imports.tables.parsing import FigureTable, FileMapping, Recognition, parse
from imports.tests.awkward import CASES, KNOWN, Case
from imports.tests.writing import Percent, as_csv, as_ods, as_xls, as_xlsx


def found_in(data: bytes, mapping: FileMapping | None = None) -> FigureTable:
    return parse(read_file_rows(data, Limits()), mapping, KNOWN)


def shown(table: FigureTable) -> list[tuple[str, str, str, str]]:
    return [
        (one.indicator, one.region, str(one.month), figure(one.value, one.numerator, one.denominator))
        for one in table.lines
    ]


def figure(value: Any, numerator: Any, denominator: Any) -> str:
    return f"{numerator}/{denominator}" if numerator is not None else "" if value is None else f"{value:f}"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_file_is_read_as_it_was_meant(case: Case) -> None:
    table = found_in(case.data())
    assert [(one.cell, one.problem.code) for one in table.mistakes] == (case.mistakes or [])
    assert shown(table) == case.lines
    assert table.read == len(table.lines) + len(table.fragments)
    if case.left_out is not None:
        assert {one.row: one.reason for one in table.recognition.sheets[0].left_out} == case.left_out
    assert Recognition.from_json(table.recognition.to_json()) == table.recognition


def test_the_collection_is_large() -> None:
    assert len(CASES) >= 60


GRID = [
    ("2014年1月",),
    ("指标", "地区", "数值", "日期"),
    ("quality", 330300, Percent(0.925), None),
    ("houses", "330302", 1243.5, date(2014, 1, 31)),
    ("houses", "瑞安", 0, ""),
]


def test_the_same_cells_give_the_same_table_in_every_format() -> None:
    files = [as_csv(GRID), as_xlsx({"表": GRID}), as_xls({"表": GRID}), as_ods({"表": GRID})]
    tables = [found_in(data) for data in files]
    assert [[line._replace(sheet="") for line in table.lines] for table in tables] == [
        [line._replace(sheet="") for line in tables[0].lines]
    ] * 4
    assert [table.mistakes for table in tables] == [[]] * 4
    assert len(tables[0].lines) == 3
    assert len({table.recognition.shape for table in tables}) == 1
