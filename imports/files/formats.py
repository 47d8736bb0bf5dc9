"""Number formats of spreadsheets: which of them show a number as a percentage or as a date."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import isfinite

_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_BUILT_IN_PERCENTAGES = frozenset({9, 10})
_BUILT_IN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})


def is_percentage_format(number: int, code: str | None) -> bool:
    """Whether a format, by its number or its own code, multiplies by 100; a "%" in quotes does not."""
    return "%" in _LITERAL.sub("", code) if code is not None else number in _BUILT_IN_PERCENTAGES


def is_date_format(number: int, code: str | None) -> bool:
    """Whether a format shows the number as a day or a time."""
    if code is None:
        return number in _BUILT_IN_DATES
    return code.casefold() != "general" and re.search("[ymdhs]", _LITERAL.sub("", code), re.IGNORECASE) is not None


def percentage(number: float) -> str | float:
    """The number as its cell shows it, but with all its digits: 0.925 is "92.5%"."""
    if not isfinite(number):
        return number
    shown = (Decimal(repr(number)) * 100).normalize()
    return f"{shown:f}%"


def day_of_serial(serial: float, *, since_1904: bool = False) -> date | datetime | float:
    """The day that a spreadsheet keeps as a number; the number itself where there is no such day."""
    first_day = (1904, 1, 1) if since_1904 else (1899, 12, 31 if serial < 60 else 30)  # Excel has a 29 February 1900
    start = datetime(*first_day)  # noqa: DTZ001 - spreadsheets know no time zones
    try:
        found = start + timedelta(days=serial)
    except (OverflowError, ValueError):
        return serial
    return found if serial % 1 else found.date()
