"""Files beside progress reports: attached to a draft, handed in with it, brought back when it is returned. Files beside
the steps of a notice: kept with the step, for good.

The task is locked whenever its reports' attachments change, so that nothing is removed while it is being handed in.
"""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from departments.models import User
from departments.permissions import Action
from reviews.attaching import AttachableFile, Content, keep_attached_file, remove_attached_file, save_attached_file
from targets.services.locking import demand_open_month
from tasks.models import ProgressReport, ReportAttachment, StepAttachment, SupervisionStep, Task
from tasks.services.places import ReportPlace
from tasks.services.rights import demand_acting_for_unit, demand_assigned, demand_unclosed


def attach_to_report(place: ReportPlace, file: AttachableFile, *, by: User) -> ReportAttachment:
    """Keeps a file beside the draft of a report; the same file a second time is the one that is there already.

    RefusedFileError says what is wrong with it; ValidationError if the month or the task is closed.
    """
    demand_acting_for_unit(by, Action.REPORT_TASKS, place.department.pk)
    demand_assigned(place.task, place.department)
    demand_unclosed(place.task)
    return keep_attached_file(file, lambda content, path: _attached(place, content, path, by))


def _attached(place: ReportPlace, content: Content, path: str, by: User) -> ReportAttachment:
    demand_open_month(place.task.plan, place.month)
    Task.objects.select_for_update().get(pk=place.task.pk)
    unsaved = ReportAttachment(**place.fields, file=path, by=by, at=timezone.now(), **content.fields)
    beside = place.files()
    return save_attached_file(
        unsaved,
        beside.filter(report__isnull=True),
        counted=beside,
        event="report_attachment.added",
        subject=place.task,
    )


@transaction.atomic
def detach_from_report(attachment: ReportAttachment, *, by: User) -> None:
    """Removes a file that has not been handed in. ValidationError for one that has: it stays with its report."""
    demand_acting_for_unit(by, Action.REPORT_TASKS, attachment.department_id)
    demand_open_month(attachment.task.plan, attachment.month)
    Task.objects.select_for_update().get(pk=attachment.task_id)
    found = ReportAttachment.objects.filter(pk=attachment.pk).first()
    if found is not None:
        handed_in = found.report_id is not None
        remove_attached_file(
            found, is_handed_in=handed_in, event="report_attachment.removed", subject=found.task, by=by
        )


def hand_over_report_files(place: ReportPlace, report: ProgressReport) -> None:
    """Hands the files beside the draft over to the report, where they stay."""
    ReportAttachment.objects.filter(report__isnull=True, **place.fields).update(report=report)


def carry_on_report_files(replaced: ProgressReport, report: ProgressReport) -> None:
    """Hands the files of a report that is replaced while it waits over to the report that replaces it."""
    _link(replaced.attachments.all(), report, set(report.attachments.values_list("digest", flat=True)))


def bring_back_report_files(report: ProgressReport) -> None:
    """Lays the files of a returned report beside the next draft again."""
    beside = ReportAttachment.objects.of_draft(report.task_id, report.department_id, report.month)
    _link(report.attachments.all(), None, set(beside.values_list("digest", flat=True)))


def _link(rows: QuerySet[ReportAttachment], report: ProgressReport | None, there: set[str]) -> None:
    ReportAttachment.objects.bulk_create(
        attachment.linked(report) for attachment in rows if attachment.digest not in there
    )


def attach_to_step(step: SupervisionStep, file: AttachableFile, *, by: User) -> StepAttachment:
    """Keeps a file with a step that is being taken, in its transaction; the same file a second time is kept once.

    RefusedFileError says what is wrong with it.
    """
    return keep_attached_file(file, lambda content, path: _enclosed(step, content, path, by))


def _enclosed(step: SupervisionStep, content: Content, path: str, by: User) -> StepAttachment:
    unsaved = StepAttachment(step=step, file=path, by=by, at=step.at, **content.fields)
    return save_attached_file(unsaved, step.attachments.all(), event="attachment.added", subject=step.notice)
