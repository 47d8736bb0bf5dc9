"""下年度计划: a plan copied to the months that follow it as a proposal, worked on as a draft, then published.

Nothing of the year before is touched: indicators are shared, everything else is a new row. While the plan is a draft
nothing of it is judged or shown to anybody but administrators of its region.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from departments import access
from departments.models import Department, User, successors_on
from departments.permissions import Action
from departments.services import record
from plans.models import AbstractAssignment, Clause, Plan
from targets.models import Attainment, Target
from targets.services import hand_over, promises_changed
from tasks.drafts import gaps
from tasks.models import Milestone, Task

M = TypeVar("M", bound=models.Model)
Draftable = Plan | Clause | Target | Task | Milestone
STEP = Decimal("0.000001")
"""The places that baselines and what was reached are kept to."""


@transaction.atomic
def propose_next_year(plan: Plan, *, by: User) -> Plan:
    """A draft for as many months after the plan: its clauses without words, its targets, tasks, milestones and
    departments as they were; departments that were reformed are replaced by those that follow them, and what was
    reached stands as what is known. ValidationError if the plan is a draft itself, or its series has a later one.
    """
    access.demand_acting(by, Action.ADMINISTER, plan.region_id)
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    if plan.is_draft:
        raise ValidationError(_("%(plan)s is a draft itself. Publish it first.") % {"plan": plan})
    if (following := Plan.objects.following(plan)) is not None:
        raise ValidationError(_("The plan that follows is there already: %(plan)s.") % {"plan": following})
    copy = _Copy.of(plan)
    targets = copy.targets()
    copy.tasks(targets)
    record("plan.proposed", by=by, subject=copy.draft, plan=copy.draft.code, count=len(targets))
    return copy.draft


@transaction.atomic
def publish(draft: Plan, *, by: User) -> Plan:
    """Puts the draft into force; ValidationError with everything that is missing, if anything is.

    From its first month on, figures are reported by the departments that follow those which reported them before.
    """
    draft = _demand_draft(draft, by)
    if missing := gaps(draft):
        raise ValidationError(missing)
    draft.state = Plan.State.PUBLISHED
    draft.full_clean()
    draft.save()
    _pass_on_reporting(draft)
    promises_changed([draft])
    record("plan.published", by=by, subject=draft, plan=draft.code)
    return draft


@transaction.atomic
def discard_draft_plan(draft: Plan, *, by: User) -> None:
    """Takes the whole draft away."""
    draft = _demand_draft(draft, by)
    record("plan.discarded", by=by, subject=draft, plan=draft.code)
    for rows in (draft.tasks, draft.targets, draft.clauses):
        rows.all().delete()
    draft.delete()


@transaction.atomic
def keep(row: Draftable, *, by: User) -> None:
    """Stores a changed row of a draft; ValidationError by the rules of its model, or if the plan is in force."""
    draft = _demand_draft(plan_of(row), by)
    row.full_clean()
    row.save()
    record("plan.draft_changed", by=by, subject=row, plan=draft.code)


@transaction.atomic
def leave_out(row: Target | Task | Milestone, *, by: User) -> None:
    """Takes a promise out of a draft; ValidationError for a target by which a milestone is counted."""
    draft = _demand_draft(plan_of(row), by)
    if isinstance(row, Target) and (counted := Milestone.objects.filter(counted_by=row).first()):
        told = {"milestone": f"{counted.task} · {counted}"}
        raise ValidationError(_("The milestone %(milestone)s is counted by it. Leave that out first.") % told)
    record("plan.promise_left_out", by=by, subject=row, plan=draft.code, name=str(row))
    row.delete()


def plan_of(row: Draftable) -> Plan:
    """The plan to which the row belongs."""
    if isinstance(row, Plan):
        return row
    return row.task.plan if isinstance(row, Milestone) else row.plan


def _demand_draft(plan: Plan, by: User) -> Plan:
    access.demand_acting(by, Action.ADMINISTER, plan.region_id)
    locked = Plan.objects.select_for_update().get(pk=plan.pk)
    if not locked.is_draft:
        raise ValidationError(_("%(plan)s is in force: it is not a draft any more.") % {"plan": locked})
    return locked


def _pass_on_reporting(plan: Plan) -> None:
    followers = successors_on(plan.first_month.first_day)
    for target in plan.targets.select_related("indicator__department").order_by("indicator_id"):
        indicator, before = target.indicator, target.indicator.department
        if before is not None and len(following := followers.get(before.pk, [])) == 1:
            indicator.department = following[0]
            indicator.save()
            hand_over(indicator, before, plan.first_month)


# --- The copy ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Copy:
    """A plan, the draft made from it, and what belongs to what there: clauses by id, departments that follow by id."""

    plan: Plan
    draft: Plan
    clauses: Mapping[int, Clause]
    followers: Mapping[int, Sequence[Department]]

    @classmethod
    def of(cls, plan: Plan) -> "_Copy":
        draft = _copied(
            plan,
            code=code_after(plan),
            series=plan.series or plan.code,
            first_month=plan.first_month.shifted(len(plan.months)),
            last_month=plan.last_month.shifted(len(plan.months)),
            state=Plan.State.DRAFT,
            title=_later_years(plan.title, plan),
            number="",
            issued_on=None,
            source="",
        )
        draft.save()
        return cls(plan, draft, _clauses(plan, draft), successors_on(draft.first_month.first_day))

    def targets(self) -> dict[int, Target]:
        """The proposed targets by the ids of those they follow."""
        reached = _reached(self.plan)
        made: dict[int, Target] = {}
        for one in self.plan.targets.prefetch_related("assignments__department"):
            known = reached.get(one.pk)
            values = {} if known is None else {"reference": known[0], "reference_source": known[1]}
            if one.threshold_kind == Target.ThresholdKind.BASELINE:
                values |= dict(zip(("baseline", "baseline_source"), known or (None, ""), strict=True))
            made[one.pk] = _copied(
                one, plan=self.draft, clause=self.clauses[one.clause_id], quote="", due=_later(one.due), **values
            )
            made[one.pk].save()
            self._assign(one.assignments.all(), target=made[one.pk])
        return made

    def tasks(self, targets: Mapping[int, Target]) -> None:
        """The proposed tasks, open again, with the milestones that the plan names; how their lead has split and weighed
        them was for the year alone."""
        for one in self.plan.tasks.prefetch_related("assignments__department", "milestones", "targets"):
            task = _copied(
                one,
                plan=self.draft,
                clause=self.clauses[one.clause_id],
                quote="",
                open_ended="",
                due=_later(one.due),
                closed_on=None,
                closed_by=None,
            )
            task.save()
            task.targets.set([targets[target.pk] for target in one.targets.all()])
            self._assign(one.assignments.all(), task=task)
            for step in one.milestones.all():
                if step.quote:
                    self._step(step, task, targets)

    def _step(self, step: Milestone, task: Task, targets: Mapping[int, Target]) -> None:
        followers = self.followers.get(step.department_id or 0)
        values = {"department": followers[0] if len(followers) == 1 else None} if followers else {}
        _copied(
            step,
            task=task,
            target=targets.get(step.target_id or 0),
            counted_by=targets.get(step.counted_by_id or 0),
            quote="",
            due=_later(step.due),
            done_on=None,
            weight=None,
            **values,
        ).save()

    def _assign(self, assignments: Iterable[AbstractAssignment], **owner: models.Model) -> None:
        """The same roles for the same departments, or for those that follow; a department has its strongest role."""
        named: dict[int, AbstractAssignment] = {}
        for one in sorted(assignments, key=lambda one: _STRENGTH.index(one.role)):
            for department in self.followers.get(one.department_id, [one.department]):
                named.setdefault(department.pk, _copied(one, department=department, quote="", **owner))
        for made in named.values():
            made.save()


_STRENGTH = AbstractAssignment.Role.values


def _copied(row: M, **changes: object) -> M:
    """A new row, not stored yet, with the same values but for the changes."""
    kept = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
    made = type(row)(**kept)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def _clauses(plan: Plan, draft: Plan) -> dict[int, Clause]:
    made: dict[int, Clause] = {}
    waiting: dict[int, list[Clause]] = defaultdict(list)
    for one in plan.clauses.order_by("order"):
        made[one.pk] = _copied(one, plan=draft, parent=None, heading="", text="")
        made[one.pk].save()
        if one.parent_id is not None:
            waiting[one.parent_id].append(made[one.pk])
    for parent_id, parts in waiting.items():
        for part in parts:
            part.parent = made[parent_id]
            part.save()
    return made


def _reached(plan: Plan) -> dict[int, tuple[Decimal, str]]:
    """What each target has reached at the end of the plan's year, as far as it is known, and where that stands."""
    rows = Attainment.objects.of_plan(plan, region_id=plan.region_id).filter(month=plan.last_month)
    return {
        row.target_id: (
            row.actual.quantize(STEP, ROUND_HALF_EVEN).normalize(),
            f"{row.last_month or plan.last_month} · {plan.title}",
        )
        for row in rows
        if row.actual is not None
    }


def code_after(plan: Plan) -> str:
    """A code for the plan that follows: with later years in it, else with the year in which it begins added."""
    found = _later_years(plan.code, plan)
    return found if found != plan.code else f"{plan.code}-{plan.first_month.shifted(len(plan.months)).year}"[-60:]


def _later_years(text: str, plan: Plan) -> str:
    """The same text with the years of the plan that follows."""
    later = {month.year: month.shifted(len(plan.months)).year for month in plan.months}
    return re.sub(r"\d{4}", lambda found: str(later.get(int(found[0]), found[0])), text)


def _later(day: date) -> date:
    """The same day of the next year; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
