"""Asks about every text of a sheet that is not a figure: none is passed over because it is not known (pure).

Titles, the sheet's name, notes and the headings between rows are accounted for piece by piece. What is left, what says
that the figures are of another kind, and what contradicts the rest of the sheet becomes a mistake outside the rows, so
that no row of the sheet is taken before a person has answered or mended the file.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from imports.files.cells import Cell, FileRow, address_of_cell, canonical_name, is_blank_cell, letters, text_of_cell
from imports.files.hidden import HiddenParts
from imports.tables.columns import RecognisedColumn
from imports.tables.extraction import Extraction, FigureColumnGroup
from imports.tables.lines import FigureLine, TableMistake
from imports.tables.mappings import SheetMapping
from imports.vocabulary.accounting import TextAccount, TextReader
from imports.vocabulary.names import NamedIndicator
from imports.vocabulary.units import units_differ
from imports.vocabulary.values import period_in, quoted
from imports.vocabulary.wording import NAMES, PLAIN_SHEET_NAME
from targets.entry_rules.figures import Problem
from targets.entry_rules.numbers import is_percentage_text

SHEET, TITLE, SECTION, NOTE, ROW = "sheet", "title", "section", "note", "no_figures"
"""Where a text stands. `ROW` is a row of names beside which no figure stands."""
PERCENT, MOST_PLACES = "%", 10


@dataclass(frozen=True, slots=True)
class Statement:
    """A text of the sheet and what it says; row 0 is the sheet's name."""

    place: str
    row: int
    cell: str
    text: str
    account: TextAccount

    def mistake(self, place: str, code: str, column: str = "", **details: str) -> TableMistake:
        """A problem with this text of the sheet `place`."""
        told = (("text", quoted(self.text)), *details.items())
        return TableMistake(place, self.row or 1, Problem(code, column, told), self.cell)


class WordsOfSheet:
    """All texts of a sheet, held against what was understood of it."""

    def __init__(
        self,
        found: Extraction,
        rows: Sequence[FileRow],
        reader: TextReader,
        parts: HiddenParts | None = None,
    ) -> None:
        self.found, self.sheet, self._known = found, found.sheet, reader.known
        self._reader, self._rows, self._parts = reader, rows, parts or HiddenParts()
        self.statements = list(self._statements(rows))
        self._lines: dict[int, list[FigureLine]] = defaultdict(list)
        for line in found.lines:
            self._lines[line.group].append(line)
        self.indicators = {group.position: self._indicators_of(group) for group in found.groups}

    def _statements(self, rows: Sequence[FileRow]) -> Iterator[Statement]:
        if not PLAIN_SHEET_NAME.fullmatch(canonical_name(self.sheet.sheet)):
            yield self._statement(SHEET, 0, "", self.sheet.sheet)
        reasons = {row.row: row.reason for row in self.found.left_out if row.reason in (SECTION, NOTE, ROW)}
        for row in rows:
            place = TITLE if row.number < self.sheet.heading_rows[0] else reasons.get(row.number)
            if place is not None:
                yield from self._of_row(place, row)

    def _of_row(self, place: str, row: FileRow) -> Iterator[Statement]:
        names = {column.index for column in self.sheet.columns if column.meaning in NAMES or not column.meaning}
        for index, cell in enumerate(row.cells):
            if not is_blank_cell(cell) and (place != ROW or index in names):
                yield self._statement(place, row.number, address_of_cell(index, row.number), text_of_cell(cell))

    def _statement(self, place: str, row: int, cell: str, text: str) -> Statement:
        return Statement(place, row, cell, text, self._reader.account(text))

    def _indicators_of(self, group: FigureColumnGroup) -> list[NamedIndicator]:
        """The indicators of the figures in these columns, as far as their names are known."""
        names = {line.indicator for line in self._lines[group.position]}
        return [indicator for indicator in map(self._known.indicators.match, sorted(names)) if indicator]

    # --- Questions ----------------------------------------------------------------------------------------------------

    @property
    def hides(self) -> bool:
        """Whether something of the table is hidden."""
        return next(self._hidden(), None) is not None

    def _hidden(self) -> Iterator[TableMistake]:
        """Rows and columns that the person who looks at the file does not see: nobody has checked them."""
        parts = self._parts
        filled = [row for row in self._rows if row.number in parts.rows and not row.blank]
        if filled:
            problem = Problem("rows_hidden", "", (("rows", _few(row.number for row in filled)),))
            yield TableMistake(self.sheet.sheet, self.sheet.heading_rows[-1], problem)
        columns = [column for column in self.sheet.columns if column.index in parts.columns and column.meaning]
        if columns:
            problem = Problem("columns_hidden", "", (("columns", _few(letters(column.index) for column in columns)),))
            yield TableMistake(self.sheet.sheet, self.sheet.heading_rows[-1], problem)

    def questions(self, answers: SheetMapping) -> list[TableMistake]:
        """All that has to be asked about the texts, and about what is hidden, beside what a person has answered."""
        return list(dict.fromkeys(self._questions(answers)))

    def _questions(self, answers: SheetMapping) -> Iterator[TableMistake]:
        answered = set(answers.harmless)
        if not answers.with_hidden:
            yield from self._hidden()
        for statement in self.statements:
            yield from self._pieces(statement, answered)
            yield from self._changes(statement)
        yield from self._units()
        yield from self._bases()
        yield from self._years()
        yield from self._names()
        for group in self.found.groups:
            yield from self._shares(group)

    def asked(self) -> tuple[str, ...]:
        """The pieces that a person may call harmless."""
        return tuple(dict.fromkeys(piece for statement in self.statements for piece in self._doubtful(statement)))

    def _doubtful(self, statement: Statement) -> tuple[str, ...]:
        return (*self._other_figures(statement), *self._unknown(statement))

    def _other_figures(self, statement: Statement) -> tuple[str, ...]:
        """A note explains what stands in other columns; that something is planned it says of the figures."""
        account = statement.account
        return account.not_yet if statement.place == NOTE else (*account.not_yet, *account.others)

    def _unknown(self, statement: Statement) -> tuple[str, ...]:
        """A note is free text, and so is a heading between rows that name their indicators themselves; the names in a
        row without figures are nobody's."""
        named_by_rows = statement.place == SECTION and not self.sheet.indicator
        return () if statement.place in (NOTE, ROW) or named_by_rows else statement.account.left

    def _pieces(self, statement: Statement, answered: set[str]) -> Iterator[TableMistake]:
        for code, pieces in (
            ("words_other", self._other_figures(statement)),
            ("words_unknown", self._unknown(statement)),
        ):
            if left := [piece for piece in pieces if piece not in answered]:
                yield statement.mistake(self.sheet.sheet, code, found="、".join(left)[:80])

    def _changes(self, statement: Statement) -> Iterator[TableMistake]:
        """A text between or below the rows that names another month, indicator or region than the sheet's."""
        if statement.place not in (SECTION, NOTE, ROW):
            return
        account, own = statement.account, period_in(self.sheet.month) if self.sheet.month else None
        other_time = any(
            own is None or period.number != own.number or (period.year or own.year) != own.year
            for period in account.periods
        )
        other_names = statement.place != NOTE and (
            (bool(self.sheet.indicator) and bool({*account.indicators} - {self.sheet.indicator}))
            or (bool(self.sheet.region) and bool({*account.regions} - {self.sheet.region}))
        )
        if (other_time and not self._months_in_rows) or (other_names and statement.place == SECTION):
            yield statement.mistake(self.sheet.sheet, "section_changes")

    @property
    def _months_in_rows(self) -> bool:
        """Whether each figure has its month in its own row or above its own column."""
        return "month" in self.found.shared or all(group.fixed[2] for group in self.found.groups)

    def _units(self) -> Iterator[TableMistake]:
        stated = [statement for statement in self.statements if statement.account.units]
        for statement in stated:
            for group in self.found.groups:
                for indicator in self.indicators[group.position]:
                    units = statement.account.units
                    if not _has_own_unit(group) and all(units_differ(unit, indicator.unit) for unit in units):
                        details = {"found": units[0], "unit": indicator.unit, "indicator": indicator.name}
                        yield statement.mistake(self.sheet.sheet, "unit_stated_differs", "unit", **details)
                        break

    def _bases(self) -> Iterator[TableMistake]:
        """Totals since January where the month's figure is entered, and the other way round."""
        since = next((statement for statement in self.statements if statement.account.since_january), None)
        for group in self.found.groups:
            column = group.columns.get("value")
            alone = column is not None and self._reader.account(column.heading).month_alone
            beside = any(other.meaning == "to_date" or "累计" in other.heading for other in self.sheet.columns)
            for indicator in self.indicators[group.position]:
                if indicator.to_date and alone and column is not None and "to_date" not in group.columns:
                    yield self._at(column, "only_month", found=quoted(column.heading), indicator=indicator.name)
                elif not indicator.to_date and since is not None and not (alone and beside):
                    yield since.mistake(self.sheet.sheet, "title_to_date", "value", indicator=indicator.name)

    def _years(self) -> Iterator[TableMistake]:
        """Dates whose year a spreadsheet has guessed: the title says another one."""
        title = next((statement for statement in self.statements if self.sheet.year in statement.account.years), None)
        others = {line.month.year for line in self.found.lines} - {self.sheet.year} if self.sheet.year else set()
        if title is not None and others:
            yield title.mistake(self.sheet.sheet, "year_contradicts", "month", found=str(min(others)))

    def _names(self) -> Iterator[TableMistake]:
        """The sheet's name and its title name two indicators."""
        named = {statement.place: statement for statement in self.statements if statement.account.indicators}
        if self.sheet.sources.get("indicator") == "mapping" or not {SHEET, TITLE} <= set(named):
            return
        if not {*named[SHEET].account.indicators} & {*named[TITLE].account.indicators}:
            name, title = quoted(self.sheet.sheet), quoted(named[TITLE].text)
            yield named[TITLE].mistake(self.sheet.sheet, "indicator_contradicts", "indicator", sheet=name, title=title)

    def _shares(self, group: FigureColumnGroup) -> Iterator[TableMistake]:
        """Percentages where things are counted, and numbers that may be a share or its hundredfold."""
        column = group.columns.get("value")
        if column is None:
            return
        cells = self.found.column_cells(column)
        if cell := self._first(group, cells, _is_percentage, _is_no_share):
            yield self._at(column, "percentage_of_count", found=cell)
        stated = any(statement.account.units for statement in self.statements)
        said = column.unit or stated or "unit" in self.found.shared
        if not said and (cell := self._first(group, cells, _is_fraction, _is_large_share)):
            yield self._at(column, "fraction_or_percentage", found=cell)

    def _first(
        self,
        group: FigureColumnGroup,
        cells: Sequence[Cell],
        looks: Callable[[Cell], bool],
        meant: Callable[[NamedIndicator], bool],
    ) -> str:
        """The first cell of this look whose row is of an indicator that is meant; "" if there is none."""
        names = {indicator.name for indicator in self.indicators[group.position] if meant(indicator)}
        rows = (
            {row.number: cell for row, cell in zip(self.found.rows, cells, strict=False) if looks(cell)}
            if names
            else {}
        )
        for line in self._lines[group.position] if rows else ():
            indicator = self._known.indicators.match(line.indicator) if line.row in rows else None
            if indicator and indicator.name in names:
                return quoted(rows[line.row])
        return ""

    def _at(self, column: RecognisedColumn, code: str, **details: str) -> TableMistake:
        row = self.sheet.heading_rows[-1]
        problem = Problem(code, "value", tuple(details.items()))
        return TableMistake(self.sheet.sheet, row, problem, address_of_cell(column.index, row), column.heading)


def _few(places: Iterable[object]) -> str:
    """The first places, and that there are more."""
    told = [str(place) for place in places]
    return "、".join(told[:MOST_PLACES]) + ("…" if len(told) > MOST_PLACES else "")


def _has_own_unit(group: FigureColumnGroup) -> bool:
    return any(column.unit for column in group.columns.values())


def _is_share(indicator: NamedIndicator) -> bool:
    return canonical_name(indicator.unit) == PERCENT


def _is_no_share(indicator: NamedIndicator) -> bool:
    return bool(indicator.unit) and not _is_share(indicator)


def _is_large_share(indicator: NamedIndicator) -> bool:
    return _is_share(indicator) and not indicator.below_one


def _is_percentage(cell: Cell) -> bool:
    return isinstance(cell, str) and is_percentage_text(cell)


def _is_fraction(cell: Cell) -> bool:
    """A number between 0 and 1 without a percent sign."""
    text = text_of_cell(cell) if isinstance(cell, int | float | str) and not isinstance(cell, bool) else ""
    try:
        return 0 < abs(float(text)) < 1
    except ValueError:
        return False
