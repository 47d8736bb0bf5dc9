"""Measured promises: indicators, targets, observations and how they are judged."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TargetsConfig(AppConfig):
    name = "targets"
    verbose_name = _("Targets")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """People are reminded by departments; as the lower app they ask through this port what of."""
        from departments import matters
        from targets import reminders, wording

        matters.provide(reminders.matters_of)
        matters.word(wording.WORDINGS, wording.HEADINGS)
