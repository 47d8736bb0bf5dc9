"""A plan's numbered items, who answers for them, and the deliverables they name."""

from typing import Any, Self, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from departments.models import Department, User
from departments.models.columns import loaded_after
from departments.people.groups import EACH_COUNTY
from plans.models import AbstractAssignment, AbstractLeader, Clause, Plan
from plans.models.assignment import AssignmentQuerySet, check_words
from plans.models.plan import check_quote
from plans.wording import with_parting
from targets.models import Target

Passed = Any
"""What Django gives to a row: of many kinds, handed on as it comes."""


class TaskQuerySet(models.QuerySet["Task"]):
    """Questions about tasks; finds rows by the names that fixtures use."""

    def in_force(self) -> Self:
        """Tasks of published plans: nobody works on the tasks of a draft."""
        return self.filter(plan__state=Plan.State.PUBLISHED)

    def get_by_natural_key(self, plan: str, code: str) -> "Task":
        return self.get(plan__code=plan, code=code)


class Task(models.Model):
    """Promised work that is not a number: a clause item, split into milestones.

    `open_ended` holds the words by which the plan names further units without saying which (相关市级部门, 等单位); they
    are a mark on the task, not a department. `targets` are the promises in numbers that stand in the same item. The
    plan office closes a task when all of it is done (`tasks.services.signing.close_task`).
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="tasks", verbose_name=_("plan"), db_index=False)
    code = models.SlugField(_("code"), max_length=60)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    title = models.CharField(_("title"), max_length=120)
    clause = models.ForeignKey(Clause, models.PROTECT, related_name="tasks", verbose_name=_("clause"))
    quote = models.TextField(_("words of the plan"), blank=True)
    due = models.DateField(_("due"))
    open_ended = models.CharField(_("further units, not named"), max_length=60, blank=True)
    targets = models.ManyToManyField(Target, related_name="tasks", blank=True, verbose_name=_("targets"))
    closed_on = models.DateField(_("closed on"), null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("closed by"),
    )

    objects = TaskQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["plan", "order", "code"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "code"], name="task_code_once"),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True, closed_by__isnull=True)
                | Q(closed_on__isnull=False, closed_by__isnull=False),
                name="task_closed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Passed, **kwargs: Passed) -> None:
        """Saves; refuses words that the clause does not hold, by whatever door they come."""
        check_quote(self.quote, self.clause)
        super().save(*args, **kwargs)

    @loaded_after("plans.clause", "targets.target")
    def natural_key(self) -> tuple[str, str]:
        return (self.plan.code, self.code)

    def clean(self) -> None:
        if self.clause_id is None:
            return  # the field itself says that it is missing
        check_quote(self.quote, self.clause)
        if self.clause.plan_id != self.plan_id:
            raise ValidationError({"clause": _("The clause belongs to another plan.")})
        if self.open_ended and self.open_ended not in self.clause.text:
            said = _("These words do not stand in the task's clause.")
            raise ValidationError({"open_ended": with_parting(said, self.open_ended, self.clause.text)})


_AssignmentManager = models.Manager.from_queryset(AssignmentQuerySet)


class AssignmentManager(_AssignmentManager["Assignment"]):
    """Finds rows by the names that fixtures use."""

    def get_by_natural_key(self, plan: str, code: str, department: str) -> "Assignment":
        return self.get(task__plan__code=plan, task__code=code, department__code=department)


class Assignment(AbstractAssignment):
    """A department's role for a task."""

    of_plan = "task__plan"

    task = models.ForeignKey(Task, models.CASCADE, related_name="assignments", verbose_name=_("task"), db_index=False)

    objects = AssignmentManager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("responsibility for a task")
        verbose_name_plural = _("responsibilities for tasks")
        ordering = ["task", "role", "department"]
        constraints = [models.UniqueConstraint(fields=["task", "department"], name="task_assignment_once")]

    def __str__(self) -> str:
        return f"{self.task} · {self.department} · {self.get_role_display()}"

    @loaded_after("tasks.task", "departments.department")
    def natural_key(self) -> tuple[str, str, str]:
        return (*self.task.natural_key(), self.department.code)

    def clean(self) -> None:
        check_words(self.quote, self.task.clause.text, _("These words do not stand in the task's clause."))
        self.check_holder(self.task.plan.region_id)


class TaskLeaderManager(models.Manager["TaskLeader"]):
    """Finds rows by the names that fixtures use."""

    def get_by_natural_key(self, plan: str, code: str, name: str) -> "TaskLeader":
        return self.get(task__plan__code=plan, task__code=code, name=name)


class TaskLeader(AbstractLeader):
    """A person whom the plan names as leading a task."""

    of_plan = "task__plan"

    task = models.ForeignKey(Task, models.CASCADE, related_name="leaders", verbose_name=_("task"), db_index=False)

    objects = TaskLeaderManager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("leader of a task")
        verbose_name_plural = _("leaders of tasks")
        ordering = ["task", "id"]
        constraints = [models.UniqueConstraint(fields=["task", "name"], name="task_leader_once")]

    def __str__(self) -> str:
        return f"{self.task} · {self.name}"

    @loaded_after("tasks.task")
    def natural_key(self) -> tuple[str, str, str]:
        return (*self.task.natural_key(), self.name)

    def clean(self) -> None:
        check_words(self.quote, self.task.clause.text, _("These words do not stand in the task's clause."))


class MilestoneManager(models.Manager["Milestone"]):
    """Finds rows by the names that fixtures use."""

    def get_by_natural_key(self, plan: str, task: str, code: str) -> "Milestone":
        return self.get(task__plan__code=plan, task__code=task, code=code)


class Milestone(models.Model):
    """A concrete deliverable of a task, with its due date and the day it was done.

    Named by the plan, with its words in `quote`, or made by those who lead the task when they split it, without. Its
    `department` reports on it; where it has none, whoever leads the task does. `weight` is its share of the task in
    percent, empty where nobody has weighed; `evidence` says what proves that it is done.

    `target` is set when the milestone is a step towards a promise of the kind "done by": its light follows from them.
    `counted_by` is set when it is a count that is promised elsewhere (4081户): how far it has come is read there, and
    is never entered here.
    """

    task = models.ForeignKey(Task, models.CASCADE, related_name="milestones", verbose_name=_("task"), db_index=False)
    code = models.SlugField(_("code"), max_length=60)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    title = models.CharField(_("title"), max_length=120)
    quote = models.CharField(_("words of the plan"), max_length=400, blank=True)
    due = models.DateField(_("due"))
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="milestones",
        verbose_name=_("responsible unit"),
    )
    weight = models.PositiveSmallIntegerField(
        _("weight in %"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    evidence = models.CharField(_("evidence"), max_length=200, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    target = models.ForeignKey(
        Target, models.SET_NULL, null=True, blank=True, related_name="milestones", verbose_name=_("step towards")
    )
    counted_by = models.ForeignKey(
        Target, models.PROTECT, null=True, blank=True, related_name="counted", verbose_name=_("counted by")
    )

    objects = MilestoneManager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["task", "order", "due", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["task", "code"], name="milestone_code_once"),
            models.CheckConstraint(
                condition=Q(weight__isnull=True) | Q(weight__range=(1, 100)), name="milestone_weight_in_percent"
            ),
            models.CheckConstraint(
                condition=Q(counted_by__isnull=True) | Q(done_on__isnull=True, target__isnull=True),
                name="milestone_counted_elsewhere",
                violation_error_message=_(
                    "What is counted elsewhere takes its progress from there. Leave the day and the step towards empty."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Passed, **kwargs: Passed) -> None:
        """Saves; refuses words that the task's clause does not hold, by whatever door they come."""
        self._check_words()
        super().save(*args, **kwargs)

    @loaded_after("tasks.task", "targets.target", "departments.department")
    def natural_key(self) -> tuple[str, str, str]:
        return (*self.task.natural_key(), self.code)

    def clean(self) -> None:
        self._check_words()
        if self.department is not None and self.department.kind == EACH_COUNTY:
            raise ValidationError({"department": _("One unit reports on a milestone. Name one county, or none.")})
        if self.counted_by is not None and not countable(self.counted_by):
            raise ValidationError(
                {"counted_by": _("Only a count that grows through the year can stand for a milestone.")}
            )

    def _check_words(self) -> None:
        if self.quote:
            check_quote(self.quote, self.task.clause)


Row = TypeVar("Row", Task, Milestone)


def sign_history_change(row: Row, by: User, reason: str = "") -> Row:
    """The row, not saved yet, with who changes it and why, as its history will keep it."""
    named: Any = row
    named._history_user, named._change_reason = by, reason or None
    return row


def countable(target: Target) -> bool:
    """Whether a milestone's progress can be read from the target: a count that grows towards its threshold."""
    grows = target.comparator in (Target.Comparator.AT_LEAST, Target.Comparator.MORE_THAN)
    return target.indicator.rule.accumulates and grows
