"""Numbers and days as people write them (pure, imports no Django).

One way for every door: the worksheet, the import and whatever comes later understand the same text in the same way.
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal

NOTHING = frozenset({"", "-", "--", "/", "无"})
"""What stands in a cell for "no figure"; it is never zero."""

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_NUMBER = re.compile(r"([+-]?(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+)(?:\.\d+)?)([万亿]?)", re.ASCII)
_MULTIPLES = {"万": Decimal(10_000), "亿": Decimal(100_000_000)}
ERROR_CELL = re.compile(r"#(DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|SPILL!|CALC!|FIELD!|GETTING_DATA)|Err:\d{3}")
"""What a spreadsheet shows where a formula has failed."""
_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))",
    re.ASCII,
)
_MIDNIGHT = re.compile(r"[ T]0{1,2}:00(:00)?$", re.ASCII)


class NotANumberError(ValueError):
    """Text that is no number; `code` names the problem."""

    code = "not_a_number"


class ErrorCellError(NotANumberError):
    """A spreadsheet's error instead of a number."""

    code = "error_cell"


class PercentageError(NotANumberError):
    """A percentage where something is counted."""

    code = "percentage_as_part"


def normalise_typed_text(text: str) -> str:
    """Full-width characters as ordinary ones, every dash as "-", every run of spaces as one."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return " ".join(text.split())


def holds_disguised_digit(text: str) -> bool:
    """Whether a digit hides in a sign that is none, such as ①, ² or ㋀: as ordinary signs, 1① would become 11."""
    return not text.isascii() and any(
        not sign.isdecimal() and any(map(str.isdecimal, unicodedata.normalize("NFKC", sign))) for sign in text
    )


def is_percentage_text(text: str) -> bool:
    """Whether the text ends with a percent sign, of whatever width."""
    return normalise_typed_text(text).endswith("%")


def read_number(text: str) -> Decimal | None:
    """The number exactly as it is written, None for nothing: ９２．５％ is 92.5, 1 243 is 1243, 1.5万 is 15000.

    NotANumberError for anything else; nothing is guessed.
    """
    if text.isascii() and text[:1].isdigit() and text[-1].isdigit() and text.replace(".", "", 1).isdigit():
        return Decimal(text)  # nearly every number of a large file
    if holds_disguised_digit(text):
        raise NotANumberError(text)
    written = normalise_typed_text(text)
    if written in NOTHING or not written.strip("-"):
        return None
    if ERROR_CELL.fullmatch(written):
        raise ErrorCellError(text)
    found = _NUMBER.fullmatch(written.removesuffix("%").rstrip().replace(" 万", "万").replace(" 亿", "亿"))
    if found is None or (found[2] and is_percentage_text(text)):
        raise NotANumberError(text)
    number = Decimal(found[1].replace(",", "").replace(" ", ""))
    return _whole(number * _MULTIPLES[found[2]]) if found[2] else number


def _whole(number: Decimal) -> Decimal:
    """Without the zeros that the multiplication leaves behind the point: 15000, not 15000.0."""
    return Decimal(int(number)) if number == number.to_integral_value() else number.normalize()


def read_part(text: str) -> Decimal | None:
    """A numerator or denominator: a number that is no percentage."""
    if is_percentage_text(text):
        raise PercentageError(text)
    return read_number(text)


def read_day(text: str) -> date | None:
    """2014-06-27, 2014/6/27, 2014年6月27日 or 20140627, at midnight if there is a time; None for nothing.

    ValueError for anything else.
    """
    written = normalise_typed_text(text)
    if written in NOTHING:
        return None
    found = _DAY.fullmatch(_MIDNIGHT.sub("", written).replace(" ", ""))
    if found is None or holds_disguised_digit(text):
        raise ValueError(text)
    return date(*(int(group) for group in found.groups() if group is not None))
