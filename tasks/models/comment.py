"""Leaders' comments (批示) on targets and tasks, and the answers that were asked for."""

from datetime import date
from typing import Self

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from targets.models import Target, TargetAssignment
from tasks.models.supervision import SupervisionNotice
from tasks.models.task import Assignment, Task
from tasks.models.units import units_within


class CommentQuerySet(models.QuerySet["Comment"]):
    """Questions about comments."""

    def visible_to(self, user: User) -> Self:
        """Comments that the person may see. Leadership and plan office see the comments about the plans of their region
        and its parts; a unit sees the comments that ask it, and those about its promises."""
        reached = access.reach(user, Action.VIEW_COMMENTS)
        units = units_within(reached).values("pk")
        targets = TargetAssignment.objects.filter(department__in=units).values("target")
        tasks = Assignment.objects.filter(department__in=units).values("task")
        own = Q(asked__in=units) | Q(target__in=targets) | Q(task__in=tasks)
        realm = Q(target__plan__region__in=reached.realm) | Q(task__plan__region__in=reached.realm)
        return self.filter(own | realm)

    def waiting(self) -> Self:
        """Comments that ask for an answer and have none."""
        return self.filter(asked__isnull=False, answered_at__isnull=True)

    def overdue(self, today: date) -> Self:
        """Comments that ought to be answered by now."""
        return self.waiting().filter(due__lt=today)

    def listed(self) -> Self:
        """Loads with the comments all that a list shows."""
        return self.select_related(
            "author", "asked", "answered_by", "notice", "target__plan", "target__clause", "task__plan", "task__clause"
        )


class Comment(models.Model):
    """What a leader wrote about a target or a task; where a unit is `asked`, it answers by `due`.

    A comment is never changed: it is answered, once, and the plan office may make a notice of supervision of it.
    """

    target = models.ForeignKey(
        Target, models.PROTECT, null=True, blank=True, related_name="comments", verbose_name=_("target")
    )
    task = models.ForeignKey(
        Task, models.PROTECT, null=True, blank=True, related_name="comments", verbose_name=_("task")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments", verbose_name=_("author")
    )
    at = models.DateTimeField(_("at"))
    text = models.TextField(_("comment"), max_length=1000, validators=[MaxLengthValidator(1000)])
    asked = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="comments_asked", verbose_name=_("unit asked")
    )
    due = models.DateField(_("answer by"), null=True, blank=True)
    answer = models.TextField(_("answer"), max_length=2000, blank=True, validators=[MaxLengthValidator(2000)])
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    notice = models.OneToOneField(
        SupervisionNotice,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="comment",
        verbose_name=_("supervision notice"),
    )

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("leader's comment")
        verbose_name_plural = _("leaders' comments")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="comment_target_or_task",
                condition=Q(target__isnull=False, task__isnull=True) | Q(target__isnull=True, task__isnull=False),
            ),
            models.CheckConstraint(
                name="comment_due_iff_asked",
                condition=Q(asked__isnull=False, due__isnull=False) | Q(asked__isnull=True, due__isnull=True),
            ),
            models.CheckConstraint(
                name="comment_answered_whole",
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False, asked__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author} · {self.at:%Y-%m-%d} · {self.text[:40]}"

    @property
    def subject(self) -> Target | Task:
        """The promise it is about."""
        subject = self.target or self.task
        assert subject is not None  # noqa: S101 - the database keeps it
        return subject

    @property
    def is_waiting(self) -> bool:
        """Whether an answer was asked for and is not there."""
        return self.asked_id is not None and self.answered_at is None
