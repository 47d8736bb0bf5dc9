"""A sheet of quotas: which number stands for which region and target, and what cannot be understood (pure).

Regions stand below each other, by code, by name or both, in the columns before the first target; targets beside each
other, by code, by name or both, in the first rows. Every cell that means nothing is told with its address, none is
guessed: an empty cell owes nothing, and what the sheet leaves out is left as it is, or told.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from departments.rules.typed import number_of
from imports.files.cells import Cell, FileRow, FileRows, MergedCell, address_of_cell, is_blank_cell, text_of_cell
from imports.vocabulary.names import NamedEntity, NamedIndicator, NameIndex
from imports.vocabulary.values import CellError, quoted, read_number_cell
from targets.entry_rules.figures import Problem

HEADING_ROWS = 20
PLAN, VERSIONS, CODES, TOTAL = "计划编码", "版本", "地区代码", "合计"
"""What stands in the first column of the rows that hold no region."""
_NO_REGION = frozenset({PLAN, VERSIONS, CODES, TOTAL, "地区", "总计", "小计", "全市", "全省", "全县", "全区"})


@dataclass(frozen=True, slots=True)
class QuotaSheetScope:
    """What may stand in the sheet: the parts of the plan's region, and the targets that are divided.

    `whole` are the names of the plan's region, `allowed` the regions that may have a quota of a target, `owing` those
    that have one, `check` says why a number is no quota of a target.
    """

    plan: str
    regions: NameIndex[NamedEntity]
    targets: NameIndex[NamedIndicator]
    whole: Collection[str]
    allowed: Mapping[int, Collection[int]]
    owing: Mapping[int, Collection[int]]
    check: Callable[[int, Decimal], Sequence[Problem]]


@dataclass(frozen=True, slots=True)
class QuotaSheetMistake:
    """What is wrong in which cell of which sheet: B4; an empty address for the sheet as a whole."""

    sheet: str
    cell: str
    problem: Problem


@dataclass(slots=True)
class QuotaSheetReading:
    """What a sheet says: target id → region id → number; from which versions of quotas it was made; what is wrong."""

    numbers: dict[int, dict[int, Decimal]] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)
    mistakes: list[QuotaSheetMistake] = field(default_factory=list)


def read_quotas(rows: FileRows, known: QuotaSheetScope) -> QuotaSheetReading:
    """The numbers of the one sheet that has targets in its headings."""
    sheets = [list(of) for _name, of in groupby(rows, attrgetter("sheet"))]
    found = [sheet for sheet in sheets if _headings(sheet, known)]
    read = QuotaSheetReading()
    if len(found) != 1:
        code = "quotas_no_heading" if not found else "quotas_several_sheets"
        read.mistakes.append(QuotaSheetMistake("", "", Problem(code, "indicator")))
        return read
    _Reading(found[0], known, read).run()
    return read


def _headings(sheet: Iterable[FileRow], known: QuotaSheetScope) -> dict[int, dict[int, NamedEntity]]:
    """Column → row number → the target that is named there."""
    found: dict[int, dict[int, NamedEntity]] = {}
    for row in list(sheet)[:HEADING_ROWS]:
        for column, cell in enumerate(row.cells):
            if isinstance(cell, str) and (target := known.targets.match(cell)) is not None:
                found.setdefault(column, {})[row.number] = target
    return found


class _Reading:
    """One sheet, read from its headings downward."""

    def __init__(self, sheet: Sequence[FileRow], known: QuotaSheetScope, read: QuotaSheetReading) -> None:
        self.sheet, self.known, self.read = sheet, known, read
        self.headings = _headings(sheet, known)
        self.first_column = min(self.headings)
        self.last_heading = max(number for named in self.headings.values() for number in named)
        self.columns: dict[int, NamedEntity] = {}
        self.rows: dict[int, int] = {}

    def run(self) -> None:
        """Headings first, then the rows below them, then what is missing."""
        for column, named in sorted(self.headings.items()):
            self._target(column, named)
        self._marks()
        below = [row for row in self.sheet if row.number > self.last_heading]
        for row in below:
            self._row(row)
        self._left_out()

    def wrong(self, column: int, row: int, problem: Problem) -> None:
        """Notes what is wrong in a cell."""
        self.read.mistakes.append(QuotaSheetMistake(self.sheet[0].sheet, address_of_cell(column, row), problem))

    def _target(self, column: int, named: Mapping[int, NamedEntity]) -> None:
        first, *others = named.values()
        row = max(named)
        if any(other != first for other in others):
            self.wrong(column, row, Problem("quotas_heading_differs", "indicator", (("found", first.name),)))
        elif first in self.columns.values():
            self.wrong(column, row, Problem("quotas_column_twice", "indicator", (("found", first.name),)))
        else:
            self.columns[column] = first
            self.read.numbers[first.id] = {}

    def _marks(self) -> None:
        """For which plan the sheet is, and from which versions it was made, where it tells."""
        for row in self.sheet[:HEADING_ROWS]:
            mark = text_of_cell(row.cells[0]) if row.cells else ""
            if mark == PLAN and (found := text_of_cell(_cell(row, 1))) != self.known.plan:
                self.wrong(1, row.number, Problem("quotas_other_plan", "indicator", (("found", found[:60]),)))
            if mark == VERSIONS:
                for column, target in self.columns.items():
                    seen = number_of(text_of_cell(_cell(row, column)))
                    self.read.seen |= {target.id: seen} if seen is not None else {}

    def _row(self, row: FileRow) -> None:
        names = [(column, text_of_cell(cell).strip()) for column, cell in enumerate(row.cells[: self.first_column])]
        named = [(column, text) for column, text in names if text]
        if named and all(text in _NO_REGION or text in self.known.whole for _column, text in named):
            return
        region = self._region(row, named)
        for column in range(self.first_column, len(row.cells)):
            if not is_blank_cell(row.cells[column]) or isinstance(row.cells[column], MergedCell):
                self._number(row, column, region)

    def _region(self, row: FileRow, named: Sequence[tuple[int, str]]) -> NamedEntity | None:
        """The region that a row names; None where it names none, or two."""
        found: list[NamedEntity] = []
        for column, text in named:
            answer = self.known.regions.find(text)
            if isinstance(answer, Problem):
                self.wrong(column, row.number, answer)
            elif found and answer != found[0]:
                self.wrong(column, row.number, Problem("quotas_region_differs", "region", (("found", found[0].name),)))
            else:
                found.append(answer)
        if len(found) != len(named) or not found:
            filled = any(not is_blank_cell(cell) for cell in row.cells[self.first_column :])
            if not named and filled:
                self.wrong(0, row.number, Problem("region_missing", "region"))
            return None
        return self._once(row, named[0][0], found[0])

    def _once(self, row: FileRow, column: int, region: NamedEntity) -> NamedEntity | None:
        first = self.rows.setdefault(region.id, row.number)
        if first == row.number:
            return region
        self.wrong(column, row.number, Problem("quotas_region_twice", "region", (("first", str(first)),)))
        return None

    def _number(self, row: FileRow, column: int, region: NamedEntity | None) -> None:
        """Keeps the number of a cell, or notes what is wrong with it; in a row of no region only that."""
        target, cell = self.columns.get(column), row.cells[column]
        if target is None:
            if column not in self.headings:
                self._no_target(column)
            return
        try:
            found = _number(cell)
        except CellError as error:
            self.wrong(column, row.number, Problem(error.code, "value", error.details))
            return
        if found is not None and region is not None:
            self._keep(row, column, target, region, found)

    def _keep(self, row: FileRow, column: int, target: NamedEntity, region: NamedEntity, found: Decimal) -> None:
        problems = list(self.known.check(target.id, found))
        if region.id not in self.known.allowed[target.id]:
            problems = [Problem("quotas_no_part", "region", (("region", region.name), ("found", target.name)))]
        for problem in problems[:1]:
            self.wrong(column, row.number, problem)
        if not problems:
            self.read.numbers[target.id][region.id] = found

    def _no_target(self, column: int) -> None:
        """A column of numbers whose heading names no target, told once."""
        row = next((row for row in self.sheet if row.number == self.last_heading), None)
        heading = text_of_cell(_cell(row, column)) if row is not None else ""
        answer = self.known.targets.find(heading) if heading.strip() else Problem("quotas_no_target", "indicator")
        if isinstance(answer, Problem):
            self.wrong(column, self.last_heading, answer)
        self.headings[column] = {}

    def _left_out(self) -> None:
        """Regions that owe something of a target in the sheet, and have no row in it."""
        owing = {pk for target in self.columns.values() for pk in self.known.owing[target.id]}
        for pk in sorted(owing - self.rows.keys(), key=lambda pk: self.known.regions.by_id[pk].code):
            name = self.known.regions.by_id[pk].name
            problem = Problem("quotas_region_left_out", "region", (("region", name),))
            self.read.mistakes.append(QuotaSheetMistake(self.sheet[0].sheet, "", problem))


def _cell(row: FileRow, column: int) -> Cell:
    return row.cells[column] if column < len(row.cells) else None


def _number(cell: Cell) -> Decimal | None:
    """The number of a cell; one that is merged with the cell above it is nobody's."""
    if isinstance(cell, MergedCell):
        raise CellError("quotas_merged")
    if isinstance(cell, str) and cell.lstrip().startswith(("=", "+", "@")):
        raise CellError("not_a_number", found=quoted(cell))
    return read_number_cell(cell)
