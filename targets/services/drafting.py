"""Typing figures and handing them in: nothing typed is lost, nothing is overwritten unawares, nothing is doubled."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from departments.models import User
from departments.services import record
from reviews.workflow import State, Verb
from targets.figures import Entry, Problem
from targets.models import Draft, Revision, Source
from targets.numbers import NOTHING, NotANumberError, plain, read_number
from targets.services.attachments import carry_on, discard_attachments, hand_over
from targets.services.checking import check_entries, odd_entries
from targets.services.keys import Key, demand_entering
from targets.services.locking import demand_open
from targets.services.official import decided, locked_observations
from targets.services.reviewing import replace_waiting


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields of one figure, as text."""

    value: str = ""
    numerator: str = ""
    denominator: str = ""
    occurred_on: str = ""
    note: str = ""


FIELDS = tuple(one.name for one in fields(Typed))


class ConflictError(Exception):
    """Somebody else has saved in between; `current` is what is stored now (None: handed in or discarded)."""

    def __init__(self, current: Draft | None) -> None:
        super().__init__("draft changed in between")
        self.current = current


class EntriesRefusedError(Exception):
    """Nothing was handed in: the problems of each draft, by its key."""

    def __init__(self, problems: Mapping[Key, Sequence[Problem]]) -> None:
        super().__init__("entries refused")
        self.problems = problems


@transaction.atomic
def save_draft(key: Key, typed: Typed, *, version: int, by: User) -> Draft:
    """Keeps what was typed. `version` is the one seen last, 0 for a figure that had no draft; ConflictError if another
    was saved since. Saving what is there already changes nothing, so a repeated request does no harm.
    """
    demand_entering([key], by)
    demand_open([key[2]])
    values = {name: getattr(typed, name) for name in FIELDS}
    identity = {"indicator_id": key[0], "region_id": key[1], "month": key[2]}
    made = False
    draft = Draft.objects.select_for_update().filter(**identity).first()
    if draft is None and version == 0:
        draft, made = Draft.objects.get_or_create(**identity, defaults=values | {"by": by})
    if draft is None:
        raise ConflictError(None)
    if made or all(getattr(draft, name) == text for name, text in values.items()):
        return draft
    return _overwritten(draft, values, version, by)


def _overwritten(draft: Draft, values: dict[str, str], version: int, by: User) -> Draft:
    """The draft with new text, if it is still the version that was seen: asked and answered in one statement."""
    changes = values | {"by": by, "saved_at": timezone.now(), "version": F("version") + 1}
    if not Draft.objects.filter(pk=draft.pk, version=version).update(**changes):
        draft.refresh_from_db()
        raise ConflictError(draft)
    draft.refresh_from_db()
    return draft


@transaction.atomic
def discard_draft(key: Key, *, by: User) -> None:
    """Throws away what was typed and attached and not handed in."""
    demand_entering([key], by)
    discard_attachments(key, by=by)
    Draft.objects.filter(indicator_id=key[0], region_id=key[1], month=key[2]).delete()


@transaction.atomic
def hand_in(keys: Collection[Key], *, by: User, reason: str = "") -> list[Revision]:
    """Makes a submitted revision of each draft, with its attachments, and removes the drafts: all of them or none.

    An entry of the same figure that waits for review is replaced by the newer one. EntriesRefusedError with every
    problem at once, an oddity that no note explains among them. A draft that is not there any more was handed in by an
    earlier click: nothing is doubled.
    """
    demand_entering(keys, by)
    drafts = _locked(keys)
    entries, problems = _understand(drafts)
    odd = odd_entries(entries)
    _refuse(entries, odd, problems)
    revisions = _submitted(entries, odd, by, reason)
    Draft.objects.filter(pk__in=[draft.pk for draft in drafts]).delete()
    return revisions


def _locked(keys: Collection[Key]) -> list[Draft]:
    """The drafts of the keys that hold a figure, locked, in a fixed order."""
    rows = Draft.objects.select_for_update().filter(
        indicator_id__in={key[0] for key in keys},
        region_id__in={key[1] for key in keys},
        month__in={key[2] for key in keys},
    )
    wanted = set(keys)
    found = [row for row in rows.order_by("pk") if (row.indicator_id, row.region_id, row.month) in wanted]
    return [row for row in found if not row.is_blank]


def understood(drafts: Sequence[Draft]) -> list[Entry]:
    """The entries that the drafts say; EntriesRefusedError with every text that is no number or no day."""
    entries, problems = _understand(drafts)
    if problems:
        raise EntriesRefusedError(problems)
    return entries


def _understand(drafts: Sequence[Draft]) -> tuple[list[Entry], dict[Key, list[Problem]]]:
    """The entries of the drafts that can be read, and what is wrong with the others."""
    problems: dict[Key, list[Problem]] = {}
    entries = []
    for draft in drafts:
        key = (draft.indicator_id, draft.region_id, draft.month)
        value, numerator, denominator, day, wrong = _read(draft)
        if wrong:
            problems[key] = wrong
        else:
            entries.append(Entry(*key, value, numerator, denominator, day, draft.note))
    return entries, problems


def _read(
    draft: Draft,
) -> tuple[Decimal | None, Decimal | None, Decimal | None, date | None, list[Problem]]:
    problems: list[Problem] = []
    numbers: list[Decimal | None] = []
    for column in ("value", "numerator", "denominator"):
        text = getattr(draft, column)
        try:
            numbers.append(read_number(text))
        except NotANumberError:
            numbers.append(None)
            problems.append(Problem("not_a_number", column, (("found", text[:40]),)))
    day, wrong = _day(draft.occurred_on)
    return numbers[0], numbers[1], numbers[2], day, problems + wrong


def _day(text: str) -> tuple[date | None, list[Problem]]:
    written = plain(text)
    if written in NOTHING:
        return None, []
    try:
        return date.fromisoformat(written.replace("/", "-")), []
    except ValueError:
        return None, [Problem("not_a_day", "occurred_on", (("found", text[:40]),))]


def _refuse(entries: Sequence[Entry], odd: Mapping[int, Sequence[Problem]], problems: dict[Key, list[Problem]]) -> None:
    """EntriesRefusedError with the problems of what could not be read and of what could, if there are any."""
    problems |= {entries[position].key: list(found) for position, found in check_entries(entries).items()}
    for position, found in odd.items():
        if not entries[position].note.strip():
            problems.setdefault(entries[position].key, []).extend(found)
    if problems:
        raise EntriesRefusedError(problems)


def _submitted(entries: Sequence[Entry], odd: Mapping[int, Sequence[Problem]], by: User, reason: str) -> list[Revision]:
    if not entries:
        return []
    source = Source.objects.create(kind=Source.Kind.FORM, by=by)
    now = timezone.now()
    observations = locked_observations(entries)
    replaced = replace_waiting([one.pk for one in observations], now, by=by)
    revisions = [
        Revision(
            observation=observation,
            value=entry.value,
            numerator=entry.numerator,
            denominator=entry.denominator,
            occurred_on=entry.occurred_on,
            note=entry.note,
            source=source,
            author=by,
            created_at=now,
            reason=reason,
            state=State.SUBMITTED.value,
            oddities=[problem.code for problem in odd.get(position, ())],
        )
        for position, (entry, observation) in enumerate(zip(entries, observations, strict=True))
    ]
    made = Revision.objects.bulk_create(revisions)
    decided([one.pk for one in made], Verb.SUBMIT, now, by=by)
    hand_over(made)
    carry_on(replaced, made)
    record("observations.submitted", by=by, subject=source, count=len(made))
    return made
