"""Promised work."""

from tasks.models.feed import CalendarFeed
from tasks.models.report import (
    MilestoneReport,
    ProgressReport,
    ReportAttachment,
    ReportDecision,
    ReportDraft,
    SignOff,
)
from tasks.models.task import Assignment, Milestone, Task, countable, signed

__all__ = [
    "Assignment",
    "CalendarFeed",
    "Milestone",
    "MilestoneReport",
    "ProgressReport",
    "ReportAttachment",
    "ReportDecision",
    "ReportDraft",
    "SignOff",
    "Task",
    "countable",
    "signed",
]
