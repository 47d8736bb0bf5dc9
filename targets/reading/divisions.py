"""分解指标 as pages and files read them: which targets are divided, what each region owes in a month, who set it when.

How often the quotas of a target were written is their version: whoever sets them says which one was seen.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Protocol

from django.db.models import Max

from departments.models import Region, User
from plans.models import Plan
from plans.periods import Month
from targets.models import Quota, Target
from targets.models.promising import takes_quotas


def divisible_targets_of(plan: Plan) -> list[Target]:
    """The targets of a plan that can be divided among the parts of its region, in the plan's order; one query."""
    parted = Target.objects.filter(plan=plan).exclude(coverage=Target.Coverage.WHOLE).select_related("indicator")
    targets = [target for target in parted.order_by("order", "code") if takes_quotas(target)]
    for target in targets:
        target.plan = plan
    return targets


def quota_versions_of(targets: Collection[Target]) -> dict[int, int]:
    """Target → the number of the last writing of any of its quotas; 0 where there was none. One query."""
    written = Quota.history.filter(target_id__in=[target.pk for target in targets]).order_by()
    latest = dict(written.values_list("target_id").annotate(latest=Max("history_id")))
    return {target.pk: latest.get(target.pk, 0) for target in targets}


def quotas_of_month(quotas: Iterable[Quota], month: Month) -> dict[int, Quota]:
    """Of one target's quotas the version by which a month is judged, by region; who owes nothing is left out."""
    latest = {quota.region_id: quota for quota in quotas_in_order(quotas) if quota.from_month <= month}
    return {region_id: quota for region_id, quota in latest.items() if quota.threshold is not None}


def quotas_in_order(quotas: Iterable[Quota]) -> list[Quota]:
    """By the month from which they hold, the earliest first."""
    return sorted(quotas, key=lambda quota: quota.from_month)


@dataclass(frozen=True, slots=True)
class RegionChange:
    """What one region owes after a writing, and what it owed by the same version before: None owes nothing; `removed`
    says that the version itself was taken away."""

    region: Region
    before: Decimal | None
    now: Decimal | None
    removed: bool


@dataclass(frozen=True, slots=True)
class QuotaIssue:
    """Quotas of a target as somebody set them at once: from which month, by which paper, and what became different."""

    number: int
    at: datetime
    by: str
    from_month: Month
    source: str
    reason: str
    changes: Sequence[RegionChange]


class WrittenQuota(Protocol):
    """A quota as one writing of it left it: a row of the history of quotas."""

    region: Region
    region_id: int
    from_month: Month
    threshold: Decimal | None
    source: str
    reason: str
    history_id: int
    history_date: datetime
    history_user: User | None
    history_type: str


def issues_of(target: Target, after: int = 0) -> list[QuotaIssue]:
    """How the target's quotas came about, the latest first; only what was written after a version."""
    rows = Quota.history.filter(target_id=target.pk).select_related("history_user", "region")
    known: dict[tuple[int, Month], Decimal | None] = {}
    found = [
        _issue(list(of), known)
        for _at, of in groupby(
            rows.order_by("history_id"), key=lambda row: (row.history_date, row.history_user_id, row.from_month)
        )
    ]
    return [issue for issue in reversed(found) if issue.number > after]


def _issue(rows: Sequence[WrittenQuota], known: dict[tuple[int, Month], Decimal | None]) -> QuotaIssue:
    """What was written in one moment; `known` holds what each version said until then."""
    last = rows[-1]
    changes = [_change(row, known) for row in sorted(rows, key=lambda row: str(row.region.code))]
    different = [change for change in changes if change.before != change.now or change.removed]
    by = str(last.history_user or "")
    return QuotaIssue(last.history_id, last.history_date, by, last.from_month, last.source, last.reason, different)


def _change(row: WrittenQuota, known: dict[tuple[int, Month], Decimal | None]) -> RegionChange:
    place, removed = (row.region_id, row.from_month), row.history_type == "-"
    before = known.get(place)
    known[place] = None if removed else row.threshold
    return RegionChange(row.region, before, known[place], removed)
