"""What the pages of departments show: who answers for what, how it stands, who is behind, who reports on time."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from departments.models import Department, User
from departments.people.groups import groups_standing_for, members_of
from reports.board.heat import HeatLane, draw_heat_lanes
from reports.board.overview import LightCount, counts_in_light_order
from reports.board.standing import PlanStanding
from reports.board.tallies import LightTally, tally_lights_by_lead
from targets.arithmetic.ranking import ranks
from targets.expected.timeliness import TimelinessLine, timeliness_matrix_of
from targets.reading.selectors import TargetRow
from tasks.models import Assignment
from tasks.models.units import departments_about
from tasks.reading.selectors import TaskRow, task_rows_of_departments

ROLES = Assignment.Role.values
"""The order in which responsibilities are told: who leads stands first."""


@dataclass(frozen=True, slots=True)
class Card:
    """A department in the list: how many targets and tasks, and the lights of the targets."""

    department: Department
    counts: Sequence[LightCount]
    targets: int
    tasks: int


@dataclass(frozen=True, slots=True)
class DepartmentKindCards:
    """Departments of one kind, under its name."""

    name: str
    cards: Sequence[Card]


def cards_by_kind(standing: PlanStanding) -> list[DepartmentKindCards]:
    """The departments of the plan's region, the governments of its counties, and whoever else the plan names, by kind,
    with the lights of their targets."""
    order = {value: place for place, (value, _label) in enumerate(Department.Kind.choices)}
    departments = sorted(
        departments_about(standing.plan), key=lambda department: (order[department.kind], department.code)
    )
    members = members_of(departments)
    assigned = Assignment.objects.filter(task__plan=standing.plan).values_list("department_id", "task_id")
    tasks, targets = _held(assigned, members), _held(_assigned_targets(standing), members)
    signals = {row.target.pk: row.attainment.signal for row in standing.rows}
    cards = [
        _card(
            department,
            Counter(signals[pk] for pk in targets[department.pk] if pk in signals),
            len(tasks[department.pk]),
        )
        for department in departments
    ]
    return [
        DepartmentKindCards(str(Department.Kind(kind).label), list(part))
        for kind, part in groupby(cards, key=lambda card: card.department.kind)
    ]


def _card(department: Department, lights: Counter[str], tasks: int) -> Card:
    return Card(department, counts_in_light_order(lights), lights.total(), tasks)


def _assigned_targets(standing: PlanStanding) -> Iterable[tuple[int, int]]:
    return ((duty.department.pk, target_id) for target_id, assigned in standing.duties.items() for duty in assigned)


def _held(
    assigned: Iterable[tuple[int, int]], members: Mapping[int, Sequence[Department]]
) -> Mapping[int, Collection[int]]:
    """Department → the promises that it answers for, whatever its role; what each county is given, each of them has."""
    found: dict[int, set[int]] = defaultdict(set)
    for department_id, promise_id in assigned:
        for holder in (department_id, *(member.pk for member in members.get(department_id, ()))):
            found[holder].add(promise_id)
    return found


@dataclass(frozen=True, slots=True)
class RankedUnit:
    """A unit that leads targets, among all that do: rank 1 has most red ones, then most yellow ones; `punctuality` is
    None for nothing due, or nothing that the person may see."""

    rank: int | None
    tally: LightTally
    punctuality: Fraction | None


def rank_leading_units(standing: PlanStanding, user: User) -> list[RankedUnit]:
    """Who is behind with what it leads, the worst first; units with as many red and yellow lights share a rank."""
    tallies = [tally for tally in tally_lights_by_lead(standing.rows, standing.duties) if tally.is_led]
    weights = [weight(tally.counts, len(standing.rows) + 1) for tally in tallies]
    on_time = {code: line.passed.punctuality for code, line in timeliness_by_unit(standing, user).items()}
    return [
        RankedUnit(rank, tally, on_time.get(tally.key))
        for tally, rank in zip(tallies, ranks(weights, higher=True), strict=True)
    ]


def weight(counts: Sequence[LightCount], more: int) -> Decimal:
    """How far behind the lights are: one red light weighs more than all yellow ones, of which there are fewer than
    `more`."""
    numbers = {count.colour.name: count.number for count in counts}
    return Decimal(numbers["red"] * more + numbers["yellow"])


def timeliness_by_unit(standing: PlanStanding, user: User) -> Mapping[str, TimelinessLine]:
    """Unit → its months of reporting, of the units that the person may see; nothing on an earlier day, of which it is
    not known what had been handed in."""
    if standing.day is not None:
        return {}
    matrix = timeliness_matrix_of(standing.plan, user, standing.month, standing.end, worst_first=False)
    return {line.code: line for line in matrix.lines}


@dataclass(frozen=True, slots=True)
class RoleDuties:
    """What a unit answers for in one role: targets with their lights, tasks with theirs."""

    role: str
    name: str
    rows: Sequence[TargetRow]
    tasks: Sequence[TaskRow]
    counts: Sequence[LightCount]


@dataclass(frozen=True, slots=True)
class UnitDuties:
    """A unit's page; `line` is None where the person may not see how it reports, or nothing is expected of it."""

    parts: Sequence[RoleDuties]
    lanes: Sequence[HeatLane]
    counts: Sequence[LightCount]
    line: TimelinessLine | None

    @property
    def targets(self) -> int:
        return sum(len(part.rows) for part in self.parts)

    @property
    def tasks(self) -> int:
        return sum(len(part.tasks) for part in self.parts)


def duties_of_unit(department: Department, standing: PlanStanding, user: User) -> UnitDuties:
    """What the unit answers for, by role: what it leads first, then in the plan's order."""
    holders = [department.pk, *groups_standing_for([department.pk]).values_list("pk", flat=True)]
    targets = _roles(holders, standing)
    tasks = roles_in_tasks(holders, task_rows_of_departments(standing.plan, standing.month.last_day, [department.pk]))
    parts = [
        _part(role, [row for row, held in targets if held == role], [task for task, held in tasks if held == role])
        for role in ROLES
    ]
    rows = [row for part in parts for row in part.rows]
    return UnitDuties(
        [part for part in parts if part.rows or part.tasks],
        draw_heat_lanes(standing, rows),
        _counted(rows),
        timeliness_by_unit(standing, user).get(department.code),
    )


def tasks_of_governments(governments: Sequence[Department], standing: PlanStanding) -> list[tuple[TaskRow, str]]:
    """The tasks for which a county's government answers, each with its role in words."""
    units = [government.pk for government in governments]
    if not units:
        return []
    rows = task_rows_of_departments(standing.plan, standing.month.last_day, units)
    roles = roles_in_tasks([*units, *groups_standing_for(units).values_list("pk", flat=True)], rows)
    return [(row, str(Assignment.Role(role).label)) for row, role in roles]


def _roles(holders: Sequence[int], standing: PlanStanding) -> list[tuple[TargetRow, str]]:
    """The targets that the unit answers for, each with its role."""
    held = {
        target_id: _role(holders, {assignment.department.pk: assignment.role for assignment in assigned})
        for target_id, assigned in standing.duties.items()
    }
    return [(row, role) for row in standing.rows if (role := held.get(row.target.pk, ""))]


def roles_in_tasks(holders: Sequence[int], rows: Iterable[TaskRow]) -> list[tuple[TaskRow, str]]:
    """The tasks, each with the unit's role in it."""
    return [
        (row, _role(holders, {assignment.department_id: assignment.role for assignment in row.assignments}))
        for row in rows
    ]


def _role(holders: Sequence[int], roles: Mapping[int, str]) -> str:
    """The unit's role, else the role of a department that stands for it; empty for no role. The unit is the first
    holder."""
    return next((roles[holder] for holder in holders if holder in roles), "")


def _part(role: str, rows: Sequence[TargetRow], tasks: Sequence[TaskRow]) -> RoleDuties:
    return RoleDuties(role, str(Assignment.Role(role).label), rows, tasks, _counted(rows))


def _counted(rows: Sequence[TargetRow]) -> list[LightCount]:
    return counts_in_light_order(Counter(row.attainment.signal for row in rows))
