"""What a cell means, and that nothing else is read into it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.files.readers import Limits, read_file_rows
from imports.tables.parsing import (
    Cell,
    CellError,
    FigureLine,
    FileRow,
    TableMistake,
    parse,
    read_day_cell,
    read_month_cell,
    read_number_cell,
    read_part_cell,
)
from imports.tests.tables import HEADINGS, csv_bytes, xlsx_bytes
from plans.periods import Month
from targets.entry_rules.numbers import normalise_typed_text


def codes(mistakes: list[TableMistake]) -> list[tuple[int, str, str]]:
    return [(one.row, one.problem.column, one.problem.code) for one in mistakes]


def table(*rows: tuple[Cell, ...], headings: tuple[Cell, ...] = HEADINGS) -> list[FileRow]:
    return [FileRow("", index, cells) for index, cells in enumerate((headings, *rows), 1)]


def code_of(read_cell: Callable[[Cell], Any], cell: Cell) -> str:
    with pytest.raises(CellError) as caught:
        read_cell(cell)
    return caught.value.code


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("92.5", "92.5"),
        ("0.1", "0.1"),
        (0.1, "0.1"),
        (92.0, "92"),
        (92, "92"),
        (1160.0, "1160"),
        ("９２．５％", "92.5"),
        ("92.5%", "92.5"),
        ("92.5 %", "92.5"),
        ("1,243", "1243"),
        ("1，243，000.5", "1243000.5"),
        ("1 243", "1243"),
        ("1\u00a0243", "1243"),
        (" 7 ", "7"),
        ("－3.5", "-3.5"),
        ("−3.5", "-3.5"),
        ("+2", "2"),
        ("007", "7"),
    ],
)
def test_a_number_is_taken_exactly_as_it_is_written(cell: Cell, expected: str) -> None:
    found = read_number_cell(cell)
    assert found == Decimal(expected)
    assert str(found) == expected or cell == "007"


@pytest.mark.parametrize("cell", ["0", "０", 0, 0.0, "0.00", "0%"])
def test_zero_is_a_number(cell: Cell) -> None:
    assert read_number_cell(cell) == 0
    assert read_number_cell(cell) is not None


@pytest.mark.parametrize("cell", [None, "", "  ", "\u3000", "—", "——", "–", "-", "－", "/", "／", "无"])
def test_empty_is_not_zero(cell: Cell) -> None:
    assert read_number_cell(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "1,24",
            "12,43",
            "1 2",
            "1.2.3",
            "1e5",
            "1.2E+05",
            "约90",
            "92.5分",
            "NaN",
            "inf",
            "--5",
            "1,5",
            "(5)",
            "5%%",
        ),
        *(True, date(2014, 6, 1), time(3, 4), float("nan"), float("inf"), "٣", "½"),
    ],
)
def test_what_is_no_number_is_an_error_and_never_guessed(cell: Cell) -> None:
    assert code_of(read_number_cell, cell) == "not_a_number"


@pytest.mark.parametrize("cell", ["#DIV/0!", "#N/A", "#REF!", "#VALUE!", "#NAME?"])
@pytest.mark.parametrize("reader", [read_number_cell, read_month_cell, read_day_cell, read_part_cell])
def test_an_error_of_the_spreadsheet_is_an_error(reader: Callable[[Cell], Any], cell: str) -> None:
    assert code_of(reader, cell) == "error_cell"


def test_a_numerator_is_no_percentage() -> None:
    assert code_of(read_part_cell, "92.5%") == "percentage_as_part"


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "2014-06",
            "2014-6",
            "2014年6月",
            "2014年06月",
            "2014 年 6 月",
            "201406",
            201406,
            201406.0,
            "2014/6",
            "2014/6/1",
        ),
        *("2014-06-01", "2014年6月1日", "20140601", "２０１４－０６", "2014/06/01 00:00:00", date(2014, 6, 30)),
        datetime(2014, 6, 1, 8),  # noqa: DTZ001 - as a spreadsheet gives it
    ],
)
def test_a_month_is_understood_in_every_common_form(cell: Cell) -> None:
    assert read_month_cell(cell) == Month(2014, 6)


@pytest.mark.parametrize("cell", ["2014-13", "2014-00", "201413", "2014", "2014/2/30", "41791", True])
def test_what_is_no_month_is_an_error(cell: Cell) -> None:
    assert code_of(read_month_cell, cell) == "not_a_month"


@pytest.mark.parametrize("cell", [None, "", "—"])
def test_a_missing_month_is_an_error(cell: Cell) -> None:
    assert code_of(read_month_cell, cell) == "month_missing"


@pytest.mark.parametrize("cell", ["2014-06-27", "2014/6/27", "2014年6月27日", 20140627.0, date(2014, 6, 27)])
def test_a_day_is_understood_in_every_common_form(cell: Cell) -> None:
    assert read_day_cell(cell) == date(2014, 6, 27)


def test_what_is_no_day_is_an_error() -> None:
    assert code_of(read_day_cell, "2014-06-31") == "not_a_day"
    assert code_of(read_day_cell, "2014-06") == "not_a_day"
    assert read_day_cell("—") is None


def test_english_and_chinese_headings_mean_the_same() -> None:
    row = ("air-quality", "330300", "2014-01", None, 20, 31, "说明", None)
    english = ("Indicator", "REGION ", "month", "value", "numerator", "denominator", "note", "occurred_on")
    assert parse(table(row)).lines == parse(table(row, headings=english)).lines


def test_a_line_keeps_row_and_sheet() -> None:
    found = parse(
        [FileRow("一月", 3, HEADINGS), FileRow("一月", 4, ()), FileRow("一月", 5, ("x", "y", "2014-01", "0"))]
    )
    assert found.read == 1
    assert found.lines == [FigureLine("一月", 5, "x", "y", Month(2014, 1), Decimal(0))]


def test_blank_rows_are_skipped_and_not_counted() -> None:
    found = parse(table(("x", "y", "2014-01", 1), ("", None, "  "), ("x", "y", "2014-02", 2)))
    assert (found.read, [line.row for line in found.lines], found.mistakes) == (2, [2, 4], [])


def test_the_last_row_is_read() -> None:
    found = parse(read_file_rows(csv_bytes([("x", "y", "2014-01", 1)]).rstrip(b"\r\n"), Limits()))
    assert [line.row for line in found.lines] == [2]


def test_every_bad_cell_of_a_row_is_told() -> None:
    found = parse(table(("", "y", "2014-13", "viel", None, "50%"), ("x", "", None, 1)))
    assert codes(found.mistakes) == [
        (2, "indicator", "indicator_missing"),
        (2, "month", "not_a_month"),
        (2, "value", "not_a_number"),
        (2, "denominator", "percentage_as_part"),
        (3, "region", "region_missing"),
        (3, "month", "month_missing"),
    ]
    assert (found.read, found.lines) == (2, [])


def test_an_unknown_heading_is_told_and_not_ignored() -> None:
    found = parse(table(("x", "y", "2014-01", 1, "个"), headings=("指标", "地区", "月份", "数值", "颜色")))
    assert codes(found.mistakes) == [(1, "", "heading_unknown")]


def test_missing_and_double_headings_are_told() -> None:
    found = parse(table(headings=("指标", "月份", "指标", "分子")))
    assert codes(found.mistakes) == [
        (1, "indicator", "heading_twice"),
        (1, "region", "column_missing"),
        (1, "denominator", "column_missing"),
    ]
    assert codes(parse(table(headings=("指标", "地区", "月份"))).mistakes) == [(1, "value", "column_missing")]


@pytest.mark.parametrize("headings", [("指标", "地区", "月份", "数值"), ("指标", "地区", "月份", "数值", "", "说明")])
def test_a_cell_under_no_heading_is_told(headings: tuple[Cell, ...]) -> None:
    found = parse(table(("x", "y", "2014-01", 1, 77), headings=headings))
    assert codes(found.mistakes) == [(2, "", "cell_outside")]


def test_a_row_of_our_form_that_was_left_empty_is_not_reported() -> None:
    rows = ("x", "y", "2014-01", None), ("x", "y", "2014-02", " — "), ("x", "y", "2014-03", 0)
    found = parse(table(*rows, headings=("指标", "地区", "月份", "数值", "填报要求")))
    assert (found.mistakes, [(one.row, one.value) for one in found.lines]) == ([], [(4, 0)])
    assert [(one.row, one.reason) for one in found.recognition.sheets[0].left_out] == [
        (2, "no_figures"),
        (3, "no_figures"),
    ]
    assert [one.value for one in parse(table(*rows)).lines] == [None, None, 0]


def test_a_note_of_any_length_is_not_cut() -> None:
    assert codes(parse(table(("x", "y", "2014-01", 1, None, None, "长" * 401))).mistakes) == [
        (2, "note", "note_too_long")
    ]
    assert parse(table(("x", "y", "2014-01", 1, None, None, "#1 号站\x00"))).lines[0].note == "#1 号站"


def test_what_a_message_repeats_is_short_and_visible() -> None:
    (mistake,) = parse(table(("x", "y", "2014-01", "\u202e坏" * 100))).mistakes
    ((_name, quoted),) = mistake.problem.details
    assert len(quoted) == 41
    assert "\u202e" not in quoted


# --- Written by programs, read back -----------------------------------------------------------------------------------

texts = st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd"], codec="gb18030"), min_size=1, max_size=12)
figures = st.none() | st.decimals(-999_999_999, 999_999_999, places=6) | st.integers(0, 10**9).map(Decimal)
months = st.builds(Month, st.integers(2000, 2030), st.integers(1, 12))
lines = st.lists(st.tuples(texts, texts, months, figures, figures, figures), max_size=12)


def expected(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [(number, *row) for number, row in enumerate(rows, 2)]


def found_in(data: bytes) -> list[tuple[Any, ...]]:
    result = parse(read_file_rows(data, Limits()))
    assert result.mistakes == []
    return [
        (one.row, one.indicator, one.region, one.month, one.value, one.numerator, one.denominator)
        for one in result.lines
    ]


def normal(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Names as they are read: full-width letters as ordinary ones."""
    return [(normalise_typed_text(row[0]), normalise_typed_text(row[1]), *row[2:]) for row in rows]


@given(lines, st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]))
def test_a_csv_in_any_encoding_reads_back_the_same(rows: list[tuple[Any, ...]], encoding: str) -> None:
    assert found_in(csv_bytes(rows, encoding)) == expected(normal(rows))


@given(lines)
def test_a_workbook_reads_back_the_same(rows: list[tuple[Any, ...]]) -> None:
    cells = [[str(cell) if isinstance(cell, Month) else cell for cell in row] for row in rows]
    assert found_in(xlsx_bytes(cells)) == expected(normal(rows))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_spreadsheet_number_is_the_shortest_decimal_that_is_it(value: float) -> None:
    found = read_number_cell(value)
    assert found is not None
    assert float(found) == value


@given(st.text() | st.floats() | st.integers() | st.booleans() | st.dates() | st.datetimes() | st.times() | st.none())
@pytest.mark.parametrize("reader", [read_number_cell, read_month_cell, read_day_cell, read_part_cell])
def test_no_cell_crashes_a_reader(reader: Callable[[Cell], Any], cell: Cell) -> None:
    with suppress(CellError):
        reader(cell)
