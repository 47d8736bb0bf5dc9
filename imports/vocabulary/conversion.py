"""Whole columns of cells into what they mean (pure, imports no Django).

Each different cell is converted once: names, months and many figures repeat. A cell that is not understood becomes
`BadCell`, and is told where it stands.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from imports.files.cells import ABOVE, Cell, MergedCell
from imports.vocabulary.values import (
    CellError,
    Period,
    month_of_period,
    read_day_cell,
    read_name_cell,
    read_note_cell,
    read_number_cell,
    read_part_cell,
    read_period_cell,
    read_year_cell,
    reader_of_needed_name,
)
from imports.vocabulary.wording import is_total
from plans.periods import Month


class BadCell:
    """A cell that could not be understood, and why."""

    __slots__ = ("code", "details")

    def __init__(self, error: CellError) -> None:
        self.code, self.details = error.code, error.details


class CellConversion(dict[Hashable, Any]):
    """Cell → what it means, of the kind of its column: `bad` tells whether a cell was not understood."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self._read, self.bad = read, False

    def __missing__(self, cell: Hashable) -> object:
        try:
            found = self._read(cell)
        except CellError as error:
            found, self.bad = BadCell(error), True
        self[cell] = found
        return found


def _unless_total(read: Callable[[Cell], str]) -> Callable[[Cell], str]:
    """A reader of names for which a total (合计) is none."""

    def reader(cell: Cell) -> str:
        found = read(cell)
        if is_total(found):
            raise CellError("total")
        return found

    return reader


class MonthReader:
    """Reads months beside their years: (cell, year) → month; `spans` keeps which stand for several months."""

    def __init__(self) -> None:
        self.spans: dict[tuple[Cell | Period, int | None], int] = {}

    def __call__(self, pair: tuple[Cell | Period, int | None]) -> Month:
        cell, year_given = pair
        found = cell if isinstance(cell, Period) else read_period_cell(cell, bare=year_given is not None)
        if found.span > 1:
            self.spans[pair] = found.span
        return month_of_period(found, year_given, str(cell) if isinstance(cell, Period) else cell)


class Readers:
    """How cells of each meaning are understood, and what is known of them already; one for a whole file."""

    def __init__(self) -> None:
        figures, parts, self.months = CellConversion(read_number_cell), CellConversion(read_part_cell), MonthReader()
        self._of: dict[str, CellConversion] = {
            "indicator": CellConversion(_unless_total(reader_of_needed_name("indicator_missing"))),
            "region": CellConversion(_unless_total(reader_of_needed_name("region_missing"))),
            "month": CellConversion(self.months),
            "year": CellConversion(read_year_cell),
            "department": CellConversion(read_name_cell),
            "unit": CellConversion(read_name_cell),
            "value": figures,
            "to_date": figures,
            "total": figures,
            "numerator": parts,
            "denominator": parts,
            "note": CellConversion(read_note_cell),
            "occurred_on": CellConversion(read_day_cell),
        }

    def convert(self, meaning: str, cells: Sequence[Hashable]) -> list[Any]:
        """What the cells mean; `BadCell` for each that is not understood."""
        return list(map(self._of[meaning].__getitem__, cells))

    def bad_in(self, meaning: str, values: Sequence[object]) -> set[int]:
        """Where in a converted column something is not understood."""
        if not self._of[meaning].bad:
            return set()
        return {index for index, value in enumerate(values) if type(value) is BadCell}


def make_cells_comparable(cells: Sequence[Cell], *, names: bool) -> Sequence[Cell]:
    """The column so that equal cells mean the same: true is not 1; in a column of names merged cells hold one name."""
    kinds = set(map(type, cells))
    if bool in kinds:
        cells = [str(cell).upper() if type(cell) is bool else cell for cell in cells]
    return _filled_down(cells) if names and MergedCell in kinds else cells


def _filled_down(cells: Sequence[Cell]) -> list[Cell]:
    filled: list[Cell] = []
    for cell in cells:
        filled.append(filled[-1] if cell is ABOVE and filled else cell)
    return filled
