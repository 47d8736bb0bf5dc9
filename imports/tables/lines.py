"""What is made of a table: its figures, and everything that is wrong with it (pure, imports no Django)."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from imports.files.cells import address_of_cell
from imports.tables.columns import RecognisedColumn
from imports.tables.mappings import FileMapping
from imports.tables.recognition import Recognition
from imports.tables.samples import Sample
from plans.periods import Month
from targets.entry_rules.figures import Problem


@dataclass(frozen=True, slots=True)
class TableMistake:
    """A problem and the row where it is; row 0 is about the sheet as a whole. `cell` is its address (D5) if it has one,
    and `heading` what stands above it.
    """

    sheet: str
    row: int
    problem: Problem
    cell: str = ""
    heading: str = ""


class FigureLine(NamedTuple):
    """A figure that was understood; who or where `indicator` and `region` are is not known yet.

    `to_date` is the running total beside `value`, `span` the number of months up to `month` that are meant, `group` the
    columns of the sheet in which the figure stands (0 in a table of one figure a row).
    """

    sheet: str
    row: int
    indicator: str
    region: str
    month: Month
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    note: str = ""
    occurred_on: date | None = None
    to_date: Decimal | None = None
    span: int = 1
    department: str = ""
    unit: str = ""
    group: int = 0


@dataclass(frozen=True, slots=True)
class FigureFragment:
    """The names of a figure of which something else was not understood; "" for a name that is missing."""

    sheet: str
    row: int
    indicator: str
    region: str
    department: str = ""
    group: int = 0


@dataclass(slots=True)
class FigureTable:
    """All that was found: `read` figures, the lines among them that were understood, and every mistake.

    `fragments` are the others, kept so that their names are checked too, and all mistakes told at once.
    `columns` knows where each meaning stands, by sheet and group. `samples` are the first rows of the sheets, `mapping`
    is what a person has said about them.
    """

    read: int = 0
    lines: list[FigureLine] = field(default_factory=list)
    fragments: list[FigureFragment] = field(default_factory=list)
    mistakes: list[TableMistake] = field(default_factory=list)
    recognition: Recognition = field(default_factory=Recognition)
    columns: dict[tuple[str, int], dict[str, RecognisedColumn]] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    mapping: FileMapping = field(default_factory=FileMapping)

    def mistake(self, found: FigureLine | FigureFragment, problem: Problem) -> TableMistake:
        """The problem with a figure, at the cell it is about."""
        columns = self.columns.get((found.sheet, found.group), {})
        column = columns.get(problem.column) or columns.get("value") or next(iter(columns.values()), None)
        if column is None:
            return TableMistake(found.sheet, found.row, problem)
        return TableMistake(found.sheet, found.row, problem, address_of_cell(column.index, found.row), column.heading)
