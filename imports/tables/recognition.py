"""What was recognised in a sheet, as data that can be shown, stored, and corrected (pure, imports no Django)."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from imports.files.cells import Cell, FileRow, canonical_name, is_blank_cell, printable, text_of_cell
from imports.tables import headings
from imports.tables.columns import RecognisedColumn, column_of, correct_columns, layout_of, settle_columns
from imports.tables.mappings import FileMapping, SheetMapping
from imports.vocabulary.accounting import TextReader
from imports.vocabulary.strict import decode_dataclass
from imports.vocabulary.titles import TitleReading, read_titles
from imports.vocabulary.values import Period, period_in

LONGEST_TEXT, MOST_LEFT_OUT = 80, 1000


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that holds no figure of its own, and why: title, note, section, repeated_heading, total."""

    row: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class SheetRecognition:
    """How a sheet was understood.

    `indicator`, `region`, `month` and `year` hold for all figures and come from where `sources` says: "sheet" (its
    name), "title" or "mapping". `asked` are the pieces of its texts that a person may call harmless, `hides` tells
    whether rows or columns are hidden. `shape` names the form: the same headings have the same shape, whatever a person
    has corrected (`mapped`) or wants left aside (`skipped`). `recognised` says whether headings were found.
    """

    sheet: str
    heading_rows: tuple[int, ...]
    recognised: bool
    columns: tuple[RecognisedColumn, ...]
    layout: str
    shape: str
    indicator: str = ""
    region: str = ""
    month: str = ""
    year: int = 0
    asked: tuple[str, ...] = ()
    hides: bool = False
    sources: dict[str, str] = field(default_factory=dict)
    contradiction: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    mapped: bool = False
    skipped: bool = False
    last_row: int = 0


@dataclass(frozen=True, slots=True)
class Recognition:
    """How a file was understood: its sheets, those that are hidden, and those that hold no figures.

    `shape` is the same for all files of the same form, whatever figures and months they hold.
    """

    sheets: tuple[SheetRecognition, ...] = ()
    hidden: tuple[str, ...] = ()
    without_figures: tuple[str, ...] = ()
    shape: str = ""

    def to_json(self) -> dict[str, object]:
        """Plain dictionaries, lists, texts and numbers."""
        data: dict[str, object] = json.loads(json.dumps(asdict(self)))
        return data

    @classmethod
    def from_json(cls, data: object) -> Self:
        """The recognition that the JSON holds; HostileError, a ValueError, for anything that `to_json` would not have
        written."""
        return decode_dataclass(cls, data)


def shape_of(sheets: Iterable[SheetRecognition]) -> str:
    """The shape of a file with these sheets."""
    return _digest(sorted({sheet.shape for sheet in sheets}))


def _digest(data: object) -> str:
    return hashlib.sha256(json.dumps(data, ensure_ascii=True).encode()).hexdigest()


def recognise_sheet(rows: Sequence[FileRow], texts: TextReader, mapping: FileMapping) -> SheetRecognition:
    """How the sheet of these rows is to be understood; blank rows are left out, at least one is not."""
    known = texts.known
    lines = headings.find_heading_rows(rows, known)
    recognised = bool(lines)
    lines = lines or [headings.HeadingReading(_likeliest(rows), known)]
    width = max(len(row.cells) for row in rows)
    shape = _shape(lines, recognised=recognised)
    own = mapping.of(shape, rows[0].sheet)
    if own.heading_rows:
        lines = [headings.HeadingReading(row, known) for row in rows if row.number in own.heading_rows] or lines
    columns = settle_columns([column_of(*numbered) for numbered in enumerate(headings.spread_headings(lines, width))])
    columns = _without_margin(correct_columns(columns, own.columns))
    numbers = tuple(line.row.number for line in lines)
    titles = [row for row in rows if row.number < numbers[0]]
    return SheetRecognition(
        sheet=rows[0].sheet,
        heading_rows=numbers,
        recognised=recognised,
        columns=tuple(columns),
        layout=layout_of(columns),
        shape=shape,
        left_out=tuple(leave_out_row(row, "title") for row in titles),
        mapped=own != SheetMapping(),
        skipped=own.skipped,
        last_row=rows[-1].number,
        **_given(rows[0].sheet, titles, own, texts),
    )


def _likeliest(rows: Sequence[FileRow]) -> FileRow:
    """The first row with several cells: the headings would stand there."""
    return next(
        (row for row in rows[: headings.LOOKED_AT] if sum(not is_blank_cell(cell) for cell in row.cells) > 1), rows[0]
    )


_FIGURES = re.compile(r"[-+]?\d[\d.,]*")


def _shape(lines: Iterable[headings.HeadingReading], *, recognised: bool) -> str:
    """The shape of a sheet, from what stays alike in the next file of the form.

    Where no headings were recognised the line may begin with the day of the report: its digits change.
    """
    texts = [[canonical_name(text_of_cell(cell)) for cell in line.row.cells] for line in lines]
    if not recognised:
        texts = [[_FIGURES.sub("#", text) for text in line] for line in texts]
    return _digest([_trimmed(line) for line in texts])


def _trimmed(texts: list[str]) -> list[str]:
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _without_margin(columns: list[RecognisedColumn]) -> list[RecognisedColumn]:
    while columns and not columns[-1].heading and not columns[-1].meaning:
        columns.pop()
    return columns


def leave_out_row(row: FileRow, reason: str) -> LeftOut:
    """The row as one that is left out, with the beginning of its text."""
    text = " ".join(filter(None, (" ".join(text_of_cell(cell).split()) for cell in row.cells)))
    return LeftOut(row.number, reason, printable(text, LONGEST_TEXT))


# --- What holds for the whole sheet -----------------------------------------------------------------------------------


def _given(sheet: str, titles: Sequence[FileRow], own: SheetMapping, texts: TextReader) -> dict[str, Any]:
    """Indicator, region, month and year for all figures of the sheet, and where each was found."""
    by_name = read_titles([sheet], texts)
    by_title = read_titles([text_of_cell(cell) for row in titles for cell in row.cells if _is_text(cell)], texts)
    by_hand = TitleReading(own.indicator, own.region, own.month)
    found: dict[str, Any] = {"sources": {}}
    for name in ("indicator", "region", "period", "year"):
        for source, given in (("mapping", by_hand), ("title", by_title), ("sheet", by_name)):
            if getattr(given, name):
                found[name] = getattr(given, name)
                found["sources"]["month" if name == "period" else name] = source
                break
    found["month"] = _with_year(found.pop("period", ""), found.get("year", 0))
    found["contradiction"] = () if own.month else _contradiction(by_name, by_title)
    return found


def _is_text(cell: Cell) -> bool:
    return not is_blank_cell(cell) and not isinstance(cell, int | float)


def _with_year(period: str, year: int) -> str:
    found = period_in(period) if period else None
    return str(found._replace(year=found.year or year or None)) if found else period


def _contradiction(by_name: TitleReading, by_title: TitleReading) -> tuple[str, ...]:
    """What the sheet's name and its title say, if they name different months or years."""
    name, title = (period_in(reading.period) if reading.period else Period(None, 0) for reading in (by_name, by_title))
    years = {year for year in (by_name.year, by_title.year) if year}
    if name is None or title is None:
        return ()
    if len(years) > 1 or (name.number and title.number and name.number != title.number):
        return by_name.period or str(by_name.year), by_title.period or str(by_title.year)
    return ()
