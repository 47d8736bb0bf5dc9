"""What the overview shows: one plan as of one month, counted by light, in the plan's order."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from plans.models import Clause
from reports.board.standing import PlanStanding
from targets.reading.selectors import Assigned, TargetRow
from targets.wording.lights import COLOURS, Colour

MOST = 5
"""How many targets stand under "needs attention": as many as one remembers on the way to a meeting."""
_RANK = {colour.name: place for place, colour in enumerate(COLOURS)}


@dataclass(frozen=True, slots=True)
class LightCount:
    """How many targets show one light, and how many more or fewer than a month before (None where none is known)."""

    colour: Colour
    number: int
    change: int | None = None


@dataclass(frozen=True, slots=True)
class ClausePassage:
    """A clause with the targets that stand in it."""

    clause: Clause
    rows: Sequence[TargetRow]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A top-level clause (一, 二, 三) with its passages; `number` counts the targets shown."""

    clause: Clause
    passages: Sequence[ClausePassage]

    @property
    def number(self) -> int:
        return sum(len(passage.rows) for passage in self.passages)


@dataclass(frozen=True, slots=True)
class Attention:
    """A target that needs attention, with who answers for it first."""

    row: TargetRow
    units: Sequence[Assigned]
    worse: bool


def count_lights_of_plan(standing: PlanStanding) -> list[LightCount]:
    """How many targets show which light, and the change against the month before."""
    now = Counter(row.attainment.signal for row in standing.rows)
    before = signals_before(standing)
    if not before:
        return counts_in_light_order(now)
    then = Counter(before.values())
    return [LightCount(colour, now[colour.name], now[colour.name] - then[colour.name]) for colour in COLOURS]


def counts_in_light_order(numbers: Mapping[str, int]) -> list[LightCount]:
    """Light → number as the four lights in their order."""
    return [LightCount(colour, numbers.get(colour.name, 0)) for colour in COLOURS]


def signals_before(standing: PlanStanding) -> dict[int, str]:
    """Target → its light a month before, of the targets shown; nothing in January."""
    month = standing.months.before
    if month is None:
        return {}
    shown = {row.target.pk for row in standing.rows}
    points = {key: standing.known.points.get(key, ()) for key in shown}
    return {key: point.signal for key, listed in points.items() for point in listed if point.month == month}


def pick_attention_targets(standing: PlanStanding) -> list[Attention]:
    """The few that need attention most: red before yellow; what is out of reach first, then what has become worse since
    last month, then the headline targets, each in the plan's order."""
    before = signals_before(standing)
    pressing = [
        Attention(row, leading_assignments(standing.duties.get(row.target.pk, ())), _is_worse(row, before))
        for row in standing.rows
        if row.attainment.signal in ("red", "yellow")
    ]
    return sorted(pressing, key=_urgency)[:MOST]


def _urgency(attention: Attention) -> tuple[int, bool, bool, bool]:
    row = attention.row
    return (
        _RANK[row.attainment.signal],
        row.attainment.needed_reachable is not False,
        not attention.worse,
        not row.target.headline,
    )


def _is_worse(row: TargetRow, before: Mapping[int, str]) -> bool:
    return compare_signals(before.get(row.target.pk, "grey"), row.attainment.signal) < 0


def compare_signals(then: str, now: str) -> int:
    """Below 0 for a light that became worse, above 0 for one that became better; grey is neither better nor worse than
    anything."""
    return 0 if "grey" in (then, now) else _RANK[now] - _RANK[then]


def leading_assignments(assignments: Sequence[Assigned]) -> list[Assigned]:
    """Who leads; where nobody does, all who share the responsibility."""
    return [assignment for assignment in assignments if assignment.role == "lead"] or [
        assignment for assignment in assignments if assignment.role == "shared"
    ]


def group_rows_by_chapter(clauses: Mapping[int, Clause], listed: Sequence[TargetRow]) -> list[Chapter]:
    """The rows by chapter and clause, in the plan's order."""
    passages = [
        ClausePassage(clauses[key], list(part)) for key, part in groupby(listed, key=lambda row: row.target.clause_id)
    ]
    parts = groupby(passages, key=lambda passage: root_of_clause(passage.clause, clauses).pk)
    return [Chapter(clauses[key], list(part)) for key, part in parts]


def root_of_clause(clause: Clause, clauses: Mapping[int, Clause]) -> Clause:
    """The top-level clause that a clause is part of."""
    while clause.parent_id is not None:
        clause = clauses[clause.parent_id]
    return clause
