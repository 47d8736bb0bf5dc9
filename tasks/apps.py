"""Promised work: tasks, assignments and milestones."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = _("Tasks")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Targets judge "done by" promises by milestones, and departments tell people what is to be done; as lower apps
        they ask through these ports. The address of a calendar ends with its person's log-ins. Plans are told what is
        shown of them."""
        from departments.credentials import endings
        from departments.database import append_only
        from departments.database.append_only import AppendOnly
        from departments.notices import matters
        from pages.links import offer_page
        from pages.slots import fill_slot
        from plans import changes
        from plans.changes import Watch
        from reviews import four_eyes as reviewing
        from reviews.models import MOVING, OFFICIAL, REVISED
        from targets.judging import milestones
        from tasks import four_eyes
        from tasks.models import MilestoneReport, ProgressReport, ReportAuthor, ReportDecision, SignOff, SupervisionStep
        from tasks.reporting import desk, reminders
        from tasks.services import feeds
        from tasks.services import milestones as milestones_services
        from tasks.supervision import pages
        from tasks.supervision import reminders as pressing
        from tasks.wording import notices as wording
        from tasks.wording import supervision_wording

        endings.register_ending(feeds.end_feed)
        milestones.provide_milestones(milestones_services.milestones_of_targets)
        offer_page("report_reviews", url_name="task_reviews")
        fill_slot("what waits on the desk", pages.draw_notices_waiting)
        fill_slot("further work on the desk", desk.draw_own_tasks)
        matters.provide_matters(reminders.task_matters_of)
        matters.provide_matters(pressing.supervision_matters_of)
        for words in (wording, supervision_wording):
            matters.register_wordings(words.WORDINGS, words.HEADINGS)

        append_only.declare_append_only(
            AppendOnly(ReportDecision, moments=("at",)),
            AppendOnly(ReportAuthor),
            AppendOnly(
                ProgressReport,
                changing=(*MOVING, "demonstration"),
                once=OFFICIAL,
                moments=REVISED,
            ),
            AppendOnly(MilestoneReport),
            AppendOnly(SignOff, moments=("at",)),
            AppendOnly(SupervisionStep, moments=("at",)),
        )
        reviewing.declare_four_eyes_rules(*four_eyes.RULES)
        of_task = f"SELECT task.plan_id AS id, {changes.NONE} AS about {_TASK}"
        changes.watch_tables(
            Watch("tasks_task", ("plan_id",), changes.ITS_PLAN),
            Watch("tasks_task_targets", ("task_id",), of_task),
            Watch("tasks_assignment", ("task_id",), of_task),
            Watch("tasks_taskleader", ("task_id",), of_task),
            Watch("tasks_milestone", ("task_id",), of_task),
            Watch("tasks_progressreport", ("task_id",), of_task),
            Watch("tasks_supervisionnotice"),
            Watch("tasks_comment"),
        )


_TASK = "FROM {one} AS changed JOIN tasks_task AS task ON task.id = changed.task_id"
