"""What was typed on a worksheet: read from a form, kept as drafts, and held against the rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from departments.models import User
from reviews.documents import RefusedFileError, safe_name
from reviews.messages import refused_file
from reviews.workflow import ReviewState
from targets.entering.entry_grid import WorksheetRow, input_texts_of
from targets.entering.worksheet import UnitWorksheet
from targets.entry_rules.figures import Entry, Problem
from targets.entry_rules.numbers import NotANumberError, read_number
from targets.models import Draft
from targets.services.attachments import attach, detach
from targets.services.checking import Background
from targets.services.drafting import (
    FIELDS,
    ConflictError,
    EntriesRefusedError,
    Typed,
    entries_of_drafts,
    examine_figure_drafts,
    save_draft,
)
from targets.wording.number_texts import number_in_full

LONGEST = {name: getattr(Draft._meta.get_field(name), "max_length", 0) for name in FIELDS}
_NUMBERS = ("value", "numerator", "denominator")


@dataclass(frozen=True, slots=True)
class ExaminedRows:
    """What the drafts of a worksheet say, and by indicator what is wrong with each and what looks odd about it."""

    entries: list[Entry]
    problems: dict[int, list[Problem]]
    oddities: dict[int, list[Problem]]


class TooLongError(ValueError):
    """More text than is kept; said in a sentence."""


def typed_in(data: Mapping[str, str], prefix: str = "") -> Typed:
    """The fields of one figure as a form sent them; TooLongError for text that is longer than is kept."""
    texts = {name: data.get(prefix + name, "").replace("\x00", "").strip() for name in FIELDS}
    if any(len(text) > LONGEST[name] for name, text in texts.items()):
        raise TooLongError(_("The text is too long: at most 60 characters for a figure and 400 for a note."))
    return Typed(**texts)


def version_in(data: Mapping[str, str], name: str = "version") -> int:
    """The version of the draft that was seen; 0 for none, ValueError for what is no number."""
    return max(int(data.get(name) or 0), 0)


def is_blank_figure(typed: Typed) -> bool:
    """Whether every field is empty, the note too."""
    return not any(getattr(typed, name) for name in FIELDS)


def understood_text(text: str) -> str:
    """The number as it was understood, where that does not show at once: 15 000 for 1.5万."""
    try:
        found = read_number(text)
    except NotANumberError:
        return ""
    if found is None:
        return ""
    said = number_in_full(found)
    return "" if said == text.strip() else said


def understood_texts(typed: Typed | Draft) -> dict[str, str]:
    """`understood_text` of each field that holds a number."""
    return {name: understood_text(getattr(typed, name)) for name in _NUMBERS}


def keep_typed_rows(rows: Sequence[WorksheetRow], data: QueryDict, *, by: User) -> bool:
    """Saves the fields of all rows as drafts and puts them into the rows; False if a colleague was quicker somewhere.

    A row that was not touched stays as a colleague may have saved it meanwhile, and is not `seen`. A file that is
    handed in alone takes the figure along that was handed in last: the same entry, with the proof that was missing.
    """
    good = True
    for row in rows:
        prefix = f"{row.indicator.pk}-"
        if f"{prefix}note" not in data:
            continue
        typed, version = typed_in(data, prefix), version_in(data, f"{prefix}version")
        files = _brings_files(row, data, prefix)
        if files and version == 0 and is_blank_figure(typed):
            typed = _handed_in_last(row)
        if not _untouched(row, typed, version) or (files and not is_blank_figure(typed)):
            row.seen = True
            row.text = {name: getattr(typed, name) for name in FIELDS}
            good &= _kept(row, typed, version, by)
    return good


def _brings_files(row: WorksheetRow, data: QueryDict, prefix: str) -> bool:
    """Whether the row is being handed in with files that the page showed and the last entry did not have."""
    shown = {*data.getlist(f"{prefix}attachment"), *map(str, row.attached)}
    return data.get("do") == "hand_in" and any(str(attachment.pk) in shown for attachment in row.new_files)


def _handed_in_last(row: WorksheetRow) -> Typed:
    """The last entry's figure and note as text; blank if there is none, or if it was withdrawn."""
    if row.handed_in is None or row.handed_in.state == ReviewState.WITHDRAWN.value:
        return Typed()
    return Typed(**input_texts_of(row.handed_in))


def _untouched(row: WorksheetRow, typed: Typed, version: int) -> bool:
    """Nothing was typed; or it says what was handed in last: a second click on the same form doubles nothing, and a
    returned figure is not handed in again unchanged."""
    if version == 0 and is_blank_figure(typed):
        return True
    return (version == 0 or row.draft is None) and repeats_handed_in(row, typed)


def _kept(row: WorksheetRow, typed: Typed, version: int, by: User) -> bool:
    try:
        row.draft = save_draft(row.key, typed, version=version, by=by)
    except ConflictError as conflict:
        row.conflict, row.gone = conflict.current, conflict.current is None
        row.version = conflict.current.version if conflict.current else 0
        return False
    row.version = row.draft.version
    return True


def repeats_handed_in(row: WorksheetRow, typed: Typed) -> bool:
    """Whether the text says what was handed in last, figures and note."""
    if row.handed_in is None:
        return False
    unsaved = Draft(indicator_id=row.key[0], region_id=row.key[1], month=row.key[2])
    for name in FIELDS:
        setattr(unsaved, name, getattr(typed, name))
    try:
        entry = entries_of_drafts([unsaved])[0]
    except EntriesRefusedError:
        return False
    last = row.handed_in
    figures = last.value, last.numerator, last.denominator, last.occurred_on
    return (entry.figures, entry.note) == (figures, last.note)


def keep_row_files(
    rows: Sequence[WorksheetRow], data: QueryDict, files: MultiValueDict[str, UploadedFile], *, by: User
) -> bool:
    """Without a script: removes the files that were ticked, keeps those that were chosen, and puts both into the rows.

    False if one was refused: the row says which and why.
    """
    for row in rows:
        prefix = f"{row.indicator.pk}-"
        ticked = data.getlist(f"{prefix}remove")
        for attachment in [attachment for attachment in row.attachments if str(attachment.pk) in ticked]:
            detach(attachment, by=by)
            row.attachments.remove(attachment)
        for file in files.getlist(f"{prefix}files"):
            _attach(row, file, by)
    return not any(row.refused_files for row in rows)


def _attach(row: WorksheetRow, file: UploadedFile, by: User) -> None:
    try:
        made = attach(row.key, file, by=by)
    except RefusedFileError as refused:
        row.refused_files.append(refused_file(safe_name(str(file.name)), refused))
        return
    row.attached.add(made.pk)
    if made not in row.attachments:
        row.attachments.append(made)


def examine_row_drafts(drafts: Sequence[Draft], background: Background | None = None) -> ExaminedRows:
    """What `examine_figure_drafts` says of each draft, by its indicator: a worksheet has one region and month."""
    found = examine_figure_drafts(drafts, background)
    problems, oddities = (
        {indicator_id: told for (indicator_id, _region_id, _month), told in by_key.items()}
        for by_key in (found.problems, found.oddities)
    )
    return ExaminedRows(found.entries, problems, oddities)


def show_problems(sheet: UnitWorksheet) -> ExaminedRows:
    """Puts beside each row what is wrong or odd about its draft."""
    drafts = [row.draft for row in sheet.rows if row.draft is not None and row.has_figure]
    found = examine_row_drafts(drafts, sheet.background)
    for row in sheet.rows:
        row.problems = found.problems.get(row.indicator.pk, [])
        row.oddities = found.oddities.get(row.indicator.pk, [])
    return found


def wants_note(oddities: Sequence[Problem], note: str) -> bool:
    """Whether something odd is not explained yet."""
    return bool(oddities) and not note.strip()
