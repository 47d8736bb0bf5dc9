"""The matrix of reporting: unit × month, and what each cell is made of.

Everything is counted from the figures that `duties` expects and the entries made of them; in a constant number
of queries, however many units, months and figures.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from django.utils.translation import gettext_lazy as _

from departments import access
from departments.access import Reach
from departments.models import Department, Region, User
from departments.permissions import Action
from plans.models import Plan
from plans.periods import Month
from reviews.workflow import ReviewState
from targets.arithmetic.quantities import shown_apart
from targets.expected.deadlines import Deadline, Deadlines
from targets.expected.duties import ExpectedFigures, FigureKey, expected_of
from targets.expected.punctuality import (
    DatedEntry,
    HandingInFact,
    PunctualityTally,
    Status,
    fact_of,
    pool_tallies,
    status_of,
)
from targets.models import Indicator, Observation, Revision
from targets.models.duty import COUNTY
from targets.wording.lights import Light
from targets.wording.number_texts import number_in_full, with_unit

NOBODY = "-"
"""Stands in an address for the figures that nobody has been named for; no department is called so."""

MARKS = {
    Status.ON_TIME: Light("green", "met", _("On time")),
    Status.LATE: Light("yellow", "warning", _("Late")),
    Status.RETURNED: Light("yellow", "returned", _("Returned, not handed in again")),
    Status.MISSING: Light("red", "behind", _("Missing")),
    Status.NOT_DUE: Light("grey", "not-due", _("Not due yet")),
    Status.NOTHING_EXPECTED: Light("grey", "nothing", _("Nothing is expected")),
}
"""How a status is drawn, and its word."""


def timeliness_share_text(share: Fraction | None) -> str:
    """A share in %, with one decimal or as many more as it takes not to look like all of it; a dash for none."""
    if share is None:
        return "—"
    percent = Decimal(share.numerator * 100) / share.denominator
    return with_unit(number_in_full(shown_apart(percent, Decimal(100), 1)[0]), "%")


@dataclass(frozen=True, slots=True)
class TimelinessCell:
    """A unit's month; `passed`: its deadline has, so that it counts for the rates."""

    month: Month
    tally: PunctualityTally
    passed: bool

    @property
    def mark(self) -> Light:
        return MARKS[self.tally.status]


@dataclass(frozen=True, slots=True)
class TimelinessLine:
    """A unit's months, and those of them together whose deadline has passed; no unit: nobody has been named."""

    unit: Department | None
    cells: Sequence[TimelinessCell]

    @property
    def code(self) -> str:
        return self.unit.code if self.unit is not None else NOBODY

    @property
    def passed(self) -> PunctualityTally:
        return pool_tallies(cell.tally for cell in self.cells if cell.passed)


@dataclass(frozen=True)
class TimelinessMatrix:
    """Every unit that the person may see, in the year of the month shown and up to it; in the plan's order or the worst
    first."""

    plan: Plan
    deadlines: Sequence[Deadline]
    unknown_years: Sequence[int]
    lines: Sequence[TimelinessLine]

    @cached_property
    def columns(self) -> Sequence[TimelinessCell]:
        """All units together, month by month."""
        together = zip(*(line.cells for line in self.lines), strict=True)
        return [
            TimelinessCell(cells[0].month, pool_tallies(cell.tally for cell in cells), cells[0].passed)
            for cells in together
        ]

    @property
    def total(self) -> PunctualityTally:
        """All units and months whose deadline has passed."""
        return pool_tallies(line.passed for line in self.lines)


@dataclass(frozen=True, slots=True)
class ReportedFigure:
    """An expected figure: its indicator and region, its status, its first entry that counts and its last one;
    `visible`: the person may read its history."""

    indicator: Indicator
    region: Region
    mark: Light
    first: Revision | None
    last: Revision | None
    visible: bool


def timeliness_matrix_of(
    plan: Plan, user: User, until: Month, now: datetime, *, worst_first: bool = True
) -> TimelinessMatrix:
    """The matrix from the first of the plan's months of a year to one of them, as it stands at a moment."""
    deadlines = Deadlines.of(plan).of_year(until.year)
    expected = expected_of(plan, set(deadlines.by_month))
    shown = [deadline for month, deadline in deadlines.by_month.items() if month <= until]
    units = _units(plan, expected, access.reach(user, Action.VIEW_OBSERVATIONS))
    wanted = {None if unit is None else unit.pk for unit in units}
    facts = _facts([key for key, department_id in expected.figures.items() if department_id in wanted])
    lines = [_line(unit, expected, shown, facts, now) for unit in units]
    ordered = sorted(lines, key=_how_bad) if worst_first else lines
    return TimelinessMatrix(plan, shown, deadlines.unknown_years, ordered)


def may_see_timeliness_of(reached: Reach, unit: Department | None, plan: Plan) -> bool:
    """Whether the person's permission to see figures covers what this unit reports for a plan."""
    if reached.sees(plan.region_id):
        return True
    if unit is None or reached.sees(unit.region_id):
        return unit is not None
    if unit.kind == COUNTY:
        return unit.region_id in reached.regions
    return unit.pk in reached.departments


def _units(plan: Plan, expected: ExpectedFigures, reached: Reach) -> list[Department | None]:
    """The units of which anything is expected in the year: bureaus in the plan's order, counties, then nobody."""
    order = list(dict.fromkeys(expected.figures.values()))
    known = Department.objects.select_related("region").in_bulk(
        [department_id for department_id in order if department_id is not None]
    )
    bureaus = [
        known[department_id]
        for department_id in order
        if department_id is not None and known[department_id].kind != COUNTY
    ]
    counties = sorted((unit for unit in known.values() if unit.kind == COUNTY), key=lambda unit: unit.region.code)
    nobody = [None] if None in order else []
    return [unit for unit in (*bureaus, *counties, *nobody) if may_see_timeliness_of(reached, unit, plan)]


def _facts(keys: Collection[FigureKey]) -> Mapping[FigureKey, HandingInFact]:
    """What is known of each figure, in one query."""
    entries: dict[FigureKey, list[DatedEntry]] = defaultdict(list)
    rows = Revision.objects.handed_in(keys).values_list(
        "observation__indicator_id", "observation__region_id", "observation__month", "created_at", "state"
    )
    for indicator_id, region_id, month, at, state in rows:
        entries[FigureKey(indicator_id, region_id, month)].append(DatedEntry(at, ReviewState(state)))
    return {key: fact_of(entries.get(key, ())) for key in keys}


def _line(
    unit: Department | None,
    expected: ExpectedFigures,
    shown: Sequence[Deadline],
    facts: Mapping[FigureKey, HandingInFact],
    now: datetime,
) -> TimelinessLine:
    department_id = None if unit is None else unit.pk
    cells = []
    for deadline in shown:
        keys = expected.of(department_id, deadline.month)
        tally = PunctualityTally.of(status_of(facts[key], deadline.ends, now) for key in keys)
        cells.append(TimelinessCell(deadline.month, tally, now >= deadline.ends))
    return TimelinessLine(unit, cells)


def _how_bad(line: TimelinessLine) -> tuple[bool, Fraction | int, Fraction | int]:
    """The lowest share first; units of which nothing has been due yet last."""
    passed = line.passed
    return (passed.punctuality is None, passed.punctuality or 0, passed.completeness or 0)


def reported_figures_of(
    unit: Department | None, plan: Plan, deadline: Deadline, user: User, now: datetime
) -> list[ReportedFigure]:
    """What a cell of the matrix is made of, in the plan's order."""
    expected = expected_of(plan, {deadline.month})
    keys = expected.of(None if unit is None else unit.pk, deadline.month)
    regions = Region.objects.in_bulk({key.region_id for key in keys})
    revisions, visible = _by_key(keys), _visible(keys, user)
    found = []
    for key in keys:
        made = revisions.get(key, ())
        fact = fact_of(DatedEntry(entry.created_at, ReviewState(entry.state)) for entry in made)
        first = next((entry for entry in made if entry.created_at == fact.first_at), None)
        mark = MARKS[status_of(fact, deadline.ends, now)]
        indicator, region = expected.indicators[key.indicator_id], regions[key.region_id]
        found.append(ReportedFigure(indicator, region, mark, first, made[-1] if made else None, key in visible))
    return found


def _by_key(keys: Collection[FigureKey]) -> Mapping[FigureKey, Sequence[Revision]]:
    """The entries of each figure, with their authors."""
    found: dict[FigureKey, list[Revision]] = defaultdict(list)
    for revision in Revision.objects.handed_in(keys).select_related("observation", "author"):
        row = revision.observation
        found[FigureKey(row.indicator_id, row.region_id, row.month)].append(revision)
    return found


def _visible(keys: Collection[FigureKey], user: User) -> set[FigureKey]:
    """The figures whose history the person may read; a figure of which nothing was ever entered has none."""
    rows = Observation.objects.visible_to(user).around(keys)
    return {FigureKey(*row) for row in rows.values_list("indicator_id", "region_id", "month")}
