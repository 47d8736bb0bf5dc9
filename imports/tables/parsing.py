"""From the cells of a file to its figures (pure, imports no Django).

Every table that a bureau has is understood: one figure a row, or months, regions or indicators side by side, under
titles and headings of several lines, above notes and totals. Every cell that cannot be understood is reported, none is
guessed; and what was recognised can be shown, and corrected by a `Mapping`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import dropwhile, groupby
from operator import attrgetter

from imports.files.cells import ABOVE, Cell, FileRow, FileRows, canonical_name, is_blank_cell, text_of_cell
from imports.tables.extraction import Extraction
from imports.tables.lines import FigureFragment, FigureLine, FigureTable, TableMistake
from imports.tables.mappings import FileMapping, MappedColumn, SheetMapping
from imports.tables.recognition import Recognition, SheetRecognition, leave_out_row, recognise_sheet, shape_of
from imports.tables.samples import Sample, samples_of
from imports.tables.totals import check_columns, check_rows, check_wholes
from imports.tables.words import WordsOfSheet
from imports.tables.wrong_headings import check_headings
from imports.vocabulary.accounting import TextReader
from imports.vocabulary.conversion import Readers
from imports.vocabulary.names import NOTHING_KNOWN, KnownNames
from imports.vocabulary.values import (
    CellError,
    read_day_cell,
    read_month_cell,
    read_note_cell,
    read_number_cell,
    read_part_cell,
)
from imports.vocabulary.wording import HEADINGS
from targets.entry_rules.numbers import NotANumberError, read_number

__all__ = [
    "ABOVE",
    "HEADINGS",
    "Cell",
    "CellError",
    "FigureFragment",
    "FigureLine",
    "FigureTable",
    "FileMapping",
    "FileRow",
    "FileRows",
    "KnownNames",
    "MappedColumn",
    "Recognition",
    "Sample",
    "SheetMapping",
    "SheetRecognition",
    "TableMistake",
    "canonical_name",
    "is_blank_cell",
    "parse",
    "read_day_cell",
    "read_month_cell",
    "read_note_cell",
    "read_number_cell",
    "read_part_cell",
    "recognition_of",
    "text_of_cell",
]

MOST_LEFT_OUT = 1000


def parse(
    rows: Iterable[FileRow],
    mapping: FileMapping | None = None,
    known: KnownNames | None = None,
    remembered: Callable[[str], FileMapping | None] = lambda _shape: None,
) -> FigureTable:
    """All figures and all mistakes of a file.

    `known` are the names by which regions and indicators are found in headings and titles; without it tables that need
    none are understood. `mapping` says what a person has corrected in this file; without it `remembered` is asked what
    was corrected in earlier files of its shape.
    """
    known, readers, table = known or NOTHING_KNOWN, Readers(), FigureTable()
    texts = TextReader(known)
    parts = rows.parts if isinstance(rows, FileRows) else {}

    def add(recognition: SheetRecognition, sheet: list[FileRow]) -> SheetRecognition:
        found = Extraction(recognition, sheet, readers)
        found.run()
        return _add(table, found, WordsOfSheet(found, sheet, texts, parts.get(recognition.sheet)))

    sheets = _sheets(rows)
    recognised = [recognise_sheet(sheet, texts, mapping or FileMapping()) for sheet in sheets]
    shape = shape_of(_shaping(sheets, recognised))
    table.mapping = mapping or remembered(shape) or FileMapping()
    if not mapping and table.mapping.sheets:
        recognised = [recognise_sheet(sheet, texts, table.mapping) for sheet in sheets]
    without = _without_figures(sheets, recognised)
    found = [
        recognition if recognition.skipped else add(recognition, sheet)
        for sheet, recognition in zip(sheets, recognised, strict=True)
        if recognition.sheet not in without
    ]
    found = _without_wholes(table, found, sheets, known)
    hidden = rows.hidden if isinstance(rows, FileRows) else ()
    table.recognition = Recognition(tuple(found), hidden, tuple(without), shape)
    table.samples = samples_of(sheets, found)
    table.read = len(table.lines) + len(table.fragments)
    return table


def recognition_of(
    rows: Iterable[FileRow], mapping: FileMapping | None = None, known: KnownNames | None = None
) -> Recognition:
    """How the file is understood, with the rows that are left out."""
    return parse(rows, mapping, known).recognition


def _sheets(rows: Iterable[FileRow]) -> list[list[FileRow]]:
    """The rows that are not blank, by sheet."""
    sheets = [list(group) for _sheet, group in groupby(rows, attrgetter("sheet"))]
    filled = [[row for row in sheet if any(row.cells) or not row.blank] for sheet in sheets]
    started = [list(dropwhile(lambda row: row.blank, sheet)) for sheet in filled]
    return [sheet for sheet in started if sheet]


def _without_figures(sheets: list[list[FileRow]], recognised: list[SheetRecognition]) -> list[str]:
    """Sheets of text alone beside sheets of figures: instructions, a cover."""
    holding = [
        recognition.recognised or recognition.mapped or _has_figures(rows)
        for recognition, rows in zip(recognised, sheets, strict=True)
    ]
    return (
        [recognition.sheet for recognition, holds in zip(recognised, holding, strict=True) if not holds]
        if any(holding)
        else []
    )


def _shaping(sheets: list[list[FileRow]], recognised: list[SheetRecognition]) -> list[SheetRecognition]:
    """The sheets that make the shape of the file: instructions and covers change without a new form."""
    pairs = zip(recognised, sheets, strict=True)
    return [recognition for recognition, rows in pairs if recognition.recognised or _has_figures(rows)] or recognised


def _has_figures(rows: Sequence[FileRow]) -> bool:
    return any(_is_figure(cell) for row in rows for cell in row.cells)


def _is_figure(cell: Cell) -> bool:
    if not isinstance(cell, str):
        return cell is not None
    try:
        return read_number(cell) is not None
    except NotANumberError:
        return False


def _add(table: FigureTable, found: Extraction, words: WordsOfSheet) -> SheetRecognition:
    """Puts what one sheet holds into the table."""
    found.mistakes = [*check_headings(found), *found.mistakes]
    check_rows(found)
    check_columns(found)
    found.mistakes += words.questions(table.mapping.of(found.sheet.shape, found.sheet.sheet))
    table.lines += found.lines
    table.fragments += sorted(found.fragments, key=attrgetter("row", "group"))
    table.mistakes += sorted(found.mistakes, key=attrgetter("row"))
    for group in found.groups:
        table.columns[found.sheet.sheet, group.position] = {**found.shared, **group.columns}
    left_out = sorted([*found.sheet.left_out, *found.left_out], key=attrgetter("row"))
    return replace(found.sheet, left_out=tuple(left_out[:MOST_LEFT_OUT]), asked=words.asked(), hides=words.hides)


def _without_wholes(
    table: FigureTable, found: list[SheetRecognition], sheets: list[list[FileRow]], known: KnownNames
) -> list[SheetRecognition]:
    dropped = check_wholes(table, known)
    if not dropped:
        return found
    rows = {(row.sheet, row.number): row for sheet in sheets for row in sheet}
    return [
        replace(
            recognition,
            left_out=(
                *recognition.left_out,
                *(leave_out_row(rows[recognition.sheet, at], "total") for at in dropped[recognition.sheet]),
            ),
        )
        if recognition.sheet in dropped
        else recognition
        for recognition in found
    ]
