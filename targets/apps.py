"""Measured promises: indicators, targets, observations and how they are judged."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TargetsConfig(AppConfig):
    name = "targets"
    verbose_name = _("Targets")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """People are reminded by departments, which ask through this port what of; plans are told what is shown of
        them."""
        from departments import matters
        from plans import changes
        from plans.changes import Watch
        from targets import reminders, wording

        matters.provide(reminders.matters_of)
        matters.word(wording.WORDINGS, wording.HEADINGS)

        of_target = "SELECT plan_id AS id FROM targets_target WHERE targets_target.id = {0}"
        its_indicator = "(SELECT indicator_id FROM targets_target WHERE targets_target.id = {0})"
        # What an earlier plan promises is no longer only watched (see `targets.duties`).
        from_then_on = "SELECT id FROM plans_plan WHERE year >= (SELECT year FROM plans_plan AS own WHERE own.id = {0})"
        # Figures of a year are shown with the plan of that year, and with the next one as last year's.
        of_month = "SELECT id FROM plans_plan WHERE plans_plan.year IN ({0} / 100, {0} / 100 + 1)"
        changes.watch(
            Watch("targets_indicator"),
            Watch("targets_reportingduty"),
            Watch("targets_target", ("plan_id",), from_then_on),
            Watch("targets_targetassignment", ("target_id",), of_target),
            Watch("targets_observation", ("month", "indicator_id"), of_month, "{1}"),
            Watch("targets_attainment", ("target_id",), of_target, its_indicator),
        )
