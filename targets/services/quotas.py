"""分解指标: dividing a target among the parts of its region, all of them at once."""

from collections.abc import Mapping
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from departments import access
from departments.models import User
from departments.permissions import Action
from departments.services import record
from plans.periods import Month
from targets.dependencies import judged_regions
from targets.loading import Regions
from targets.models import Indicator, Quota, Target
from targets.services.dirty import mark_dirty
from targets.services.locking import check_reason, demand_open_from
from targets.sums import Sum, SumCheck, check_sum, uppermost


@transaction.atomic
def set_quotas(
    *, target: Target, rows: Mapping[int, Decimal], from_month: Month, source: str, reason: str = "", by: User
) -> SumCheck | None:
    """Sets what each region owes of a target from a month on: how the sum stands to the whole, None where it says
    nothing.

    Judged anew from that month on; if a region was not judged before, from the plan's first.

    `rows` are all of the target's quotas, by region id; a region that is left out owes nothing from then on. Versions
    from later months go on holding from theirs. ValidationError for what `Quota` refuses, for a closed month from then
    on, and for quotas that come to less than the whole without a reason.
    """
    access.demand(by, Action.SET_QUOTAS)
    check_reason(reason)
    locked = Target.objects.select_for_update().get(pk=target.pk)
    demand_open_from(locked.plan, from_month)
    found = sum_of(locked, rows)
    if found is not None and found.outcome is Sum.UNDER and not reason.strip():
        raise ValidationError(_under(found), code="quotas_under")
    judged = set(judged_regions(locked, Regions.load()))
    made = _written(locked, _versions(locked, rows, from_month), from_month, source.strip(), reason.strip())
    known = judged.issuperset(quota.region_id for quota in made)
    mark_dirty([(locked.indicator_id, None, from_month if known else locked.plan.first_month)])
    record("quotas.set", by=by, subject=locked, **_told(made, from_month, source, reason))
    return found


def sum_of(target: Target, rows: Mapping[int, Decimal]) -> SumCheck | None:
    """How the quotas by region id stand to the whole: of a count that adds up over its parts; None for others."""
    if target.indicator.region_rule != Indicator.RegionRule.SUM or target.threshold is None:
        return None
    return check_sum(target.threshold, uppermost(rows, Regions.load().parents))


def quotas_in_force(target: Target, month: Month) -> dict[int, Quota]:
    """Region id → the version by which a month is judged; regions that owe nothing are left out."""
    found = Quota.objects.in_force(month).filter(target=target, threshold__isnull=False).select_related("region")
    return {quota.region_id: quota for quota in found.order_by("region__code")}


def _under(found: SumCheck) -> str:
    told = {"total": f"{found.total.normalize():f}", "whole": f"{found.whole.normalize():f}"}
    told["difference"] = f"{found.difference.normalize():f}"
    return (
        _("The quotas come to %(total)s, %(difference)s less than the whole, %(whole)s. Give a reason or change them.")
        % told
    )


def _versions(target: Target, rows: Mapping[int, Decimal], from_month: Month) -> dict[int, Decimal | None]:
    """The numbers of a version: those that are given, and an end for every other region that owes something."""
    earlier = quotas_in_force(target, from_month.shifted(-1))
    return {**dict.fromkeys(earlier), **rows}


def _written(
    target: Target, versions: Mapping[int, Decimal | None], from_month: Month, source: str, reason: str
) -> list[Quota]:
    """The version as it is stored now; what it said before is kept in the history."""
    stored = {one.region_id: one for one in Quota.objects.filter(target=target, from_month=from_month)}
    for region_id in stored.keys() - versions.keys():
        stored[region_id].delete()
    made = []
    for region_id, threshold in versions.items():
        quota = stored.get(region_id) or Quota(target=target, region_id=region_id, from_month=from_month)
        quota.threshold, quota.source, quota.reason = threshold, source, reason
        quota.full_clean()
        quota.save()
        made.append(quota)
    return made


def _told(made: list[Quota], from_month: Month, source: str, reason: str) -> dict[str, str | int]:
    """What the audit event tells."""
    return {
        "from_month": str(from_month),
        "source": source.strip(),
        "reason": reason.strip(),
        "regions": len([one for one in made if one.threshold is not None]),
    }
