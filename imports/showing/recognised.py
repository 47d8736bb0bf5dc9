"""What was recognised in a file, in words: sheets of one form together, with the first rows as the person sees them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from imports.batches.messages import COLUMNS, LAYOUTS, LEFT_OUT
from imports.files.cells import letters
from imports.models import ImportBatch
from imports.tables.columns import UNKNOWN, RecognisedColumn
from imports.tables.recognition import SheetRecognition
from imports.tables.samples import MOST_COLUMNS, SampleRow
from imports.tables.understanding import Understanding
from imports.vocabulary.names import KnownNames
from imports.vocabulary.values import period_in
from imports.vocabulary.wording import NAMES

EXAMPLES = 3
OTHER_MEANINGS: dict[str, str | Promise] = {
    "": _("no heading"),
    UNKNOWN: _("not understood"),
    "ignored": _("left aside"),
    "rate": _("ratio of two others"),
}
SOURCES: dict[str, str | Promise] = {
    "sheet": _("from the name of the sheet"),
    "title": _("from the title"),
    "mapping": _("said by hand"),
}


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column: where it is, what it was taken for, what its heading fixes for all of its figures, and what stands in
    it."""

    column: RecognisedColumn
    only: str
    examples: Sequence[str]

    @property
    def letter(self) -> str:
        return letters(self.column.index)

    @property
    def word(self) -> str | Promise:
        return {**COLUMNS, **OTHER_MEANINGS}.get(self.column.meaning, self.column.meaning)

    @property
    def unknown(self) -> bool:
        return self.column.meaning == UNKNOWN


@dataclass(frozen=True, slots=True)
class ShownGiven:
    """What holds for all rows of a sheet, and where that was found."""

    name: str
    word: str | Promise
    text: str
    source: str | Promise
    by_hand: bool


@dataclass(frozen=True, slots=True)
class ShownSheet:
    """A sheet and what was recognised for this sheet alone."""

    sheet: SheetRecognition
    given: Sequence[ShownGiven]
    left_out: Sequence[tuple[int, str | Promise, str]]
    reasons: Sequence[tuple[str | Promise, int]]

    @property
    def name(self) -> str:
        return self.sheet.sheet


@dataclass(frozen=True, slots=True)
class ShownForm:
    """Sheets with the same headings."""

    shape: str
    sheets: Sequence[ShownSheet]
    columns: Sequence[ShownColumn]
    rows: Sequence[SampleRow]

    @property
    def first(self) -> SheetRecognition:
        return self.sheets[0].sheet

    @property
    def layout(self) -> str | Promise:
        return LAYOUTS.get(self.first.layout, self.first.layout)

    @property
    def heading_rows(self) -> str:
        """ "3" or "3-4"."""
        rows = self.first.heading_rows
        return str(rows[0]) if len(rows) == 1 else f"{rows[0]}-{rows[-1]}"

    @property
    def widest(self) -> Sequence[str]:
        """The letters of the columns of the sample."""
        return [letters(index) for index in range(max((len(row.cells) for row in self.rows), default=0))]

    @property
    def further(self) -> int:
        """How many columns are too far on the right to be shown."""
        return sum(column.column.index >= MOST_COLUMNS for column in self.columns)


@dataclass(frozen=True, slots=True)
class ShownRecognition:
    """A file as it was understood. `failed`: something in its headings was not understood."""

    forms: Sequence[ShownForm]
    hidden: Sequence[str]
    without_figures: Sequence[str]
    failed: bool


HEADING_ERRORS = frozenset({"heading_unknown", "heading_twice", "column_missing", "year_missing", "month_contradicts"})


def recognised_in(batch: ImportBatch, names: KnownNames) -> ShownRecognition | None:
    """What was recognised in the file of a batch; None if the file was not read, or if the recognition is kept no
    longer."""
    if not batch.recognition:
        return None
    found = Understanding.from_json(batch.recognition)
    samples = {sample.shape: sample.rows for sample in found.samples}
    sheets: dict[str, list[SheetRecognition]] = {}
    for sheet in found.recognition.sheets:
        sheets.setdefault(sheet.shape, []).append(sheet)
    forms = [_form(shape, lot, samples.get(shape, ()), found, names) for shape, lot in sheets.items()]
    failed = any(error["code"] in HEADING_ERRORS for error in batch.errors)
    return ShownRecognition(forms, found.recognition.hidden, found.recognition.without_figures, failed)


def _form(
    shape: str, sheets: Sequence[SheetRecognition], rows: Sequence[SampleRow], found: Understanding, names: KnownNames
) -> ShownForm:
    last = sheets[0].heading_rows[-1]
    below = [row for row in rows if row.number > last]
    columns = [ShownColumn(column, only_text(column, names), _examples(column, below)) for column in sheets[0].columns]
    return ShownForm(
        shape, [_sheet(sheet, found.left_out.get(sheet.sheet, {}), names) for sheet in sheets], columns, rows
    )


def _examples(column: RecognisedColumn, rows: Sequence[SampleRow]) -> list[str]:
    texts = (row.cells[column.index] for row in rows if column.index < len(row.cells))
    return [text for text in texts if text][:EXAMPLES]


def _sheet(sheet: SheetRecognition, reasons: Mapping[str, int], names: KnownNames) -> ShownSheet:
    left_out = [(row.row, LEFT_OUT.get(row.reason, row.reason), row.text) for row in sheet.left_out]
    return ShownSheet(
        sheet,
        list(_given(sheet, names)),
        left_out,
        [(LEFT_OUT.get(reason, reason), number) for reason, number in reasons.items()],
    )


def _given(sheet: SheetRecognition, names: KnownNames) -> Iterator[ShownGiven]:
    for name in NAMES:
        if code := getattr(sheet, name):
            source = sheet.sources.get(name, "")
            text = text_of_period(code) if name == "month" else name_of_code(code, name, names)
            yield ShownGiven(name, COLUMNS[name], text, SOURCES.get(source, source), source == "mapping")


def name_of_code(code: str, kind: str, names: KnownNames) -> str:
    """What the code of an indicator or region stands for; the code where its name alone would be ambiguous."""
    known_names = names.indicators if kind == "indicator" else names.regions
    found = known_names.match(code)
    return found.name if found and known_names.match(found.name) == found else code


def text_of_period(period: str) -> str:
    """2014-06 for a month with its year; else as it is written: 6月, 2014年1-6月."""
    found = period_in(period)
    return f"{found.year}-{found.number:02d}" if found and found.year and found.span == 1 else period


def only_text(column: RecognisedColumn, names: KnownNames) -> str:
    """What the heading fixes for all figures of a column: 鹿城区 · 3月."""
    parts = (
        column.indicator and name_of_code(column.indicator, "indicator", names),
        column.region and name_of_code(column.region, "region", names),
        column.period and text_of_period(column.period),
    )
    return " · ".join(filter(None, parts))
