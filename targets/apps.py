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
        first = "(SELECT first_month FROM plans_plan AS own WHERE own.id = {0})"
        from_then_on = f"SELECT id FROM plans_plan WHERE last_month >= {first}"  # noqa: S608 - a constant
        # Figures of a month are shown with the plans that it is of, and a year later as last year's.
        of_month = "SELECT id FROM plans_plan WHERE {0} BETWEEN plans_plan.first_month - 100 AND plans_plan.last_month"
        changes.watch(
            Watch("targets_indicator"),
            Watch("targets_reportingduty"),
            Watch("targets_target", ("plan_id",), from_then_on),
            Watch("targets_step", ("target_id",), of_target),
            Watch("targets_quota", ("target_id",), of_target),
            Watch("targets_targetassignment", ("target_id",), of_target),
            Watch("targets_observation", ("month", "indicator_id"), of_month, "{1}"),
            Watch("targets_attainment", ("target_id",), of_target, its_indicator),
        )
