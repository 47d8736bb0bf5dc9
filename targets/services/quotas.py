"""分解指标: dividing targets among the parts of their region, all parts of a target at once.

Whoever sets quotas says which version of them was seen: what somebody else has set meanwhile is never overwritten
unseen.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from departments import access
from departments.models import Region, User
from departments.permissions import Action
from departments.services.accounts import record
from plans.models import Plan
from plans.periods import Month
from targets.arithmetic.sums import SumCheck, check_sum, uppermost_quotas
from targets.judging.dependencies import judged_regions
from targets.judging.loading import Regions
from targets.models import Indicator, Quota, Target
from targets.models.promising import STEPPED, UPWARD
from targets.reading.divisions import QuotaIssue, issues_of, quota_versions_of, quotas_of_month
from targets.services.dirty import mark_dirty
from targets.services.locking import check_reason, demand_open_from


class QuotasChangedError(ValidationError):
    """Somebody has set quotas since they were seen; `issues` are what was set, the latest first."""

    def __init__(self, target: Target, issues: list[QuotaIssue]) -> None:
        super().__init__(_changed(target, issues), code="quotas_changed")
        self.issues = issues


class QuotasRefusedError(Exception):
    """Why which targets could not be divided, by target id; nothing of any was stored."""

    def __init__(self, problems: Mapping[int, ValidationError]) -> None:
        super().__init__(*(message for problem in problems.values() for message in problem.messages))
        self.problems = problems

    @property
    def changed(self) -> bool:
        """Whether somebody else has set quotas of one of them meanwhile."""
        return any(isinstance(problem, QuotasChangedError) for problem in self.problems.values())

    def by_name(self, divisions: "Iterable[TargetDivision]") -> list[str]:
        """Each reason behind the name of its target, in the order in which the targets were to be divided."""
        named = {division.target.pk: division.target.name for division in divisions}
        return [f"{name}: {said}" for pk, name in named.items() if pk in self.problems for said in self._said(pk)]

    def _said(self, target_id: int) -> list[str]:
        return self.problems[target_id].messages


@dataclass(frozen=True, slots=True)
class TargetDivision:
    """How one target is to be divided: what each region owes, by region id. `seen` is the version of its quotas that
    this was made from; None asks no questions."""

    target: Target
    rows: Mapping[int, Decimal]
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class _Given:
    """What holds for all rows that are written at once."""

    from_month: Month
    source: str
    reason: str
    by: User
    at: datetime


@transaction.atomic
def divide_targets(
    plan: Plan, divisions: Collection[TargetDivision], *, from_month: Month, source: str, reason: str = "", by: User
) -> list[SumCheck | None]:
    """Sets the quotas of several targets of a plan, all or nothing: how the sum of each stands to its whole.

    The reason is kept with those that fall short. ValidationError for a closed month, QuotasRefusedError with what
    `set_quotas` refuses of each.
    """
    access.demand_acting(by, Action.SET_QUOTAS, plan.region_id)
    demand_open_from(plan, from_month)
    found: dict[int, SumCheck | None] = {}
    problems: dict[int, ValidationError] = {}
    # In the same order whoever divides, so that two people wait for each other and not both.
    for division in sorted(divisions, key=lambda division: division.target.pk):
        target, rows, seen = division.target, division.rows, division.seen
        try:
            found[target.pk] = set_quotas(
                target=target, rows=rows, seen=seen, from_month=from_month, source=source, reason=reason, by=by
            )
        except ValidationError as refused:
            problems[target.pk] = refused
    if problems:
        raise QuotasRefusedError(problems)
    return [found[division.target.pk] for division in divisions]


@transaction.atomic
def set_quotas(
    *,
    target: Target,
    rows: Mapping[int, Decimal],
    from_month: Month,
    source: str,
    reason: str = "",
    by: User,
    seen: int | None = None,
) -> SumCheck | None:
    """Sets what each region owes of a target from a month on: how the sum stands to the whole, None where it says
    nothing.

    Judged anew from that month on; if a region was not judged before, from the plan's first.

    `rows` are all of the target's quotas, by region id; a region that is left out owes nothing from then on. Versions
    from later months go on holding from theirs. ValidationError for what `Quota` refuses, for a closed month from then
    on, for quotas that fall short of the whole without a reason, and for those that were set since `seen`.
    """
    access.demand_acting(by, Action.SET_QUOTAS, target.plan.region_id)
    check_reason(reason)
    demand_open_from(target.plan, from_month)
    locked = Target.objects.select_for_update().get(pk=target.pk)
    _demand_unchanged(locked, seen)
    regions = Regions.load()
    found = sum_of(locked.in_month(from_month), rows, regions)
    is_short = found is not None and found.falls_short
    if found is not None and is_short and not reason.strip():
        raise ValidationError(_short(found), code="quotas_short")
    judged = set(judged_regions(locked, regions))
    given = _Given(from_month, source.strip(), reason.strip() if is_short else "", by, timezone.now())
    owed = _numbers(quotas_in_force(locked, from_month.shifted(-1)).values())
    replaced, made = _written(locked, {**{region.pk: None for region in owed}, **rows}, given)
    known = judged.issuperset(quota.region_id for quota in made)
    mark_dirty([(locked.indicator_id, None, from_month if known else locked.plan.first_month)])
    record("quotas.set", by=by, subject=locked, **_told(owed | replaced, made, given))
    return found


def sum_of(target: Target, rows: Mapping[int, Decimal], regions: Regions | None = None) -> SumCheck | None:
    """How the quotas by region id stand to the whole: of a count that adds up over its parts; None for others."""
    if target.indicator.region_rule != Indicator.RegionRule.SUM or target.threshold is None:
        return None
    numbers = uppermost_quotas(rows, (regions or Regions.load()).parents)
    return check_sum(target.threshold, numbers, is_limit=target.comparator in STEPPED - UPWARD)


def demand_reasons(target: Target, quotas: Collection[Quota]) -> None:
    """ValidationError for a version of a target's quotas that falls short of the whole, as that is promised in its
    month, and gives no reason; `quotas` are all of them, stored or not: a file and the administration bring them one
    by one."""
    regions, target.known_versions = Regions.load(), target.all_versions
    for month in sorted({quota.from_month for quota in quotas}):
        owed = {
            pk: quota.threshold for pk, quota in quotas_of_month(quotas, month).items() if quota.threshold is not None
        }
        found = sum_of(target.in_month(month), owed, regions)
        has_reason = any(quota.reason.strip() for quota in quotas if quota.from_month == month)
        if found is not None and found.falls_short and not has_reason:
            raise ValidationError(_short(found), code="quotas_short")


def quotas_in_force(target: Target, month: Month) -> dict[int, Quota]:
    """Region id → the version by which a month is judged; regions that owe nothing are left out."""
    found = Quota.objects.in_force(month).filter(target=target, threshold__isnull=False).select_related("region")
    return {quota.region_id: quota for quota in found.order_by("region__code")}


def _demand_unchanged(target: Target, seen: int | None) -> None:
    """Raises QuotasChangedError for quotas that were set since; to be asked while the target is locked."""
    if seen is not None and quota_versions_of([target])[target.pk] != seen:
        raise QuotasChangedError(target, issues_of(target, seen))


def _changed(target: Target, issues: list[QuotaIssue]) -> str:
    told = {"target": target.name, "what": "; ".join(map(_issue_text, issues)) or "—"}
    said = _("The quotas of %(target)s were changed since you saw them: %(what)s. Compare, then set yours again.")
    return said % told


def _issue_text(issue: QuotaIssue) -> str:
    told = {"by": issue.by or "—", "at": date_format(timezone.localtime(issue.at), "Y-m-d H:i")}
    owed = (f"{change.region.name} {number_text(change.now)}" for change in issue.changes)
    told |= {"month": str(issue.from_month), "regions": ", ".join(owed) or "—"}
    return _("%(by)s, %(at)s, from %(month)s: %(regions)s") % told


def number_text(number: Decimal | None) -> str:
    """A quota in full; a region without one owes nothing."""
    return _plain(number) or _("owes nothing")


def _short(found: SumCheck) -> str:
    told = {"total": number_text(found.total), "whole": number_text(found.whole)}
    told["difference"] = number_text(found.difference)
    under = _(
        "The quotas come to %(total)s, %(difference)s less than the whole, %(whole)s. Give a reason or change them."
    )
    over = _("The quotas come to %(total)s, %(difference)s over the limit, %(whole)s. Give a reason or change them.")
    return (over if found.is_limit else under) % told


def _written(
    target: Target, versions: Mapping[int, Decimal | None], given: _Given
) -> tuple[dict[Region, Decimal | None], list[Quota]]:
    """Stores a version: the numbers that are given, and an end for every other region that owed something. What it
    said before, which the history keeps too, and its quotas now."""
    found = Quota.objects.filter(target=target, from_month=given.from_month)
    stored = {quota.region_id: quota for quota in found.select_related("region")}
    replaced = _numbers(stored.values())
    regions = Region.objects.select_related("parent__parent__parent").in_bulk(list(versions))
    for region_id in stored.keys() - versions.keys():
        _signed(stored[region_id], given).delete()
    made = []
    for region_id, threshold in versions.items():
        quota = stored.get(region_id) or Quota(region=regions[region_id], from_month=given.from_month)
        quota.target = target
        before = quota.threshold, quota.source, quota.reason
        quota.threshold, quota.source, quota.reason = now = threshold, given.source, given.reason
        if quota.pk is None or before != now:
            _keep(_signed(quota, given))
        made.append(quota)
    return replaced, made


def _signed(quota: Quota, given: _Given) -> Quota:
    """The same, with who writes it when, so that all that is set at once stands together in the history."""
    # What django-simple-history reads where a row is written without a request.
    vars(quota).update(_history_user=given.by, _history_date=given.at)
    return quota


def _keep(quota: Quota) -> None:
    """Saves what `Quota` does not refuse. That its version is the only one is known: the target is locked."""
    quota.clean()
    quota.clean_fields(exclude=("target", "region"))
    quota.save()


def _numbers(quotas: Iterable[Quota]) -> dict[Region, Decimal | None]:
    return {quota.region: quota.threshold for quota in quotas}


def _told(owed: Mapping[Region, Decimal | None], made: list[Quota], given: _Given) -> dict[str, object]:
    """What the audit event tells: among it, what was owed and is owed by each region of which it changes."""
    now = _numbers(made)
    changed = [region for region in {**owed, **now} if owed.get(region) != now.get(region)]
    states = {"before": owed, "after": now}
    return {
        "from_month": str(given.from_month),
        "source": given.source,
        "reason": given.reason,
        "regions": len([number for number in now.values() if number is not None]),
        **{when: _by_name(changed, state) for when, state in states.items() if changed},
    }


def _by_name(regions: Iterable[Region], numbers: Mapping[Region, Decimal | None]) -> dict[str, str | None]:
    return {f"{region.code} {region.name}": _plain(numbers.get(region)) for region in regions}


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else f"{number.normalize():f}"
