"""Who never updates: people who do not log in, and units that hand in no figures, for a number of days.

Only units of which figures are expected count, and their people who report or review. Read in a constant number of
queries, however many people and units.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max
from django.utils import timezone

from departments.models import Department, Membership, User
from plans.models import Plan
from plans.periods import Month
from reviews.workflow import ReviewState as Entry
from targets.expected.deadlines import deadlines_of
from targets.expected.duties import expected_over
from targets.models import Revision
from tasks.models import SupervisionRules
from tasks.services.notices import UNIT


@dataclass(frozen=True, slots=True)
class Absent:
    """A person without a log-in for too long; `last` is the last log-in, None for never."""

    person: User
    last: date | None
    days: int


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules by which a unit is silent, and since when it is asked for figures. They are the rules of the plan that
    asks the unit and waits the shortest."""

    plan: Plan
    limit: int
    further: int
    start: date


@dataclass(frozen=True, slots=True)
class SilentUnit:
    """A unit from which too little comes: its people who do not log in, and since when nothing was handed in."""

    unit: Department
    terms: Terms
    people: Sequence[Absent]
    last_figures: date | None
    quiet_days: int
    nobody: bool

    @property
    def days(self) -> int:
        """The longest silence in days: of the unit's figures or of one of its people."""
        return max([self.quiet_days, *(absent.days for absent in self.people)], default=0)


def silent_units(plan: Plan, today: date, units: Collection[int] | None = None) -> list[SilentUnit]:
    """Finds the units that ought to be told for one plan, the longest silence first; `units` are the units to look at,
    all by default."""
    return silent_units_over_plans([plan], today, units)


def silent_units_over_plans(
    plans: Sequence[Plan], today: date, units: Collection[int] | None = None
) -> list[SilentUnit]:
    """Finds the silent units of several plans, each unit once."""
    terms = {unit: found for unit, found in _terms(plans, today).items() if units is None or unit in units}
    people, figures = _people(terms), _last_figures(terms)
    found = [
        _silence(unit, people[unit.pk], figures.get(unit.pk), today, terms[unit.pk])
        for unit in Department.objects.filter(pk__in=terms).order_by("kind", "code")
    ]
    late = [silent for silent in found if silent.days >= silent.terms.limit or silent.nobody]
    return sorted(late, key=lambda silent: -silent.days)


def _terms(plans: Sequence[Plan], today: date) -> dict[int, Terms]:
    """Finds the terms of each unit of which any of the plans expected figures of a month that has passed."""
    passed = _passed(plans, today)
    expected = expected_over(plans, {month for _plan, month in passed})
    rules = SupervisionRules.of_plans(plans)
    of_plan = {plan.pk: _terms_of(plan, rules[plan.pk]) for plan in plans}
    found: dict[int, Terms] = {}
    for key, unit in expected.figures.items():
        asking = [of_plan[plan.pk] for plan in expected.plans_of(key) if (plan.pk, key.month) in passed]
        if unit is not None and asking:
            found[unit] = min([*asking, *([found[unit]] if unit in found else ())], key=lambda terms: terms.limit)
    return found


def _passed(plans: Collection[Plan], today: date) -> set[tuple[int, Month]]:
    """The months of each plan whose figures ought to be there."""
    deadlines = deadlines_of(plans)
    return {(plan.pk, month) for plan in plans for month, due in deadlines[plan.pk].by_month.items() if due.day < today}


def _terms_of(plan: Plan, rules: SupervisionRules) -> Terms:
    first = plan.first_month.first_day
    return Terms(plan, rules.silence_days, rules.silence_further_days, max(plan.issued_on or first, first))


def _silence(unit: Department, people: Sequence[User], figures: date | None, today: date, terms: Terms) -> SilentUnit:
    absent = [_absence(person, today) for person in people]
    quiet = (today - (figures or terms.start)).days
    late = [absence for absence in absent if absence.days >= terms.limit]
    return SilentUnit(unit, terms, late, figures, quiet if quiet >= terms.limit else 0, not people)


def _absence(person: User, today: date) -> Absent:
    """Who has never logged in is absent since the account was made."""
    last = timezone.localdate(person.last_login) if person.last_login else None
    return Absent(person, last, (today - (last or timezone.localdate(person.date_joined))).days)


def _people(units: Collection[int]) -> dict[int, list[User]]:
    """Finds the people who report or review for each unit."""
    roles = [role.value for role in UNIT]
    rows = Membership.objects.filter(department__in=units, role__in=roles, user__is_active=True)
    found: dict[int, dict[int, User]] = defaultdict(dict)
    for membership in rows.select_related("user").order_by("user__username"):
        found[membership.department_id][membership.user_id] = membership.user
    return defaultdict(list, {unit: list(people.values()) for unit, people in found.items()})


def _last_figures(units: Collection[int]) -> dict[int, date]:
    """Finds the day on which each unit's people handed in a figure last."""
    rows = (
        Membership.objects.filter(department__in=units, role__in=[role.value for role in UNIT])
        .values("department_id", "user_id")
        .order_by()
    )
    authors: dict[int, datetime] = dict(
        Revision.objects.exclude(state=Entry.DRAFT.value)
        .filter(author__in=[row["user_id"] for row in rows])
        .order_by()
        .values_list("author_id")
        .annotate(last=Max("created_at"))
    )
    found: dict[int, date] = {}
    for row in rows:
        if at := authors.get(row["user_id"]):
            day = timezone.localdate(at)
            found[row["department_id"]] = max(day, found.get(row["department_id"], day))
    return found
