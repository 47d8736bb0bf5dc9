"""Old Excel workbooks (XLS, Excel 97 to 2003; the format is [MS-XLS]).

Read by ourselves: python-calamine tells neither the errors nor the formats of their cells, so that 92.5 % would come as
0.925, and it trusts positions in the file.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from imports.files import formats
from imports.files.cells import Cell, FileRow, FileRows
from imports.files.compound import OLE, Compound
from imports.files.limits import Limits, UnreadableError
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
            self.sheets.append((_text(data, 6, wide_length=False), start, state & 3 == 0))

    def format(self, data: bytes) -> None:
        self.codes[struct.unpack_from("<H", data)[0]] = _text(data, 2)

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


def _rows(stream: bytes, limits: Limits) -> FileRows:
    workbook = _workbook(stream)
    visible = [(name, start) for name, start, shown in workbook.sheets if shown]
    found = FileRows(hidden=[name for name, _start, shown in workbook.sheets if not shown])
    if len(workbook.sheets) > limits.sheets:
        raise UnreadableError("too_many_sheets", limit=str(limits.sheets))
    for name, start in visible:
        found += [FileRow(name, *one) for one in _Sheet(stream, start, workbook).rows(limits)]
    return found


def _records(stream: bytes, start: int) -> Iterator[Record]:
    """The records from here to the end of this part of the stream; charts inside it are passed over."""
    depth = 0
    while start + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, start)
        start += 4 + length
        if kind == _BOF:
            depth += 1
        if depth == 1:
            yield kind, stream[start - length : start]
        if kind == _EOF:
            depth -= 1
            if depth <= 0:
                return


def _workbook(stream: bytes) -> _Workbook:
    found, texts = _Workbook(), list[bytes]()
    before = 0
    for kind, data in _records(stream, 0):
        if kind == _TEXTS or (kind == _CONTINUE and before == _TEXTS):
            texts.append(data)
        elif read := _GLOBALS.get(kind):
            read(found, data)
        before = before if kind == _CONTINUE else kind
    found.texts = _Texts(texts).all() if texts else []
    return found


def _text(data: bytes, start: int, *, wide_length: bool = True) -> str:
    """A text that lies in one record: its length, a byte that tells how wide the signs are, the signs."""
    length = struct.unpack_from("<H" if wide_length else "<B", data, start)[0]
    start += 2 if wide_length else 1
    wide = data[start] & 1
    signs = data[start + 1 : start + 1 + length * (2 if wide else 1)]
    return signs.decode("utf-16-le" if wide else "latin-1", "replace")


class _Texts:
    """The texts that cells share; they run on from record to record, and may change their width where one ends."""

    def __init__(self, records: list[bytes]) -> None:
        self._records, self._record, self._place = records, 0, 8

    def all(self) -> list[str]:
        """As many as there are, whatever the file says of their number."""
        found: list[str] = []
        while self._left() or self._next():
            found.append(self._one())
        return found

    def _one(self) -> str:
        (length,) = struct.unpack("<H", self._take(2))
        kind = self._take(1)[0]
        (runs,) = struct.unpack("<H", self._take(2)) if kind & 8 else (0,)
        (further,) = struct.unpack("<I", self._take(4)) if kind & 4 else (0,)
        text = self._signs(length, wide=kind & 1)
        self._take(runs * 4 + further)
        return text

    def _signs(self, length: int, *, wide: int) -> str:
        parts = []
        while length:
            if not self._left():
                if not self._next():
                    raise UnreadableError("broken_xls")
                wide = self._take(1)[0] & 1
            data = self._records[self._record][self._place : self._place + length * (2 if wide else 1)]
            data = data[: len(data) // 2 * 2] if wide else data
            if not data:
                raise UnreadableError("broken_xls")
            self._place += len(data)
            length -= len(data) // (2 if wide else 1)
            parts.append(data.decode("utf-16-le" if wide else "latin-1", "replace"))
        return "".join(parts)

    def _left(self) -> int:
        return len(self._records[self._record]) - self._place

    def _next(self) -> bool:
        if self._record + 1 >= len(self._records):
            return False
        self._record, self._place = self._record + 1, 0
        return True

    def _take(self, size: int) -> bytes:
        """The next bytes, across records."""
        taken = b""
        while len(taken) < size:
            if not self._left() and not self._next():
                raise UnreadableError("broken_xls")
            data = self._records[self._record][self._place : self._place + size - len(taken)]
            self._place += len(data)
            taken += data
        return taken


class _Sheet:
    """The cells of one sheet."""

    def __init__(self, stream: bytes, start: int, workbook: _Workbook) -> None:
        self._workbook, self._cells = workbook, dict[tuple[int, int], Cell]()
        self._merged: list[tuple[int, int, int]] = []
        self._waiting: tuple[int, int] | None = None
        for kind, data in _records(stream, start):
            if read := _CELLS.get(kind):
                read(self, data)

    def rows(self, limits: Limits) -> Iterator[tuple[int, tuple[Cell, ...]]]:
        """The rows up to the last one that holds something."""
        if not self._cells:
            return
        height, width = (max(axis) + 1 for axis in zip(*self._cells, strict=True))
        if width > _COLUMNS:
            raise UnreadableError("broken_xls")
        limits.check_place(height, width)
        rows: list[list[Cell]] = [[""] * width for _ in range(height)]
        for (row, column), cell in self._cells.items():
            rows[row][column] = cell
        mark_merged(rows, self._merged, limits)
        yield from ((number, tuple(cells)) for number, cells in enumerate(rows, 1))

    def number(self, data: bytes) -> None:
        row, column, style, value = struct.unpack_from("<HHHd", data)
        self._cells[row, column] = self._workbook.number(value, style)

    def packed(self, data: bytes) -> None:
        row, column, style, value = struct.unpack_from("<HHHI", data)
        self._cells[row, column] = self._workbook.number(_unpacked(value), style)

    def many_packed(self, data: bytes) -> None:
        row, column = struct.unpack_from("<HH", data)
        for position, start in enumerate(range(4, len(data) - 7, 6)):
            style, value = struct.unpack_from("<HI", data, start)
            self._cells[row, column + position] = self._workbook.number(_unpacked(value), style)

    def shared_text(self, data: bytes) -> None:
        row, column, _style, number = struct.unpack_from("<HHHI", data)
        self._cells[row, column] = self._workbook.texts[number]

    def text(self, data: bytes) -> None:
        row, column, _style = struct.unpack_from("<HHH", data)
        self._cells[row, column] = _text(data, 6)

    def truth(self, data: bytes) -> None:
        row, column, _style, value, is_error = struct.unpack_from("<HHHBB", data)
        self._cells[row, column] = _ERRORS.get(value, "#N/A") if is_error else bool(value)

    def formula(self, data: bytes) -> None:
        row, column, style, value = struct.unpack_from("<HHHd", data)
        self._waiting = None
        if data[12:14] != b"\xff\xff":
            self._cells[row, column] = self._workbook.number(value, style)
        elif data[6] == 0:
            self._waiting = row, column
        elif data[6] == 1:
            self._cells[row, column] = bool(data[8])
        elif data[6] == 2:
            self._cells[row, column] = _ERRORS.get(data[8], "#N/A")

    def text_result(self, data: bytes) -> None:
        if self._waiting is not None:
            self._cells[self._waiting] = _text(data, 0)

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
