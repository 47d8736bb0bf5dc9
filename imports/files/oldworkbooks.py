"""Old Excel workbooks (XLS, Excel 97 to 2003; the format is [MS-XLS]).

No library reads them here: docs/decisions/0015-own-reader-of-old-workbooks.md says why.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from imports.files import formats
from imports.files.cells import Cell, FileRow, FileRows
from imports.files.compound import OLE, Compound
from imports.files.limits import Limits, UnreadableError
from imports.files.oldtexts import SharedTexts, text_in_record
from imports.files.workbooks import mark_merged

__all__ = ["OLE", "read_xls"]

_BOF, _EOF, _CONTINUE, _FILEPASS, _SHEET, _DATES = 0x809, 0x0A, 0x3C, 0x2F, 0x85, 0x22
_FORMAT, _STYLE, _TEXTS, _TEXT_RESULT, _FORMULA, _MERGED = 0x41E, 0xE0, 0xFC, 0x207, 0x06, 0xE5
_EXCEL_97, _COLUMNS = 0x600, 256
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
Record = tuple[int, bytes]


def read_xls(data: bytes, limits: Limits) -> FileRows:
    """The rows of all visible sheets, one sheet after the other."""
    try:
        compound = Compound(data)
        return _rows(_stream(compound), limits)
    except (struct.error, IndexError, KeyError, UnicodeDecodeError, OverflowError, ValueError) as error:
        raise UnreadableError("broken_xls") from error


def _stream(compound: Compound) -> bytes:
    names = compound.names()
    if "Workbook" in names:
        return compound.stream("Workbook")
    if names & {"EncryptedPackage", "EncryptionInfo"}:
        raise UnreadableError("locked")
    raise UnreadableError("old_excel" if "Book" in names else "no_table")


@dataclass(slots=True)
class _Workbook:
    """What holds for all sheets."""

    sheets: list[tuple[str, int, bool]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    codes: dict[int, str] = field(default_factory=dict)
    styles: list[int] = field(default_factory=list)
    since_1904: bool = False
    shown: dict[int, Callable[[float], Cell]] = field(default_factory=dict)

    def version(self, data: bytes) -> None:
        if struct.unpack_from("<H", data)[0] != _EXCEL_97:
            raise UnreadableError("old_excel")

    def password(self, _data: bytes) -> None:
        raise UnreadableError("locked")

    def sheet(self, data: bytes) -> None:
        start, state, kind = struct.unpack_from("<IBB", data)
        if kind == 0:
            self.sheets.append((text_in_record(data, 6, wide_length=False), start, state & 3 == 0))

    def format(self, data: bytes) -> None:
        self.codes[struct.unpack_from("<H", data)[0]] = text_in_record(data, 2)

    def style(self, data: bytes) -> None:
        self.styles.append(struct.unpack_from("<H", data, 2)[0])

    def dates(self, data: bytes) -> None:
        self.since_1904 = data[:1] == b"\x01"

    def number(self, value: float, style: int) -> Cell:
        """The number as its style shows it: a percentage, a day, or as it is."""
        if style not in self.shown:
            self.shown[style] = self._shown(self.styles[style] if style < len(self.styles) else 0)
        return self.shown[style](value)

    def _shown(self, number: int) -> Callable[[float], Cell]:
        code = self.codes.get(number)
        if formats.is_percentage_format(number, code):
            return formats.percentage
        if formats.is_date_format(number, code):
            return lambda value: formats.day_of_serial(value, since_1904=self.since_1904)
        return lambda value: value


def _rows(data: bytes, limits: Limits) -> FileRows:
    stream = _Stream(data)
    workbook = _workbook(stream, limits)
    visible = [(name, start) for name, start, shown in workbook.sheets if shown]
    found = FileRows(hidden=[name for name, _start, shown in workbook.sheets if not shown])
    if len(workbook.sheets) > limits.sheets:
        raise UnreadableError("too_many_sheets", limit=str(limits.sheets))
    cells = 0
    for name, start in visible:
        sheet = _Sheet(stream.records(start), workbook, limits)
        cells += sheet.height * sheet.width
        if cells > limits.cells:
            raise UnreadableError("bomb")
        found += [FileRow(name, number, row) for number, row in sheet.rows()]
    return found


class _Stream:
    """The records of a workbook: first those that hold for all sheets, then the sheets."""

    def __init__(self, data: bytes) -> None:
        self._data, self._left = data, len(data)

    def records(self, start: int) -> Iterator[Record]:
        """The records from here to the end of this part of the stream; charts inside it are passed over."""
        depth = 0
        while start + 4 <= len(self._data):
            # Sheets stand one after the other. A small file could name the same records as a hundred sheets.
            if self._left < 4:
                raise UnreadableError("broken_xls")
            kind, length = struct.unpack_from("<HH", self._data, start)
            start += 4 + length
            self._left -= 4 + length
            if kind == _BOF:
                depth += 1
            if depth == 1:
                yield kind, self._data[start - length : start]
            if kind == _EOF:
                depth -= 1
                if depth <= 0:
                    return


def _workbook(stream: _Stream, limits: Limits) -> _Workbook:
    found, texts = _Workbook(), list[bytes]()
    before = 0
    for kind, data in stream.records(0):
        if kind == _TEXTS or (kind == _CONTINUE and before == _TEXTS):
            texts.append(data)
        elif read := _GLOBALS.get(kind):
            read(found, data)
        before = before if kind == _CONTINUE else kind
    found.texts = SharedTexts(texts).all(limits) if texts else []
    return found


class _Sheet:
    """The cells of one sheet, up to the last row and column that hold something."""

    def __init__(self, records: Iterator[Record], workbook: _Workbook, limits: Limits) -> None:
        self._workbook, self._limits = workbook, limits
        self.height = self.width = 0
        self._rows: list[list[Cell]] = []
        self._merged: list[tuple[int, int, int]] = []
        self._waiting: tuple[int, int] | None = None
        for kind, data in records:
            if read := _CELLS.get(kind):
                read(self, data)

    def rows(self) -> Iterator[tuple[int, tuple[Cell, ...]]]:
        """The rows with their numbers, all of the same width."""
        for cells in self._rows:
            cells += [""] * (self.width - len(cells))
        mark_merged(self._rows, self._merged, self._limits)
        yield from ((number, tuple(cells)) for number, cells in enumerate(self._rows, 1))

    def _keep(self, row: int, column: int, cell: Cell) -> None:
        """Puts the cell in its place, if there is room for a sheet of this size."""
        if row >= self.height or column >= self.width:
            self._grow(row + 1, column + 1)
        cells = self._rows[row]
        if column >= len(cells):
            cells += [""] * (column + 1 - len(cells))
        cells[column] = cell

    def _grow(self, height: int, width: int) -> None:
        if width > _COLUMNS:
            raise UnreadableError("broken_xls")
        height, width = max(height, self.height), max(width, self.width)
        self._limits.check_place(height, width)
        self._rows += [[] for _ in range(height - self.height)]
        self.height, self.width = height, width

    def number(self, data: bytes) -> None:
        row, column, style, value = struct.unpack_from("<HHHd", data)
        self._keep(row, column, self._workbook.number(value, style))

    def packed(self, data: bytes) -> None:
        row, column, style, value = struct.unpack_from("<HHHI", data)
        self._keep(row, column, self._workbook.number(_unpacked(value), style))

    def many_packed(self, data: bytes) -> None:
        row, column = struct.unpack_from("<HH", data)
        for position, start in enumerate(range(4, len(data) - 7, 6)):
            style, value = struct.unpack_from("<HI", data, start)
            self._keep(row, column + position, self._workbook.number(_unpacked(value), style))

    def shared_text(self, data: bytes) -> None:
        row, column, _style, number = struct.unpack_from("<HHHI", data)
        self._keep(row, column, self._workbook.texts[number])

    def text(self, data: bytes) -> None:
        row, column, _style = struct.unpack_from("<HHH", data)
        self._keep(row, column, text_in_record(data, 6))

    def truth(self, data: bytes) -> None:
        row, column, _style, value, is_error = struct.unpack_from("<HHHBB", data)
        self._keep(row, column, _ERRORS.get(value, "#N/A") if is_error else bool(value))

    def formula(self, data: bytes) -> None:
        row, column, style, value = struct.unpack_from("<HHHd", data)
        self._waiting = None
        if data[12:14] != b"\xff\xff":
            self._keep(row, column, self._workbook.number(value, style))
        elif data[6] == 0:
            self._waiting = row, column
        elif data[6] == 1:
            self._keep(row, column, bool(data[8]))
        elif data[6] == 2:
            self._keep(row, column, _ERRORS.get(data[8], "#N/A"))

    def text_result(self, data: bytes) -> None:
        if self._waiting is not None:
            self._keep(*self._waiting, text_in_record(data, 0))

    def merged(self, data: bytes) -> None:
        for start in range(2, len(data) - 7, 8):
            first, last, column, _last_column = struct.unpack_from("<HHHH", data, start)
            if last > first:
                self._merged.append((first, last, column))


def _unpacked(packed: int) -> float:
    """A number in 32 bits: whole, or the upper half of a float, and perhaps a hundred times too large."""
    if packed & 2:
        value = float(struct.unpack("<i", struct.pack("<I", packed))[0] >> 2)
    else:
        (value,) = struct.unpack("<d", struct.pack("<II", 0, packed & ~3))
    return value / 100 if packed & 1 else value


_GLOBALS: dict[int, Callable[[_Workbook, bytes], None]] = {
    _BOF: _Workbook.version,
    _FILEPASS: _Workbook.password,
    _SHEET: _Workbook.sheet,
    _FORMAT: _Workbook.format,
    _STYLE: _Workbook.style,
    _DATES: _Workbook.dates,
}
_CELLS: dict[int, Callable[[_Sheet, bytes], None]] = {
    0x203: _Sheet.number,
    0x27E: _Sheet.packed,
    0xBD: _Sheet.many_packed,
    0xFD: _Sheet.shared_text,
    0x204: _Sheet.text,
    0xD6: _Sheet.text,
    0x205: _Sheet.truth,
    _FORMULA: _Sheet.formula,
    _TEXT_RESULT: _Sheet.text_result,
    _MERGED: _Sheet.merged,
}
