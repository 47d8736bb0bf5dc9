"""The months of a plan for the plan office: closed by whom, and how complete."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from plans.models import Plan
from plans.periods import Month
from targets.entry_rules.figures import Key
from targets.expected.deadlines import Deadline, Deadlines
from targets.expected.duties import expected_of
from targets.models import MonthLock, Observation, Revision


@dataclass(frozen=True, slots=True)
class MonthStanding:
    """A month: how many figures are official, wait for review, or are expected and neither; and its locks."""

    deadline: Deadline
    approved: int
    waiting: int
    missing: int
    locks: Sequence[MonthLock]

    @property
    def month(self) -> Month:
        return self.deadline.month

    @property
    def lock(self) -> MonthLock | None:
        """The lock that holds now."""
        return next((lock for lock in self.locks if lock.reopened_at is None), None)

    @property
    def reopened(self) -> Sequence[MonthLock]:
        """The locks that were opened again, newest first."""
        return [lock for lock in self.locks if lock.reopened_at is not None]


def standings_of_months(plan: Plan) -> list[MonthStanding]:
    """Every month of the plan, however many years it is for; figures of months before it that count for it are counted
    with those of its first month, with which they are closed."""
    expected = expected_of(plan).figures.keys()
    deadlines = Deadlines.of(plan)
    official, waiting = _official(expected) & expected, _waiting(expected) & expected
    lots = (official, waiting, expected - official - waiting)
    approved, open_ones, missing = (Counter(max(key[2], plan.first_month) for key in lot) for lot in lots)
    locks = _locks(plan)
    return [
        MonthStanding(deadlines[month], approved[month], open_ones[month], missing[month], locks[month])
        for month in plan.months
    ]


def by_year(rows: Iterable[MonthStanding]) -> dict[int, list[MonthStanding]]:
    """The months of each calendar year: a plan may be for several."""
    years: dict[int, list[MonthStanding]] = defaultdict(list)
    for row in rows:
        years[row.month.year].append(row)
    return dict(years)


def _official(keys: Collection[Key]) -> set[Key]:
    rows = Observation.objects.official().around(keys)
    return set(rows.values_list("indicator_id", "region_id", "month"))


def _waiting(keys: Collection[Key]) -> set[Key]:
    rows = Revision.objects.handed_in(keys).filter(state=Revision.StateChoices.SUBMITTED).order_by()
    return set(rows.values_list("observation__indicator_id", "observation__region_id", "observation__month"))


def _locks(plan: Plan) -> dict[Month, list[MonthLock]]:
    found: dict[Month, list[MonthLock]] = defaultdict(list)
    rows = MonthLock.objects.filter(plan=plan).select_related("locked_by", "reopened_by")
    for lock in rows.order_by("-pk"):
        found[lock.month].append(lock)
    return found
