"""Measured promises: indicators, targets, observations and how they are judged."""

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class TargetsConfig(AppConfig):
    name = "targets"
    verbose_name = _("Targets")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Registers with the lower apps what they need to know of targets: whom to remind of what, and which tables
        plans show."""
        from departments.database import append_only
        from departments.database.append_only import AppendOnly
        from departments.notices import matters
        from plans import changes
        from plans.changes import Watch
        from reviews import four_eyes
        from reviews.models import MOVING, OFFICIAL, REVISED
        from targets.models import DataQuestion, Decision, MonthLock, Revision, RevisionAuthor, TargetVersion
        from targets.questioning import wording as data_quality_wording
        from targets.reminding import reminders
        from targets.wording import notices as wording

        matters.provide_matters(reminders.figure_matters_of)
        matters.register_wordings(wording.WORDINGS, wording.HEADINGS)
        matters.register_wordings(data_quality_wording.WORDINGS, data_quality_wording.HEADINGS)

        append_only.declare_append_only(
            AppendOnly(Decision, moments=("at",)),
            AppendOnly(RevisionAuthor),
            AppendOnly(
                DataQuestion,
                changing=("answer",),
                once=("answered_by", "answered_at"),
                moments=("asked_at", "answered_at"),
            ),
            AppendOnly(Revision, changing=MOVING, once=OFFICIAL, moments=REVISED),
            AppendOnly(MonthLock, changing=("reason",), once=("reopened_by", "reopened_at"), moments=("locked_at",)),
            AppendOnly(TargetVersion, moments=("changed_at",)),
        )
        four_eyes.declare_four_eyes_rules(
            *four_eyes.rules_of("targets_revision", "targets_revisionauthor", "targets_decision", "revision_id")
        )
        of_target = f"SELECT target.plan_id AS id, {changes.NONE} AS about {_TARGET}"
        of_light = f"SELECT target.plan_id AS id, target.indicator_id AS about {_TARGET}"
        beside = f"SELECT plan.id, {changes.NONE} AS about {_BESIDE}"
        changes.watch_tables(
            Watch("targets_indicator"),
            Watch("targets_reportingduty"),
            Watch("targets_target", ("plan_id",), beside),
            Watch("targets_step", ("target_id",), of_target),
            Watch("targets_targetversion", ("target_id",), of_target),
            Watch("targets_quota", ("target_id",), of_target),
            Watch("targets_targetassignment", ("target_id",), of_target),
            Watch("targets_targetleader", ("target_id",), of_target),
            Watch("targets_observation", ("month", "indicator_id"), _OF_FIGURE),
            Watch("targets_attainment", ("target_id",), of_light),
        )
        post_migrate.connect(judge_by_new_formulas, sender=self, dispatch_uid="formulas")


def judge_by_new_formulas(using: str = "default", **_sent: object) -> None:
    """After `migrate`: what older formulas have judged is judged anew."""
    from targets.models import AppliedFormulas
    from targets.services.dirty import formulas_changed

    with connections[using].cursor() as cursor:
        there = connections[using].introspection.table_names(cursor)
    if AppliedFormulas._meta.db_table in there:
        formulas_changed()


_TARGET = "FROM {changed_rows} AS changed JOIN targets_target AS target ON target.id = changed.target_id"
_BESIDE = (
    "FROM {changed_rows} AS changed JOIN plans_plan AS own ON own.id = changed.plan_id "
    "JOIN plans_plan AS plan ON plan.region_id = own.region_id"
)
"""The plans of a plan's region: what one of them promises is no longer only watched by the others."""
_USING = (
    "(SELECT indicator_id, plan_id FROM targets_target UNION ALL "
    "SELECT operand_id, plan_id FROM targets_target WHERE operand_id IS NOT NULL UNION ALL "
    "SELECT version.operand_id, target.plan_id FROM targets_targetversion AS version "
    "JOIN targets_target AS target ON target.id = version.target_id WHERE version.operand_id IS NOT NULL) AS used "
    "JOIN plans_plan AS plan ON plan.id = used.plan_id"
)
"""The plans that judge something by an indicator, or compare it with one."""
_HELD = "changed.month BETWEEN plan.first_month - 100 AND plan.last_month"
# A figure is shown with the plans that it is of, and a year later as last year's: those whose targets are judged by its
# indicator or compared with it, or, where no plan in force promises anything about it, those of its region (see
# `targets.expected.asked_figures`).
_OF_FIGURE = (
    "SELECT plan.id, changed.indicator_id AS about "  # noqa: S608 - constants alone
    f"FROM {{changed_rows}} AS changed, {_USING} "
    f"WHERE used.indicator_id = changed.indicator_id AND {_HELD} UNION "
    "SELECT plan.id, changed.indicator_id FROM {changed_rows} AS changed "
    "JOIN targets_indicator AS indicator ON indicator.id = changed.indicator_id "
    "LEFT JOIN departments_department AS home ON home.id = indicator.department_id JOIN plans_plan AS plan "
    f"ON plan.region_id = COALESCE(home.region_id, plan.region_id) WHERE {_HELD} "
    f"AND NOT EXISTS (SELECT 1 FROM {_USING} WHERE used.indicator_id = changed.indicator_id "
    "AND plan.state = 'published' AND plan.region_id = COALESCE(home.region_id, plan.region_id))"
)
"""The plans that show figures, told from their months and indicators."""
