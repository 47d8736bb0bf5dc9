"""What is made of a table: its figures, and everything that is wrong with it (pure, imports no Django)."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from imports.files.cells import address
from imports.tables.columns import Column
from imports.tables.mappings import Mapping
from imports.tables.recognition import Recognition
from imports.tables.samples import Sample
from plans.periods import Month
from targets.entry_rules.figures import Problem


@dataclass(frozen=True, slots=True)
class Mistake:
    """A problem and the row where it is; row 0 is about the sheet as a whole. `cell` is its address (D5) if it has one,
    and `heading` what stands above it.
    """

    sheet: str
    row: int
    problem: Problem
    cell: str = ""
    heading: str = ""


class Line(NamedTuple):
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
class Fragment:
    """The names of a figure of which something else was not understood; "" for a name that is missing."""

    sheet: str
    row: int
    indicator: str
    region: str
    department: str = ""
    group: int = 0


@dataclass(slots=True)
class Table:
    """All that was found: `read` figures, the lines among them that were understood, and every mistake.

    `fragments` are the others, kept so that their names are checked too, and all mistakes told at once.
    `columns` knows where each meaning stands, by sheet and group. `samples` are the first rows of the sheets, `mapping`
    is what a person has said about them.
    """

    read: int = 0
    lines: list[Line] = field(default_factory=list)
    fragments: list[Fragment] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    recognition: Recognition = field(default_factory=Recognition)
    columns: dict[tuple[str, int], dict[str, Column]] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    mapping: Mapping = field(default_factory=Mapping)

    def mistake(self, found: Line | Fragment, problem: Problem) -> Mistake:
        """The problem with a figure, at the cell it is about."""
        columns = self.columns.get((found.sheet, found.group), {})
        column = columns.get(problem.column) or columns.get("value") or next(iter(columns.values()), None)
        if column is None:
            return Mistake(found.sheet, found.row, problem)
        return Mistake(found.sheet, found.row, problem, address(column.index, found.row), column.heading)
