"""Measured promises: indicators, targets, observations and how they are judged."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
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
        changes.watch(
            Watch("targets_indicator"),
            Watch("targets_reportingduty"),
            Watch("targets_target", ("plan_id",), _BESIDE),
            Watch("targets_step", ("target_id",), of_target),
            Watch("targets_quota", ("target_id",), of_target),
            Watch("targets_targetassignment", ("target_id",), of_target),
            Watch("targets_targetleader", ("target_id",), of_target),
            Watch("targets_observation", ("month", "indicator_id"), _OF_FIGURE, "{1}"),
            Watch("targets_attainment", ("target_id",), of_target, its_indicator),
        )
        post_migrate.connect(judge_by_new_formulas, sender=self, dispatch_uid="formulas")


def judge_by_new_formulas(using: str = "default", **_sent: Any) -> None:
    """After `migrate`: what older formulas have judged is judged anew."""
    from targets.models import AppliedFormulas
    from targets.services import formulas_changed

    with connections[using].cursor() as cursor:
        there = connections[using].introspection.table_names(cursor)
    if AppliedFormulas._meta.db_table in there:
        formulas_changed()


_BESIDE = "SELECT id FROM plans_plan WHERE region_id = (SELECT region_id FROM plans_plan AS own WHERE own.id = {0})"
"""The plans of a plan's region: what one of them promises is no longer only watched by the others."""
_USING = (
    "targets_target AS used JOIN plans_plan AS plan ON plan.id = used.plan_id "
    "WHERE (used.indicator_id = {1} OR used.operand_id = {1}) "
)
_HELD = "AND {0} BETWEEN plan.first_month - 100 AND plan.last_month"
# A figure is shown with the plans that it is of, and a year later as last year's: those whose targets are judged by its
# indicator or compared with it, or, where no plan in force promises anything about it, those of its region (see
# `targets.asking`).
_OF_FIGURE = (
    f"SELECT plan.id FROM {_USING} {_HELD} "  # noqa: S608 - constants alone
    "UNION SELECT plan.id FROM targets_indicator AS it LEFT JOIN departments_department AS home "
    "ON home.id = it.department_id JOIN plans_plan AS plan "
    "ON plan.region_id = COALESCE(home.region_id, plan.region_id) "
    f"WHERE it.id = {{1}} {_HELD} AND NOT EXISTS (SELECT 1 FROM {_USING} AND plan.state = 'published' "
    "AND plan.region_id = COALESCE(home.region_id, plan.region_id))"
)
"""The plans that show a figure, told from its month {0} and its indicator {1}."""
