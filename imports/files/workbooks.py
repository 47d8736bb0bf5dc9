"""Excel workbooks (XLSX, XLSM), read by python-calamine after everything in them has been looked through."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from imports.files import formats
from imports.files.cells import ABOVE, Cell, FileRow, FileRows, is_blank_cell
from imports.files.hidden import HiddenParts, hidden_in, names_of_parts, raise_small_digits, tell_uncalculated
from imports.files.limits import Limits, UnreadableError

_row = partial(tuple.__new__, FileRow)
ZIP = b"PK\x03\x04"
_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(workbook|styles|sharedStrings)\.xml|xl/_rels/workbook\.xml\.rels"
    r"|xl/(worksheets|chartsheets|dialogsheets|macrosheets)/[^/]+\.xml",
    re.IGNORECASE,
)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)
DECLARATION = re.compile(rb"<!(?!--|\[CDATA\[)")


def read_xlsx(data: bytes, limits: Limits) -> FileRows:
    """The rows of all visible sheets, one sheet after the other."""
    found, parts = FileRows(), dict[str, HiddenParts]()
    with _open(repack_workbook(data, limits, parts)) as workbook:
        sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet]
        found.hidden = tuple(sheet.name for sheet in sheets if sheet.visible is not SheetVisibleEnum.Visible)
        if len(sheets) > limits.sheets:
            raise UnreadableError("too_many_sheets", limit=str(limits.sheets))
        for sheet in sheets:
            if sheet.visible is SheetVisibleEnum.Visible:
                name = sheet.name  # the reader makes a new text each time it is asked
                found += [_row((name, number, tuple(cells))) for number, cells in _cells(workbook, name, limits)]
    found.parts = parts
    return found


def _open(data: bytes) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data))
    except BaseException as error:
        raise _broken(error) from error


def _cells(workbook: CalamineWorkbook, name: str, limits: Limits) -> Iterator[tuple[int, Sequence[Cell]]]:
    try:
        sheet = workbook.get_sheet_by_name(name)
        rows = sheet.to_python(skip_empty_area=False)
        merged = _merged_downwards(sheet)
    except BaseException as error:
        raise _broken(error) from error
    mark_merged(rows, merged, limits)
    return enumerate(rows, 1)


def _broken(error: BaseException) -> BaseException:
    """What to raise instead: a panic of the reader's Rust code is no Exception, and would end the whole process."""
    return error if isinstance(error, KeyboardInterrupt | SystemExit) else UnreadableError("broken_xlsx")


# --- Merged cells -----------------------------------------------------------------------------------------------------

Area = tuple[int, int, int]
"""First row, last row and column of cells that are merged downwards, from 0."""


def _merged_downwards(sheet: CalamineSheet) -> list[Area]:
    ranges = sheet.merged_cell_ranges or []
    return [(first[0], last[0], first[1]) for first, last in ranges if last[0] > first[0]]


def mark_merged(rows: Sequence[list[Any]], areas: Sequence[Area], limits: Limits) -> None:
    """Marks the empty cells that belong to the one above them."""
    # Any: each reader names the kinds of its cells otherwise, and a list of one kind is no list of more.
    marked = 0
    for first, last, column in areas:
        for row in rows[first + 1 : last + 1]:
            marked += 1
            if column < len(row) and is_blank_cell(row[column]):
                row[column] = ABOVE
        if marked > limits.cells:
            raise UnreadableError("bomb")


# --- Looking through --------------------------------------------------------------------------------------------------


def repack_workbook(data: bytes, limits: Limits, hidden: dict[str, HiddenParts] | None = None) -> bytes:
    """The workbook with nothing but the parts that hold its cells, each of them looked through first.

    So the reader, which trusts sizes and positions in the file, meets only what was measured here. Error cells become
    text ("#DIV/0!"), and so do percentages ("92.5%"), raised digits (320¹) and formulas without a result ("=A1"): the
    reader would give them as empty ones, as 0.925, as 3201 and as nothing. What is hidden of a sheet is put into
    `hidden`, under its name.
    """
    hidden = {} if hidden is None else hidden
    target = io.BytesIO()
    try:
        with zipfile.ZipFile(target, "w") as packed:
            for name, content in _looked_through(open_workbook_archive(data, limits), limits, hidden):
                packed.writestr(zipfile.ZipInfo(name), content)
    except _BROKEN as error:
        raise UnreadableError("broken_xlsx") from error
    return target.getvalue()


def open_workbook_archive(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """The archive, if it does not unfold into more than is allowed."""
    if data.count(b"PK\x01\x02") > limits.parts:
        raise UnreadableError("bomb")
    source = zipfile.ZipFile(io.BytesIO(data))
    if sum(entry.file_size for entry in source.infolist()) > limits.unpacked:
        raise UnreadableError("bomb")
    return source


def _looked_through(
    source: zipfile.ZipFile, limits: Limits, hidden: dict[str, HiddenParts]
) -> Iterator[tuple[str, bytes]]:
    with source:
        wanted = {entry.filename.lower(): entry for entry in source.infolist() if _PARTS.fullmatch(entry.filename)}
        if "xl/workbook.xml" not in wanted:
            raise UnreadableError("binary_workbook" if "xl/workbook.bin" in source.namelist() else "no_table")
        texts = _Texts(_content(source, wanted.get("xl/sharedstrings.xml")), limits)
        percentages = _percentages(_content(source, wanted.get("xl/styles.xml")))
        relations = _content(source, wanted.get("xl/_rels/workbook.xml.rels"))
        names = names_of_parts(_content(source, wanted["xl/workbook.xml"]), relations)
        for name, entry in wanted.items():
            content = raise_small_digits(_content(source, entry))
            if "sheets/" in name:
                _check_places(content, limits)
                texts.used_in(content)
                hidden[names.get(entry.filename.rpartition("/")[2], "")] = hidden_in(content)
                content = _as_text(tell_uncalculated(content), percentages)
            yield entry.filename, content


def _content(source: zipfile.ZipFile, entry: zipfile.ZipInfo | None) -> bytes:
    """The content of a part, never longer than the archive says, whatever the packed bytes hold."""
    content = source.read(entry) if entry else b""
    if DECLARATION.search(content) or b"\0" in content:
        raise UnreadableError("broken_xlsx")  # Office Open XML has no DTD, so no entities, and is written in UTF-8
    return content


_TAG = rb"<(?:[A-Za-z_][\w.-]*:)?"
_FAR = re.compile(_TAG + rb"""(c|row)\b(?! r="[A-Z]?\d{1,5}")([^>]*)""")
_PREFIXES = (b":c", b":row")
_PLAINLY_FAR = tuple(re.compile(rb"""<(%b)\b(?! r="[A-Z]?\d{1,5}")([^>]*)""" % kind) for kind in (b"c", b"row"))
"""The same where tags have no prefix, as nearly always: a search for a fixed beginning takes half as long."""
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)(\d+)["']""")
_ROW = re.compile(_TAG + rb"row\b")
_CELL = re.compile(_TAG + rb"c\b")
_NEAR = re.compile(rb"""\sr="[A-Z]?\d{1,5}\"""")
NEAR_ROWS, NEAR_COLUMNS = 99_999, 26


def _check_places(content: bytes, limits: Limits) -> None:
    """Refuses cells so far away that the reader would make room for more than is allowed.

    One search passes over all cells up to Z99999; only the others, and those that do not say where they are, are looked
    at.
    """
    rows = columns = unplaced = 0
    patterns = (_FAR,) if any(prefix in content for prefix in _PREFIXES) else _PLAINLY_FAR
    for kind, attributes in chain.from_iterable(pattern.findall(content) for pattern in patterns):
        if place := _PLACE.search(attributes):
            rows, columns = max(rows, int(place[2][:9])), max(columns, _column(place[1]))
        else:
            unplaced += kind == b"c" or 1
    if unplaced:
        in_rows = [len(_CELL.findall(row)) for row in _ROW.split(content)]
        rows, columns = rows + len(in_rows), columns + max(in_rows)
    limits.check_place(rows, columns)

    def too_many(near_columns: int) -> bool:
        return max(rows, NEAR_ROWS) * max(columns, near_columns) > limits.cells

    if too_many(NEAR_COLUMNS) and too_many(_near_columns(content)):
        near = [_PLACE.search(found) for found in _NEAR.findall(content)]
        places = [(int(place[2]), _column(place[1])) for place in near if place]
        limits.check_place(max([rows, *(row for row, _ in places)]), max([columns, *(column for _, column in places)]))


def _near_columns(content: bytes) -> int:
    """The last column up to Z in which something stands."""
    return next((number for number in range(NEAR_COLUMNS, 1, -1) if b' r="%c' % (64 + number) in content), 1)


def _column(letters: bytes) -> int:
    """1 for A, 27 for AA."""
    found = 0
    for letter in letters[:9].upper():
        found = found * 26 + letter - 64
    return found


class _Texts:
    """The texts that cells share. The reader copies one for every cell: a long one in many cells is a bomb."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        self._lengths = [len(text) for text in re.split(_TAG + rb"si\b", content)[1:]]
        self._longest, self._left = max(self._lengths, default=0), limits.text

    def used_in(self, sheet: bytes) -> None:
        """Counts the texts of a sheet; UnreadableError if all of them together are too long."""
        cells = sheet.count(b't="s"') + sheet.count(b"t='s'")
        self._left -= cells * self._longest
        if self._left < 0:
            self._left += cells * self._longest - self._exactly(sheet)
        if self._left < 0:
            raise UnreadableError("bomb")

    def _exactly(self, sheet: bytes) -> int:
        used = [int(number[:9]) for number in re.findall(rb"""t=["']s["'][^>]*>\s*<(?:\w+:)?v>(\d+)<""", sheet)]
        unclear = sheet.count(b't="s"') + sheet.count(b"t='s'") - len(used)
        return sum(self._lengths[number] for number in used if number < len(self._lengths)) + unclear * self._longest


# --- Errors and percentages -------------------------------------------------------------------------------------------

_ERROR_TYPE = re.compile(rb"""(<(?:\w+:)?c\b[^>]*?\st\s*=\s*)(["'])e\2""")
_FORMATS = re.compile(rb"<(?:\w+:)?numFmt\b[^>]*>")
_STYLES = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_STYLE = re.compile(rb"<(?:\w+:)?xf\b[^>]*>")
_ATTRIBUTE = re.compile(rb"""\s(numFmtId|formatCode)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_NUMBER = re.compile(rb"(?:<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*)?<(?:\w+:)?v>([^<]+)</")


def _percentages(styles: bytes) -> list[bytes]:
    """The numbers of the styles that show a cell as a percentage."""
    if b"numFmtId" not in styles:
        return []
    codes = {}
    for found in _FORMATS.findall(styles):
        given = _attributes(found)
        codes[given.get("numFmtId", "")] = given.get("formatCode", "").replace("&quot;", '"')
    styled = [
        _attributes(found).get("numFmtId", "") for area in _STYLES.findall(styles) for found in _STYLE.findall(area)
    ]
    return [
        str(position).encode()
        for position, number in enumerate(styled)
        if formats.is_percentage_format(int(number[:9]) if number.isdecimal() else 0, codes.get(number))
    ]


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        name.decode(): (double or single).decode("utf-8", "replace") for name, double, single in _ATTRIBUTE.findall(tag)
    }


def _as_text(sheet: bytes, percentages: Sequence[bytes]) -> bytes:
    """The sheet with errors and percentages as texts."""
    if b'"e"' in sheet or b"'e'" in sheet:
        sheet = _ERROR_TYPE.sub(rb'\1"str"', sheet)
    if not percentages:
        return sheet
    styles = b"|".join(percentages)
    cell = re.compile(
        rb"""(<(?:\w+:)?c\b)((?=[^>]*\ss\s*=\s*["'](?:%b)["'])[^>]*)>(\s*%b)""" % (styles, _NUMBER.pattern)
    )
    return cell.sub(_percentage, sheet)


_TYPE = re.compile(rb"""\st\s*=\s*["'](\w*)["']""")


def _percentage(found: re.Match[bytes]) -> bytes:
    kind = _TYPE.search(found[2])
    if kind and kind[1] != b"n":
        return found[0]
    try:
        shown = formats.percentage(float(found[4]))
    except ValueError:
        return found[0]
    if not isinstance(shown, str):
        return found[0]
    return b'%b%b t="str">%b' % (
        found[1],
        _TYPE.sub(b"", found[2]),
        found[3].replace(found[4] + b"</", shown.encode() + b"</"),
    )
