"""From the cells of a table to figures (pure, imports no Django).

A table has one row of headings, in Chinese or English, and one figure a row. Every cell that cannot be understood is
reported, none is guessed: an empty cell is not zero, and a number is taken exactly as it is written.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from plans.periods import Month
from targets.figures import Problem
from targets.numbers import ERROR_CELL, NOTHING, NotANumberError, is_percentage, plain, read_day, read_number

Cell = str | int | float | bool | date | datetime | time | timedelta | None
"""What a reader finds in a cell; CSV has text alone."""

LONGEST_NOTE, LONGEST_NAME, QUOTED = 400, 120, 40


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet as it was read; `number` counts from 1, as spreadsheets do."""

    sheet: str
    number: int
    cells: tuple[Cell, ...]

    @property
    def blank(self) -> bool:
        return all(is_blank(cell) for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Mistake:
    """A problem and the row where it is; row 0 is about the sheet as a whole."""

    sheet: str
    row: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class Line:
    """A row that was understood; who or where `indicator` and `region` are is not known yet."""

    sheet: str
    row: int
    indicator: str
    region: str
    month: Month
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    note: str = ""
    occurred_on: date | None = None


@dataclass(frozen=True, slots=True)
class Fragment:
    """The names in a row of which something else was not understood; "" for a name that is missing."""

    sheet: str
    row: int
    indicator: str
    region: str


@dataclass(slots=True)
class Table:
    """All that was found: `read` rows with content, the lines among them that were understood, and every mistake.

    `fragments` are kept so that the names of the other rows are checked too, and all mistakes told at once.
    """

    read: int = 0
    lines: list[Line] = field(default_factory=list)
    fragments: list[Fragment] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)


class CellError(ValueError):
    """A cell that means nothing here; `problem` says why, without the column."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code, self.details = code, tuple(details.items())


# --- Tables -----------------------------------------------------------------------------------------------------------

HEADINGS = {
    "indicator": ("indicator", "指标"),
    "region": ("region", "地区"),
    "month": ("month", "月份"),
    "value": ("value", "数值"),
    "numerator": ("numerator", "分子"),
    "denominator": ("denominator", "分母"),
    "note": ("note", "说明"),
    "occurred_on": ("occurred_on", "日期"),
}
"""Column → how its heading may be written."""

_COLUMNS = {heading: column for column, headings in HEADINGS.items() for heading in headings}
_NEEDED = ("indicator", "region", "month")


def parse(rows: Iterable[Row]) -> Table:
    """All figures and all mistakes of a file; each of its sheets begins with a row of headings."""
    table = Table()
    columns: dict[str, list[str]] = {}
    for row in rows:
        if row.blank:
            continue
        if row.sheet not in columns:
            columns[row.sheet], mistakes = parse_headings(row)
            table.mistakes += mistakes
            continue
        table.read += 1
        line, problems = parse_row(row, columns[row.sheet])
        table.mistakes += [Mistake(row.sheet, row.number, problem) for problem in problems]
        if isinstance(line, Line):
            table.lines.append(line)
        else:
            table.fragments.append(line)
    return table


def parse_headings(row: Row) -> tuple[list[str], list[Mistake]]:
    """The column of each cell ("" under no heading, "?" under an unknown one), and what is wrong with the headings."""
    columns, problems = [], []
    for cell in row.cells:
        text = canonical(text_of(cell))
        column = _COLUMNS.get(text, "?" if text else "")
        if column == "?":
            problems.append(Problem("heading_unknown", "", (("found", _quoted(cell)),)))
        elif column and column in columns:
            problems.append(Problem("heading_twice", column))
        columns.append(column)
    problems += [Problem("column_missing", column) for column in _missing(columns)]
    return columns, [Mistake(row.sheet, row.number, problem) for problem in problems]


def _missing(columns: Sequence[str]) -> list[str]:
    needed = list(_NEEDED)
    if "numerator" in columns or "denominator" in columns:
        needed += ["numerator", "denominator"]
    elif "value" not in columns:
        needed.append("value")
    return [column for column in needed if column not in columns]


def parse_row(row: Row, columns: Sequence[str]) -> tuple[Line | Fragment, list[Problem]]:
    """The row's line if everything in it was understood, and otherwise its names and all that was not."""
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    cells = dict(zip(columns, row.cells, strict=False))
    for column, read in _READ.items():
        if column not in columns:
            continue
        try:
            values[column] = read(cells.get(column))
        except CellError as error:
            problems.append(Problem(error.code, column, error.details))
    if any(not is_blank(cell) for cell in _outside(row, columns)):
        problems.append(Problem("cell_outside", ""))
    if problems or _missing(columns):
        return Fragment(row.sheet, row.number, values.get("indicator", ""), values.get("region", "")), problems
    return Line(row.sheet, row.number, **values), []


def _outside(row: Row, columns: Sequence[str]) -> Iterator[Cell]:
    """Cells under no heading; those under an unknown one are reported once, at the heading."""
    yield from (cell for cell, column in zip(row.cells, columns, strict=False) if not column)
    yield from row.cells[len(columns) :]


# --- Cells ------------------------------------------------------------------------------------------------------------

_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2})|/(\d{1,2})|年(\d{1,2})月|(\d{2}))", re.ASCII)


def canonical(text: str) -> str:
    """A name or heading as it is compared: no matter how wide, in which case, with which spaces it is written."""
    return plain(text).replace(" ", "").casefold()


def is_blank(cell: Cell) -> bool:
    """Whether there is nothing to be seen in the cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def text_of(cell: Cell) -> str:
    """The cell as text; a whole number has no decimal point (spreadsheets keep 330300 as 330300.0)."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _content(cell: Cell) -> str:
    """The cell's text; an error of the spreadsheet (#DIV/0!) is no content."""
    text = plain(text_of(cell))
    if ERROR_CELL.fullmatch(text):
        raise CellError("error_cell", found=text)
    return text


def number(cell: Cell) -> Decimal | None:
    """A number exactly as it is written, None for nothing; 92.5% is 92.5."""
    if isinstance(cell, bool | date | time | timedelta):
        raise CellError("not_a_number", found=_quoted(cell))
    if isinstance(cell, int | float):
        return _spreadsheet_number(cell)
    try:
        return read_number(_content(cell))
    except NotANumberError:
        raise CellError("not_a_number", found=_quoted(cell)) from None


def part(cell: Cell) -> Decimal | None:
    """A numerator or denominator: a number that is no percentage."""
    if isinstance(cell, str) and is_percentage(cell):
        raise CellError("percentage_as_part", found=_quoted(cell))
    return number(cell)


def _spreadsheet_number(cell: float) -> Decimal:
    """The shortest decimal that is this number: 0.1 is 0.1, 92.0 is 92."""
    found = Decimal(repr(cell))
    if not found.is_finite():
        raise CellError("not_a_number", found=_quoted(cell))
    return Decimal(int(found)) if found == found.to_integral_value() else found


def month(cell: Cell) -> Month:
    """2014-06, 2014年6月, 201406, 2014/6, or any day of the month."""
    if isinstance(cell, date):
        return _checked(lambda: Month.of(cell), "not_a_month", cell)
    text = _content(cell)
    if text in NOTHING:
        raise CellError("month_missing")
    if found := _MONTH.fullmatch(text.replace(" ", "")):
        return _checked(lambda: Month(*_integers(found)), "not_a_month", cell)
    return _checked(lambda: Month.of(_day(text)), "not_a_month", cell)


def day(cell: Cell) -> date | None:
    """2014-06-27, 2014/6/27, 2014年6月27日, 20140627 or a date of a spreadsheet; None for nothing."""
    if isinstance(cell, date):
        return cell.date() if isinstance(cell, datetime) else cell
    text = _content(cell)
    return _checked(lambda: read_day(text), "not_a_day", cell)


def _day(text: str) -> date:
    found = read_day(text)
    if found is None:
        raise ValueError(text)
    return found


def _integers(found: re.Match[str]) -> list[int]:
    return [int(group) for group in found.groups() if group is not None]


def _checked(make: Callable[[], Any], code: str, cell: Cell) -> Any:
    try:
        return make()
    except ValueError:
        raise CellError(code, found=_quoted(cell)) from None


def note(cell: Cell) -> str:
    """Free text as it stands, without signs that cannot be seen or stored."""
    _content(cell)
    text = "".join(sign for sign in text_of(cell) if sign.isprintable() or sign == "\n").strip()
    if len(text) > LONGEST_NOTE:
        raise CellError("note_too_long", length=str(len(text)))
    return text


def _name(code: str) -> Callable[[Cell], str]:
    """A reader of names that must not be missing."""

    def read(cell: Cell) -> str:
        text = _content(cell)
        if not text:
            raise CellError(code)
        return text[:LONGEST_NAME]

    return read


_READ: dict[str, Callable[[Cell], Any]] = {
    "indicator": _name("indicator_missing"),
    "region": _name("region_missing"),
    "month": month,
    "value": number,
    "numerator": part,
    "denominator": part,
    "note": note,
    "occurred_on": day,
}
"""Column → how its cells are understood."""


def _quoted(cell: Cell) -> str:
    """The cell as an error message repeats it: short, on one line, nothing invisible."""
    shown = "".join(sign for sign in plain(text_of(cell)) if sign.isprintable())
    return shown if len(shown) <= QUOTED else shown[:QUOTED] + "…"
