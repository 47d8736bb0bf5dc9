"""Rows for tests, with only what a test is about spelled out."""

import itertools
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from departments.models import Department, Membership, Region, User
from departments.permissions import Role
from plans.models import Clause, Plan
from plans.periods import Month
from plans.tests.factories import plan_of_year
from targets.bulk import offered_figures
from targets.entry_rules.figures import Entry
from targets.judging.recompute import recompute_dirty
from targets.models import Attainment, Draft, Indicator, Quota, Revision, RuleChange, Source, Step, Target
from targets.services.dirty import promises_changed
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.official import OfficialOutcome, make_official, make_official_from, positions_beyond_office
from targets.services.versions import former_rule, keep_former

_numbers = itertools.count(10_001)
"""Of as many digits each, so that codes stand in the order in which they were made."""
QUOTE = "达到百分之九十二以上"


def region(code: str = "", parent: Region | None = None) -> Region:
    """The region of a code, made if there is none; without a code the city that is there."""
    if not code and (known := Region.objects.filter(kind=Region.Kind.CITY).order_by("pk").first()):
        return known
    code = code or "100100"
    kind = Region.Kind.COUNTY if parent else Region.Kind.CITY
    return Region.objects.get_or_create(code=code, defaults={"name": f"地区{code}", "kind": kind, "parent": parent})[0]


def department(place: Region | None = None, kind: str = "bureau") -> Department:
    number = next(_numbers)
    return Department.objects.create(
        code=f"unit-{number}",
        name=f"某市第{number}局",
        short_name=f"市{number}局",
        kind=kind,
        region=place or region(),
    )


def person(role: Role, unit: Department | None = None) -> User:
    """Somebody with a role; an administrator without a unit is one of the government office, and so of everything."""
    unit = unit or department(kind="government_office" if role is Role.ADMINISTRATOR else "bureau")
    user = User.objects.create_user(f"{role.value}-{next(_numbers)}", password="pass")
    Membership.objects.create(user=user, department=unit, role=role.value)
    return user


def plan(year: int = 2014, place: Region | None = None) -> Plan:
    """The plan that begins in the year, made if there is none."""
    known = Plan.objects.holding_first(year).first()
    if known is not None:
        return known
    made = plan_of_year(year, number="1号", title="行动计划", issuer="市政府", region=place or region())
    Clause.objects.create(plan=made, path="一", order=1, text=f"一、目标{QUOTE}。")
    return made


def plan_over(first: str, last: str, place: Region | None = None, text: str = "一、目标。") -> Plan:
    """A plan of its own for the months, with one clause."""
    number, begins = next(_numbers), Month.parse(first)
    made = plan_of_year(
        begins.year,
        code=f"plan-{number}",
        first_month=begins,
        last_month=Month.parse(last),
        region=place or region(),
    )
    Clause.objects.create(plan=made, path="一", order=1, text=text)
    return made


def another_plan(code: str, year: int = 2014, place: Region | None = None, **fields: Any) -> Plan:
    """A further plan of a code, made if there is none; its deadline is the day itself, on whatever weekday it falls."""
    known = Plan.objects.filter(code=code).first()
    if known is not None:
        return known
    where = place or region()
    usual = {"title": f"{year}年{where.name}{code}计划", "deadline_moves": False}
    made = plan_of_year(year, code=code, region=where, **usual | fields)
    Clause.objects.create(plan=made, path="一", order=1, text="一、目标达到百分之九十二以上。")
    return made


def indicator(measure: str = "ratio", **values: Any) -> Indicator:
    number = next(_numbers)
    defaults: dict[str, dict[str, Any]] = {
        "ratio": {"time_rule": "pooled", "denominator_rule": "sum", "scale": Decimal(100), "unit": "%", "decimals": 2},
        "count": {"time_rule": "sum", "unit": "户"},
        "level": {"time_rule": "last", "decimals": 1},
        "event": {"time_rule": "max"},
    }
    fields = {"name": f"指标{number}", "direction": "higher", **defaults[measure], **values}
    made = Indicator(code=f"indicator-{number}", measure=measure, **fields)
    made.full_clean()
    made.save()
    return made


def target(measured: Indicator, comparator: str = "at_least", threshold: object = None, **values: Any) -> Target:
    document = values.pop("plan", None) or plan()
    clause = values.get("clause") or document.clauses.get(path="一")
    kind = "constant" if threshold is not None else "nothing"
    fields = {
        "threshold_kind": kind,
        "threshold": None if threshold is None else Decimal(str(threshold)),
        "due": document.last_month.last_day,
        "quote": QUOTE if QUOTE in clause.text else clause.text[2:-1],
        "clause": clause,
        **values,
    }
    number = next(_numbers)
    made = Target(
        plan=document,
        code=f"target-{number}",
        name=f"目标{number}",
        indicator=measured,
        comparator=comparator,
        **fields,
    )
    made.full_clean()
    made.save()
    return made


def step(promise: Target, due: str, threshold: object) -> Step:
    made = Step(target=promise, due=date.fromisoformat(due), threshold=Decimal(str(threshold)))
    made.full_clean()
    made.save()
    return made


def quota(promise: Target, place: Region, threshold: object, from_month: str = "2014-01", **values: Any) -> Quota:
    """A region's own threshold; None ends what it owed."""
    number = None if threshold is None else Decimal(str(threshold))
    made = Quota(target=promise, region=place, threshold=number, from_month=Month.parse(from_month), **values)
    made.full_clean()
    made.save()
    return made


@transaction.atomic
def change_rule(promise: Target, from_month: Month, **fields: Any) -> None:
    """Changes a promise from a month on, as the administration's form does."""
    former = former_rule(promise)
    for name, value in fields.items():
        setattr(promise, name, value)
    promise.changing = RuleChange(from_month, "调整", "2号")
    promise.save()
    keep_former(former, promise, by=coordinator())
    judged_anew(promise)


def judged_anew(*promises: Target) -> None:
    """Judges promises whose rule, steps or quotas were changed by hand."""
    promises_changed(promises)
    recompute()


def entry(measured: Indicator, month: str, *figures: object, place: Region | None = None, **values: Any) -> Entry:
    """One figure: `entry(x, "2014-01", 180, 200)` for a ratio, `entry(x, "2014-01", 40)` for anything else."""
    numbers = [Decimal(str(figure)) for figure in figures]
    names = ("numerator", "denominator") if len(numbers) == 2 else ("value",)
    where = place or region()
    values |= dict(zip(names, numbers, strict=True))
    return Entry(measured.pk, where.pk, Month.parse(month), **values)


def typed(offered: Entry) -> Typed:
    """The figure as somebody types it."""
    numbers = {name: getattr(offered, name) for name in ("value", "numerator", "denominator")}
    texts = {name: "" if number is None else f"{number:f}" for name, number in numbers.items()}
    day = offered.occurred_on.isoformat() if offered.occurred_on is not None else ""
    return Typed(**texts, occurred_on=day, note=offered.note)


def handed_in(offered: Entry, *, by: User, reason: str = "") -> Revision:
    """The figure typed and handed in by one person: it waits for review."""
    known = Draft.objects.filter(indicator_id=offered.indicator_id, region_id=offered.region_id, month=offered.month)
    save_draft(offered.key, typed(offered), version=max((draft.version for draft in known), default=0), by=by)
    (made,) = hand_in([offered.key], by=by, reason=reason)
    return made


def source(by: User) -> Source:
    return Source.objects.create(kind="import", label="测试.csv", by=by)


def coordinator() -> User:
    return User.objects.filter(memberships__role="coordinator").first() or person(Role.COORDINATOR)


def official(*entries: Entry) -> None:
    """Makes the figures official, whichever cities' they are, and brings attainments up to date."""
    by = coordinator()
    for position in positions_beyond_office(entries, by):
        office = Region.objects.get(pk=entries[position].region_id)
        Membership.objects.create(user=by, department=department(office), role=Role.COORDINATOR.value)
        by = User.objects.get(pk=by.pk)
    make_official(entries, source=source(by), by=by)
    recompute()


def at_once(entries: Sequence[Entry], origin: Source) -> OfficialOutcome:
    """Makes the figures official as an imported file is, judged in the same transaction where that can be."""
    with transaction.atomic(), offered_figures.offered_entries(entries) as select:
        return make_official_from(select, (), len(entries), source=origin, by=origin.by)


def recompute() -> None:
    while recompute_dirty()[0]:
        pass


def attainment(promise: Target, month: str, place: Region | None = None) -> Attainment:
    return Attainment.objects.select_related("target__indicator", "target__operand").get(
        target=promise, region=place or promise.plan.region, month=Month.parse(month)
    )
