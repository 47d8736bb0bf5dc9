"""Who typed which number of a figure: noted while drafts are saved, kept with what is handed in (`reviews.authors`)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal

from departments.models import User
from reviews.authors import Parts
from reviews.workflow import ReviewState
from targets.bulk.offered_figures import FIGURES
from targets.entry_rules.figures import Key
from targets.entry_rules.numbers import read_day, read_number
from targets.models import Revision, RevisionAuthor


def parts_of_texts(typed: object) -> Parts:
    """The numbers in the fields of a draft, the same number alike however it was written."""
    found = {name: _read(name, getattr(typed, name)) for name in FIGURES}
    return {name: said for name, said in found.items() if said}


def _read(name: str, text: str) -> str:
    """What cannot be read stands as it is."""
    try:
        return _written(read_day(text) if name == "occurred_on" else read_number(text))
    except ValueError:
        return text


def parts_of_revision(revision: Revision | None) -> Parts:
    """The numbers of an entry, in the same form; nothing without an entry."""
    found = {name: _written(getattr(revision, name, None)) for name in FIGURES}
    return {name: said for name, said in found.items() if said}


def _written(value: Decimal | date | None) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize() + 0, "f")
    return "" if value is None else value.isoformat()


def handed_in_last(keys: Collection[Key]) -> dict[Key, Revision]:
    """The latest entry of each figure, unless it was withdrawn: a correction of it leaves the other numbers as they
    were typed."""
    rows = Revision.objects.handed_in(keys).select_related("observation")
    latest = {row.entry.key: row for row in rows}
    return {key: row for key, row in latest.items() if row.state != ReviewState.WITHDRAWN.value}


def keep_revision_authors(authors: Iterable[tuple[Revision, Mapping[int, list[str]]]]) -> None:
    """Keeps the authors of those entries that have several, in one statement; before they are handed in."""
    RevisionAuthor.objects.bulk_create(
        RevisionAuthor(revision=revision, user_id=person, parts=parts)
        for revision, shares in authors
        if len(shares) > 1
        for person, parts in shares.items()
    )


def copy_authors(pairs: Iterable[tuple[Revision, Revision]]) -> None:
    """Gives entries the authors of those that they repeat: (repeated, repeating)."""
    repeating = {old.pk: new for old, new in pairs}
    keep = RevisionAuthor.objects.filter(revision__in=repeating).order_by("pk")
    RevisionAuthor.objects.bulk_create(
        RevisionAuthor(revision=repeating[author.revision_id], user_id=author.user_id, parts=author.parts)
        for author in keep
    )


def names_of_authors(people: Collection[int], by: User) -> str:
    """The names of authors, for the audit log; one query if there are others than who acts."""
    others = {person_id for person_id in people if person_id != by.pk}
    known = [*(User.objects.filter(pk__in=others) if others else ()), *([by] if by.pk in people else ())]
    return ", ".join(sorted(map(str, known)))
