"""What the overview shows: one plan as of one month, counted by light, in the plan's order."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from departments.models import User
from plans.models import Clause, Plan
from plans.periods import Month
from targets.lights import COLOURS, Colour
from targets.models import Attainment
from targets.selectors import Row, Trends, rows_of


@dataclass(frozen=True, slots=True)
class Count:
    """How many targets show one light."""

    colour: Colour
    number: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A clause with the targets that stand in it."""

    clause: Clause
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A top-level clause (一, 二, 三) with its passages; `number` counts the targets shown."""

    clause: Clause
    passages: Sequence[Passage]

    @property
    def number(self) -> int:
        return sum(len(passage.rows) for passage in self.passages)


def rows(plan: Plan, month: Month, user: User, known: Trends) -> list[Row]:
    """Every target of the plan that the person may see, as of the month, in the plan's order."""
    found = Attainment.objects.of_plan(plan).visible_to(user).filter(month=month)
    return rows_of(found, known)


def counts(listed: Sequence[Row]) -> list[Count]:
    """How many targets show which light."""
    return counts_of(Counter(row.attainment.signal for row in listed))


def counts_of(numbers: Mapping[str, int]) -> list[Count]:
    """Light → number as the four lights in their order."""
    return [Count(colour, numbers.get(colour.name, 0)) for colour in COLOURS]


def pressing(listed: Sequence[Row]) -> list[Row]:
    """What leadership has to know first: red before yellow, each in the plan's order."""
    return [row for colour in ("red", "yellow") for row in listed if row.attainment.signal == colour]


def chapters(plan: Plan, listed: Sequence[Row]) -> list[Chapter]:
    """The rows by chapter and clause, in the plan's order."""
    clauses = {clause.pk: clause for clause in plan.clauses.defer("text")}
    passages = [
        Passage(clauses[key], list(part)) for key, part in groupby(listed, key=lambda row: row.target.clause_id)
    ]
    parts = groupby(passages, key=lambda passage: root(passage.clause, clauses).pk)
    return [Chapter(clauses[key], list(part)) for key, part in parts]


def root(clause: Clause, clauses: dict[int, Clause]) -> Clause:
    """The top-level clause that a clause is part of."""
    while clause.parent_id is not None:
        clause = clauses[clause.parent_id]
    return clause
