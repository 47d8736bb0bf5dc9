"""Numbers as people write them (pure, imports no Django).

One way for every door: the worksheet, the import and whatever comes later understand the same text in the same way.
"""

import re
import unicodedata
from decimal import Decimal

NOTHING = frozenset({"", "-", "--", "/", "无"})
"""What stands in a cell for "no figure"; it is never zero."""

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_NUMBER = re.compile(r"([+-]?(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+)(?:\.\d+)?)([万亿]?)", re.ASCII)
_MULTIPLES = {"万": Decimal(10_000), "亿": Decimal(100_000_000)}


class NotANumberError(ValueError):
    """Text that is no number."""


def plain(text: str) -> str:
    """Full-width characters as ordinary ones, every dash as "-", every run of spaces as one."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return " ".join(text.split())


def is_percentage(text: str) -> bool:
    """Whether the text ends with a percent sign, of whatever width."""
    return plain(text).endswith("%")


def read_number(text: str) -> Decimal | None:
    """The number exactly as it is written, None for nothing: ９２．５％ is 92.5, 1 243 is 1243, 1.5万 is 15000.

    NotANumberError for anything else; nothing is guessed.
    """
    if text.isascii() and text[:1].isdigit() and text[-1].isdigit() and text.replace(".", "", 1).isdigit():
        return Decimal(text)  # nearly every number of a large file
    written = plain(text)
    if written in NOTHING or not written.strip("-"):
        return None
    found = _NUMBER.fullmatch(written.removesuffix("%").rstrip().replace(" 万", "万").replace(" 亿", "亿"))
    if found is None or (found[2] and is_percentage(text)):
        raise NotANumberError(text)
    number = Decimal(found[1].replace(",", "").replace(" ", ""))
    return _whole(number * _MULTIPLES[found[2]]) if found[2] else number


def _whole(number: Decimal) -> Decimal:
    """Without the zeros that the multiplication leaves behind the point: 15000, not 15000.0."""
    return Decimal(int(number)) if number == number.to_integral_value() else number.normalize()
