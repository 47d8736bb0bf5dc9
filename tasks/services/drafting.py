"""Work on a draft of a plan: its rows added, changed and taken away, then the whole put into force or discarded.

While a plan is a draft nothing of it is judged or shown to anybody but administrators of its region. Everything here
begins by locking the plan's row, so that of two people at the same instant one is first and the other is told what has
become of the draft (`GONE`, `IN_FORCE`, `ROW_GONE`: the codes of these errors).
"""

from collections.abc import Iterable, Mapping, Sequence

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from departments import access
from departments.models import User, successors_on
from departments.permissions import Action
from departments.services.accounts import record
from plans.models import AbstractAssignment, Clause, Plan
from targets.models import Target
from targets.services.dirty import promises_changed
from targets.services.reporting import hand_over_duty
from tasks.models import Milestone, Task
from tasks.reading.drafts import Draftable, find_draft_gaps, plan_of_draft_row, removal_of_draft_row

GONE, IN_FORCE, ROW_GONE = "gone", "in_force", "row_gone"


@transaction.atomic
def publish_draft_plan(draft: Plan, *, by: User) -> Plan:
    """Puts the draft into force; ValidationError with everything that is missing, if anything is.

    From its first month on, figures are reported by the departments that follow those which reported them before.
    """
    draft = _demand_draft(draft, by)
    if missing := find_draft_gaps(draft):
        raise ValidationError([gap.said for gap in missing])
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
def keep_draft_row(row: Draftable, *, by: User, roles: Mapping[int, str] | None = None) -> None:
    """Stores a new or changed row of a draft and, for a promise, the `roles` of departments by their ids, if given.

    ValidationError by the rules of the models, if the plan is in force, and if the row or the whole draft was taken
    away meanwhile.
    """
    draft = _demand_draft(plan_of_draft_row(row), by)
    _demand_there(row)
    is_new = row.pk is None
    _complete(row)
    row.full_clean()
    row.save()
    if roles is not None and isinstance(row, Target | Task):
        _assign(row, roles)
    record("plan.row_added" if is_new else "plan.draft_changed", by=by, subject=row, plan=draft.code)


@transaction.atomic
def keep_clause(clause: Clause, *, after: Clause | None, by: User) -> None:
    """Stores a new or changed clause at its place behind another one, or at the beginning; ValidationError as by
    `keep_draft_row`, and if it would be a part of itself."""
    _demand_draft(clause.plan, by)
    _demand_there(clause)
    _check_parent(clause)
    clause.order = _room_behind(clause, after)
    keep_draft_row(clause, by=by)


@transaction.atomic
def leave_out(row: Clause | Target | Task | Milestone, *, by: User, seen: str | None = None) -> None:
    """Takes a row out of a draft with all that goes with it (`going_with`).

    ValidationError for a target by which a milestone is counted that stays, and if meanwhile other rows go with it than
    those that were seen (`Going.mark`).
    """
    draft = _demand_draft(plan_of_draft_row(row), by)
    _demand_there(row)
    going = removal_of_draft_row(row)
    if going.held_by is not None:
        told = {"milestone": f"{going.held_by.task} · {going.held_by}"}
        raise ValidationError(_("The milestone %(milestone)s is counted by it. Leave that out first.") % told)
    if seen is not None and seen != going.mark:
        raise ValidationError(_("A colleague has changed the draft meanwhile. Look again at what goes with it."))
    record("plan.promise_left_out", by=by, subject=row, plan=draft.code, name=str(row), rows=len(going.rows))
    for gone in (*going.tasks, *going.targets, *reversed(going.clauses)):
        gone.delete()
    row.delete()


def _assign(promise: Target | Task, roles: Mapping[int, str]) -> None:
    """Makes these departments answer for the promise; a department that did so before keeps the words that name it."""
    stored: dict[int, AbstractAssignment] = {
        assignment.department_id: assignment for assignment in promise.assignments.all()
    }
    for department_id in stored.keys() - roles.keys():
        stored.pop(department_id).delete()
    for department_id, role in roles.items():
        assignment = stored.get(department_id) or promise.assignments.model(department_id=department_id)
        if assignment.role != role:
            setattr(assignment, promise._meta.model_name or "", promise)
            assignment.role = role
            assignment.full_clean()
            assignment.save()


def _demand_draft(plan: Plan, by: User) -> Plan:
    """The draft as it is now; whoever else works on it waits."""
    access.demand_acting(by, Action.ADMINISTER, plan.region_id)
    locked = Plan.objects.select_for_update().filter(pk=plan.pk).first()
    if locked is None:
        raise ValidationError(explain_draft_gone(plan), code=GONE)
    if not locked.is_draft:
        raise ValidationError(explain_draft_in_force(locked), code=IN_FORCE)
    return locked


def explain_draft_gone(plan: object) -> str:
    """Tells a person who comes to a draft after it was discarded."""
    return _("The draft %(plan)s has been discarded meanwhile.") % {"plan": plan}


def explain_draft_in_force(plan: Plan) -> str:
    """Tells a person who would change a draft that is in force."""
    return _("%(plan)s is in force: it is not a draft any more.") % {"plan": plan}


def _demand_there(row: models.Model) -> None:
    """Raises ValidationError for a row that was taken out of the draft, so that a page that still shows the row does
    not store it again."""
    if row.pk is not None and not type(row)._base_manager.filter(pk=row.pk).exists():
        said = _("%(name)s was left out of the draft meanwhile. Add it again if it belongs there.")
        raise ValidationError(said % {"name": row}, code=ROW_GONE)


def _pass_on_reporting(plan: Plan) -> None:
    followers = successors_on(plan.first_month.first_day)
    for target in plan.targets.select_related("indicator__department").order_by("indicator_id"):
        indicator, before = target.indicator, target.indicator.department
        if before is not None and len(following := followers.get(before.pk, [])) == 1:
            indicator.department = following[0]
            indicator.save()
            hand_over_duty(indicator, before, plan.first_month)


# --- The place and the code of a new row ------------------------------------------------------------------------------


def _complete(row: Draftable) -> None:
    """A new promise stands behind the others, and has a code that none of them has."""
    if row.pk is not None or isinstance(row, Plan | Clause):
        return
    beside = _beside(row)
    if not row.order:
        row.order = (beside.aggregate(last=models.Max("order"))["last"] or 0) + 1
    if not row.code:
        row.code = _free_code(_stem(row), set(beside.values_list("code", flat=True)))


def _beside(
    row: Target | Task | Milestone,
) -> "models.QuerySet[Target] | models.QuerySet[Task] | models.QuerySet[Milestone]":
    if isinstance(row, Milestone):
        return Milestone.objects.filter(task=row.task_id)
    return type(row)._default_manager.filter(plan=row.plan_id)


def _stem(row: Target | Task | Milestone) -> str:
    if isinstance(row, Target):
        return row.indicator.code
    return "task" if isinstance(row, Task) else "step"


def _free_code(stem: str, taken: set[str]) -> str:
    """The stem if it is free, else the stem with the first number that is free."""
    number = 1
    while (code := stem if number == 1 else f"{stem[:56]}-{number}") in taken:
        number += 1
    return code


def _check_parent(clause: Clause) -> None:
    parents = dict(Clause.objects.filter(plan=clause.plan_id).values_list("pk", "parent"))
    above = clause.parent_id
    while above is not None:
        if above == clause.pk:
            raise ValidationError({"parent": _("A clause is not a part of itself. Choose another one.")})
        above = parents.get(above)


def _room_behind(clause: Clause, after: Clause | None) -> int:
    """Finds the number of the place behind a clause, 1 for the beginning. The following clauses make room, the last
    clause first, so that no two clauses ever have the same number."""
    others = list(Clause.objects.filter(plan=clause.plan_id).exclude(pk=clause.pk).order_by("order"))
    place = _place_of(after, others) + 1 if after is not None else 0
    before, following = others[:place], others[place:]
    wanted = before[-1].order + 1 if before else 1
    if _fits(clause, before, following):
        return clause.order
    if following and following[0].order <= wanted:
        _park(clause, others)
        _move_up(following, wanted + 1)
    return wanted


def _fits(clause: Clause, before: Sequence[Clause], following: Sequence[Clause]) -> bool:
    """Whether the clause already stands between the clauses before it and those that follow."""
    if clause.pk is None:
        return False
    return (not before or before[-1].order < clause.order) and (not following or clause.order < following[0].order)


def _place_of(after: Clause, others: Sequence[Clause]) -> int:
    for place, clause in enumerate(others):
        if clause.pk == after.pk:
            return place
    raise ValidationError({"after": _("This clause was left out of the draft meanwhile. Choose another one.")})


def _park(clause: Clause, others: Sequence[Clause]) -> None:
    """Gives the clause a number behind all others for as long as the others are moved."""
    free = max([clause.order or 0, *(other.order for other in others)]) + len(others) + 2
    Clause.objects.filter(pk=clause.pk).update(order=free)


def _move_up(clauses: Iterable[Clause], first: int) -> None:
    """Moves the clauses that are in the way, each to the next number."""
    moved: list[Clause] = []
    for clause in clauses:
        if clause.order >= first:
            break
        clause.order, first = first, first + 1
        moved.append(clause)
    for clause in reversed(moved):
        clause.save()
