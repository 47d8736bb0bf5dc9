"""Promised work, and how it is pressed."""

from tasks.models.attachments import StepAttachment
from tasks.models.comment import Comment
from tasks.models.feed import CalendarFeed
from tasks.models.report import (
    MilestoneReport,
    ProgressReport,
    ReportAttachment,
    ReportAuthor,
    ReportDecision,
    ReportDraft,
    SignOff,
)
from tasks.models.rules import SupervisionRules
from tasks.models.supervision import SupervisionNotice, SupervisionStep
from tasks.models.task import Assignment, Milestone, Task, TaskLeader, countable, sign_history_change

__all__ = [
    "Assignment",
    "CalendarFeed",
    "Comment",
    "Milestone",
    "MilestoneReport",
    "ProgressReport",
    "ReportAttachment",
    "ReportAuthor",
    "ReportDecision",
    "ReportDraft",
    "SignOff",
    "StepAttachment",
    "SupervisionNotice",
    "SupervisionRules",
    "SupervisionStep",
    "Task",
    "TaskLeader",
    "countable",
    "sign_history_change",
]
