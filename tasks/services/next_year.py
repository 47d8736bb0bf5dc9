"""下年度计划: an earlier plan copied to later months as a draft, which is worked on and published by `drafting`.

Nothing of the earlier plan is touched: indicators are shared, everything else is a new row.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from departments import access
from departments.models import Department, User, successors_on
from departments.permissions import Action
from departments.services.accounts import record
from plans.models import AbstractAssignment, AbstractLeader, Clause, Plan
from plans.periods import Month
from targets.models import Attainment, Step, Target
from tasks.models import Milestone, Task
from tasks.reading.proposals import NextPlanProposal, shift_day_by_months

M = TypeVar("M", bound=models.Model)
STEP = Decimal("0.000001")
"""The places that baselines and what was reached are kept to."""


@transaction.atomic
def propose_next_year(plan: Plan, *, by: User, named: NextPlanProposal | None = None) -> Plan:
    """A draft with these names and months, else those that follow the plan's: its clauses without words, its targets,
    tasks, milestones and departments as they were; departments that were reformed are replaced by those that follow
    them, and what was reached stands as what is known.

    ValidationError if the plan is a draft itself or was taken away meanwhile, if another plan has the code, and if a
    plan of the same series is for some of the months.
    """
    access.demand_acting(by, Action.ADMINISTER, plan.region_id)
    plan = _in_force(plan)
    named = named or NextPlanProposal.suggested(plan)
    demand_free_code(named.code, by)
    _demand_free_months(plan, named)
    copy = _Copy.of(plan, named, by)
    targets = copy.targets()
    copy.tasks(targets)
    record("plan.proposed", by=by, subject=copy.draft, plan=copy.draft.code, before=plan.code, count=len(targets))
    return copy.draft


def _in_force(plan: Plan) -> Plan:
    """The plan as it is now; whoever else copies it waits."""
    locked = Plan.objects.select_for_update(no_key=True).filter(pk=plan.pk).first()
    if locked is None:
        raise ValidationError(_("%(plan)s was deleted meanwhile. Choose another plan.") % {"plan": plan})
    if locked.is_draft:
        raise ValidationError(_("%(plan)s is a draft itself. Publish it first.") % {"plan": locked})
    return locked


def demand_free_code(code: str, by: User) -> None:
    """ValidationError, naming the plan, if a plan has the code; one that the person may not see is not named."""
    if (other := Plan.objects.visible_to(by).filter(code=code).first()) is not None:
        told = {"code": code, "plan": other}
        raise ValidationError(_("The plan %(plan)s has the code %(code)s. Choose another code.") % told, code="code")
    if Plan.objects.filter(code=code).exists():
        said = _("A plan of another region has the code %(code)s. Choose another code.")
        raise ValidationError(said % {"code": code}, code="code")


def _demand_free_months(plan: Plan, named: NextPlanProposal) -> None:
    series = Plan.objects.of_series(plan) | Plan.objects.filter(pk=plan.pk)
    within = series.filter(first_month__lte=named.last_month, last_month__gte=named.first_month)
    if (other := within.order_by("first_month", "code").first()) is not None:
        said = _("%(plan)s of the same series is for some of these months (%(span)s). Choose other months.")
        raise ValidationError(said % {"plan": other, "span": other.span}, code="months")


# --- The copy ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Copy:
    """A plan, the draft made from it, and what belongs to what there: clauses by id, departments that follow by id."""

    plan: Plan
    draft: Plan
    clauses: Mapping[int, Clause]
    followers: Mapping[int, Sequence[Department]]

    @classmethod
    def of(cls, plan: Plan, named: NextPlanProposal, by: User) -> "_Copy":
        draft = _copied(
            plan,
            code=named.code,
            series=plan.series or plan.code,
            first_month=named.first_month,
            last_month=named.last_month,
            state=Plan.State.DRAFT,
            title=named.title,
            number=named.number,
            issued_on=None,
            source="",
        )
        draft.clean_fields()
        draft.clean()
        _store(draft, by)
        return cls(plan, draft, _clauses(plan, draft), successors_on(draft.first_month.first_day))

    def day(self, day: date) -> date:
        """The day that is as far from the draft's beginning as the day is from the plan's; it never lies behind the
        draft's end."""
        moved = shift_day_by_months(day, self.draft.first_month.index - self.plan.first_month.index)
        return min(moved, self.draft.last_month.last_day)

    def begins(self, month: Month | None, due: date) -> Month | None:
        """The month in which the pace of a target begins in the draft, as far from the draft's beginning; None where
        the month would lie behind the target's due day."""
        if month is None:
            return None
        moved = month.shifted(self.draft.first_month.index - self.plan.first_month.index)
        return moved if moved <= Month.of(self.day(due)) else None

    def targets(self) -> dict[int, Target]:
        """Stores the proposed targets, and gives them by the ids of the targets that they follow."""
        reached = _reached(self.plan)
        made: dict[int, Target] = {}
        for target in self.plan.targets.prefetch_related("assignments__department", "leaders", "steps"):
            known = reached.get(target.pk)
            values = {} if known is None else {"reference": known[0], "reference_source": known[1]}
            if target.threshold_kind == Target.ThresholdKind.BASELINE:
                values |= dict(zip(("baseline", "baseline_source"), known or (None, ""), strict=True))
            made[target.pk] = _copied(
                target,
                plan=self.draft,
                clause=self.clauses[target.clause_id],
                quote="",
                due=self.day(target.due),
                first_month=self.begins(target.first_month, target.due),
                **values,
            )
            made[target.pk].save()
            self._assign(target.assignments.all(), target=made[target.pk])
            self._lead(target.leaders.all(), target=made[target.pk])
            self._stage(target.steps.all(), made[target.pk])
        return made

    def tasks(self, targets: Mapping[int, Target]) -> None:
        """Stores the proposed tasks, open again, with the milestones that the plan names. How the lead has split and
        weighed a task was for its year alone."""
        for earlier in self.plan.tasks.prefetch_related("assignments__department", "leaders", "milestones", "targets"):
            task = _copied(
                earlier,
                plan=self.draft,
                clause=self.clauses[earlier.clause_id],
                quote="",
                open_ended="",
                due=self.day(earlier.due),
                closed_on=None,
                closed_by=None,
            )
            task.save()
            task.targets.set([targets[target.pk] for target in earlier.targets.all()])
            self._assign(earlier.assignments.all(), task=task)
            self._lead(earlier.leaders.all(), task=task)
            for step in earlier.milestones.all():
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
            due=self.day(step.due),
            done_on=None,
            weight=None,
            **values,
        ).save()

    def _assign(self, assignments: Iterable[AbstractAssignment], **owner: models.Model) -> None:
        """Gives the same roles to the same departments, or to those that follow them; a department has its strongest
        role."""
        named: dict[int, AbstractAssignment] = {}
        for assignment in sorted(assignments, key=lambda assignment: _STRENGTH.index(assignment.role)):
            for department in self.followers.get(assignment.department_id, [assignment.department]):
                named.setdefault(department.pk, _copied(assignment, department=department, quote="", **owner))
        for made in named.values():
            made.save()

    def _lead(self, leaders: Iterable[AbstractLeader], **owner: models.Model) -> None:
        for leader in leaders:
            _copied(leader, quote="", **owner).save()

    def _stage(self, steps: Iterable[Step], target: Target) -> None:
        """Copies the target's earlier dates with their numbers, as far as they lie before its own date."""
        for step in steps:
            if (due := self.day(step.due)) < target.due:
                _copied(step, target=target, due=due).save()


_STRENGTH = AbstractAssignment.Role.values


def _copied(row: M, **changes: object) -> M:
    """Makes a new row, not stored yet, with the values of the row but for the changes."""
    kept = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
    made = type(row)(**kept)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def _store(draft: Plan, by: User) -> None:
    """Stores the plan; ValidationError if somebody has taken its code at this very moment."""
    try:
        with transaction.atomic():
            draft.save()
    except IntegrityError as taken:
        demand_free_code(draft.code, by)
        raise taken


def _clauses(plan: Plan, draft: Plan) -> dict[int, Clause]:
    made: dict[int, Clause] = {}
    waiting: dict[int, list[Clause]] = defaultdict(list)
    for clause in plan.clauses.order_by("order"):
        made[clause.pk] = _copied(clause, plan=draft, parent=None, heading="", text="")
        made[clause.pk].save()
        if clause.parent_id is not None:
            waiting[clause.parent_id].append(made[clause.pk])
    for parent_id, parts in waiting.items():
        for part in parts:
            part.parent = made[parent_id]
            part.save()
    return made


def _reached(plan: Plan) -> dict[int, tuple[Decimal, str]]:
    """Finds what each target has reached at the end of the plan's year, as far as it is known, and where that
    stands."""
    rows = Attainment.objects.of_plan(plan, region_id=plan.region_id).filter(month=plan.last_month)
    return {
        row.target_id: (
            row.actual.quantize(STEP, ROUND_HALF_EVEN).normalize(),
            f"{row.last_month or plan.last_month} · {plan.title}",
        )
        for row in rows
        if row.actual is not None
    }
