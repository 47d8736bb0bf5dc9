"""From a file to the rows of cells in it: CSV and XLSX, told apart by their content.

Files come from outside. Nothing in them is executed or fetched: macros, links and pictures are left aside, formulas
give the value that was stored, and a file that unfolds into more than `Limits` allow is refused before it does.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from imports.parsing import Cell, Row


class UnreadableError(Exception):
    """A file that cannot be read; `code` and `details` make the sentence."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code, self.details = code, details


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be: as it comes, unpacked, and in rows and cells."""

    size: int = 50 * 1024 * 1024
    unpacked: int = 400 * 1024 * 1024
    rows: int = 200_000
    cells: int = 5_000_000


def read(data: bytes, limits: Limits) -> list[Row]:
    """All rows of the file, blank ones included, so that row numbers are those the person sees."""
    if not data.strip(b"\xef\xbb\xbf \t\r\n,;"):
        raise UnreadableError("empty")
    if len(data) > limits.size:
        raise UnreadableError("too_large", limit=_megabytes(limits.size))
    rows: list[Row] = []
    for row in _rows(data, limits):
        if len(rows) == limits.rows:
            raise UnreadableError("too_many_rows", limit=str(limits.rows))
        rows.append(row)
    return rows


def _rows(data: bytes, limits: Limits) -> Iterator[Row]:
    if data.startswith(b"PK\x03\x04"):
        return read_xlsx(data, limits)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableError("old_excel")
    return read_csv(data)


def _megabytes(size: int) -> str:
    return format(size / 1024 / 1024, ".0f")


# --- CSV --------------------------------------------------------------------------------------------------------------


def read_csv(data: bytes) -> Iterator[Row]:
    """Comma-separated text in UTF-8, with or without a BOM, or in GB18030, as Chinese Excel saves it."""
    reader = csv.reader(io.StringIO(decode(data), newline=""), strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            yield Row("", number, tuple(cells))
    except csv.Error:
        raise UnreadableError("broken_csv", line=str(reader.line_num)) from None


def decode(data: bytes) -> str:
    """The text of a file. UTF-8 is tried first: text in GB18030 is practically never valid UTF-8 by accident."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise UnreadableError("no_table")


# --- XLSX -------------------------------------------------------------------------------------------------------------

_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(workbook|styles|sharedStrings)\.xml|xl/_rels/workbook\.xml\.rels"
    r"|xl/(worksheets|chartsheets|dialogsheets|macrosheets)/[^/]+\.xml",
    re.IGNORECASE,
)
_DECLARATION = re.compile(rb"<!(?!--|\[CDATA\[)")
_ERROR_TYPE = re.compile(rb"""(<(?:\w+:)?c\b[^>]*?\st\s*=\s*)(["'])e\2""")
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)(\d+)["']""")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)


def read_xlsx(data: bytes, limits: Limits) -> Iterator[Row]:
    """The rows of all visible sheets, one sheet after the other."""
    workbook = _open(repacked(data, limits))
    for sheet in workbook.sheets_metadata:
        if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible:
            for number, cells in enumerate(_cells(workbook, sheet.name), 1):
                yield Row(sheet.name, number, tuple(cells))


def _open(data: bytes) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data))
    except BaseException as error:
        raise _broken(error) from error


def _cells(workbook: CalamineWorkbook, sheet: str) -> Sequence[Sequence[Cell]]:
    try:
        return workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except BaseException as error:
        raise _broken(error) from error


def _broken(error: BaseException) -> BaseException:
    """What to raise instead: a panic of the reader's Rust code is no Exception, and would end the whole process."""
    return error if isinstance(error, KeyboardInterrupt | SystemExit) else UnreadableError("broken_xlsx")


def repacked(data: bytes, limits: Limits) -> bytes:
    """The workbook with nothing but the parts that hold its cells, each of them looked through first.

    So the reader, which trusts sizes and positions in the file, meets only what was measured here. Error cells become
    text ("#DIV/0!"): the reader would give them as empty ones.
    """
    target = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as packed:
            for name, content in _parts(source, limits):
                packed.writestr(zipfile.ZipInfo(name), content)
    except _BROKEN as error:
        raise UnreadableError("broken_xlsx") from error
    return target.getvalue()


def _parts(source: zipfile.ZipFile, limits: Limits) -> Iterator[tuple[str, bytes]]:
    wanted = [entry for entry in source.infolist() if _PARTS.fullmatch(entry.filename)]
    if not any(entry.filename.lower() == "xl/workbook.xml" for entry in wanted):
        raise UnreadableError("no_table")
    if sum(entry.file_size for entry in source.infolist()) > limits.unpacked:
        raise UnreadableError("bomb")
    for entry in wanted:
        content = source.read(entry)  # never more than file_size, whatever the packed bytes hold
        yield entry.filename, _looked_through(entry.filename, content, limits)


def _looked_through(name: str, content: bytes, limits: Limits) -> bytes:
    if _DECLARATION.search(content) or b"\0" in content:
        raise UnreadableError("broken_xlsx")  # Office Open XML has no DTD, so no entities, and is written in UTF-8
    if "sheets/" not in name.lower():
        return content
    rows, columns = 0, 0
    for letters, number in _PLACE.findall(content):
        rows, columns = max(rows, int(number)), max(columns, _column(letters))
    if rows > limits.rows:
        raise UnreadableError("too_many_rows", limit=str(limits.rows))
    if rows * columns > limits.cells:
        raise UnreadableError("bomb")  # the reader would make room for every cell up to the last one
    return _ERROR_TYPE.sub(rb'\1"str"', content)


def _column(letters: bytes) -> int:
    """1 for A, 27 for AA."""
    found = 0
    for letter in letters.upper():
        found = found * 26 + letter - 64
    return found
