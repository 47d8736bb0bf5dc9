"""By what closed months are judged: whoever changes a rule is asked whether it would judge one of them otherwise.

A rule holds for all months of its plan, a quota from a month on, a duty for its own months; a target's own rule from
the month on that its last change has named, and a change under way from the one that it names (`Target.changing`).
Where one of these months is closed, the change is refused, by whatever door it comes. What only names something may
change at any time.
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from departments.models import Region
from departments.models.columns import column
from plans.models import CalendarDay, Plan
from plans.periods import Month, months_between
from targets.expected.deadlines import deadlines_by
from targets.judging.loading import Regions
from targets.models import Indicator, MonthLock, Quota, ReportingDuty, Step, Target, TargetVersion
from targets.models.version import RULE
from targets.services.locking import keep_open


class Fields(NamedTuple):
    """The fields of a kind of row by which months are judged, and those that only name, order or explain."""

    judging: frozenset[str]
    naming: frozenset[str]


def _fields(judging: str, naming: str) -> Fields:
    return Fields(frozenset(judging.split()), frozenset(naming.split()))


RULES: dict[type[models.Model], Fields] = {
    Region: _fields("parent", "id code name kind"),
    Plan: _fields(
        "first_month last_month state region pace_tolerance deadline_day deadline_moves",
        "id code series number title issuer issued_on source import_needs_second demonstration",
    ),
    Indicator: _fields(
        "measure direction entry_basis time_rule denominator_rule region_rule frequency scale",
        "id code name unit decimals minimum maximum usual_low usual_high numerator_name numerator_unit "
        "denominator_name denominator_unit definition source department",
    ),
    Target: _fields(
        " ".join(("plan", "indicator", *RULE)),
        "id code order name clause quote aspiration baseline_source reference reference_source headline",
    ),
    Step: _fields("target due threshold", "id"),
    Quota: _fields("target region threshold from_month", "id source reason"),
    ReportingDuty: _fields("indicator department since until", "id"),
    CalendarDay: _fields("day kind", "id name"),
}
"""Which field decides how a month is judged: the one place that says so. Whether a figure was handed in in time is
judged too: by duties and deadlines."""
LASTING = RULES[Target].judging - set(RULE)
"""What is the same of a target in all its months."""

Judged = tuple[Plan, Collection[Month]]
"""A plan, and those of its months that something decides about."""


def demand_judged_alike(before: models.Model | None, after: models.Model | None) -> None:
    """Raises ValidationError, naming plan and month, if the change of a row would judge a closed month otherwise; keeps
    the months open until the transaction ends. `before` is None for what is new, `after` for what is taken away."""
    later = _may_hold_later(before, after)
    for plan, months in _decided(before, after):
        demand_unclosed_months(plan, months, later=later)


def demand_unclosed_months(plan: Plan, months: Collection[Month], *, later: bool = False) -> None:
    """Raises ValidationError if one of the plan's months is closed that a change would judge otherwise, and keeps them
    open until the transaction ends. `later`: the change might hold from a later month on, which the refusal says."""
    keep_open(months)
    closed = MonthLock.objects.closed(months).filter(plan=plan).order_by("month").first()
    if closed is not None:
        raise ValidationError(_closed(plan, closed.month, first_open(plan) if later else None), code="month_locked")


def _closed(plan: Plan, month: Month, earliest: Month | None) -> str:
    said = _(
        "This would judge %(month)s otherwise, which is closed for the plan %(plan)s. Ask the plan office to "
        "reopen the month and say why, change it then, and have the month closed again."
    ) % {"plan": plan.title, "month": month}
    if earliest is None:
        return said
    or_later = _("Or name, in the form of the target, a month from which the change holds: %(month)s or a later one.")
    return _("%(sentence)s %(gaps)s") % {"sentence": said, "gaps": or_later % {"month": earliest}}


def first_open(plan: Plan) -> Month | None:
    """The first month of a plan from which on none is closed; None where its last one is."""
    closed = MonthLock.objects.closed(plan.months).filter(plan=plan).aggregate(last=Max("month"))["last"]
    if closed is None:
        return plan.first_month
    return closed.shifted(1) if closed < plan.last_month else None


def keep_all_open() -> None:
    """Keeps every month of every plan in force open: for whoever changes many rows, before the first of them."""
    keep_open({month for plan in Plan.objects.published() for month in plan.months})


def fields_that_differ(before: models.Model | None, after: models.Model | None, names: Collection[str]) -> list[str]:
    """Those of the fields that are not the same before and after."""
    return [name for name in names if _value(before, name) != _value(after, name)]


def _value(row: models.Model | None, name: str) -> object:
    return None if row is None else getattr(row, column(row, name).attname)


def _may_hold_later(before: models.Model | None, after: models.Model | None) -> bool:
    """Whether the same change might be made from a later month on: of the rule of a target that is there, and stays."""
    if isinstance(before or after, Step):
        return True
    return isinstance(before, Target) and isinstance(after, Target) and not fields_that_differ(before, after, LASTING)


def _decided(before: models.Model | None, after: models.Model | None) -> Iterator[Judged]:
    """What a change decides about; nothing where no judging field differs."""
    row = after if after is not None else before
    rules = None if row is None else RULES.get(type(row))
    known = before is not None and after is not None
    if rules is None or (known and not fields_that_differ(before, after, rules.judging)):
        return
    if isinstance(row, Region):
        yield from _by_region(before, after)
    elif isinstance(row, ReportingDuty):
        yield from _by_duty(before, after)
    elif isinstance(row, CalendarDay):
        yield from _by_calendar(before, after)
    elif isinstance(before, Target) and isinstance(after, Target) and not fields_that_differ(before, after, LASTING):
        yield after.plan, _from(after)
    else:
        for state in (before, after):
            yield from _by(state)


def _from(target: Target) -> list[Month]:
    """The months that a change of a target's rule, or of its steps, decides about."""
    plan = target.plan
    begins = target.newest_from if target.changing is None else target.changing.from_month
    return months_between(max(begins, plan.first_month), plan.last_month)


def _by(row: models.Model | None) -> Iterator[Judged]:
    """The months that a row decides about as it stands."""
    if isinstance(row, Plan) and row.pk is not None:
        yield row, row.months
    elif isinstance(row, Indicator):
        yield from ((plan, plan.months) for plan in _using(row.pk))
    elif isinstance(row, Target):
        yield row.plan, row.plan.months
    elif isinstance(row, Step) and row.target_id is not None:
        yield row.target.plan, _from(row.target)
    elif isinstance(row, Quota) and row.target_id is not None:
        plan = row.target.plan
        yield plan, months_between(max(row.from_month, plan.first_month), plan.last_month)


def _using(indicator_id: int | None) -> "models.QuerySet[Plan]":
    """The plans in force that judge something by an indicator, or compare it with one."""
    used = Target.objects.filter(
        Q(indicator=indicator_id) | Q(operand=indicator_id) | Q(versions__operand=indicator_id)
    )
    return Plan.objects.published().filter(pk__in=used.values("plan"))


def _by_region(before: models.Model | None, after: models.Model | None) -> Iterator[Judged]:
    """All months of the plans that judge parts, make figures from parts or compare with what is above, in the regions
    above and below."""
    regions = Regions.load()
    states = [state for state in (before, after) if isinstance(state, Region)]
    own = {state.pk for state in states if state.pk is not None}
    above = {state.parent_id for state in states if state.parent_id is not None}
    reached = own | {up for region_id in own | above for up in regions.upwards(region_id)}
    reached |= {region_id for region_id in regions.parents if own.intersection(regions.upwards(region_id))}
    former = TargetVersion.objects.filter(_by_regions())
    made = _by_regions() | ~Q(indicator__region_rule=Indicator.RegionRule.OWN) | Q(pk__in=former.values("target"))
    elsewhere = Q(operand_region__in=reached) | Q(versions__operand_region__in=reached)
    there = Target.objects.filter(made, Q(plan__region__in=reached) | elsewhere)
    for plan in Plan.objects.published().filter(pk__in=there.values("plan")):
        yield plan, plan.months


def _by_regions() -> Q:
    """Rules that judge parts, or compare with what is above or made from parts."""
    made = ~Q(coverage=Target.Coverage.WHOLE) | Q(threshold_kind=Target.ThresholdKind.ELSEWHERE)
    return made | Q(operand__isnull=False) & ~Q(operand__region_rule=Indicator.RegionRule.OWN)


def _by_duty(before: models.Model | None, after: models.Model | None) -> Iterator[Judged]:
    """The months that somebody else has to report now, of the plans that ask for the figures."""
    states = [state for state in (before, after) if isinstance(state, ReportingDuty)]
    moved = len(states) == 2 and bool(fields_that_differ(before, after, ("indicator", "department")))
    for plan in {plan for state in states for plan in _asking(state)}:
        covering = [[state.covers(month) for state in states] for month in plan.months]
        changed = [any(covers) if moved or len(states) == 1 else covers[0] != covers[1] for covers in covering]
        months = [month for month, differs in zip(plan.months, changed, strict=True) if differs]
        if months:
            yield plan, months


def _by_calendar(before: models.Model | None, after: models.Model | None) -> Iterator[Judged]:
    """The months whose deadline is another day by the changed calendar."""
    added = [after] if isinstance(after, CalendarDay) else []
    for plan in Plan.objects.published().filter(deadline_moves=True):
        known = list(CalendarDay.objects.of_years(plan.first_month.year, plan.last_month.shifted(1).year))
        others = [day for day in known if before is None or day.pk != before.pk]
        now, then = (deadlines_by(plan, days) for days in (known, [*others, *added]))
        months = [month for month in plan.months if now[month].day != then[month].day]
        if months:
            yield plan, months


def _asking(duty: ReportingDuty) -> "models.QuerySet[Plan]":
    """The plans in force that ask for the figures of a duty, those of its region and above: a county's duty may be for
    everything."""
    asking = Plan.objects.published() if duty.indicator_id is None else _using(duty.indicator_id)
    place = duty.place_id
    return asking if place is None else asking.filter(region__in=Regions.load().upwards(place))
