"""What a cell means (pure, imports no Django).

Every cell that cannot be understood is an error, none is guessed: an empty cell is not zero, and a number is taken
exactly as it is written.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, TypeVar

from imports.files.cells import Cell, text_of_cell
from imports.files.hidden import FORMULA
from plans.periods import Month
from targets.entry_rules.numbers import (
    ERROR_CELL,
    NOTHING,
    NotANumberError,
    is_percentage_text,
    normalise_typed_text,
    read_day,
    read_number,
)

LONGEST_NOTE, LONGEST_NAME, QUOTED, YEARS_END = 400, 120, 40, 2100
Found = TypeVar("Found")


class CellError(ValueError):
    """A cell that means nothing here; `code` and `details` say why, without the column."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code, self.details = code, tuple(details.items())


def _content(cell: Cell) -> str:
    """The cell's text; an error of the spreadsheet (#DIV/0!) is no content."""
    text = normalise_typed_text(text_of_cell(cell))
    if ERROR_CELL.fullmatch(text):
        raise CellError("error_cell", found=text)
    return text


def quoted(cell: Cell) -> str:
    """The cell as an error message repeats it: short, on one line, nothing invisible."""
    shown = "".join(sign for sign in normalise_typed_text(text_of_cell(cell)) if sign.isprintable())
    return shown if len(shown) <= QUOTED else shown[:QUOTED] + "…"


# --- Numbers and names ------------------------------------------------------------------------------------------------


def read_number_cell(cell: Cell) -> Decimal | None:
    """A number exactly as it is written, None for nothing; 92.5% is 92.5."""
    if isinstance(cell, bool | date | time | timedelta):
        raise CellError("not_a_number", found=quoted(cell))
    if isinstance(cell, int | float):
        return _spreadsheet_number(cell)
    try:
        return read_number(cell or "")
    except NotANumberError:
        text = _content(cell)
        if text.startswith(FORMULA):
            raise CellError("formula_without_result", found="=" + quoted(text.removeprefix(FORMULA))) from None
        raise CellError("not_a_number", found=quoted(cell)) from None


def read_part_cell(cell: Cell) -> Decimal | None:
    """A numerator or denominator: a number that is no percentage."""
    if isinstance(cell, str) and is_percentage_text(cell):
        raise CellError("percentage_as_part", found=quoted(cell))
    return read_number_cell(cell)


def _spreadsheet_number(cell: float) -> Decimal:
    """The shortest decimal that is this number: 0.1 is 0.1, 92.0 is 92."""
    if isinstance(cell, int) or cell.is_integer():
        return Decimal(int(cell))
    found = Decimal(repr(cell))
    if not found.is_finite():
        raise CellError("not_a_number", found=quoted(cell))
    return found


def read_note_cell(cell: Cell) -> str:
    """Free text as it stands, without signs that cannot be seen or stored."""
    _content(cell)
    text = "".join(sign for sign in text_of_cell(cell) if sign.isprintable() or sign == "\n").strip()
    if len(text) > LONGEST_NOTE:
        raise CellError("note_too_long", length=str(len(text)))
    return text


def read_name_cell(cell: Cell) -> str:
    """A name that may be left out."""
    return _content(cell)[:LONGEST_NAME]


def reader_of_needed_name(code: str) -> Callable[[Cell], str]:
    """A reader of names that must not be missing."""

    def read(cell: Cell) -> str:
        text = read_name_cell(cell)
        if not text:
            raise CellError(code)
        return text

    return read


# --- Months and days --------------------------------------------------------------------------------------------------


class Period(NamedTuple):
    """A month as it is written: the year may stand elsewhere, and it may be the last one of several (`span`)."""

    year: int | None
    number: int
    span: int = 1

    def month(self, year: int | None = None) -> Month:
        """The month, in this year if it has none of its own; ValueError if there is no such month."""
        found = self.year or year
        if found is None:
            raise CellError("year_missing", found=str(self))
        return Month(found, self.number)

    def __str__(self) -> str:
        start = "" if self.span == 1 else f"{self.number - self.span + 1}-"
        return (f"{self.year}年" if self.year else "") + f"{start}{self.number}月"


_DIGITS = "一二三四五六七八九"
_NUMERALS = {**{sign: value for value, sign in enumerate(_DIGITS, 1)}, "十": 10, "十一": 11, "十二": 12}
_PERIODS: dict[str, tuple[int, int]] = {
    "全年": (12, 12),
    "度": (12, 12),
    "年度": (12, 12),
    "上半年": (6, 6),
    "前三季度": (9, 9),
}
for _number in range(1, 13):
    _written = [str(_number), f"{_number:02d}", next(sign for sign, value in _NUMERALS.items() if value == _number)]
    _PERIODS |= {f"{text}{end}": (_number, 1) for text in _written for end in ("月", "月份")}
    _PERIODS |= {
        f"1{sign}{_number}{end}": (_number, _number) for sign in "-~至" for end in ("月", "月份") if _number > 1
    }
    _PERIODS |= {f"1月{sign}{_number}月": (_number, _number) for sign in "-~至" if _number > 1}
for _number in range(1, 5):
    _written = [
        f"{_number}季度",
        f"第{_number}季度",
        f"{_DIGITS[_number - 1]}季度",
        f"第{_DIGITS[_number - 1]}季度",
        f"q{_number}",
    ]
    _PERIODS |= dict.fromkeys(_written, (3 * _number, 3))
"""How a month is written without its year → its number, and how many months up to it are meant."""

_YEAR = re.compile(r"(\d{4})年?", re.ASCII)
_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2})|/(\d{1,2})|\.(\d{1,2})|年(\d{1,2})|(\d{2}))", re.ASCII)


def read_year_cell(cell: Cell) -> int | None:
    """The year, 2014 or 2014年; None for nothing."""
    text = _content(cell).replace(" ", "")
    if text in NOTHING:
        return None
    found = _YEAR.fullmatch(text)
    if found is None or not 1900 <= int(found[1]) <= 2999:
        raise CellError("not_a_year", found=quoted(cell))
    return int(found[1])


@lru_cache(maxsize=4096)
def period_in(text: str) -> Period | None:
    """The month that a text names and nothing else: 2014年3月, 2014-03, 2014.3, 201403, 3月, 一季度, 全年, 1-6月."""
    written = normalise_typed_text(text).replace(" ", "").casefold()
    own_year = _YEAR.match(written)
    rest = written[own_year.end() :] if own_year else written
    if found := _PERIODS.get(rest.removeprefix("-") if own_year else rest):
        return Period(int(own_year[1]) if own_year else None, *found)
    if month_only := _MONTH.fullmatch(written):
        year_number, number_of_month = _integers(month_only)
        if 1900 <= year_number < YEARS_END:  # 330302 is a county, not February of 3303
            return Period(year_number, number_of_month)
    return None


def read_period_cell(cell: Cell, *, bare: bool = False) -> Period:
    """The month in a cell: whatever `period_in` understands, a day of it, or with `bare` its number alone."""
    if isinstance(cell, date):
        return Period(cell.year, cell.month)
    text = _content(cell).replace(" ", "")
    if text in NOTHING:
        raise CellError("month_missing")
    if text.endswith(".1") and len(text) == len("2014.1"):
        raise CellError("month_ambiguous", found=quoted(cell), year=text[:4])
    if found := period_in(text):
        return found
    if bare and text.isdecimal() and len(text) <= 2:
        return Period(None, int(text))
    day_of_it = _checked(lambda: _day(_content(cell)), "not_a_month", cell)
    return Period(day_of_it.year, day_of_it.month)


def read_month_cell(cell: Cell, year_given: int | None = None) -> Month:
    """2014-06, 2014年6月, 201406, 2014/6, 2014.6, or any day of the month; 6月 if the year is given."""
    found = read_period_cell(cell, bare=year_given is not None)
    return month_of_period(found, year_given, cell)


def month_of_period(found: Period, year_given: int | None, cell: Cell) -> Month:
    """The month of a period that stands in this cell."""
    if (found.year or year_given) is None:
        raise CellError("year_missing", found=quoted(cell))
    return _checked(lambda: found.month(year_given), "not_a_month", cell)


def read_day_cell(cell: Cell) -> date | None:
    """2014-06-27, 2014/6/27, 2014年6月27日, 20140627 or a date of a spreadsheet; None for nothing."""
    if isinstance(cell, date):
        return cell.date() if isinstance(cell, datetime) else cell
    _content(cell)
    return _checked(lambda: read_day(text_of_cell(cell)), "not_a_day", cell)


def _day(text: str) -> date:
    found = read_day(text)
    if found is None:
        raise ValueError(text)
    return found


def _integers(found: re.Match[str]) -> list[int]:
    return [int(group) for group in found.groups() if group is not None]


def _checked(make: Callable[[], Found], code: str, cell: Cell) -> Found:
    try:
        return make()
    except CellError:
        raise
    except ValueError:
        raise CellError(code, found=quoted(cell)) from None
