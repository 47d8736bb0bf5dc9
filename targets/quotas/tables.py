"""The table of a plan's quotas, regions × targets, as of a month: what the pages and the sheet of quotas show."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Max

from departments import access
from departments.models import Region, User
from departments.permissions import Action
from plans.models import Plan
from plans.periods import Month
from targets.arithmetic.sums import SumCheck
from targets.judging.loading import Regions
from targets.models import MonthLock, Quota, Target
from targets.reading.divisions import QuotaIssue, issues_of, quota_versions_of, quotas_of_month
from targets.services.quotas import sum_of


@dataclass(frozen=True, slots=True)
class QuotaPlace:
    """A region of the table: a part of the plan's region, or with `above` a part of one of these."""

    region: Region
    above: Sequence[int]


@dataclass(frozen=True, slots=True)
class QuotaColumn:
    """A target with all versions of its quotas, `quotas` those in force in the table's month; the sum against the
    whole, where it says something; and the version that whoever sets quotas has seen."""

    target: Target
    stored: Sequence[Quota]
    quotas: Mapping[int, Quota]
    check: SumCheck | None
    version: int
    regions: Collection[int]

    @property
    def numbers(self) -> dict[int, Decimal]:
        """Region → what it owes."""
        return {pk: quota.threshold for pk, quota in self.quotas.items() if quota.threshold is not None}

    @property
    def latest(self) -> Quota | None:
        """One of the quotas that were set last, of those in force: it tells month, paper and reason."""
        return max(self.quotas.values(), key=lambda quota: quota.from_month, default=None)

    @property
    def by_quota_alone(self) -> bool:
        """Whether a region without a quota owes nothing; else the threshold of the whole is its own."""
        return self.target.coverage == Target.Coverage.QUOTAS

    def later(self, month: Month) -> Month | None:
        """The next month from which another version holds."""
        return min((quota.from_month for quota in self.stored if quota.from_month > month), default=None)


@dataclass(frozen=True, slots=True)
class QuotaTable:
    """Regions in order of their codes, parts below what they are a part of, and targets in the plan's order."""

    plan: Plan
    month: Month
    places: Sequence[QuotaPlace]
    columns: Sequence[QuotaColumn]
    hidden: Collection[int]

    def column(self, code: str) -> QuotaColumn | None:
        """The target of a code."""
        return next((column for column in self.columns if column.target.code == code), None)


def quota_table(plan: Plan, month: Month, targets: Sequence[Target], user: User) -> QuotaTable:
    """The table of some targets of a plan; five queries, however many there are. Regions whose lights the person may
    not see are left out; what they owe counts in the sums."""
    stored = _stored(targets)
    versions, tree = quota_versions_of(targets), Regions.load()
    places = _places(plan, tree, {quota.region_id for listed in stored.values() for quota in listed})
    columns = [_column(target, stored[target.pk], month, versions[target.pk], places, tree) for target in targets]
    seen = [place for place in places if _sees(user, place.region)]
    return QuotaTable(plan, month, seen, columns, {place.region.pk for place in places} - {p.region.pk for p in seen})


def _stored(targets: Sequence[Target]) -> Mapping[int, list[Quota]]:
    found: dict[int, list[Quota]] = defaultdict(list)
    for quota in Quota.objects.filter(target__in=targets).order_by("from_month"):
        found[quota.target_id].append(quota)
    return found


def _places(plan: Plan, tree: Regions, with_quotas: Collection[int]) -> list[QuotaPlace]:
    """The parts of the plan's region; of further parts those that have or had a quota."""
    direct = tree.parts.get(plan.region_id, [])
    deeper = [pk for pk in with_quotas if pk not in direct]
    regions = Region.objects.in_bulk([*direct, *deeper])
    places = [QuotaPlace(region, _above(pk, plan, tree)) for pk, region in regions.items()]
    return sorted(places, key=lambda place: [tree.codes[pk] for pk in (*reversed(place.above), place.region.pk)])


def _above(region_id: int, plan: Plan, tree: Regions) -> tuple[int, ...]:
    """The regions between a part and the plan's region, the nearest first."""
    upward = list(tree.upwards(region_id))[1:]
    return tuple(upward[: upward.index(plan.region_id)]) if plan.region_id in upward else ()


def _column(
    target: Target, stored: Sequence[Quota], month: Month, version: int, places: Sequence[QuotaPlace], tree: Regions
) -> QuotaColumn:
    quotas = quotas_of_month(stored, month)
    numbers = {pk: quota.threshold for pk, quota in quotas.items() if quota.threshold is not None}
    deep = target.coverage == Target.Coverage.QUOTAS
    regions = {place.region.pk for place in places if deep or not place.above}
    return QuotaColumn(target, stored, quotas, sum_of(target, numbers, tree), version, regions)


def _sees(user: User, region: Region) -> bool:
    """Whether the person sees how the region is judged: who works for a county sees that county alone."""
    return region.pk in access.reach(user, Action.VIEW_OBSERVATIONS).judged


@dataclass(frozen=True, slots=True)
class QuotaTableVersion:
    """The quotas of a target from a month on, until the next version: the number of each region of the table, the sum,
    and how they were set last."""

    month: Month
    numbers: Sequence[Decimal | None]
    check: SumCheck | None
    source: str
    reason: str
    issue: QuotaIssue | None
    in_force: bool

    @property
    def total(self) -> Decimal | None:
        """What all of them come to, where that says something."""
        return self.check.total if self.check is not None else None


def versions_shown(table: QuotaTable, column: QuotaColumn) -> tuple[list[QuotaTableVersion], list[QuotaIssue]]:
    """All versions of a target's quotas, the first one first, and how they came about, the latest first."""
    issues, tree = issues_of(column.target), Regions.load()
    months = sorted({quota.from_month for quota in column.stored})
    held = max((month for month in months if month <= table.month), default=None)
    latest = {issue.from_month: issue for issue in reversed(issues)}
    found = [_version(table, column, month, tree, latest.get(month), is_held=month == held) for month in months]
    return found, issues


def _version(
    table: QuotaTable, column: QuotaColumn, month: Month, tree: Regions, issue: QuotaIssue | None, *, is_held: bool
) -> QuotaTableVersion:
    quotas = quotas_of_month(column.stored, month)
    owed = {pk: quota.threshold for pk, quota in quotas.items() if quota.threshold is not None}
    first = next(quota for quota in column.stored if quota.from_month == month)
    numbers = [owed.get(place.region.pk) for place in table.places]
    return QuotaTableVersion(
        month, numbers, sum_of(column.target, owed, tree), first.source, first.reason, issue, is_held
    )


def may_set_quotas(user: User, plan: Plan) -> bool:
    """Whether the person sets the quotas of the plan."""
    return access.reach(user, Action.SET_QUOTAS).acts_for(plan.region_id)


def first_open_month(plan: Plan) -> Month | None:
    """The first month from which on none is closed; None where the last one is."""
    closed = MonthLock.objects.filter(plan=plan, reopened_at__isnull=True).aggregate(last=Max("month"))["last"]
    if closed is None:
        return plan.first_month
    return closed.shifted(1) if closed < plan.last_month else None
