"""Files beside figures: attached to a draft, handed in with it, brought back when it is returned.

The observation is locked whenever its attachments change, so that nothing is removed while it is being handed in.
"""

from collections.abc import Collection, Iterable, Mapping

from django.db import transaction
from django.db.models import Q, QuerySet

from departments.models import User
from reviews.attaching import AttachableFile, Content, keep_attached_file, remove_attached_file, save_attached_file
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
    unsaved = Attachment(observation=observation, file=path, by=by, **content.fields)
    return save_attached_file(
        unsaved, beside.of_drafts(), counted=beside, event="attachment.added", subject=observation
    )


@transaction.atomic
def detach(attachment: Attachment, *, by: User) -> None:
    """Removes a file that has not been handed in. ValidationError for one that has: it stays with its entry."""
    observation = attachment.observation
    key = (observation.indicator_id, observation.region_id, observation.month)
    demand_entering([key], by)
    demand_open([key])
    Observation.objects.select_for_update().get(pk=observation.pk)
    found = observation.attachments.filter(pk=attachment.pk).first()
    if found is not None:
        handed_in = found.revision_id is not None
        remove_attached_file(found, is_handed_in=handed_in, event="attachment.removed", subject=observation, by=by)


def hand_over_figure_files(revisions: Collection[Revision]) -> None:
    """What lies beside the drafts of these entries belongs to the entries from now on."""
    entries = {revision.observation_id: revision for revision in revisions}
    rows = list(Attachment.objects.of_drafts().filter(observation__in=entries))
    for row in rows:
        row.revision = entries[row.observation_id]
    Attachment.objects.bulk_update(rows, ["revision"])


def carry_on_figure_files(replaced: Mapping[int, Revision], revisions: Iterable[Revision]) -> None:
    """What was handed in with entries that are replaced while they wait goes with those that replace them."""
    entries = {revision.observation_id: revision for revision in revisions if revision.observation_id in replaced}
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
