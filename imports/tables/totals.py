"""Totals among the figures: left out where they equal the sum of their parts, and told where they do not (pure).

Nothing may be counted twice: neither a row 合计 under its parts, nor the city's row beside its counties'.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from imports.tables.extraction import FIGURES, Extraction, FigureColumnGroup
from imports.tables.lines import FigureFragment, FigureLine, FigureTable, TableMistake
from imports.tables.recognition import leave_out_row
from imports.vocabulary.conversion import BadCell
from imports.vocabulary.names import KnownNames, NamedRegion
from plans.periods import Month
from targets.entry_rules.figures import Problem

Key = tuple[str | None, Month | None]


class TotalDifference(NamedTuple):
    """A total that is not the sum of its parts."""

    column: str
    stated: Decimal
    found: Decimal

    @property
    def problem(self) -> Problem:
        details = (("stated", _text(self.stated)), ("found", _text(self.found)))
        return Problem("total_differs", self.column, details)


def _text(number: Decimal) -> str:
    return format(number.normalize(), "f")


def find_total_difference(stated: dict[str, Decimal], parts: Sequence[FigureLine]) -> TotalDifference | None:
    """Where the total is not the sum of its parts; None if it is the sum. A rate beside its parts is no sum."""
    for column, number in stated.items():
        if column in ("value", "to_date") and "denominator" in stated:
            continue
        found = sum((getattr(part, column) or Decimal(0) for part in parts), Decimal(0))
        if found != number:
            return TotalDifference(column, number, found)
    return None


# --- Rows that call themselves a total --------------------------------------------------------------------------------


class _Parts:
    """The lines of a group, ordered so that the parts of a total are found quickly."""

    def __init__(self, lines: Iterable[FigureLine], rows: Sequence[int]) -> None:
        self.lines = list(lines)
        self._rows = [line.row for line in self.lines]
        self._totals = list(rows)
        self._of: dict[Key, list[FigureLine]] = {}

    def candidates(self, row: int, key: Key) -> list[list[FigureLine]]:
        """The lines up to the last total, the lines down to the next total, and all lines: a total may mean each of the
        three."""
        place = bisect_left(self._totals, row)
        above = self._totals[place - 1] if place else 0
        below = self._totals[place + 1] if place + 1 < len(self._totals) else self._rows[-1] + 1 if self._rows else 0
        blocks = [self._between(above, row), self._between(row, below)]
        return [found for found in (*(_matching(block, key) for block in blocks), self._all(key)) if found]

    def _between(self, first: int, last: int) -> list[FigureLine]:
        return self.lines[bisect_right(self._rows, first) : bisect_left(self._rows, last)]

    def _all(self, key: Key) -> list[FigureLine]:
        if key not in self._of:
            self._of[key] = _matching(self.lines, key)
        return self._of[key]


def _matching(lines: Sequence[FigureLine], key: Key) -> list[FigureLine]:
    indicator, month = key
    return [
        line
        for line in lines
        if (indicator is None or line.indicator == indicator) and (month is None or line.month == month)
    ]


def check_rows(found: Extraction) -> None:
    """Leaves out the total rows that are right, and tells those that are wrong."""
    if not found.total_rows:
        return
    numbers = [found.rows[index].number for index in found.total_rows]
    by_group: dict[int, list[FigureLine]] = defaultdict(list)
    for line in found.lines:
        by_group[line.group].append(line)
    parts = {group.position: _Parts(by_group[group.position], numbers) for group in found.groups}
    for index in found.total_rows:
        wrong = [pair for group in found.groups if (pair := _checked(found, group, index, parts[group.position]))]
        if not wrong:
            found.left_out.append(leave_out_row(found.rows[index], "total"))
        for mistake, fragment in wrong:
            found.mistakes.append(mistake)
            found.fragments.append(fragment)


def _checked(
    found: Extraction, group: FigureColumnGroup, index: int, parts: _Parts
) -> tuple[TableMistake, FigureFragment] | None:
    row = found.rows[index].number
    stated = {name: group.values[name][index] for name in FIGURES if name in group.values}
    stated = {name: number for name, number in stated.items() if isinstance(number, Decimal)}
    if not stated:
        return None
    month = group.values["month"][index] if "month" in group.values else None
    indicator = found.name(group, 0, index) or None
    key = (indicator, None if isinstance(month, BadCell) else month)
    candidates = parts.candidates(row, key)
    differences = [find_total_difference(stated, candidate) for candidate in candidates]
    if None in differences:
        return None
    problem = (
        differences[0].problem if differences and differences[0] else Problem("total_without_parts", next(iter(stated)))
    )
    fragment = FigureFragment(found.sheet.sheet, row, indicator or "", "", group=group.position)
    return found.mistake(row, problem, group.columns[problem.column]), fragment


# --- Columns that call themselves a total -----------------------------------------------------------------------------


def check_columns(found: Extraction) -> None:
    """Tells where the column of totals of a wide table is not the sum of the row; more than one such column is left."""
    if len(found.totals) != 1 or len(found.groups) < 2:
        return
    stated = found.readers.convert("total", found.column_cells(found.totals[0]))
    by_row: dict[int, list[FigureLine]] = defaultdict(list)
    for line in found.lines:
        by_row[line.row].append(line)
    for row, number in zip(found.rows, stated, strict=False):
        if not isinstance(number, Decimal) or row.number not in by_row:
            continue
        if all(line.value is None for line in by_row[row.number]):
            continue
        if wrong := find_total_difference({"value": number}, by_row[row.number]):
            found.mistakes.append(found.mistake(row.number, wrong.problem, found.totals[0]))
            found.fragments += [_fragment(line) for line in by_row.pop(row.number)]
    kept = set(by_row)
    found.lines = [line for line in found.lines if line.row in kept]


def _fragment(line: FigureLine) -> FigureFragment:
    return FigureFragment(line.sheet, line.row, line.indicator, line.region, line.department, line.group)


# --- The city beside its counties -------------------------------------------------------------------------------------


def check_wholes(table: FigureTable, known: KnownNames) -> dict[str, list[int]]:
    """Takes out the rows of a region whose figure is made from its parts, where the parts are there too.

    The answer names the rows that were left out, by sheet; those that are not the sum of the parts are told.
    """
    places = {text: known.regions.match(text) for text in {line.region for line in table.lines}}
    parents = {place.parent for place in places.values() if place}
    wholes = {place.id for place in places.values() if place and place.id in parents}
    if not wholes:
        return {}
    return _without_wholes(table, known, places, wholes)


def _without_wholes(
    table: FigureTable, known: KnownNames, places: dict[str, NamedRegion | None], wholes: set[int]
) -> dict[str, list[int]]:
    indicators = {text: known.indicators.match(text) for text in {line.indicator for line in table.lines}}
    parts: dict[tuple[int, int | None, Month], list[FigureLine]] = defaultdict(list)
    candidates: list[tuple[FigureLine, tuple[int, int | None, Month]]] = []
    for line in table.lines:
        indicator, place = indicators[line.indicator], places[line.region]
        if indicator and place and indicator.from_parts:
            parts[indicator.id, place.parent, line.month].append(line)
            if place.id in wholes:
                candidates.append((line, (indicator.id, place.id, line.month)))
    dropped: dict[str, list[int]] = defaultdict(list)
    gone: set[FigureLine] = set()
    for line, key in candidates:
        if key not in parts:
            continue
        gone.add(line)
        stated = {name: getattr(line, name) for name in FIGURES if getattr(line, name) is not None}
        if wrong := find_total_difference(stated, parts[key]):
            table.mistakes.append(table.mistake(line, wrong.problem))
            table.fragments.append(_fragment(line))
        else:
            dropped[line.sheet].append(line.row)
    table.lines = [line for line in table.lines if line not in gone] if gone else table.lines
    return dropped
