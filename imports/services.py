"""What is done with files of figures: imported whole, or refused whole with everything that is wrong."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction

from departments import access
from departments.models import User
from departments.permissions import Action
from departments.services import record
from imports.loading import entries_of
from imports.models import ImportBatch
from imports.parsing import Mistake, Table, parse
from imports.readers import Limits, UnreadableError, read
from targets.documents import safe_name
from targets.figures import Entry
from targets.models import Source
from targets.services import Outcome, check_entries, make_official


class NamedFile(Protocol):
    """An uploaded file, or one opened for reading bytes."""

    @property
    def name(self) -> Any: ...

    def read(self, size: int = ..., /) -> bytes: ...


def import_observations(file: NamedFile, *, by: User, demonstration: bool = False, label: str = "") -> ImportBatch:
    """Makes all figures of a file official, or none: the batch that is returned says which, and why.

    For coordinators alone: PermissionDenied for everybody else, UnreadableError for a file without a table; in both
    cases nothing is stored. A file that says what is official already changes nothing.
    """
    if not access.demand(by, Action.IMPORT_OFFICIAL).everything:
        raise access.refusal()
    name = safe_name(str(file.name))
    limits = Limits(size=settings.UPLOAD_MAX_BYTES)
    data = file.read(limits.size + 1)
    table = parse(read(data, limits))
    if not table.read and not table.mistakes:
        raise UnreadableError("empty")
    source = Source(
        kind=Source.Kind.IMPORT,
        label=label or name,
        digest=hashlib.sha256(data).hexdigest(),
        demonstration=demonstration,
        by=by,
    )
    return _apply(table, source, name)


@transaction.atomic
def _apply(table: Table, source: Source, name: str) -> ImportBatch:
    entries, mistakes = _checked(table)
    source.save()
    if mistakes:
        return _refused(table, mistakes, source, name)
    outcome = make_official(entries, source=source, by=source.by)
    return _batch(table, outcome, source, name)


def _checked(table: Table) -> tuple[list[Entry], list[Mistake]]:
    """The entries that the rules allow, and the mistakes of every row, in the order of the file."""
    pairs, mistakes = entries_of(table)
    entries = [entry for _line, entry in pairs]
    for position, problems in check_entries(entries).items():
        line = pairs[position][0]
        mistakes += [Mistake(line.sheet, line.row, problem) for problem in problems]
    return entries, in_order([*table.mistakes, *mistakes])


def in_order(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """The mistakes by row; sheets stay in the order in which they were met."""
    sheets: dict[str, int] = {}
    listed = list(mistakes)
    for mistake in listed:
        sheets.setdefault(mistake.sheet, len(sheets))
    return sorted(listed, key=lambda one: (sheets[one.sheet], one.row))


def _batch(table: Table, outcome: Outcome, source: Source, name: str) -> ImportBatch:
    return ImportBatch.objects.create(
        source=source,
        file_name=name,
        state=ImportBatch.State.APPLIED,
        read=table.read,
        new=outcome.new,
        changed=outcome.changed,
        unchanged=outcome.unchanged,
    )


def _refused(table: Table, mistakes: Sequence[Mistake], source: Source, name: str) -> ImportBatch:
    batch = ImportBatch.objects.create(
        source=source,
        file_name=name,
        state=ImportBatch.State.REFUSED,
        read=table.read,
        rejected=table.read,
        errors=[_stored(mistake) for mistake in mistakes],
    )
    record("observations.import_refused", by=source.by, subject=batch, rows=table.read, errors=len(mistakes))
    return batch


def _stored(mistake: Mistake) -> dict[str, object]:
    problem = mistake.problem
    return {
        "sheet": mistake.sheet,
        "row": mistake.row,
        "column": problem.column,
        "code": problem.code,
        "details": dict(problem.details),
    }
