"""Checking a stored upload, whole: read, understood, held against every rule of entry, and staged.

Done by a worker, from the upload alone, so it may be cut off at any time and starts anew; nothing is official by it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F

from departments.services.accounts import record
from imports.batches import staging, uploads
from imports.batches.loading import entries_of, load_known_names
from imports.batches.remembering import MappingMemory, read_stored_mapping
from imports.batches.rights import find_foreign_entries, find_unasked_entries
from imports.batches.staging import AcceptedRow
from imports.files.readers import Limits, UnreadableError, read_file_rows
from imports.models import ImportBatch, RememberedMapping
from imports.tables.parsing import FigureLine, FigureTable, FileMapping, FileRows, TableMistake, parse
from imports.tables.understanding import Understanding
from imports.workflow import WAITING, ImportState, ImportVerb
from targets.bulk.garbage_collection import uncollected
from targets.entry_rules.figures import Entry, Problem
from targets.judging.loading import series_query
from targets.services.checking import Background, check_entries, odd_entries

_accepted_row = partial(tuple.__new__, AcceptedRow)
ATTEMPTS = 3
"""A file whose check has ended this often without an end is not tried again."""
ERRORS_KEPT = 10_000
OF_ITS_COLUMN = frozenset(
    {("year_missing", "month"), ("column_missing", "numerator"), ("column_missing", "denominator")}
)
"""Mistakes in headings that reject the figures under them, and no others."""


class CancelledError(Exception):
    """Somebody has cancelled the import while it was checked."""


@dataclass(frozen=True, slots=True)
class UnderstoodFile:
    """How the file was understood, by which mapping, and from where that was remembered."""

    understanding: Understanding
    mapping: FileMapping
    remembered: RememberedMapping | None


@dataclass(frozen=True, slots=True)
class ImportCheckResult:
    """What a check found: rows read, those that the rules allow, and all that is wrong, in the order of the file."""

    read: int
    accepted: Sequence[AcceptedRow]
    mistakes: Sequence[TableMistake]
    circumstances: str
    understood: UnderstoodFile | None = None


def check_import_batch(pk: int) -> None:
    """Checks the upload of a batch; does nothing if another process is at it, or if nothing is to be checked."""
    batch = ImportBatch.objects.select_related("source__by").filter(pk=pk, state__in=WAITING).first()
    if batch is None:
        return
    try:
        with uploads.hold_upload(batch.file) as file:
            if file is not None and _started(batch):
                _checked(batch, file.read())
    except FileNotFoundError:
        fail_import_batch(pk, "file_gone")
    except CancelledError:
        return


def _started(batch: ImportBatch) -> bool:
    """Takes the batch up; False if somebody cancelled it meanwhile, or if it was tried too often."""
    if batch.attempts >= ATTEMPTS:
        fail_import_batch(batch.pk, "crashed")
        return False
    waiting = ImportBatch.objects.filter(pk=batch.pk, state__in=WAITING)
    started = waiting.update(state=ImportState.CHECKING.value, progress=5, attempts=F("attempts") + 1)
    if started:
        uploads.unmark(batch.file)
    return bool(started)


def fail_import_batch(pk: int, failure: str) -> None:
    """Ends a batch for a reason that lies not in its rows; what has been staged goes."""
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=pk)
        if batch.can(ImportVerb.FAIL):
            batch.move(ImportVerb.FAIL)
            batch.failure, batch.progress = failure, 0
            batch.save()
            staging.clear_staged_rows(batch)
            record("observations.import_failed", by=None, subject=batch, failure=failure)


def _checked(batch: ImportBatch, data: bytes) -> None:
    try:
        with uncollected():
            return _stored(batch, judge_import_file(batch, data))
    except UnreadableError as error:
        return _stored(batch, _unreadable(error), failure=error.code)


def _unreadable(error: UnreadableError) -> ImportCheckResult:
    return ImportCheckResult(0, [], [TableMistake("", 0, Problem(error.code, "", tuple(error.details.items())))], "")


def judge_import_file(batch: ImportBatch, data: bytes) -> ImportCheckResult:
    """Checks the whole file; UnreadableError if it cannot be read as a table."""
    limits = Limits(size=settings.UPLOAD_MAX_BYTES, rows=settings.IMPORT_MAX_ROWS)
    rows, names = read_file_rows(data, limits), load_known_names(batch.source.by)
    memory = MappingMemory(batch.source.by)
    data_rows = FileRows((row for row in rows if row.sheet != uploads.ERRORS_SHEET), rows.hidden, rows.parts)
    table = parse(data_rows, read_stored_mapping(batch.mapping), names, memory.recall)
    if not table.read and not table.mistakes:
        raise UnreadableError(_nothing_in(table))
    _tell(batch, 40)
    pairs, mistakes = entries_of(table, names)
    entries = [entry for _line, entry in pairs]
    _tell(batch, 55)
    series = _series(entries)
    before = staging.read_check_circumstances(series_query(series)) if series else ""
    problems, odd = _problems(batch, entries)
    for position in problems:
        line = pairs[position][0]
        mistakes += [table.mistake(line, problem) for problem in problems[position]]
    _tell(batch, 80)
    accepted = _accepted(pairs, problems, odd, _broken_sheets(table))
    if len(accepted) < len(entries):
        before = _circumstances(before, series, _series(row.entry for row in accepted))
    understood = UnderstoodFile(Understanding.of(table), table.mapping, memory.found or batch.remembered)
    return ImportCheckResult(
        table.read, accepted, order_table_mistakes([*table.mistakes, *mistakes]), before, understood
    )


def _nothing_in(table: FigureTable) -> str:
    """Why the file holds no figure: it is a form of ours that nobody filled in, or it is no table of figures."""
    reasons = {row.reason for sheet in table.recognition.sheets for row in sheet.left_out}
    return "not_filled_in" if "no_figures" in reasons else "empty"


def _series(entries: Iterable[Entry]) -> set[tuple[int, int, int]]:
    """The years of indicators and regions (`SeriesKey`) of the entries."""
    return {(entry[0], entry[1], entry[2].year) for entry in entries}


def _circumstances(before: str, series: set[tuple[int, int, int]], accepted: set[tuple[int, int, int]]) -> str:
    """What the accepted rows were checked against: the circumstances of these rows alone, if nothing has changed while
    all rows were checked."""
    if not accepted or accepted == series:
        return before
    found = staging.read_check_circumstances(series_query(accepted))
    return found if staging.read_check_circumstances(series_query(series)) == before else before


def _problems(
    batch: ImportBatch, entries: Sequence[Entry]
) -> tuple[dict[int, list[Problem]], dict[int, list[Problem]]]:
    """What forbids entries, and what looks odd about them.

    Oddities forbid nothing; the file's reviewer sees them. A person who hands figures in for a review hands in only
    what is asked of the own units; a plan office makes no figure of another city official.
    """
    strange = (find_foreign_entries if batch.official else find_unasked_entries)(entries, batch.source.by)
    background = Background(entries)
    return check_entries(entries, background) | strange, odd_entries(entries, background)


def _broken_sheets(table: FigureTable) -> set[str]:
    """The sheets with a mistake outside their rows of figures, in the headings: no row of such a sheet is trusted.

    A heading may merely tell too little, the year or the other half of a ratio. Then only the figures under it are
    wrong: they have no line, and the figures beside them do not depend on it.
    """
    if not table.mistakes:
        return set()
    rows = {(line.sheet, line.row) for line in table.lines} | {
        (fragment.sheet, fragment.row) for fragment in table.fragments
    }
    beside = [mistake for mistake in table.mistakes if (mistake.sheet, mistake.row) not in rows]
    return {mistake.sheet for mistake in beside if (mistake.problem.code, mistake.problem.column) not in OF_ITS_COLUMN}


def _accepted(
    pairs: Sequence[tuple[FigureLine, Entry]],
    problems: dict[int, list[Problem]],
    odd: dict[int, list[Problem]],
    broken: set[str],
) -> list[AcceptedRow]:
    return [
        _accepted_row((line.sheet, line.row, entry, odd.get(position, ())))
        for position, (line, entry) in enumerate(pairs)
        if position not in problems and line.sheet not in broken
    ]


def order_table_mistakes(mistakes: Iterable[TableMistake]) -> list[TableMistake]:
    """The mistakes by row, each only once, because a name may be wrong for several figures of a row. Sheets stay in the
    order in which they were met."""
    sheets: dict[str, int] = {}
    listed = list(dict.fromkeys(mistakes))
    for mistake in listed:
        sheets.setdefault(mistake.sheet, len(sheets))
    return sorted(listed, key=lambda mistake: (sheets[mistake.sheet], mistake.row))


def _tell(batch: ImportBatch, progress: int) -> None:
    """Says how far the check is; CancelledError if the import was cancelled."""
    if not ImportBatch.objects.filter(pk=batch.pk, state=ImportState.CHECKING.value).update(progress=progress):
        raise CancelledError


@transaction.atomic
def _stored(batch: ImportBatch, verdict: ImportCheckResult, failure: str = "") -> None:
    """Stores what the check found: rows, counts and errors, all of it or nothing."""
    locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if locked.state != ImportState.CHECKING.value:
        raise CancelledError
    for outcome, number in staging.stage_accepted_rows(locked, verdict.accepted).items():
        setattr(locked, outcome, number)
    locked.read, locked.rejected = verdict.read, verdict.read - len(verdict.accepted)
    locked.odd = sum(bool(row.odd) for row in verdict.accepted)
    locked.errors, locked.errors_total = (
        [_told(mistake) for mistake in verdict.mistakes[:ERRORS_KEPT]],
        len(verdict.mistakes),
    )
    locked.circumstances, locked.failure = verdict.circumstances, failure
    if verdict.understood is not None:
        locked.recognition = verdict.understood.understanding.to_json()
        locked.mapping = verdict.understood.mapping.to_json()
        locked.remembered = verdict.understood.remembered
    locked.progress, locked.attempts = 100, 0
    locked.move(ImportVerb.REJECT if verdict.mistakes else ImportVerb.ACCEPT)
    locked.save()
    if verdict.mistakes:
        record(
            "observations.import_refused",
            by=batch.source.by,
            subject=locked,
            rows=locked.rejected,
            errors=locked.errors_total,
        )


def _told(mistake: TableMistake) -> dict[str, object]:
    problem = mistake.problem
    return {
        "sheet": mistake.sheet,
        "row": mistake.row,
        "cell": mistake.cell,
        "column": problem.column,
        "code": problem.code,
        "details": dict(problem.details),
    }
