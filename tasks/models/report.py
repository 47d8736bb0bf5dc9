"""What departments say about their tasks, month by month, and what leads and the plan office sign."""

from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from plans.fields import MonthField
from plans.periods import Month
from reviews.models import (
    AbstractAttachment,
    AbstractAuthor,
    AbstractDecision,
    AbstractReviewed,
    ReviewedQuerySet,
)
from reviews.workflow import ReviewVerb
from tasks.models.task import Assignment, Milestone, Task

LONGEST_TEXT = 2000
"""Characters that each part of a report may have."""


class AbstractReportTexts(models.Model):
    """The parts of a report: what was done in the month, what comes next, what stands in the way."""

    done = models.TextField(_("done this month"), max_length=LONGEST_TEXT, blank=True)
    next_steps = models.TextField(_("next steps"), max_length=LONGEST_TEXT, blank=True)
    problems = models.TextField(_("problems"), max_length=LONGEST_TEXT, blank=True)

    class Meta:
        abstract = True


class ReportDraft(AbstractReportTexts):
    """A report as it is being typed, saved as one goes, so that nothing typed is lost, right or wrong.

    `steps` holds what was typed about milestones: {id: {"percentage", "done_on"}}, both texts. `version` counts the
    savings: whoever saves names the one seen last, so that nobody overwrites a colleague unawares. `by` saved it last;
    `typists` says who typed which part (see `reviews.authors`).
    """

    task = models.ForeignKey(Task, models.CASCADE, related_name="drafts", db_index=False, verbose_name=_("task"))
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name=_("department"))
    month = MonthField(_("month"))
    steps = models.JSONField(_("milestones"), default=dict, blank=True)
    typists = models.JSONField(_("who typed what"), default=dict, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("by")
    )
    saved_at = models.DateTimeField(_("saved at"), default=timezone.now)

    class Meta:
        verbose_name = _("draft of a progress report")
        verbose_name_plural = _("drafts of progress reports")
        ordering = ["task", "department", "month"]
        constraints = [models.UniqueConstraint(fields=["task", "department", "month"], name="report_draft_once")]

    def __str__(self) -> str:
        return f"{self.task_id} · {self.department_id} · {self.month}"


class ProgressReportQuerySet(ReviewedQuerySet["ProgressReport"]):
    """Questions about progress reports."""

    def visible_to(self, user: User) -> Self:
        """Reports of the person's departments, all reports about the tasks that these departments lead, and all reports
        about the plans of a region that the person looks after and of its parts."""
        reached = access.reach(user, Action.VIEW_TASK_REPORTS)
        led = Assignment.objects.filter(department__in=reached.departments, role=Assignment.Role.LEAD)
        own = Q(department__in=reached.departments) | Q(task__in=led.values("task"))
        return self.filter(own | Q(task__plan__region__in=reached.realm))

    def waiting(self) -> Self:
        """Reports that were handed in and are not decided."""
        return self.filter(state=ProgressReport.StateChoices.SUBMITTED)

    def waiting_for(self, user: User) -> Self:
        """Reports that wait in the departments for which the person reviews."""
        reached = access.reach(user, Action.REVIEW_TASK_REPORTS)
        return self.waiting().filter(department__in=reached.departments)

    def approved(self) -> Self:
        """Reports that are official now."""
        return self.filter(state=ProgressReport.StateChoices.APPROVED)

    def typed_by(self, user: User) -> Self:
        """Reports of which the person is an author."""
        return self.filter(Q(author=user) | Q(authors__user=user))


class ProgressReport(AbstractReportTexts, AbstractReviewed):
    """进展报告: a department's account of a task for a month. Its words and percentages never change."""

    task = models.ForeignKey(Task, models.PROTECT, related_name="reports", verbose_name=_("task"))
    department = models.ForeignKey(Department, models.PROTECT, related_name="reports", verbose_name=_("department"))
    month = MonthField(_("month"))
    demonstration = models.BooleanField(_("demonstration data"), default=False)

    objects = ProgressReportQuerySet.as_manager()

    class Meta(AbstractReviewed.Meta):
        abstract = False
        verbose_name = _("progress report")
        verbose_name_plural = _("progress reports")
        ordering = ["-month", "-id"]
        indexes = [models.Index(fields=["state"], name="progress_report_state")]
        constraints = [
            *AbstractReviewed.Meta.constraints,
            models.UniqueConstraint(
                fields=["task", "department", "month"],
                condition=Q(state="approved"),
                name="progress_report_one_approved",
            ),
            models.UniqueConstraint(
                fields=["task", "department", "month"],
                condition=Q(state="submitted"),
                name="progress_report_one_submitted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} · {self.department_id} · {self.month} · {self.pk}"

    @property
    def return_reason(self) -> str:
        """Why it was returned; empty if it was not. Where there are many, load their decisions first."""
        return next(
            (decision.reason for decision in self.decisions.all() if decision.verb == ReviewVerb.RETURN.value), ""
        )


class ReportAuthor(AbstractAuthor):
    """One of several authors of a progress report; `parts` are its texts, and the ids of milestones."""

    report = models.ForeignKey(
        ProgressReport, models.PROTECT, related_name="authors", db_index=False, verbose_name=_("progress report")
    )

    class Meta(AbstractAuthor.Meta):
        abstract = False
        verbose_name = _("author of a progress report")
        verbose_name_plural = _("authors of progress reports")
        constraints = [models.UniqueConstraint(fields=["report", "user"], name="report_author_once")]

    def __str__(self) -> str:
        return f"{self.report_id} · {self.user_id}"


class MilestoneReport(models.Model):
    """How far a milestone has come, as a report says; with the day on which it was done at 100 %."""

    report = models.ForeignKey(
        ProgressReport, models.CASCADE, related_name="steps", db_index=False, verbose_name=_("progress report")
    )
    milestone = models.ForeignKey(Milestone, models.PROTECT, related_name="reported", verbose_name=_("milestone"))
    percentage = models.PositiveSmallIntegerField(_("percentage"), validators=[MaxValueValidator(100)])
    done_on = models.DateField(_("done on"), null=True, blank=True)

    class Meta:
        verbose_name = _("progress of a milestone")
        verbose_name_plural = _("progress of milestones")
        ordering = ["report", "milestone__order", "milestone__due", "milestone"]
        constraints = [
            models.UniqueConstraint(fields=["report", "milestone"], name="milestone_report_once"),
            models.CheckConstraint(
                condition=Q(percentage__lt=100, done_on__isnull=True) | Q(percentage=100, done_on__isnull=False),
                name="milestone_report_done_at_100",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.milestone_id} · {self.percentage} %"


class ReportDecision(AbstractDecision):
    """One step of a report's way."""

    report = models.ForeignKey(
        ProgressReport, models.PROTECT, related_name="decisions", verbose_name=_("progress report")
    )

    class Meta(AbstractDecision.Meta):
        abstract = False
        verbose_name = _("decision about a progress report")
        verbose_name_plural = _("decisions about progress reports")


class ReportAttachmentQuerySet(models.QuerySet["ReportAttachment"]):
    """Questions about files beside reports."""

    def visible_to(self, user: User) -> Self:
        """Files that the person may see: handed-in files with their report, other files if the person may write the
        report."""
        reached = access.reach(user, Action.REPORT_TASKS)
        drafts = Q(report__isnull=True, department__in=reached.departments)
        return self.filter(drafts | Q(report__in=ProgressReport.objects.visible_to(user).values("pk")))

    def of_draft(self, task_id: int, department_id: int, month: Month) -> Self:
        """Files beside a draft that have not been handed in yet."""
        return self.filter(report__isnull=True, task=task_id, department=department_id, month=month)


class ReportAttachment(AbstractAttachment):
    """A file beside a progress report: with the draft until it is handed in, with the report for good afterwards."""

    task = models.ForeignKey(Task, models.PROTECT, related_name="+", db_index=False, verbose_name=_("task"))
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="+", db_index=False, verbose_name=_("department")
    )
    month = MonthField(_("month"))
    report = models.ForeignKey(
        ProgressReport,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="attachments",
        verbose_name=_("progress report"),
    )

    objects = ReportAttachmentQuerySet.as_manager()

    class Meta(AbstractAttachment.Meta):
        abstract = False
        verbose_name = _("attachment of a progress report")
        verbose_name_plural = _("attachments of progress reports")
        constraints = [
            *AbstractAttachment.Meta.constraints,
            models.UniqueConstraint(
                fields=["task", "department", "month", "digest"],
                condition=Q(report__isnull=True),
                name="report_attachment_drafted_once",
            ),
            models.UniqueConstraint(
                fields=["report", "digest"],
                condition=Q(report__isnull=False),
                name="report_attachment_handed_in_once",
            ),
        ]

    def linked(self, report: ProgressReport | None) -> "ReportAttachment":
        """A copy of the file beside another report, or beside the next draft; not saved yet."""
        place = {"task_id": self.task_id, "department_id": self.department_id, "month": self.month}
        return ReportAttachment(**place, report=report, **self.content)


class SignOff(models.Model):
    """The lead's signature under all reports about a task for a month. Signed again, the latest counts.

    `missing` names the departments that had not reported, a line each; then `note` says why it was signed all the same.
    """

    task = models.ForeignKey(Task, models.PROTECT, related_name="sign_offs", verbose_name=_("task"))
    month = MonthField(_("month"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    note = models.CharField(_("note"), max_length=400, blank=True)
    missing = models.TextField(_("departments that had not reported"), blank=True)

    class Meta:
        verbose_name = _("sign-off of a task")
        verbose_name_plural = _("sign-offs of tasks")
        ordering = ["-id"]
        indexes = [models.Index(fields=["task", "month"], name="sign_off_task_month")]
        constraints = [
            models.CheckConstraint(condition=Q(missing="") | ~Q(note=""), name="sign_off_note_where_missing"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} · {self.month}"
