"""The first rows of a sheet, as the person sees them, so that what was recognised can be compared (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imports.files.cells import FileRow, printable, text_of_cell
from imports.tables.recognition import SheetRecognition

FIRST_ROWS, ROWS_BELOW, LONGEST_CELL = 10, 4, 40
MOST_COLUMNS, MOST_SHEETS = 200, 20


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row and what stands in its cells."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of a sheet of this shape, and some below its headings."""

    shape: str
    rows: tuple[SampleRow, ...]


def samples_of(sheets: Iterable[Sequence[FileRow]], recognised: Iterable[SheetRecognition]) -> tuple[Sample, ...]:
    """One sample of each shape, up to a largest number of samples."""
    rows_of = {rows[0].sheet: rows for rows in sheets}
    first: dict[str, SheetRecognition] = {}
    for sheet in recognised:
        if len(first) < MOST_SHEETS:
            first.setdefault(sheet.shape, sheet)
    return tuple(Sample(shape, _first_rows(rows_of[sheet.sheet], sheet.heading_rows)) for shape, sheet in first.items())


def _first_rows(rows: Sequence[FileRow], headings: Sequence[int]) -> tuple[SampleRow, ...]:
    last = headings[-1]
    below = next((place for place, row in enumerate(rows) if row.number > last), len(rows))
    start = max(0, below - len(headings))
    places = sorted({*range(min(FIRST_ROWS, len(rows))), *range(start, min(below + ROWS_BELOW, len(rows)))})
    return tuple(_shown(rows[place]) for place in places)


def _shown(row: FileRow) -> SampleRow:
    texts = (" ".join(text_of_cell(cell).split()) for cell in row.cells[:MOST_COLUMNS])
    return SampleRow(row.number, tuple(printable(text, LONGEST_CELL) for text in texts))
