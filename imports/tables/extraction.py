"""The figures of one sheet, once it is known what its columns mean (pure, imports no Django).

Rows in which everything is in order become lines together, column by column; only the others are looked at singly.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat, zip_longest
from operator import attrgetter
from typing import Any

from imports.files.cells import Cell, FileRow, address_of_cell, canonical_name, is_blank_cell, text_of_cell
from imports.tables.columns import TOTAL, RecognisedColumn
from imports.tables.lines import FigureFragment, FigureLine, TableMistake
from imports.tables.recognition import LeftOut, SheetRecognition, leave_out_row
from imports.vocabulary.conversion import BadCell, Readers, make_cells_comparable
from imports.vocabulary.values import Period, period_in
from imports.vocabulary.wording import FORM, MEASURES, NAMES, is_again, is_note, is_section, is_total
from targets.entry_rules.figures import Problem

SHARED = (*NAMES, "year", "department", "unit", "note", "occurred_on")
ORDER = (*NAMES, "year", "department", "unit", *MEASURES, "note", "occurred_on")
FIGURES = tuple(meaning for meaning in MEASURES if meaning != "rate")
LONGEST_NOTE_ROW = 3
_line = partial(tuple.__new__, FigureLine)
Converted = dict[str, list[Any]]
"""Meaning → what each row's cell means: names, months, numbers, days, and `BadCell`."""


@dataclass(slots=True)
class FigureColumnGroup:
    """Columns that hold one figure a row together; `values` are their cells converted, by meaning."""

    position: int
    fixed: tuple[str, str, str]
    columns: dict[str, RecognisedColumn]
    values: Converted = field(default_factory=dict)
    bad: set[int] = field(default_factory=set)
    broken: bool = False

    def filled(self, index: int) -> bool:
        """Whether a figure stands in this row, understood or not."""
        return any(self.values[meaning][index] is not None for meaning in FIGURES if meaning in self.values)


def group_figure_columns(columns: Iterable[RecognisedColumn]) -> list[FigureColumnGroup]:
    """The columns of figures in groups: columns with the same indicator, region and month belong together; notes and
    days go with them."""
    fixed: dict[tuple[str, str, str], dict[str, RecognisedColumn]] = {}
    for column in columns:
        if column.measures or (column.meaning in ("note", "occurred_on") and any(column.fixed)):
            fixed.setdefault(column.fixed, {}).setdefault(column.meaning, column)
    with_figures = [(key, found) for key, found in fixed.items() if any(column.measures for column in found.values())]
    return [FigureColumnGroup(position, *pair) for position, pair in enumerate(with_figures)]


class Extraction:
    """A sheet on its way from rows into lines, fragments and mistakes."""

    def __init__(self, sheet: SheetRecognition, rows: Sequence[FileRow], readers: Readers) -> None:
        self.sheet, self.readers = sheet, readers
        self.rows = [row for row in rows if row.number > sheet.heading_rows[-1]]
        self.titles = {
            canonical_name(text_of_cell(cell))
            for row in rows
            if row.number < sheet.heading_rows[0]
            for cell in row.cells
            if not is_blank_cell(cell)
        }
        self.headings = {_comparable(row.cells) for row in rows if row.number in sheet.heading_rows}
        self.cells = list(zip_longest(*(row.cells for row in self.rows)))
        self.groups = group_figure_columns(sheet.columns)
        self.shared = {
            column.meaning: column
            for column in reversed(sheet.columns)
            if column.meaning in SHARED and not any(column.fixed)
        }
        self.totals = [column for column in sheet.columns if column.meaning == TOTAL]
        self.values: Converted = {}
        self.lines: list[FigureLine] = []
        self.fragments: list[FigureFragment] = []
        self.mistakes: list[TableMistake] = []
        self.left_out: list[LeftOut] = []
        self.total_rows: list[int] = []

    def run(self) -> None:
        """Fills `lines`, `fragments`, `mistakes` and `left_out`; finds the total rows, which are checked later."""
        unusual = self._converted()
        for group in self.groups:
            self._months(group)
            unusual |= group.bad
        unusual |= self._outside() | self._without_figures()
        if not self.groups or any(self._incomplete(group) for group in self.groups):
            unusual = set(range(len(self.rows)))
        for group in self.groups:
            self.lines += self._lines(group, unusual)
        self._look_at(sorted(unusual))
        if unusual or len(self.groups) > 1:
            self.lines.sort(key=attrgetter("row", "group"))

    # --- Converting ---------------------------------------------------------------------------------------------------

    def _converted(self) -> set[int]:
        """Converts all columns; the answer names the rows with a cell that was not understood."""
        bad: set[int] = set()
        for meaning, column in self.shared.items():
            if meaning != "month":
                self.values[meaning] = self._column(column)
                bad |= self.readers.bad_in(meaning, self.values[meaning])
        for group in self.groups:
            for meaning, column in group.columns.items():
                group.values[meaning] = self._column(column)
                group.bad |= self.readers.bad_in(meaning, group.values[meaning])
        return bad

    def _column(self, column: RecognisedColumn) -> list[object]:
        return self.readers.convert(column.meaning, self.column_cells(column))

    def column_cells(self, column: RecognisedColumn) -> Sequence[Cell]:
        if column.index >= len(self.cells):
            return [None] * len(self.rows)
        return make_cells_comparable(self.cells[column.index], names=column.meaning in SHARED)

    def _months(self, group: FigureColumnGroup) -> None:
        """Finds the month of every row: it stands in the heading, in the column or above the whole sheet; so does the
        year."""
        years: Iterable[int | None] = repeat(self.sheet.year or None)
        if "year" in self.shared:
            years = [year if isinstance(year, int) else self.sheet.year or None for year in self.values["year"]]
        pairs: list[tuple[Cell | Period, int | None]]
        given = period_in(group.fixed[2] or self.sheet.month)
        if not group.fixed[2] and "month" in self.shared:
            pairs = list(zip(self.column_cells(self.shared["month"]), years, strict=False))
        elif given is None or self._yearless(group, given):
            return
        else:
            pairs = list(zip(repeat(given, len(self.rows)), years, strict=False))
        group.values["month"] = self.readers.convert("month", pairs)
        group.bad |= self.readers.bad_in("month", group.values["month"])
        spans = self.readers.months.spans
        group.values["span"] = [spans.get(pair, 1) for pair in pairs] if spans else [1] * len(pairs)

    def _yearless(self, group: FigureColumnGroup, given: Period) -> bool:
        """Whether nothing tells the year of the heading's month; it is told once, at the heading."""
        if given.year or self.sheet.year or "year" in self.shared:
            return False
        column = next(iter(group.columns.values()))
        problem = Problem("year_missing", "month", (("found", str(given)),))
        self.mistakes.append(self.mistake(self.sheet.heading_rows[-1], problem, column))
        group.broken = True
        return True

    # --- Rows that need a look ----------------------------------------------------------------------------------------

    def _outside(self) -> set[int]:
        """Rows with something under no heading."""
        headed = {column.index for column in self.sheet.columns if column.meaning}
        return {
            row
            for index, cells in enumerate(self.cells)
            if index not in headed and any(cells)
            for row, cell in enumerate(cells)
            if not is_blank_cell(cell)
        }

    def _without_figures(self) -> set[int]:
        """Rows without any figure."""
        empty = set(range(len(self.rows)))
        for group in self.groups:
            for meaning in FIGURES:
                if meaning in group.values and empty:
                    values = group.values[meaning]
                    empty &= {index for index in empty if values[index] is None} if None in values else set()
        return empty

    def _lines(self, group: FigureColumnGroup, unusual: set[int]) -> list[FigureLine]:
        """The lines of all rows in which nothing is unusual."""
        if len(unusual) == len(self.rows):
            return []
        lines = map(_line, self._tuples(group))
        if unusual or len(self.groups) > 1:
            return [line for index, line in enumerate(lines) if index not in unusual and group.filled(index)]
        return list(lines)

    def _incomplete(self, group: FigureColumnGroup) -> bool:
        """Whether no row can give a line for this group, because the table lacks something that a line needs."""
        nameless = any(self._name(group, position) is None for position in (0, 1))
        half = len({"numerator", "denominator"} & set(group.columns)) == 1
        return group.broken or half or nameless or "month" not in group.values

    def _name(self, group: FigureColumnGroup, position: int) -> Iterable[object] | None:
        """The indicators (0) or regions (1) of all rows, None if nothing tells them."""
        name = NAMES[position]
        if group.fixed[position]:
            return repeat(group.fixed[position])
        if name in self.values:
            return self.values[name]
        constant = self.sheet.indicator if position == 0 else self.sheet.region
        return repeat(constant) if constant else None

    def _tuples(self, group: FigureColumnGroup) -> Iterator[tuple[object, ...]]:
        """The fields of `Line`, row by row."""
        found = self.values | group.values
        return zip(
            repeat(self.sheet.sheet),
            [row.number for row in self.rows],
            self._name(group, 0) or (),
            self._name(group, 1) or (),
            found["month"],
            *(found.get(meaning) or repeat(None) for meaning in ("value", "numerator", "denominator")),
            found.get("note") or repeat(""),
            found.get("occurred_on") or repeat(None),
            found.get("to_date") or repeat(None),
            found["span"],
            found.get("department") or repeat(""),
            found.get("unit") or repeat(self._unit(group)),
            repeat(group.position),
            strict=False,
        )

    # --- Looking at single rows ---------------------------------------------------------------------------------------

    def _look_at(self, unusual: Sequence[int]) -> None:
        under_notes = False
        for index in unusual:
            row = self.rows[index]
            texts = [text_of_cell(cell) for cell in row.cells if not is_blank_cell(cell)]
            if not texts:
                continue  # nothing but spaces
            reason = self._reason(row, texts, under_notes=under_notes)
            under_notes = reason == "note"
            if reason == TOTAL:
                self.total_rows.append(index)
            elif reason:
                self.left_out.append(leave_out_row(row, reason))
            else:
                self._told(index, row)

    def _reason(self, row: FileRow, texts: Sequence[str], *, under_notes: bool) -> str:
        """Why the row is no figure; "" if the row should be a figure."""
        if _comparable(row.cells) in self.headings or (len(texts) == 1 and self._says_again(texts[0])):
            return "repeated_heading"
        if any(is_total(text) for text in texts[:LONGEST_NOTE_ROW]):
            return TOTAL
        if len(texts) <= LONGEST_NOTE_ROW and is_note(texts[0]):
            return "note"
        if len(texts) == 1 and (is_section(texts[0]) or under_notes):
            return "note" if under_notes else "section"
        return ""

    def _says_again(self, text: str) -> bool:
        """Whether a text is a title once more, on the next page of a long table: 续表, or the title itself."""
        return is_again(text) or canonical_name(text) in self.titles

    def _told(self, index: int, row: FileRow) -> None:
        """The row's figures with all that is wrong in it."""
        shared = list(self._problems(self.values, self.shared, index, row))
        shared += list(self._cells_outside(row))
        filled = [group for group in self.groups if group.filled(index)]
        side_by_side = len(self.groups) > 1
        if not filled and (side_by_side or (not shared and self._not_filled_in(index))):
            self.left_out.append(leave_out_row(row, "no_figures"))
            return
        if not side_by_side:
            filled = self.groups
        told = dict.fromkeys(shared)
        for group in filled:
            told |= dict.fromkeys(self._figure(group, index, row, wrong=bool(shared)))
        if not self.groups:
            self.fragments.append(self._fragment(None, index, row))
        self.mistakes += told

    def _not_filled_in(self, index: int) -> bool:
        """Whether nobody filled in this row of a form of ours: its figure is not reported."""
        told = [values[index] for name, values in self.values.items() if name in ("note", "occurred_on")]
        return any(canonical_name(column.heading) == FORM for column in self.sheet.columns) and not any(told)

    def _figure(self, group: FigureColumnGroup, index: int, row: FileRow, *, wrong: bool) -> list[TableMistake]:
        """Keeps the figure of one group in this row, and tells what is wrong with it; `wrong`: so is the row itself."""
        columns = {**group.columns, **{name: self.shared[name] for name in ("month",) if name in self.shared}}
        problems = [] if group.broken else list(self._problems(group.values, columns, index, row))
        if wrong or problems or self._incomplete(group):
            self.fragments.append(self._fragment(group, index, row))
        else:
            self.lines.append(self._single(group, index))
        return problems

    def _single(self, group: FigureColumnGroup, index: int) -> FigureLine:
        """The line of one row; the columns of figures are few rows long here."""
        found = {name: values[index] for name, values in (self.values | group.values).items()}
        kept = {key: value for key, value in found.items() if key in FigureLine._fields}
        kept |= {NAMES[position]: self.name(group, position, index) for position in (0, 1)}
        kept.setdefault("unit", self._unit(group))
        return FigureLine(sheet=self.sheet.sheet, row=self.rows[index].number, group=group.position, **kept)

    def _unit(self, group: FigureColumnGroup) -> str:
        """The unit that a heading says."""
        return next((c.unit for c in group.columns.values() if c.meaning == "value" and c.unit), "")

    def name(self, group: FigureColumnGroup | None, position: int, index: int) -> str:
        """The name in one row, "" if there is none."""
        name = NAMES[position]
        if group and group.fixed[position]:
            return group.fixed[position]
        found = self.values[name][index] if name in self.values else getattr(self.sheet, name)
        return found if isinstance(found, str) else ""

    def _fragment(self, group: FigureColumnGroup | None, index: int, row: FileRow) -> FigureFragment:
        department = self.values["department"][index] if "department" in self.values else ""
        names = (self.name(group, 0, index), self.name(group, 1, index))
        said = department if isinstance(department, str) else ""
        return FigureFragment(self.sheet.sheet, row.number, *names, said, group.position if group else 0)

    def _problems(
        self, values: Converted, columns: dict[str, RecognisedColumn], index: int, row: FileRow
    ) -> Iterator[TableMistake]:
        for meaning in ORDER:
            found = values[meaning][index] if meaning in values and meaning in columns else None
            if type(found) is BadCell:
                code = f"{meaning}_missing" if found.code == TOTAL else found.code
                yield self.mistake(row.number, Problem(code, meaning, found.details), columns[meaning])

    def _cells_outside(self, row: FileRow) -> Iterator[TableMistake]:
        headed = {column.index for column in self.sheet.columns if column.meaning}
        outside = [index for index, cell in enumerate(row.cells) if index not in headed and not is_blank_cell(cell)]
        if outside:
            cell = address_of_cell(outside[0], row.number)
            yield TableMistake(self.sheet.sheet, row.number, Problem("cell_outside", ""), cell)

    def mistake(self, row: int, problem: Problem, column: RecognisedColumn) -> TableMistake:
        """The problem in the cell of this row and column."""
        return TableMistake(self.sheet.sheet, row, problem, address_of_cell(column.index, row), column.heading)


def _comparable(cells: Sequence[Cell]) -> tuple[str, ...]:
    texts = [canonical_name(text_of_cell(cell)) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)
