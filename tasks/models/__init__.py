"""Promised work."""

from tasks.models.task import Assignment, Milestone, Task

__all__ = ["Assignment", "Milestone", "Task"]
