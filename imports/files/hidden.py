"""What a workbook hides of a sheet, and the small signs that only its formats show (pure, imports no Django)."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from posixpath import basename

_ROW = re.compile(rb"""<(?:\w+:)?row\b(?=[^<>]*\shidden\s*=\s*["'](?:1|true)["'])[^<>]*\sr\s*=\s*["'](\d{1,7})["']""")
_COLUMN = re.compile(rb"""<(?:\w+:)?col\b(?=[^<>]*\shidden\s*=\s*["'](?:1|true)["'])[^<>]*>""")
_LIMIT = re.compile(rb"""\s(min|max)\s*=\s*["'](\d{1,5})["']""")
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^<>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^<>]*>")
_NAMED = re.compile(rb"""\s(?:\w+:)?(name|id|Id|Target)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_RUN = re.compile(rb"(<(?:\w+:)?r\b)")
_TEXT = re.compile(rb"(<(?:\w+:)?t\b[^<>]*>)([^<]*)")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
LAST_COLUMN = 16_384


@dataclass(frozen=True, slots=True)
class HiddenParts:
    """The rows (from 1) and columns (from 0) of a sheet that are hidden or filtered away."""

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()


def hidden_in(sheet: bytes) -> HiddenParts:
    """What the XML of a worksheet hides."""
    if b"hidden" not in sheet:
        return HiddenParts()
    rows = frozenset(int(number) for number in _ROW.findall(sheet))
    return HiddenParts(rows, frozenset(_columns(sheet)))


def _columns(sheet: bytes) -> Iterator[int]:
    for found in _COLUMN.findall(sheet):
        limits = {name: int(number) for name, number in _LIMIT.findall(found)}
        yield from range(limits.get(b"min", 1) - 1, min(limits.get(b"max", 0), LAST_COLUMN))


def names_of_parts(workbook: bytes, relations: bytes) -> Mapping[str, str]:
    """The file of each worksheet in the archive, without its folder → the sheet's name."""
    targets = {}
    for found in _RELATION.findall(relations):
        given = _attributes(found)
        targets[given.get("Id", "")] = basename(given.get("Target", ""))
    names = {}
    for found in _SHEET.findall(workbook):
        given = _attributes(found)
        names[targets.get(given.get("id", ""), "")] = given.get("name", "")
    return names


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        name.decode(): html.unescape((double or single).decode("utf-8", "replace"))
        for name, double, single in _NAMED.findall(tag)
    }


def raise_small_digits(content: bytes) -> bytes:
    """Texts in which raised digits are raised signs: 320 with a small 1 behind it is 320¹, not 3201."""
    return b"".join(map(_raised, _RUN.split(content))) if b"superscript" in content else content


def _raised(run: bytes) -> bytes:
    """The run with its first text raised, if it is; what follows it up to the next run stays."""
    return _TEXT.sub(_raise, run, count=1) if b"superscript" in run else run


def _raise(text: re.Match[bytes]) -> bytes:
    return text[1] + text[2].decode("utf-8", "replace").translate(_RAISED).encode()


_FORMULA = re.compile(
    rb"<((?:\w+:)?)c\b([^<>]*)>\s*<\1f\b(?:[^<>]*/>|[^<>]*>([^<]*)</\1f>)\s*(?:<\1v\s*/>|<\1v>\s*</\1v>)?\s*</\1c>"
)
_TYPE = re.compile(rb"""\st\s*=\s*["']\w*["']""")


FORMULA = "ƒ="
"""Before the text of a formula that has no result: typed text may begin with = alone."""


def tell_uncalculated(sheet: bytes) -> bytes:
    """The worksheet with the text of each formula that has no result; the cell would be taken for an empty one."""
    return _FORMULA.sub(_formula, sheet) if b"f>" in sheet or b"<f" in sheet else sheet


def _formula(found: re.Match[bytes]) -> bytes:
    prefix, attributes, text = found[1], _TYPE.sub(b"", found[2]), found[3] or b""
    return b'<%bc%b t="str"><%bv>%b%b</%bv></%bc>' % (
        prefix,
        attributes,
        prefix,
        FORMULA.encode(),
        text,
        prefix,
        prefix,
    )
