"""The form by which a person says what the columns of a file mean, and every answer that makes no sense."""

import hashlib
import json
import re
from collections.abc import Iterator
from collections.abc import Mapping as Given
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from departments.people.seeing import regions_seen_by
from imports.batches.loading import load_known_names
from imports.batches.messages import explain_table_problem
from imports.batches.remembering import read_stored_mapping
from imports.files.cells import letters
from imports.models import ImportBatch
from imports.showing.forms import ColumnForm, HeadingForm, SheetForm
from imports.showing.recognised import ShownColumn, ShownForm, ShownRecognition, ShownSheet, recognised_in
from imports.tables.columns import IGNORED, UNKNOWN, RecognisedColumn
from imports.tables.headings import INDICATOR, PERIOD, REGION, facts_of
from imports.tables.mappings import FileMapping, MappedColumn, SheetMapping
from imports.tables.samples import MOST_COLUMNS
from imports.tables.wrong_headings import find_missing_meanings, find_repeated_columns
from imports.vocabulary.names import KnownNames
from imports.vocabulary.values import period_in
from imports.vocabulary.wording import MEASURES, NAMES
from targets.entry_rules.figures import Problem

BESIDE_FIGURES = frozenset({*MEASURES, "note", "occurred_on", "total", IGNORED, UNKNOWN})
"""Meanings of columns that may hold for one indicator, region or month alone."""
_SEPARATORS = re.compile(r"\s*[·;；]\s*")


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column beside its inputs."""

    shown: ShownColumn
    form: ColumnForm


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A sheet beside its inputs; `own` is what was said about the sheet before."""

    shown: ShownSheet
    own: SheetMapping
    form: SheetForm


class FormCorrection:
    """The inputs for all sheets with the same headings."""

    def __init__(
        self, prefix: str, shown: ShownForm, mapping: FileMapping, names: KnownNames, data: Given[str, object] | None
    ):
        self.shown, self._names = shown, names
        self.errors: list[str] = []
        self.heading = HeadingForm(shown, data, prefix=prefix)
        listed = [column for column in shown.columns if column.column.index < MOST_COLUMNS]
        self.columns = [
            ColumnRow(column, _column_form(f"{prefix}-c{column.column.index}", column, data)) for column in listed
        ]
        self.sheets = [
            SheetRow(sheet, own, _sheet_form(f"{prefix}-s{place}", sheet, own, data))
            for place, sheet in enumerate(shown.sheets)
            for own in [mapping.of(shown.shape, sheet.name)]
        ]

    def is_valid(self) -> bool:
        """Checks every input, and then whether they go together; all that is wrong is told at once."""
        inputs = [self.heading, *(row.form for row in self.columns), *(row.form for row in self.sheets)]
        if False in [form.is_valid() for form in inputs]:
            return False
        self._said = [self._column(row) for row in self.columns]
        self._fixed = [self._names_of(row) for row in self.sheets]
        if not self._moved and not self.all_skipped and all(form.is_valid() for form in inputs):
            self._check_together()
        return not self.errors and all(form.is_valid() for form in inputs)

    @property
    def all_skipped(self) -> bool:
        return all(row.form.cleaned_data["skipped"] for row in self.sheets)

    @property
    def _moved(self) -> bool:
        """Whether the person names other heading rows: then nothing is known yet about the columns."""
        return bool(self.heading.cleaned_data["rows"] != self.shown.first.heading_rows)

    # --- What was said about single columns and sheets ----------------------------------------------------------------

    def _column(self, row: ColumnRow) -> RecognisedColumn:
        """The column as the person describes it; mistakes are told beside its inputs."""
        column, said = row.shown.column, row.form.cleaned_data
        meaning = said["meaning"] or (UNKNOWN if column.heading else "")
        if meaning == UNKNOWN and not (self.all_skipped or self._moved):
            row.form.add_error("meaning", _("Say what this column holds, or leave it aside."))
        text = said["only"].strip()
        fixed = column.fixed if text == row.shown.only else self._only(row, text)
        if any(fixed) and meaning not in BESIDE_FIGURES:
            row.form.add_error("only", _("Only a column of figures can hold for one indicator, region or month alone."))
        return replace(column, meaning=meaning, indicator=fixed[0], region=fixed[1], period=fixed[2])

    def _only(self, row: ColumnRow, text: str) -> tuple[str, str, str]:
        """Indicator, region and period that the text names."""
        found: dict[str, str] = {}
        for part in [text] if facts_of(text, self._names) else _SEPARATORS.split(text):
            facts = [fact for fact in facts_of(part, self._names) if fact.kind in (INDICATOR, REGION, PERIOD)]
            if part and (not facts or facts[0].kind in found):
                row.form.add_error("only", _('"%(found)s" is no indicator, region or month.') % {"found": part[:40]})
            found |= {fact.kind: fact.value for fact in facts}
        return found.get(INDICATOR, ""), found.get(REGION, ""), found.get(PERIOD, "")

    def _names_of(self, row: SheetRow) -> SheetMapping:
        """What holds for the sheet, by codes."""
        said = row.form.cleaned_data
        indicator, region = (self._code(row, name, said[name].strip()) for name in ("indicator", "region"))
        month = said["month"].strip()
        if month and period_in(month) is None:
            row.form.add_error("month", _("Write the month like 2014-06."))
        answers = {"harmless": tuple(said.get("harmless", ())), "with_hidden": said.get("with_hidden", False)}
        return SheetMapping(indicator=indicator, region=region, month=month, skipped=said["skipped"], **answers)

    def _code(self, row: SheetRow, name: str, text: str) -> str:
        if not text:
            return ""
        found = (self._names.indicators if name == "indicator" else self._names.regions).find(text)
        if isinstance(found, Problem):
            row.form.add_error(name, explain_table_problem(found))
            return ""
        return found.code

    # --- What goes together -------------------------------------------------------------------------------------------

    def _check_together(self) -> None:
        rows = {column_row.shown.column.index: column_row for column_row in self.columns}
        columns = self._all_columns()
        for column in find_repeated_columns(columns):
            if column.index in rows:
                first = next(
                    other for other in columns if (other.meaning, other.fixed) == (column.meaning, column.fixed)
                )
                rows[column.index].form.add_error(
                    "meaning",
                    _("Column %(first)s holds the same already. Leave one of the two aside.")
                    % {"first": letters(first.index)},
                )
        for row, fixed in zip(self.sheets, self._fixed, strict=True):
            if not fixed.skipped:
                given = {name for name in NAMES if getattr(fixed, name) or name in row.shown.sheet.sources}
                self.errors += [_missing(name, row.shown.name) for name in find_missing_meanings(columns, given)]
        self.errors = list(dict.fromkeys(self.errors))

    def _all_columns(self) -> list[RecognisedColumn]:
        """All columns as they are to be understood; those too far on the right stay as they were recognised."""
        return [*self._said, *(shown.column for shown in self.shown.columns if shown.column.index >= MOST_COLUMNS)]

    # --- The mapping --------------------------------------------------------------------------------------------------

    def sheets_mapping(self) -> Iterator[tuple[str, SheetMapping]]:
        """Key → mapping of each sheet about which the person says something."""
        heading_rows = self.heading.cleaned_data["rows"] if self._moved else ()
        for row, fixed in zip(self.sheets, self._fixed, strict=True):
            columns = self._corrected({} if self._moved else {column.index: column for column in row.own.columns})
            said = replace(fixed, columns=columns, heading_rows=heading_rows or row.own.heading_rows)
            if said != SheetMapping():
                single = len(self.sheets) == 1
                yield self.shown.shape if single else f"{self.shown.shape}/{row.shown.name}", said

    def _corrected(self, before: Given[int, MappedColumn]) -> tuple[MappedColumn, ...]:
        """What was said before, and what is said now; a column that stays as it was recognised is not mentioned."""
        found = dict(before)
        for row, column in zip(self.columns, self._said, strict=True):
            if column != row.shown.column and column.meaning != UNKNOWN:
                found[column.index] = MappedColumn(column.index, column.meaning, *column.fixed)
        return tuple(found[index] for index in sorted(found))


class Correction:
    """All inputs of a file. `seen` tells by which check of the file they were made."""

    def __init__(self, batch: ImportBatch, data: Given[str, object] | None = None) -> None:
        names = load_known_names(batch.source.by)
        self.recognised = recognised_in(batch, names) or ShownRecognition((), (), (), failed=False)
        self.seen = _digest(batch)
        mapping = read_stored_mapping(batch.mapping) or FileMapping()
        self._data = data
        self.forms = [
            FormCorrection(str(place), form, mapping, names, data) for place, form in enumerate(self.recognised.forms)
        ]
        self.errors: list[str] = []
        self.indicators = sorted({indicator.name for indicator in names.indicators.by_id.values()})
        self.regions = sorted(set(regions_seen_by(batch.source.by).values_list("name", flat=True)))

    @property
    def remember(self) -> bool:
        """Whether the answers are to be kept for the next file of this form."""
        return self._data is None or self._data.get("remember") == "on"

    def is_valid(self) -> bool:
        """Everything that is wrong is told beside its input, or in `errors`."""
        if self._data is None:
            return False
        if self._data.get("seen") != self.seen:
            self.errors = [_("The file was checked again meanwhile. Look at it once more.")]
            return False
        valid = False not in [form.is_valid() for form in self.forms]
        if valid and all(form.all_skipped for form in self.forms):
            self.errors = [_("All sheets are left aside. Keep at least one that holds figures.")]
        return valid and not self.errors

    def mapping(self) -> FileMapping:
        """What the person said; asked only after `is_valid`."""
        return FileMapping(dict(pair for form in self.forms for pair in form.sheets_mapping()))


def _digest(batch: ImportBatch) -> str:
    shown = json.dumps([batch.recognition, batch.mapping], sort_keys=True)
    return hashlib.sha256(shown.encode()).hexdigest()


def _column_form(prefix: str, shown: ShownColumn, data: Given[str, object] | None) -> ColumnForm:
    meaning = "" if shown.unknown else shown.column.meaning
    form = ColumnForm(data, prefix=prefix, initial={"meaning": meaning, "only": shown.only})
    column = {"column": shown.letter, "heading": shown.column.heading}
    form.fields["meaning"].widget.attrs |= {
        "class": "form-select form-select-sm",
        "aria-label": _("Meaning of column %(column)s %(heading)s") % column,
    }
    form.fields["only"].widget.attrs |= {
        "class": "form-control form-control-sm",
        "aria-label": _("Column %(column)s %(heading)s only for") % column,
        "placeholder": _("only for"),
    }
    return form


def _sheet_form(prefix: str, shown: ShownSheet, own: SheetMapping, data: Given[str, object] | None) -> SheetForm:
    """The form of a sheet: inputs hold what was said by hand; placeholders hold what was recognised."""
    by_hand = {fact.name: fact.text for fact in shown.given if fact.by_hand}
    said = {"skipped": own.skipped, "with_hidden": own.with_hidden, "harmless": own.harmless}
    form = SheetForm(data, prefix=prefix, initial={**by_hand, **said})
    form.ask(shown.sheet.asked, hides=shown.sheet.hides)
    recognised = {fact.name: fact.text for fact in shown.given}
    for name, choices in (("indicator", "indicators"), ("region", "regions"), ("month", "")):
        form.fields[name].widget.attrs |= {
            "class": "form-control form-control-sm",
            "placeholder": recognised.get(name, ""),
        }
        if choices:
            form.fields[name].widget.attrs["list"] = choices
    for name in {"skipped", "with_hidden"} & set(form.fields):
        form.fields[name].widget.attrs["class"] = "form-check-input"
    return form


_MISSING: dict[str, str | Promise] = {
    "indicator": gettext_lazy(
        "Nothing says which indicator the figures are of: choose a column, or give it for the sheet."
    ),
    "region": gettext_lazy("Nothing says of which region the figures are: choose a column, or give it for the sheet."),
    "month": gettext_lazy("Nothing says of which month the figures are: choose a column, or give it for the sheet."),
    "value": gettext_lazy("No column holds figures: choose one for the value, or two for numerator and denominator."),
    "numerator": gettext_lazy("There is a denominator, but no numerator: choose the other column of the ratio."),
    "denominator": gettext_lazy("There is a numerator, but no denominator: choose the other column of the ratio."),
}


def _missing(name: str, sheet: str) -> str:
    return f"{sheet}: {_MISSING[name]}" if sheet else str(_MISSING[name])
