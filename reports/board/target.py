"""Everything that the page of a target tells: how it stands, why, what it will come to, what it is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import chain

from departments.models import User
from plans.periods import Month
from reports.board.standing import ShownMoment, end_of_local_day, read_shown_day, read_shown_moment
from targets.models import Attainment, Target
from targets.reading import target_page
from targets.reading.light_changes import History, history
from targets.reading.selectors import (
    TargetRow,
    attainments_official_then,
    attainments_seen_by,
    last_in_plan,
    rows_of_attainments,
)
from tasks.reading.selectors import TaskRow
from tasks.reading.selectors import task_rows_of_plan as tasks_at


@dataclass(frozen=True)
class TargetAccount:
    """A target as of a month: `row` is None before it has been judged."""

    target: Target
    moment: ShownMoment
    rows: Sequence[TargetRow]
    row: TargetRow | None
    parts: target_page.RankedParts | None
    last_year: Sequence[Decimal | None]
    expected: target_page.TargetOutlook | None
    history: History
    tasks: Sequence[TaskRow]

    @cached_property
    def lines(self) -> Sequence[target_page.TargetMonthLine]:
        return target_page.month_lines_of_target(self.rows, self.moment.month, self.last_year, self.expected)

    @property
    def has_chart(self) -> bool:
        known = any(row.attainment.actual is not None for row in self.rows)
        return known and self.target.comparator != Target.Comparator.DONE_BY

    @property
    def chart(self) -> dict[str, object]:
        month = self.moment.month
        return target_page.chart(self.target.in_month(month), self.rows, month, self.last_year, self.expected)


def indicators_shown(plan_code: str, code: str) -> frozenset[int]:
    """The indicators whose figures and lights the target's page shows: its own, those that its rules hold it against,
    and those from which milestones of the tasks of the same item are counted."""
    found = Target.objects.filter(plan__code=plan_code, code=code)
    counted = Target.objects.filter(counted__task__targets__in=found)
    shown = ("indicator_id", "operand_id", "versions__operand_id")
    rows = (targets.order_by().values_list(*shown) for targets in (found, counted))
    return frozenset(pk for row in chain(*rows) for pk in row if pk)


def account_for_target(target: Target, asked: Mapping[str, str], user: User) -> TargetAccount:
    """The target as the address asks; `target` with its plan, region, indicator, operand, version and rules."""
    region = target.plan.region
    judged = _judged(target, asked, user)
    rows = rows_of_attainments(attainment for attainment in judged if attainment.region_id == region.pk)
    moment = read_shown_moment(target.plan, asked, _last_month(target, rows))
    row = next((row for row in rows if row.attainment.month == moment.month), None)
    return TargetAccount(
        target,
        moment,
        rows,
        row,
        target_page.rank_parts_of_target(
            (attainment for attainment in judged if attainment.region_id != region.pk), moment.month, row
        ),
        target_page.last_year_figures(target.in_month(moment.month), moment.loader),
        target_page.outlook_of_target(target, rows, moment.month),
        history(target, region, moment.month, user, moment.end),
        _tasks(target, moment.month),
    )


def _judged(target: Target, asked: Mapping[str, str], user: User) -> list[Attainment]:
    """The target in every month and region: as stored, or by what was official at the end of the day asked for."""
    day, _understood = read_shown_day(asked.get("as_of"))
    if day is None:
        return target_page.attainments_of_target(target, user)
    then = attainments_official_then(
        Target.objects.filter(pk=target.pk), target.plan.region, end_of_local_day(day), parts=True
    )
    return attainments_seen_by(user, sorted(then, key=lambda attainment: (attainment.region.code, attainment.month)))


def _last_month(target: Target, rows: Sequence[TargetRow]) -> Month | None:
    return last_in_plan(target.plan, (row.attainment.last_month for row in rows))


def _tasks(target: Target, month: Month) -> list[TaskRow]:
    """The tasks of the same item, as they stood at the end of the month."""
    linked = set(target.tasks.values_list("pk", flat=True))
    return [row for row in tasks_at(target.plan, month.last_day) if row.task.pk in linked] if linked else []
