"""Files beside figures: attached to a draft, handed in with it, brought back when it is returned.

The observation is locked whenever its attachments change, so that nothing is removed while it is being handed in.
"""

from collections.abc import Collection, Iterable, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from departments.models import User
from departments.services.accounts import record
from reviews import files
from reviews.attaching import AttachableFile, Content, demand_room, keep_attached_file
from reviews.workflow import ReviewState
from targets.bulk import offered_figures
from targets.entry_rules.figures import Key
from targets.models import Attachment, Observation, Revision
from targets.services.keys import demand_entering
from targets.services.locking import demand_open


def attach(key: Key, file: AttachableFile, *, by: User) -> Attachment:
    """Keeps a file beside the draft of a figure; the same file a second time is the one that is there already.

    RefusedFileError says what is wrong with it; ValidationError if the month is closed. Nothing is kept by halves.
    """
    demand_entering([key], by)
    return keep_attached_file(file, lambda content, path: _attached(key, content, path, by))


def _attached(key: Key, content: Content, path: str, by: User) -> Attachment:
    demand_open([key])
    offered_figures.write_beside_others()
    observation, _made = Observation.objects.get_or_create(indicator_id=key[0], region_id=key[1], month=key[2])
    Observation.objects.select_for_update().get(pk=observation.pk)
    beside = observation.attachments.filter(Q(revision__isnull=True) | Q(revision__state=ReviewState.SUBMITTED.value))
    if same := beside.filter(revision__isnull=True, digest=content.digest).first():
        return same
    demand_room(beside.count())
    made = Attachment.objects.create(observation=observation, file=path, by=by, **content.fields)
    record("attachment.added", by=by, subject=observation, name=made.name, size=made.size, digest=made.digest)
    return made


@transaction.atomic
def detach(attachment: Attachment, *, by: User) -> None:
    """Removes a file that has not been handed in. ValidationError for one that has: it stays with its entry."""
    observation = attachment.observation
    key = (observation.indicator_id, observation.region_id, observation.month)
    demand_entering([key], by)
    demand_open([key])
    Observation.objects.select_for_update().get(pk=observation.pk)
    found = observation.attachments.filter(pk=attachment.pk).first()
    if found is None:
        return
    if found.revision_id is not None:
        raise ValidationError(_("The file has been handed in and stays with its entry."), code="handed_in")
    record("attachment.removed", by=by, subject=observation, name=found.name, size=found.size, digest=found.digest)
    found.delete()
    files.delete_files_after_commit([str(found.file)])


def hand_over_figure_files(revisions: Collection[Revision]) -> None:
    """What lies beside the drafts of these entries belongs to the entries from now on."""
    entries = {one.observation_id: one for one in revisions}
    rows = list(Attachment.objects.of_drafts().filter(observation__in=entries))
    for row in rows:
        row.revision = entries[row.observation_id]
    Attachment.objects.bulk_update(rows, ["revision"])


def carry_on_figure_files(replaced: Mapping[int, Revision], revisions: Iterable[Revision]) -> None:
    """What was handed in with entries that are replaced while they wait goes with those that replace them."""
    entries = {one.observation_id: one for one in revisions if one.observation_id in replaced}
    involved = [*entries.values(), *replaced.values()]
    rows = list(Attachment.objects.filter(revision__in=involved) if entries else ())
    there = {(row.observation_id, row.digest) for row in rows if row.revision_id == entries[row.observation_id].pk}
    missing = [row for row in rows if (row.observation_id, row.digest) not in there]
    Attachment.objects.bulk_create(row.linked(entries[row.observation_id]) for row in missing)


def bring_back_figure_files(revisions: Collection[Revision] | QuerySet[Revision]) -> None:
    """What was handed in with returned entries lies beside the next drafts again, where it may be removed or kept."""
    rows = list(Attachment.objects.filter(revision__in=revisions))
    beside = Attachment.objects.of_drafts().filter(observation__in={row.observation_id for row in rows})
    there = set(beside.values_list("observation_id", "digest"))
    missing = [row.linked(None) for row in rows if (row.observation_id, row.digest) not in there]
    Attachment.objects.bulk_create(missing)
