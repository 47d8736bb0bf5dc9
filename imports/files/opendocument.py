"""OpenDocument spreadsheets (ODS).

Read by ourselves: python-calamine gives a percentage of 92.5 % as 0.925 and an error as an empty cell.
"""

import re
import zipfile
import zlib
from collections.abc import Callable
from datetime import date, datetime
from xml.parsers.expat import ExpatError, ParserCreate

from imports.files import formats
from imports.files.cells import ABOVE, Cell, FileRow, FileRows
from imports.files.limits import Limits, UnreadableError
from imports.files.workbooks import DECLARATION, open_workbook_archive

_START = re.compile(rb"PK\x03\x04.{22}\x08\x00.{2}mimetypeapplication/vnd\.oasis\.opendocument\.", re.DOTALL)
_OF = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT, _STYLE = (f"{_OF}{name}:1.0 " for name in ("table", "office", "text", "style"))
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError, ExpatError)


def is_opendocument(data: bytes) -> bool:
    """Whether the archive begins as OpenDocument wants it."""
    return _START.match(data) is not None or b"mimetypeapplication/vnd.oasis.opendocument." in data[:200]


def read_ods(data: bytes, limits: Limits) -> FileRows:
    """The rows of all visible sheets, one sheet after the other."""
    try:
        with open_workbook_archive(data, limits) as source:
            names = set(source.namelist())
            if "content.xml" not in names or b"opendocument.spreadsheet" not in data[:200]:
                raise UnreadableError("no_table")
            if "META-INF/manifest.xml" in names and b"encryption-data" in source.read("META-INF/manifest.xml"):
                raise UnreadableError("locked")
            content = source.read("content.xml")
        if DECLARATION.search(content):
            raise UnreadableError("broken_ods")
        return _Document(limits).read(content)
    except _BROKEN as error:
        raise UnreadableError("broken_ods") from error


class _Document:
    """Follows the content from its beginning to its end, and keeps the rows."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows, self._hidden_styles, self._style = FileRows(), set[str](), ""
        self._sheets = 0
        self._name, self._hidden = "", False
        self._number = self._cells_made = 0
        self._blank_rows = 0
        self._row: list[Cell] = []
        self._repeated_row = self._repeated = 1
        self._spanning: dict[int, int] = {}
        self._cell: dict[str, str] | None = None
        self._text: list[str] = []
        self._inside = self._aside = 0

    def read(self, content: bytes) -> FileRows:
        """The rows of all visible sheets."""
        parser = ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._signs
        parser.Parse(content, True)
        return self._rows

    # --- Elements -----------------------------------------------------------------------------------------------------

    def _start(self, name: str, given: dict[str, str]) -> None:
        if self._aside or name == _OFFICE + "annotation":
            self._aside += 1
        elif handler := _STARTS.get(name):
            handler(self, given)

    def _end(self, name: str) -> None:
        if self._aside:
            self._aside -= 1
        elif handler := _ENDS.get(name):
            handler(self)

    def _signs(self, signs: str) -> None:
        if self._inside and not self._aside:
            self._text.append(signs)

    def style(self, given: dict[str, str]) -> None:
        self._style = given.get(_STYLE + "name", "")

    def table_properties(self, given: dict[str, str]) -> None:
        if given.get(_TABLE + "display") == "false":
            self._hidden_styles.add(self._style)

    def table(self, given: dict[str, str]) -> None:
        self._sheets += 1
        if self._sheets > self._limits.sheets:
            raise UnreadableError("too_many_sheets", limit=str(self._limits.sheets))
        self._name = given.get(_TABLE + "name", "")
        self._hidden = given.get(_TABLE + "style-name") in self._hidden_styles
        if self._hidden:
            self._rows.hidden = (*self._rows.hidden, self._name)
        self._number = self._blank_rows = 0
        self._spanning = {}

    def row(self, given: dict[str, str]) -> None:
        self._row, self._repeated_row = [], _count(given.get(_TABLE + "number-rows-repeated"))

    def cell(self, given: dict[str, str]) -> None:
        self._cell, self._text = given, []

    def paragraph(self, _given: dict[str, str]) -> None:
        if self._inside == 0 and self._text:
            self._text.append("\n")
        self._inside += 1

    def paragraph_ended(self) -> None:
        self._inside -= 1

    def spaces(self, given: dict[str, str]) -> None:
        if self._inside:
            self._text.append(" " * min(_count(given.get(_TEXT + "c")), 100))

    def line_break(self, _given: dict[str, str]) -> None:
        self._text.append("\n")

    # --- What they make -----------------------------------------------------------------------------------------------

    def cell_ended(self) -> None:
        if self._cell is None:
            return
        given, column = self._cell, len(self._row)
        value = _value(given, "".join(self._text))
        repeated = _count(given.get(_TABLE + "number-columns-repeated"))
        if value in ("", None) and self._spanning.get(column, 0):
            value = ABOVE
        if value in ("", None) and value is not ABOVE:
            repeated = min(repeated, self._limits.columns + 1)
        elif column + repeated > self._limits.columns:
            raise UnreadableError("too_many_columns", limit=str(self._limits.columns))
        self._spanning[column] = (
            max(_count(given.get(_TABLE + "number-rows-spanned")), self._spanning.get(column, 0)) - 1
        )
        self._row += [value] * repeated
        self._cell = None

    def row_ended(self) -> None:
        while self._row and self._row[-1] in ("", None):
            self._row.pop()
        if self._hidden:
            return
        if not self._row:
            self._blank_rows += self._repeated_row
            return
        self._add(self._blank_rows, ())
        self._blank_rows = 0
        if len(self._row) > self._limits.columns:
            raise UnreadableError("too_many_columns", limit=str(self._limits.columns))
        self._add(self._repeated_row, tuple(self._row))

    def _add(self, repeated: int, cells: tuple[Cell, ...]) -> None:
        """Adds the row once, or as often as the file says that it is repeated."""
        if len(self._rows) + repeated > self._limits.rows:
            raise UnreadableError("too_many_rows", limit=str(self._limits.rows))
        self._cells_made += repeated * len(cells)
        if self._cells_made > self._limits.cells:
            raise UnreadableError("bomb")
        self._rows += [FileRow(self._name, self._number + offset, cells) for offset in range(1, repeated + 1)]
        self._number += repeated


def _count(written: str | None) -> int:
    """How often a row or cell is repeated; text that is no number means once."""
    return max(1, min(int(written), 10**7)) if written and written.isascii() and written.isdecimal() else 1


def _value(given: dict[str, str], text: str) -> Cell:
    """The cell's value by its type; a text is taken as it is shown, for that is where errors stand."""
    kind = given.get(_OFFICE + "value-type", "")
    if kind in ("float", "currency", "percentage"):
        number = float(given[_OFFICE + "value"])
        return formats.percentage(number) if kind == "percentage" else number
    if kind == "date":
        return _day(given[_OFFICE + "date-value"])
    if kind == "boolean":
        return given.get(_OFFICE + "boolean-value") == "true"
    return text or given.get(_OFFICE + "string-value", "")


def _day(written: str) -> date | datetime:
    found = datetime.fromisoformat(written)
    return found if found.time() != datetime.min.time() else found.date()


Step = Callable[..., None]
"""What a beginning element does with its attributes, an ended one without."""
_STARTS: dict[str, Step] = {
    _STYLE + "style": _Document.style,
    _STYLE + "table-properties": _Document.table_properties,
    _TABLE + "table": _Document.table,
    _TABLE + "table-row": _Document.row,
    _TABLE + "table-cell": _Document.cell,
    _TABLE + "covered-table-cell": _Document.cell,
    _TEXT + "p": _Document.paragraph,
    _TEXT + "s": _Document.spaces,
    _TEXT + "line-break": _Document.line_break,
}
_ENDS: dict[str, Step] = {
    _TABLE + "table-cell": _Document.cell_ended,
    _TABLE + "covered-table-cell": _Document.cell_ended,
    _TABLE + "table-row": _Document.row_ended,
    _TEXT + "p": _Document.paragraph_ended,
}
