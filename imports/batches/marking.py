"""The person's own file back, with every error marked where it is: made by a worker, corrected and uploaded again.

A workbook keeps its look as long as it is of ordinary size; other files, and very long ones, become a workbook with the
same cells in the same places. The list of errors stands first, on a sheet that reading leaves aside.
"""

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import openpyxl
from django.conf import settings
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import Cell as MarkedCell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils.cell import coordinate_to_tuple, quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from imports.batches import uploads
from imports.batches.messages import ReadableImportError, explain_stored_error
from imports.batches.uploads import ERRORS_SHEET
from imports.files.cells import Cell
from imports.files.readers import Limits, read_file_rows
from imports.models import ImportBatch
from imports.tables.parsing import FileRow
from pages.spreadsheets import append, cell_of, make_text_harmless, new_workbook
from targets.entry_rules.numbers import NotANumberError, read_number

MOST_ROWS = 20_000
"""Up to so many rows a workbook is loaded with its look: that takes far more memory than its cells alone."""
BAD, HEAD = PatternFill("solid", fgColor="FFF4CCCC"), Font(bold=True)
LINK = Font(color="FF1D5288", underline="single")
Places = Mapping[tuple[str, int], Sequence[tuple[int, str]]]
"""(sheet, row) → the cells to mark there, as (column from 1, sentence)"""


def mark_errors_of_batch(pk: int) -> None:
    """Makes the marked workbook of a batch that has errors in its rows, unless the workbook was made already."""
    batch = ImportBatch.objects.get(pk=pk)
    if not batch.has_marked or uploads.marked_path(batch.file).exists():
        return
    data = uploads.path_of(batch.file).read_bytes()
    rows = read_file_rows(data, Limits(size=settings.UPLOAD_MAX_BYTES, rows=settings.IMPORT_MAX_ROWS))
    errors = [explain_stored_error(error) for error in batch.errors]
    places = _places(errors)
    looks = data.startswith(b"PK") and len(rows) <= MOST_ROWS
    book = _with_look(data, places) if looks else None
    _saved(batch.file, _listed_in(book, errors) if book is not None else _rewritten(rows, places, errors))


def _saved(name: str, book: Workbook) -> None:
    """Saves the whole workbook or none: somebody may fetch it at any time."""
    path = uploads.marked_path(name)
    unfinished = path.with_suffix(".part")
    try:
        book.save(unfinished)
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def _places(errors: Iterable[ReadableImportError]) -> Places:
    """Where the errors are: in their own cell, or else in the row's first one."""
    found: dict[tuple[str, int], list[tuple[int, str]]] = defaultdict(list)
    for error in errors:
        column = coordinate_to_tuple(error.cell)[1] if error.cell else 1
        found[error.sheet, error.row].append((column, error.sentence))
    return found


def _with_look(data: bytes, places: Places) -> Workbook | None:
    """The workbook itself, values in place of formulas, the bad cells coloured; None if it cannot be loaded."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    except Exception:  # whatever is wrong with its look: its cells have been read
        return None
    if ERRORS_SHEET in book.sheetnames:
        del book[ERRORS_SHEET]
    for sheet in book.worksheets:
        _disarm(sheet)
    for (name, number), cells in places.items():
        if name in book.sheetnames and number:
            for column, sentences in _by_column(cells):
                _coloured(book[name].cell(number, column), sentences)
    return book


def _disarm(sheet: Worksheet) -> None:
    """Text stays text, whatever it looks like."""
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                cell.value, cell.data_type = _safe(cell.value), "s"


def _coloured(cell: MarkedCell, sentences: str) -> None:
    cell.fill = BAD
    cell.comment = Comment(sentences, "", width=320, height=120)


def _by_column(cells: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for column, lot in groupby(sorted(cells, key=lambda cell: cell[0]), key=lambda cell: cell[0]):
        yield column, "\n".join(dict.fromkeys(sentence for _column, sentence in lot))


def _listed_in(book: Workbook, errors: Sequence[ReadableImportError]) -> Workbook:
    """The workbook with the list of errors as its first sheet."""
    sheet = book.create_sheet(ERRORS_SHEET, 0)
    book.active = 0
    for line in _list(sheet, errors):
        append(sheet, line)
    for cell in sheet[1]:
        cell.font = HEAD
    for cell in sheet["C"]:
        if cell.hyperlink:
            cell.hyperlink.ref = cell.coordinate  # it was made before it had a place
    sheet.column_dimensions["E"].width = 90
    return book


def _rewritten(rows: Sequence[FileRow], places: Places, errors: Sequence[ReadableImportError]) -> Workbook:
    """A new workbook with the same cells, written row by row so that its length does not matter."""
    book = new_workbook(write_only=True)
    first = book.create_sheet(ERRORS_SHEET)
    first.column_dimensions["E"].width = 90
    for line in _list(first, errors):
        append(first, line)
    for name, lot in groupby((row for row in rows if row.sheet != ERRORS_SHEET), key=lambda row: row.sheet):
        sheet = book.create_sheet(name or _nameless())
        for row in lot:
            append(sheet, _cells(sheet, row, dict(_by_column(places.get((name, row.number), ())))))
    return book


def _cells(sheet: Worksheet, row: FileRow, bad: Mapping[int, str]) -> list[object]:
    width = max([len(row.cells), *bad])
    return [_cell(sheet, _at(row, place), bad.get(place)) for place in range(1, width + 1)]


def _at(row: FileRow, place: int) -> Cell:
    value = row.cells[place - 1] if place <= len(row.cells) else None
    return _safe(value) if isinstance(value, str) else value


def _cell(sheet: Worksheet, value: Cell, sentences: str | None) -> object:
    if sentences is None:
        return value
    cell = cell_of(sheet, value)
    _coloured(cell, sentences)
    return cell


def _list(sheet: Worksheet, errors: Sequence[ReadableImportError]) -> Iterator[list[object]]:
    yield [_("sheet"), _("row"), _("cell"), _("column"), _("what to do")]
    for error in errors:
        place = _linked(sheet, error) if error.row else None
        yield [error.sheet, error.row or None, place, error.column, error.sentence]


def _linked(sheet: Worksheet, error: ReadableImportError) -> MarkedCell:
    """The address of the bad cell, C17, which leads there."""
    address = error.cell or f"A{error.row}"
    cell = cell_of(sheet, address)
    cell.hyperlink = Hyperlink(ref="", location=f"{quote_sheetname(error.sheet or _nameless())}!{address}")
    cell.font = LINK
    return cell


def _nameless() -> str:
    """What the sheet of a text file is called in a workbook."""
    return _("data")


def _safe(text: str) -> str:
    """Text without signs that a workbook cannot hold, and so that no spreadsheet takes it for a formula; a negative
    number is none, and must read the same when it comes back."""
    shown = "".join(sign for sign in text if sign.isprintable() or sign in "\n\t")
    try:
        read_number(shown)
    except NotANumberError:
        return make_text_harmless(shown)
    return shown


def marked_workbook(batch: ImportBatch) -> Path | None:
    """The marked workbook of a batch; None if it is not made yet."""
    path = uploads.marked_path(batch.file)
    return path if batch.file and path.exists() else None
