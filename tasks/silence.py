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
from reviews.workflow import State as Entry
from targets.duties import expected_of
from targets.models import Revision
from tasks.models import SupervisionRules
from tasks.services.telling import UNIT
from tasks.slipping import passed_months


@dataclass(frozen=True, slots=True)
class Absent:
    """A person without a log-in for too long; `last` is the last one, None for never."""

    person: User
    last: date | None
    days: int


@dataclass(frozen=True, slots=True)
class Silent:
    """A unit from which too little comes: its people who do not log in, and since when nothing was handed in."""

    unit: Department
    people: Sequence[Absent]
    last_figures: date | None
    quiet_days: int
    nobody: bool

    @property
    def days(self) -> int:
        """For how long at least one of these has lasted."""
        return max([self.quiet_days, *(one.days for one in self.people)], default=0)


def silent_units(plan: Plan, today: date, units: Collection[int] | None = None) -> list[Silent]:
    """The units that ought to be told, the longest silence first; `units` are those to look at, all by default."""
    limit = SupervisionRules.of(plan).silence_days
    expected = expected_of(plan, passed_months(plan, today))
    asked = {unit for unit, _month in expected.by_unit if unit is not None and (units is None or unit in units)}
    people, figures = _people(asked), _last_figures(asked)
    first = date(plan.year, 1, 1)
    start = max(plan.issued_on or first, first)
    found = [
        _silence(one, people[one.pk], figures.get(one.pk), today, start, limit)
        for one in Department.objects.filter(pk__in=asked).order_by("kind", "code")
    ]
    return sorted((one for one in found if one.days >= limit or one.nobody), key=lambda one: -one.days)


def _silence(
    unit: Department, people: Sequence[User], figures: date | None, today: date, start: date, limit: int
) -> Silent:
    absent = [_absence(one, today) for one in people]
    quiet = (today - (figures or start)).days
    late = [one for one in absent if one.days >= limit]
    return Silent(unit, late, figures, quiet if quiet >= limit else 0, not people)


def _absence(person: User, today: date) -> Absent:
    """Who has never logged in is absent since the account was made."""
    last = timezone.localdate(person.last_login) if person.last_login else None
    return Absent(person, last, (today - (last or timezone.localdate(person.date_joined))).days)


def _people(units: Collection[int]) -> dict[int, list[User]]:
    """Who reports or reviews for each unit."""
    roles = [one.value for one in UNIT]
    rows = Membership.objects.filter(department__in=units, role__in=roles, user__is_active=True)
    found: dict[int, dict[int, User]] = defaultdict(dict)
    for one in rows.select_related("user").order_by("user__username"):
        found[one.department_id][one.user_id] = one.user
    return defaultdict(list, {unit: list(people.values()) for unit, people in found.items()})


def _last_figures(units: Collection[int]) -> dict[int, date]:
    """When each unit's people handed in a figure last."""
    rows = (
        Membership.objects.filter(department__in=units, role__in=[one.value for one in UNIT])
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
