"""Plans by the hundred for tests, made by few statements: each with targets, a leading unit and lights everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from departments.models import Department, Region
from plans.models import Clause, Plan
from plans.periods import Month
from plans.tests.factories import plan_of_year
from targets.models import Attainment, Indicator, Target, TargetAssignment
from targets.tests.factories import department, region

UNITS = 10
TITLE = "关于印发某某市深入推进质量强市建设暨重点领域质量提升三年行动计划分年度实施方案和责任分工的通知第{}号"


@dataclass(frozen=True, slots=True)
class ManyPlans:
    """Plans of one year of a city with parts; ten units lead their targets and report their figures."""

    year: int
    whole: Region
    units: Sequence[Department]

    @classmethod
    def of_city(cls, year: int, *, parts: int) -> "ManyPlans":
        """A city, its parts and its units, without a plan yet."""
        whole = region()
        for number in range(parts):
            region(f"1001{number + 1:02}", parent=whole)
        return cls(year, whole, [department() for _ in range(UNITS)])

    def add(self, plans: int, *, targets: int, months: int) -> None:
        """So many more plans in force, each with so many targets, which have a light in every region in each of the
        year's first months."""
        known = Plan.objects.count()
        made = [self._plan(known + number) for number in range(plans)]
        _judge(_promise(made, targets, self.units), Month(self.year, 1), months)

    def _plan(self, number: int) -> Plan:
        named = {"code": f"plan-{number}", "title": TITLE.format(number)}
        return plan_of_year(self.year, region=self.whole, **named)


def _promise(plans: Sequence[Plan], number: int, units: Sequence[Department]) -> Sequence[Target]:
    every = [(plan, index) for plan in plans for index in range(number)]
    clauses = Clause.objects.bulk_create(Clause(plan=plan, path="一", order=1, text="一、达到。") for plan in plans)
    indicators = Indicator.objects.bulk_create(
        Indicator(
            code=f"{plan.code}-{index}",
            name=f"指标{index} · {plan.code}",
            measure="level",
            direction="higher",
            time_rule="last",
            department=units[index % UNITS],
        )
        for plan, index in every
    )
    of_plan = dict(zip((plan.pk for plan in plans), clauses, strict=True))
    promised = Target.objects.bulk_create(
        Target(
            plan=plan,
            code=f"target-{index}",
            name=f"目标{index}",
            indicator=indicator,
            clause=of_plan[plan.pk],
            comparator="at_least",
            threshold_kind="constant",
            threshold=Decimal(92),
            due=date(plan.year, 12, 31),
            quote="达到",
        )
        for (plan, index), indicator in zip(every, indicators, strict=True)
    )
    TargetAssignment.objects.bulk_create(
        TargetAssignment(target=target, department=units[place % UNITS], role="lead")
        for place, target in enumerate(promised)
    )
    return promised


def _judge(targets: Sequence[Target], first: Month, months: int) -> None:
    """Each of the targets in every region, the lights by turns: one statement, made from one row as a pattern."""
    known = {
        "verdict": "met",
        "counted_from": first,
        "last_month": first.shifted(months - 1),
        "months": 1,
        "missing": 0,
    }
    versions = {"target_version": 1, "formula_version": 1, "revisions": [], "inputs_hash": "0"}
    pattern = Attainment.objects.create(
        target=targets[0], region=region(), month=first.shifted(-1), signal="grey", **known, **versions
    )
    columns = [field.column for field in Attainment._meta.concrete_fields if field.column]
    given = {"target_id": "t.id", "region_id": "r.id", "month": "m.month", "signal": _BY_TURNS}
    chosen = ", ".join(given.get(column, f"a.{column}") for column in columns)
    numbers = " UNION ALL ".join(f"SELECT {first.shifted(place).key} AS month" for place in range(months))
    insert = (
        f"INSERT INTO targets_attainment ({', '.join(columns)}) SELECT {chosen} "  # noqa: S608 - our own names
        f"FROM targets_target t CROSS JOIN departments_region r CROSS JOIN ({numbers}) m "
        f"JOIN targets_attainment a ON a.month = {pattern.month.key} WHERE t.id >= {targets[0].pk}"
    )
    with connection.cursor() as cursor:
        cursor.execute(insert)
    Attainment.objects.filter(month=pattern.month).delete()


_BY_TURNS = "CASE (t.id + m.month) % 4 WHEN 0 THEN 'red' WHEN 1 THEN 'yellow' WHEN 2 THEN 'green' ELSE 'grey' END"
