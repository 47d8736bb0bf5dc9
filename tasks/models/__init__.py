"""Promised work, and how it is pressed."""

from tasks.models.comment import Comment
from tasks.models.rules import SupervisionRules
from tasks.models.supervision import SupervisionNotice, SupervisionStep
from tasks.models.task import Assignment, Milestone, Task

__all__ = ["Assignment", "Comment", "Milestone", "SupervisionNotice", "SupervisionRules", "SupervisionStep", "Task"]
