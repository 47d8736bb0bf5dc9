"""A rule from a month on: what a target was judged by before is kept, so that closed months stay as they were judged.

Whoever changes a target takes the rule as it is stored (`former_rule`), changes the target and its steps, and has the
rule kept if it is another now (`keep_former`), all in one transaction.
"""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from departments.auditing.edited_rows import value_for_log
from departments.models import User
from departments.services.accounts import record
from targets.models import RuleChange, Target, TargetVersion
from targets.models.version import RULE
from targets.services.locking import check_reason, keep_open
from targets.services.ruling import first_open


def check_change(target: Target, change: RuleChange) -> None:
    """Raises ValidationError, saying what to do, for a change without a reason, and for one from a month that is not
    the plan's or behind which one is closed. Keeps the plan's months open until the transaction ends."""
    plan = target.plan
    keep_open(plan.months)
    check_reason(change.reason)
    told: dict[str, object] = {"plan": plan.title, "first": plan.first_month, "last": plan.last_month}
    if change.from_month not in plan.months:
        said = _("The change holds from a month of the plan on: from %(first)s to %(last)s.")
        raise ValidationError(said % told, code="month_of_plan")
    earliest = first_open(plan)
    if earliest is None:
        said = _("%(last)s, the last month of the plan %(plan)s, is closed: there is no month left for a change.")
        raise ValidationError(said % told, code="month_locked")
    if change.from_month < earliest:
        told |= {"closed": earliest.shifted(-1), "earliest": earliest}
        said = _("%(closed)s is closed for the plan %(plan)s: a change holds from %(earliest)s on at the earliest.")
        raise ValidationError(said % told, code="month_locked")
    if not change.reason.strip():
        raise ValidationError(_("Say why the rule changes: the reason is kept with it."), code="reason")


def former_rule(target: Target) -> TargetVersion:
    """The rule of a target as it is stored, before a change; nobody else changes it until the transaction ends."""
    keep_open(target.plan.months)
    Target.objects.select_for_update().get(pk=target.pk)
    stored = Target.objects.with_version().get(pk=target.pk)
    return TargetVersion.of(stored, stored.version, stored.all_steps)


@transaction.atomic
def keep_former(former: TargetVersion, target: Target, *, by: User) -> bool:
    """Keeps the rule that a target had before the change under way, if that names a month and the rule is another now:
    whether it was kept. ValidationError as by `check_change`."""
    change, now = target.changing, former_rule(target)
    if change is None or former.pk is not None or former.says_the_same(now):
        return False
    check_change(target, change)
    former.from_month, former.reason, former.source = change.from_month, change.reason.strip(), change.source.strip()
    former.changed_by = by
    former.clean_fields(exclude=("steps",))
    former.save()
    record("target.rule_changed", by=by, subject=former, name=target.name, **_told(former, now))
    return True


def _told(former: TargetVersion, now: TargetVersion) -> dict[str, object]:
    """What the audit event tells: from which month on, why, and the fields that differ, before and after."""
    differing = [name for name in (*RULE, "steps") if getattr(former, name) != getattr(now, name)]
    states = {"before": former, "after": now}
    return {
        "from_month": str(former.from_month),
        "source": former.source,
        "reason": former.reason,
        **{when: {name: _text(state, name) for name in differing} for when, state in states.items()},
    }


def _text(version: TargetVersion, name: str) -> object:
    if name == "steps":
        return "; ".join(f"{due} {Decimal(number).normalize():f}" for due, number in version.steps)
    return value_for_log(version, version._meta.get_field(name))
