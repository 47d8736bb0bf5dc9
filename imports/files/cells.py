"""What a reader finds in a file: rows of cells (pure, imports no Django)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from imports.files.hidden import HiddenParts
from targets.entry_rules.numbers import normalise_typed_text

Cell = str | int | float | bool | date | datetime | time | timedelta | None
"""What stands in a cell; text files have text alone. A number shown as a percentage comes as text: "92.5%"."""


class MergedCell(str):
    """An empty cell that belongs to the one above it, because the two are merged."""

    __slots__ = ()


ABOVE: Final = MergedCell()


class FileRow(NamedTuple):
    """One row of a sheet as it was read; `number` counts from 1, as spreadsheets do."""

    sheet: str
    number: int
    cells: tuple[Cell, ...]

    @property
    def blank(self) -> bool:
        return all(is_blank_cell(cell) for cell in self.cells)


class FileRows(list[FileRow]):
    """All rows of a file's visible sheets; `hidden` names the sheets that were left aside, `parts` tells what is hidden
    of the others."""

    def __init__(
        self, rows: Iterable[FileRow] = (), hidden: Iterable[str] = (), parts: Mapping[str, HiddenParts] | None = None
    ) -> None:
        super().__init__(rows)
        self.hidden, self.parts = tuple(hidden), parts or {}


def is_blank_cell(cell: Cell) -> bool:
    """Whether there is nothing to be seen in the cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def text_of_cell(cell: Cell) -> str:
    """The cell as text; a whole number has no decimal point (spreadsheets keep 330300 as 330300.0)."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def printable(text: str, most: int) -> str:
    """The beginning of a text, without signs that cannot be seen or stored."""
    return "".join(sign for sign in text if sign.isprintable())[:most]


def canonical_name(text: str) -> str:
    """A name or heading as it is compared: no matter how wide, in which case, with which spaces it is written."""
    return normalise_typed_text(text).replace(" ", "").casefold()


def letters(column: int) -> str:
    """The name of a column as spreadsheets write it: A for 0, AA for 26."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def address_of_cell(column: int, row: int) -> str:
    """The name of a cell: B3 for column 1 of row 3."""
    return f"{letters(column)}{row}"
