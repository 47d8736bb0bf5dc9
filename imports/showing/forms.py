"""The forms by which a file comes in, and by which is said what its columns mean."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from imports.batches.messages import COLUMNS, unreadable
from imports.files.readers import UnreadableError
from imports.showing.recognised import ShownForm
from imports.tables.columns import IGNORED
from imports.tables.mappings import MOST_HEADING_ROWS
from imports.vocabulary.wording import NAMES

Passed = Any
"""What Django gives to a form: of many kinds, handed on as it comes."""

MEANINGS: list[tuple[str, str | Promise]] = [
    ("", "—"),
    *((name, COLUMNS[name]) for name in (*NAMES, "value", "numerator", "denominator", "to_date", "note")),
    *((name, COLUMNS[name]) for name in ("occurred_on", "year", "department", "unit", "total")),
    (IGNORED, _("leave aside")),
]
_ROWS = re.compile(r"(\d{1,7})(?:\s*[-~–至]\s*(\d{1,7}))?", re.ASCII)


class UploadForm(forms.Form):
    """The form for one file; the service judges what stands in the file."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or a workbook: XLSX, XLS, ODS."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xlsm,.xls,.ods"}),
        error_messages={"empty": _("The file is empty.")},
        max_length=255,
    )

    def clean_file(self) -> UploadedFile:
        """Refuses what is too large before it is read."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.UPLOAD_MAX_BYTES:
            limit = format(settings.UPLOAD_MAX_BYTES / 1024 / 1024, ".0f")
            raise forms.ValidationError(unreadable(UnreadableError("too_large", limit=limit)))
        return file


class QuotaUploadForm(UploadForm):
    """A sheet of quotas, from which month they hold, by which paper, and why where they fall short."""

    from_month = forms.ChoiceField(label=_("They hold from"), widget=forms.Select(attrs={"class": "form-select"}))
    source = forms.CharField(
        label=_("Paper that issues them"),
        help_text=_("Its number, or what else it is known by"),
        max_length=300,
        required=False,
    )
    reason = forms.CharField(
        label=_("Why they fall short of the whole"),
        help_text=_("Needed only where a sum lies below the whole, or over a limit"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Passed, months: Sequence[tuple[str, str]], **kwargs: Passed) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["from_month"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as it is declared above
        field.choices = months


class ColumnForm(forms.Form):
    """What one column is."""

    meaning = forms.ChoiceField(choices=MEANINGS, required=False, label=_("meaning"))
    only = forms.CharField(max_length=120, required=False, label=_("only for"))


class SheetForm(forms.Form):
    """What holds for all rows of one sheet."""

    indicator = forms.CharField(max_length=120, required=False, label=_("indicator"))
    region = forms.CharField(max_length=120, required=False, label=_("region"))
    month = forms.CharField(max_length=20, required=False, label=_("month"))
    skipped = forms.BooleanField(required=False, label=_("leave this sheet aside"))
    with_hidden = forms.BooleanField(required=False, label=_("hidden rows and columns count too"))
    harmless = forms.MultipleChoiceField(
        required=False,
        label=_("These words change nothing about the figures"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )

    def ask(self, pieces: Sequence[str], *, hides: bool) -> None:
        """Leaves out the questions that this sheet does not raise."""
        if not hides:
            del self.fields["with_hidden"]
        if not pieces:
            del self.fields["harmless"]
            return
        field = self.fields["harmless"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - as it is declared above
        field.choices = [(piece, piece) for piece in pieces]


class HeadingForm(forms.Form):
    """Where the headings of a form are."""

    rows = forms.CharField(max_length=20, label=_("heading rows"))

    def __init__(self, shown: ShownForm, data: Any, prefix: str) -> None:
        super().__init__(data, prefix=prefix, initial={"rows": shown.heading_rows})
        self.fields["rows"].widget.attrs["class"] = "form-control form-control-sm"
        self._shown, self._last_row = shown.heading_rows, min(sheet.sheet.last_row for sheet in shown.sheets)

    def clean_rows(self) -> tuple[int, ...]:
        """The rows, from the first to the last."""
        found = _ROWS.fullmatch(self.cleaned_data["rows"].strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last or last - first >= MOST_HEADING_ROWS:
            raise forms.ValidationError(
                _("Give one row, or the first and the last of up to %(most)s, like 3 or 3-4.")
                % {"most": MOST_HEADING_ROWS}
            )
        if last >= self._last_row and self.cleaned_data["rows"].strip() != self._shown:
            raise forms.ValidationError(_("There is no row of figures below row %(row)s.") % {"row": last})
        return tuple(range(first, last + 1))
