"""Promised work: tasks, milestones, reports on them, and pressing what slips (督办)."""
