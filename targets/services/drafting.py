"""Typing figures and handing them in: nothing typed is lost, nothing is overwritten unawares, nothing is doubled."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from departments.models import User
from departments.services.accounts import record
from plans.periods import Month
from reviews.authors import authors_of, foremost_author, note_typists
from reviews.workflow import ReviewState, ReviewVerb
from targets.bulk.event_times import moments_of
from targets.entry_rules.figures import Entry, Key, Problem
from targets.entry_rules.numbers import NotANumberError, read_day, read_number, read_part
from targets.models import Draft, Revision, Source
from targets.services.attachments import carry_on_figure_files, hand_over_figure_files
from targets.services.authorship import (
    handed_in_last,
    keep_revision_authors,
    names_of_authors,
    parts_of_revision,
    parts_of_texts,
)
from targets.services.checking import Background, check_entries, odd_entries
from targets.services.keys import demand_entering
from targets.services.locking import demand_open, keep_open
from targets.services.official import LOT, keep_revision_decisions, locked_observations
from targets.services.reviewing import replace_waiting


@dataclass(frozen=True, slots=True)
class Typed:
    """The fields of one figure, as text."""

    value: str = ""
    numerator: str = ""
    denominator: str = ""
    occurred_on: str = ""
    note: str = ""


FIELDS = tuple(field.name for field in fields(Typed))
_NUMBERS = {"value": read_number, "numerator": read_part, "denominator": read_part}


@dataclass(frozen=True, slots=True)
class ExaminedDrafts:
    """What drafts say, what is wrong with each draft, and what looks odd about it."""

    entries: list[Entry]
    problems: dict[Key, list[Problem]]
    oddities: dict[Key, list[Problem]]

    @property
    def refusals(self) -> dict[Key, list[Problem]]:
        """What keeps each draft from being handed in: an oddity that no note explains is a problem too."""
        unexplained = {
            entry.key: self.oddities[entry.key]
            for entry in self.entries
            if entry.key in self.oddities and not entry.note.strip()
        }
        keys = dict.fromkeys((*self.problems, *unexplained))
        return {key: [*self.problems.get(key, ()), *unexplained.get(key, ())] for key in keys}


class ConflictError(Exception):
    """Somebody else has saved in between; `current` is what is stored now (None: handed in or discarded)."""

    def __init__(self, current: Draft | None) -> None:
        super().__init__("draft changed in between")
        self.current = current


class ConflictsError(Exception):
    """Some drafts are not what was seen: what is stored now for each such key (None: handed in or discarded)."""

    def __init__(self, current: Mapping[Key, Draft | None]) -> None:
        super().__init__("drafts changed in between")
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
    try:
        return save_drafts({key: typed}, versions={key: version}, by=by)[key]
    except ConflictsError as conflict:
        raise ConflictError(conflict.current[key]) from None


@transaction.atomic
def save_drafts(typed: Mapping[Key, Typed], *, versions: Mapping[Key, int | None], by: User) -> dict[Key, Draft]:
    """Keeps many figures as they were typed, or none, in a constant number of queries.

    A version of None says that none was seen: it replaces what the person has saved, and is a conflict with what a
    colleague has. ConflictsError names all conflicts.
    """
    demand_entering(typed, by)
    demand_open(typed)
    drafts = _locked(typed)
    conflicts: dict[Key, Draft | None] = {key: None for key in typed if key not in drafts and versions[key]}
    last = handed_in_last([key for key in typed if key not in drafts or _texts(typed[key]) != _texts(drafts[key])])
    if missing := sorted(key for key in typed if key not in drafts and key not in conflicts):
        made = [_begun(key, typed[key], last.get(key), by) for key in missing]
        Draft.objects.bulk_create(made, batch_size=LOT, ignore_conflicts=True)
        drafts |= _locked(missing)
    changed = [key for key in drafts if _texts(typed[key]) != _texts(drafts[key])]
    conflicts |= {key: drafts[key] for key in changed if not _replaces(drafts[key], versions[key], by)}
    if conflicts:
        raise ConflictsError(conflicts)
    _overwrite({key: drafts[key] for key in changed}, typed, last, by)
    return drafts


def _begun(key: Key, typed: Typed, last: Revision | None, by: User) -> Draft:
    draft = Draft(**_identity(key), **_texts(typed), by=by)
    draft.typists = note_typists({}, {}, parts_of_texts(draft), parts_of_revision(last), by=by.pk)
    return draft


def _identity(key: Key) -> dict[str, int | Month]:
    return {"indicator_id": key[0], "region_id": key[1], "month": key[2]}


def _texts(typed: Typed | Draft) -> dict[str, str]:
    return {name: getattr(typed, name) for name in FIELDS}


def _replaces(draft: Draft, seen: int | None, by: User) -> bool:
    """Whether whoever saves has seen the draft, or has written it."""
    return draft.by_id == by.pk if seen is None else draft.version == seen


def _overwrite(drafts: Mapping[Key, Draft], typed: Mapping[Key, Typed], last: Mapping[Key, Revision], by: User) -> None:
    """New text for drafts that are locked, each the next version."""
    now = timezone.now()
    for key, draft in drafts.items():
        before, after = parts_of_texts(draft), parts_of_texts(typed[key])
        draft.typists = note_typists(draft.typists, before, after, parts_of_revision(last.get(key)), by=by.pk)
        for name, text in _texts(typed[key]).items():
            setattr(draft, name, text)
        draft.by, draft.saved_at, draft.version = by, now, draft.version + 1
    Draft.objects.bulk_update(drafts.values(), [*FIELDS, "typists", "by", "saved_at", "version"], batch_size=LOT)


@transaction.atomic
def hand_in(
    keys: Collection[Key],
    *,
    by: User,
    reason: str = "",
    reasons: Mapping[Key, str] | None = None,
    source: Source | None = None,
) -> list[Revision]:
    """Makes a submitted revision of each draft, with its attachments, and removes the drafts: all of them or none.

    An entry of the same figure that waits for review is replaced by the newer one. EntriesRefusedError with every
    problem at once, an oddity that no note explains among them. A draft that is not there any more was handed in by an
    earlier click: nothing is doubled. `reasons` holds those of single figures, `source` is a new one that is no form.
    Whoever hands in what others have typed is no author of it.
    """
    demand_entering(keys, by)
    keep_open(key[2] for key in keys)
    drafts = [draft for draft in _locked(keys).values() if not draft.is_blank]
    found = examine_figure_drafts(drafts)
    if refusals := found.refusals:
        raise EntriesRefusedError(refusals)
    why = {entry.key: (reasons or {}).get(entry.key, reason) for entry in found.entries}
    authors = _authors(drafts)
    revisions = _submitted(found, why, authors, by, source or Source(kind=Source.Kind.FORM, by=by))
    Draft.objects.filter(pk__in=[draft.pk for draft in drafts]).delete()
    return revisions


def _locked(keys: Collection[Key]) -> dict[Key, Draft]:
    """The drafts of the keys, locked, in a fixed order."""
    rows = (
        Draft.objects.select_related("by")
        .select_for_update(of=("self",))
        .filter(
            indicator_id__in={key[0] for key in keys},
            region_id__in={key[1] for key in keys},
            month__in={key[2] for key in keys},
        )
    )
    found = {(row.indicator_id, row.region_id, row.month): row for row in rows.order_by("pk")}
    wanted = set(keys)
    return {key: row for key, row in found.items() if key in wanted}


def entries_of_drafts(drafts: Sequence[Draft]) -> list[Entry]:
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
    for column, read in _NUMBERS.items():
        text = getattr(draft, column)
        try:
            numbers.append(read(text))
        except NotANumberError as error:
            numbers.append(None)
            problems.append(Problem(error.code, column, (("found", text[:40]),)))
    day, wrong = _day(draft.occurred_on)
    return numbers[0], numbers[1], numbers[2], day, problems + wrong


def _day(text: str) -> tuple[date | None, list[Problem]]:
    try:
        return read_day(text), []
    except ValueError:
        return None, [Problem("not_a_day", "occurred_on", (("found", text[:40]),))]


def examine_figure_drafts(drafts: Sequence[Draft], background: Background | None = None) -> ExaminedDrafts:
    """The drafts held against all rules, in a constant number of queries: what cannot be read, what may not be entered,
    what looks odd."""
    entries, problems = _understand(drafts)
    if not entries:
        return ExaminedDrafts([], problems, {})
    background = background or Background(entries)
    problems |= {entries[position].key: found for position, found in check_entries(entries, background).items()}
    oddities = {entries[position].key: found for position, found in odd_entries(entries, background).items()}
    return ExaminedDrafts(entries, problems, oddities)


Authors = Mapping[Key, Mapping[int, list[str]]]
"""The authors of each figure, by their ids, with the columns of the numbers that they typed."""


def _authors(drafts: Sequence[Draft]) -> Authors:
    """Who typed what the drafts say."""
    keyed = {(draft.indicator_id, draft.region_id, draft.month): draft for draft in drafts}
    last = handed_in_last(keyed)
    prefetch_related_objects(list(last.values()), "authors")
    found = {}
    for key, draft in keyed.items():
        before = last.get(key)
        now, handed_in = parts_of_texts(draft), parts_of_revision(before)
        earlier = before.authors_by_part(handed_in) if before is not None else {}
        found[key] = authors_of(draft.typists, now, handed_in, earlier, saved_by=draft.by_id)
    return found


def _submitted(
    found: ExaminedDrafts, reasons: Mapping[Key, str], authors: Authors, by: User, source: Source
) -> list[Revision]:
    if not found.entries:
        return []
    source.save()
    observations = locked_observations(found.entries)
    moments = moments_of([observation.pk for observation in observations])
    replaced = replace_waiting(moments, [observation.pk for observation in observations], by=by)
    revisions = [
        Revision(
            observation=observation,
            value=entry.value,
            numerator=entry.numerator,
            denominator=entry.denominator,
            occurred_on=entry.occurred_on,
            note=entry.note,
            source=source,
            author_id=foremost_author(authors[entry.key], by.pk),
            created_at=moments.of(observation.pk),
            reason=reasons[entry.key],
            state=ReviewState.SUBMITTED.value,
            oddities=[problem.code for problem in found.oddities.get(entry.key, ())],
        )
        for entry, observation in zip(found.entries, observations, strict=True)
    ]
    made = Revision.objects.bulk_create(revisions)
    keep_revision_authors((revision, authors[entry.key]) for revision, entry in zip(made, found.entries, strict=True))
    keep_revision_decisions({revision.pk: revision.created_at for revision in made}, ReviewVerb.SUBMIT, by=by)
    hand_over_figure_files(made)
    carry_on_figure_files(replaced, made)
    names = names_of_authors({person for entry in found.entries for person in authors[entry.key]}, by)
    record("observations.submitted", by=by, subject=source, count=len(made), authors=names)
    return made
