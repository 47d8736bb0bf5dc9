"""What pages read of attainments: the months through the year, the month that is asked for, a row of a list.

Everything comes from stored attainments; nothing is judged here. Only the question what was official at an earlier
time is answered by judging anew, with the same formulas, and nothing of that is stored. Each function takes a constant
number of queries, however many rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from django.db.models import QuerySet

from departments import access
from departments.models import Department, Region, User
from departments.permissions import Action
from pages.links import address_of_page
from plans.models import Plan
from plans.periods import Month
from targets.arithmetic.formulas import UNRECOVERABLE
from targets.judging.loading import official_at
from targets.judging.recompute import attainments_from
from targets.models import Attainment, Revision, Target, TargetAssignment
from targets.wording.explanation import AttainmentTexts, attainment_texts_of
from targets.wording.lights import Light, light_of_attainment


class TrendPoint(NamedTuple):
    """One month of a target for drawing: what was reached and what it was compared with."""

    month: Month
    actual: Decimal | None
    compared: Decimal | None
    signal: str


@dataclass(frozen=True, slots=True)
class Trends:
    """All months of a plan's targets in the plan's region; `last_month` is the last one with any approved data."""

    points: dict[int, list[TrendPoint]]
    last_month: Month | None

    def until(self, target_id: int, month: Month) -> list[TrendPoint]:
        """A target's months from the plan's first up to one of them."""
        return [point for point in self.points.get(target_id, []) if point.month <= month]


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target in a list, ready to be shown."""

    attainment: Attainment
    shown: AttainmentTexts
    light: Light
    trend: Sequence[TrendPoint] = field(default=())

    @property
    def target(self) -> Target:
        return self.attainment.target

    @property
    def address(self) -> str:
        """Where the target's page is."""
        return _address(self.target.plan.code, self.target.code)

    @property
    def still_needed(self) -> bool:
        """Whether there is anything to say about the rest of the year: 0 more is nothing, but at most 0 is a lot."""
        attainment = self.attainment
        return bool(attainment.needed) or not attainment.needed_reachable or self.target.comparator in UNRECOVERABLE


@lru_cache(maxsize=2000)
def _address(plan_code: str, code: str) -> str:
    return address_of_page("target", plan_code, code)


@dataclass(frozen=True, slots=True)
class MonthSwitch:
    """The month shown, its neighbours in the plan, and all of the plan's to choose from."""

    shown: Month
    all: Sequence[Month]
    last_with_data: Month | None

    @property
    def passed(self) -> int:
        """How many of the plan's months have passed at the end of the month shown."""
        return self.shown.index - self.all[0].index + 1

    @property
    def time_progress(self) -> Decimal:
        """时序进度: the share of the plan's months that have passed by then."""
        return Decimal(self.passed) / len(self.all)

    @property
    def of_year(self) -> list[Month]:
        """The plan's months of the calendar year that is shown."""
        return [month for month in self.all if month.year == self.shown.year]

    @property
    def before(self) -> Month | None:
        return self.shown.shifted(-1) if self.shown > self.all[0] else None

    @property
    def after(self) -> Month | None:
        return self.shown.shifted(1) if self.shown < self.all[-1] else None


def trends(plan: Plan) -> Trends:
    """The months of every target in the plan's own region, as bare values: they are many and only drawn."""
    rows = (
        Attainment.objects.filter(target__plan=plan, region_id=plan.region_id)
        .order_by("month")
        .values_list("target_id", "month", "actual", "compared", "signal", "last_month")
    )
    return _trends(plan, rows)


def trends_of_attainments(plan: Plan, attainments: Iterable[Attainment]) -> Trends:
    """The same from attainments that are at hand, ordered by month."""
    return _trends(
        plan,
        (
            (
                attainment.target_id,
                attainment.month,
                attainment.actual,
                attainment.compared,
                attainment.signal,
                attainment.last_month,
            )
            for attainment in attainments
        ),
    )


def _trends(plan: Plan, rows: Iterable[tuple[int, Month, Decimal | None, Decimal | None, str, Month | None]]) -> Trends:
    points: dict[int, list[TrendPoint]] = defaultdict(list)
    known = []
    for target_id, month, actual, compared, signal, last_month in rows:
        points[target_id].append(TrendPoint(month, actual, compared, signal))
        known.append(last_month)
    return Trends(points, last_in_plan(plan, known))


def last_in_plan(plan: Plan, months: Iterable[Month | None]) -> Month | None:
    """The last of the months with data, or the plan's first where these lie before it."""
    last = max((month for month in months if month is not None), default=None)
    return max(last, plan.first_month) if last is not None else None


def month_asked_for(text: str | None, plan: Plan, otherwise: Month | None) -> tuple[Month, bool]:
    """The month asked for, and whether it could be understood; else the given one, or the plan's first."""
    usual = otherwise or plan.first_month
    if not text:
        return usual, True
    try:
        month = Month.parse(text)
    except ValueError:
        return usual, False
    return (month, True) if plan.first_month <= month <= plan.last_month else (usual, False)


def month_switch_of(plan: Plan, shown: Month, last_with_data: Month | None) -> MonthSwitch:
    """The month switch."""
    return MonthSwitch(shown, plan.months, last_with_data)


def rows_of_attainments(attainments: Iterable[Attainment], known: Trends | None = None) -> list[TargetRow]:
    """The attainments as rows of a list, with their months so far where these are known."""
    return [
        TargetRow(
            attainment,
            attainment_texts_of(attainment),
            light_of_attainment(attainment),
            known.until(attainment.target_id, attainment.month) if known is not None else (),
        )
        for attainment in attainments
    ]


def attainments_official_then(
    targets: QuerySet[Target], region: Region, moment: datetime, *, parts: bool = False
) -> list[Attainment]:
    """The targets judged for a region, with `parts` for every region of theirs, month by month, by the figures that
    were official at a moment; in the plan's order."""
    found = Target.objects.to_be_judged().filter(pk__in=targets).select_related("clause", "plan__region")
    known = {attainment.pk: attainment for attainment in found}
    rows = attainments_from(list(known.values()), region.pk, official_at(moment), parts=parts)
    regions = Region.objects.in_bulk({row.region_id for row in rows}) if parts else {region.pk: region}
    quotas = {quota.pk: quota for target in found for quota in target.all_quotas}
    for row in rows:
        row.of_target(known[row.target_id])
        row.region = regions[row.region_id]
        row.quota = quotas.get(row.quota_id or 0)
    return rows


def attainments_seen_by(user: User, attainments: Iterable[Attainment]) -> list[Attainment]:
    """Of attainments that were judged anew, of a plan that the person sees, those that `visible_to` would show."""
    seen = access.reach(user, Action.VIEW_OBSERVATIONS).judged
    return [
        attainment
        for attainment in attainments
        if attainment.region_id in seen or attainment.region_id == attainment.target.plan.region_id
    ]


def would_be_seen(user: User, would: Iterable[Attainment]) -> list[Attainment]:
    """Of attainments that figures would bring, whichever plans these count for, what the person may see, with targets.
    Three queries."""
    found = list(would)
    visible = Target.objects.filter(plan__in=Plan.objects.visible_to(user).values("pk"))
    related = visible.select_related("indicator", "operand", "operand_region", "plan").prefetch_related("steps")
    targets = related.with_rules().in_bulk({attainment.target_id for attainment in found})
    known = [attainment for attainment in found if attainment.target_id in targets]
    for attainment in known:
        attainment.of_target(targets[attainment.target_id])
    return attainments_seen_by(user, known)


class Assigned(NamedTuple):
    """Who answers for a target, and as what."""

    department: Department
    role: str
    plan_code: str

    @property
    def address(self) -> str:
        """Where the department's page is."""
        return _department_address(self.plan_code, self.department.code)

    @property
    def role_text(self) -> str:
        """The role in words."""
        return str(TargetAssignment.Role(self.role).label)


Duties = Mapping[int, Sequence[Assigned]]
"""Target → who answers for it: lead, shared, support (the alphabet happens to agree)."""


@lru_cache(maxsize=2000)
def _department_address(plan_code: str, code: str) -> str:
    return address_of_page("department", plan_code, code)


def duties_of_plan(plan: Plan) -> Duties:
    """Who answers for which target of the plan: bare values, because departments are few and their duties many."""
    found: dict[int, list[Assigned]] = defaultdict(list)
    units = Department.objects.in_bulk()
    assigned = TargetAssignment.objects.filter(target__plan=plan).order_by("role", "id")
    for target_id, department_id, role in assigned.values_list("target_id", "department_id", "role"):
        found[target_id].append(Assigned(units[department_id], role, plan.code))
    return found


def last_updates(attainments: Iterable[Attainment]) -> dict[int, datetime]:
    """Target → when the newest of the figures it was judged by became official."""
    newest = {attainment.target_id: max(attainment.revisions) for attainment in attainments if attainment.revisions}
    times = dict(Revision.objects.filter(pk__in=newest.values()).values_list("pk", "official_at"))
    return {target_id: at for target_id, revision in newest.items() if (at := times.get(revision)) is not None}
