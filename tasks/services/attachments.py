"""Files beside progress reports: attached to a draft, handed in with it, brought back when it is returned. Files beside
the steps of a notice: kept with the step, for good.

The task is locked whenever its reports' attachments change, so that nothing is removed while it is being handed in.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from departments.models import User
from departments.permissions import Action
from departments.services.accounts import record
from reviews import files
from reviews.attaching import AttachableFile, Content, demand_room, keep_attached_file
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
    if same := place.files().filter(report__isnull=True, digest=content.digest).first():
        return same
    demand_room(place.files().count())
    made = ReportAttachment.objects.create(**place.fields, file=path, by=by, at=timezone.now(), **content.fields)
    record("report_attachment.added", by=by, subject=place.task, name=made.name, size=made.size, digest=made.digest)
    return made


@transaction.atomic
def detach_from_report(attachment: ReportAttachment, *, by: User) -> None:
    """Removes a file that has not been handed in. ValidationError for one that has: it stays with its report."""
    demand_acting_for_unit(by, Action.REPORT_TASKS, attachment.department_id)
    demand_open_month(attachment.task.plan, attachment.month)
    Task.objects.select_for_update().get(pk=attachment.task_id)
    found = ReportAttachment.objects.filter(pk=attachment.pk).first()
    if found is None:
        return
    if found.report_id is not None:
        raise ValidationError(_("The file has been handed in and stays with its entry."), code="handed_in")
    record("report_attachment.removed", by=by, subject=found.task, name=found.name, digest=found.digest)
    found.delete()
    files.delete_files_after_commit([str(found.file)])


def hand_over_report_files(place: ReportPlace, report: ProgressReport) -> None:
    """What lies beside the draft belongs to the report from now on."""
    ReportAttachment.objects.filter(report__isnull=True, **place.fields).update(report=report)


def carry_on_report_files(replaced: ProgressReport, report: ProgressReport) -> None:
    """What was handed in with a report that is replaced while it waits goes with the one that replaces it."""
    _link(replaced.attachments.all(), report, set(report.attachments.values_list("digest", flat=True)))


def bring_back_report_files(report: ProgressReport) -> None:
    """What was handed in with a returned report lies beside the next draft again."""
    beside = ReportAttachment.objects.of_draft(report.task_id, report.department_id, report.month)
    _link(report.attachments.all(), None, set(beside.values_list("digest", flat=True)))


def _link(rows: QuerySet[ReportAttachment], report: ProgressReport | None, there: set[str]) -> None:
    ReportAttachment.objects.bulk_create(one.linked(report) for one in rows if one.digest not in there)


def attach_to_step(step: SupervisionStep, file: AttachableFile, *, by: User) -> StepAttachment:
    """Keeps a file with a step that is being taken, in its transaction; the same file a second time is kept once.

    RefusedFileError says what is wrong with it.
    """
    return keep_attached_file(file, lambda content, path: _enclosed(step, content, path, by))


def _enclosed(step: SupervisionStep, content: Content, path: str, by: User) -> StepAttachment:
    if same := step.attachments.filter(digest=content.digest).first():
        return same
    made = StepAttachment.objects.create(step=step, file=path, by=by, at=step.at, **content.fields)
    record("attachment.added", by=by, subject=step.notice, name=made.name, size=made.size, digest=made.digest)
    return made
