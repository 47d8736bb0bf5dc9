"""What the pages of departments show: who answers for what, how it stands, who is behind, who reports on time."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from departments.models import Department, User
from reports.heat import Lane, lanes
from reports.overview import Count, counts_of
from reports.standing import Standing
from reports.tallies import Tally, by_lead
from targets.ranking import ranks
from targets.selectors import Row
from targets.timeliness import Line, matrix_of
from tasks.models import Assignment
from tasks.models.units import departments_about
from tasks.selectors import Row as TaskRow
from tasks.selectors import of_departments

ROLES = Assignment.Role.values
"""The order in which responsibilities are told: who leads stands first."""


@dataclass(frozen=True, slots=True)
class Card:
    """A department in the list: how many targets and tasks, and the lights of the targets."""

    department: Department
    counts: Sequence[Count]
    targets: int
    tasks: int


@dataclass(frozen=True, slots=True)
class Kind:
    """Departments of one kind, under its name."""

    name: str
    cards: Sequence[Card]


def kinds(standing: Standing) -> list[Kind]:
    """The departments of the plan's region, the governments of its counties, and whoever else the plan names, by kind,
    with the lights of their targets."""
    lights = _lights(standing)
    tasks = Counter(Assignment.objects.filter(task__plan=standing.plan).values_list("department_id", flat=True))
    order = {value: place for place, (value, _label) in enumerate(Department.Kind.choices)}
    departments = sorted(departments_about(standing.plan), key=lambda one: (order[one.kind], one.code))
    cards = [_card(one, lights.get(one.pk, Counter()), tasks[one.pk]) for one in departments]
    return [
        Kind(str(Department.Kind(kind).label), list(part))
        for kind, part in groupby(cards, key=lambda card: card.department.kind)
    ]


def _card(department: Department, lights: Counter[str], tasks: int) -> Card:
    return Card(department, counts_of(lights), lights.total(), tasks)


def _lights(standing: Standing) -> Mapping[int, Counter[str]]:
    """Department → light → number of targets, whatever its role."""
    signals = {row.target.pk: row.attainment.signal for row in standing.rows}
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for target_id, assigned in standing.duties.items():
        for one in assigned:
            if target_id in signals:
                found[one.department.pk][signals[target_id]] += 1
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """A unit that leads targets, among all that do: rank 1 has most red ones, then most yellow ones; `punctuality` is
    None for nothing due, or nothing that the person may see."""

    rank: int | None
    tally: Tally
    punctuality: Fraction | None


def behind(standing: Standing, user: User) -> list[Place]:
    """Who is behind with what it leads, the worst first; units with as many red and yellow lights share a rank."""
    tallies = [one for one in by_lead(standing.rows, standing.duties) if one.is_led]
    weights = [weight(one.counts, len(standing.rows) + 1) for one in tallies]
    on_time = {code: line.passed.punctuality for code, line in timeliness(standing, user).items()}
    return [
        Place(rank, one, on_time.get(one.key)) for one, rank in zip(tallies, ranks(weights, higher=True), strict=True)
    ]


def weight(counts: Sequence[Count], more: int) -> Decimal:
    """How far behind the lights are: one red light weighs more than all yellow ones, of which there are fewer than
    `more`."""
    numbers = {count.colour.name: count.number for count in counts}
    return Decimal(numbers["red"] * more + numbers["yellow"])


def timeliness(standing: Standing, user: User) -> Mapping[str, Line]:
    """Unit → its months of reporting, of the units that the person may see; nothing on an earlier day, of which it is
    not known what had been handed in."""
    if standing.day is not None:
        return {}
    matrix = matrix_of(standing.plan, user, standing.month, standing.end, worst_first=False)
    return {line.code: line for line in matrix.lines}


@dataclass(frozen=True, slots=True)
class Part:
    """What a unit answers for in one role: targets with their lights, tasks with theirs."""

    role: str
    name: str
    rows: Sequence[Row]
    tasks: Sequence[TaskRow]
    counts: Sequence[Count]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's page; `line` is None where the person may not see how it reports, or nothing is expected of it."""

    parts: Sequence[Part]
    lanes: Sequence[Lane]
    counts: Sequence[Count]
    line: Line | None

    @property
    def targets(self) -> int:
        return sum(len(one.rows) for one in self.parts)

    @property
    def tasks(self) -> int:
        return sum(len(one.tasks) for one in self.parts)


def unit_of(department: Department, standing: Standing, user: User) -> Unit:
    """What the unit answers for, by role: what it leads first, then in the plan's order."""
    targets = _roles(department, standing)
    day = standing.month.last_day
    tasks = [(one, _role(department, one)) for one in of_departments(standing.plan, day, [department.pk])]
    parts = [
        _part(role, [row for row, held in targets if held == role], [one for one, held in tasks if held == role])
        for role in ROLES
    ]
    rows = [row for one in parts for row in one.rows]
    return Unit(
        [one for one in parts if one.rows or one.tasks],
        lanes(standing, rows),
        _counted(rows),
        timeliness(standing, user).get(department.code),
    )


def _roles(department: Department, standing: Standing) -> list[tuple[Row, str]]:
    """The targets that the unit answers for, each with its role."""
    held = {
        target_id: one.role
        for target_id, assigned in standing.duties.items()
        for one in assigned
        if one.department.pk == department.pk
    }
    return [(row, held[row.target.pk]) for row in standing.rows if row.target.pk in held]


def _role(department: Department, task: TaskRow) -> str:
    return next((one.role for one in task.assignments if one.department_id == department.pk), "")


def _part(role: str, rows: Sequence[Row], tasks: Sequence[TaskRow]) -> Part:
    return Part(role, str(Assignment.Role(role).label), rows, tasks, _counted(rows))


def _counted(rows: Sequence[Row]) -> list[Count]:
    return counts_of(Counter(row.attainment.signal for row in rows))
