"""A report before it is there: which task, department and month, and which milestones it is asked about."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from departments.models import Department
from departments.people.groups import EACH_COUNTY
from plans.periods import Month
from tasks.models import Milestone, MilestoneReport, ProgressReport, ReportAttachment, Task
from tasks.reading.standing import KnownMilestone, read_known_milestones
from tasks.rules.accounts import AskedMilestone, roles_speaking_for_task


@dataclass(frozen=True, slots=True)
class ReportPlace:
    """A task, a department that answers for it, and a month."""

    task: Task
    department: Department
    month: Month

    @property
    def fields(self) -> dict[str, object]:
        """The fields by which the draft, the reports and the files of the place are found."""
        return {"task": self.task, "department": self.department, "month": self.month}

    def files(self) -> QuerySet[ReportAttachment]:
        """The files beside the next report: those beside the draft, and those of a waiting report that would be
        replaced."""
        waiting = Q(report__isnull=True) | Q(report__state=ProgressReport.StateChoices.SUBMITTED)
        return ReportAttachment.objects.filter(waiting, **self.fields)


def asked_milestones_of(place: ReportPlace) -> list[AskedMilestone]:
    """Finds the milestones on which the department reports, with what was reported of them before the month."""
    return [
        AskedMilestone(known.milestone.pk, known.step.reported, bool(known.milestone.evidence))
        for known in milestones_reported_at(place)
    ]


def milestones_reported_at(place: ReportPlace) -> list[KnownMilestone]:
    """The milestones on which the department reports in the month, as they stood before it.

    Its own; and those without a unit if it leads the task, or if nobody does and it shares it; a county that answers
    because each does tells of itself, and speaks for nobody. Not what is counted
    elsewhere, and not what was done already, unless its own report of this month says so.
    """
    own = Q(department=place.department)
    if _speaks_for_the_rest(place):
        own |= Q(department__isnull=True)
    said = MilestoneReport.objects.filter(report__in=ProgressReport.objects.approved().filter(**place.fields)).values(
        "milestone"
    )
    is_open = Q(done_on__isnull=True) | Q(pk__in=said)
    rows = Milestone.objects.filter(own, is_open, task=place.task, counted_by__isnull=True)
    return read_known_milestones(rows, place.task.plan, place.month.shifted(-1).last_day)


def _speaks_for_the_rest(place: ReportPlace) -> bool:
    named = place.task.assignments.exclude(department__kind=EACH_COUNTY)
    roles = dict(named.values_list("department_id", "role"))
    return roles.get(place.department.pk) in roles_speaking_for_task(roles.values())
