"""Promised work: tasks, assignments and milestones."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = _("Tasks")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Targets judge "done by" promises by milestones, and departments tell people what is to be done; as the lower
        apps they ask through these ports."""
        from departments import matters
        from targets import milestones
        from tasks import pressing, services, supervision_wording

        milestones.provide(services.milestones_of_targets)
        matters.provide(pressing.matters_of)
        matters.word(supervision_wording.WORDINGS, supervision_wording.HEADINGS)
