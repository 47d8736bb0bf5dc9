"""What a person is told about a file: sentences that say what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from imports.models import ImportBatch
from imports.readers import UnreadableError
from targets.messages import SENTENCES as FIGURES

ROWS: dict[str, str | Promise] = {
    "heading_unknown": _(
        'The heading "%(found)s" is not known. '
        "Use 指标, 地区, 月份, 数值, 分子, 分母, 说明, 日期, or delete the column."
    ),
    "heading_twice": _("This column stands here twice. Keep one of them."),
    "column_missing": _("This column is missing. The first row holds the headings; add it there."),
    "cell_outside": _("A cell of this row stands under no heading. Delete it, or give its column a heading."),
    "region_ambiguous": _('Several regions are called "%(found)s". Give the code: %(similar)s.'),
    "not_asked": _(
        "This figure is not asked of your unit in this month. Delete the row, or ask the quality office to import it."
    ),
    "given_twice": _(
        "The same indicator, region and month stand in row %(first)s already (%(sheet)s). Delete one of the two."
    ),
}
"""Code of a problem of a table → its sentence; those of figures and their names are in `targets.messages`."""

FILES: dict[str, str | Promise] = {
    "empty": _("The file holds no figures. The first row holds the headings, each further row one figure."),
    "too_large": _("The file is larger than %(limit)s MB. Split it."),
    "too_many_rows": _("The file has more than %(limit)s rows. Split it."),
    "bomb": _("The file unfolds into far more than a table of figures. Copy the figures into a new workbook."),
    "old_excel": _("The file is an old Excel workbook, or locked by a password. Save it as XLSX without a password."),
    "no_table": _("The file is neither CSV nor XLSX. Save it as one of these."),
    "broken_csv": _("The quotation marks near line %(line)s do not match. Save the file as CSV anew."),
    "broken_xlsx": _("The workbook is damaged. Open it in a spreadsheet program and save it as XLSX anew."),
}
"""Code of a reason why a file cannot be read → its sentence."""

COLUMNS: dict[str, str | Promise] = {
    "indicator": _("indicator"),
    "region": _("region"),
    "month": _("month"),
    "value": _("value"),
    "numerator": _("numerator"),
    "denominator": _("denominator"),
    "note": _("note"),
    "occurred_on": _("day"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One error of a refused file, ready to be read; row 0 means the sheet as a whole."""

    sheet: str
    row: int
    column: str
    sentence: str

    def __str__(self) -> str:
        return " ".join(filter(None, [self.sheet, str(self.row), self.column])) + f": {self.sentence}"


def unreadable(error: UnreadableError) -> str:
    """Why the file cannot be read, in the reader's language."""
    return str(FILES[error.code]) % error.details


def told(error: Mapping[str, object]) -> Told:
    """An error as a batch stores it, in the reader's language."""
    sentences = FIGURES | FILES | ROWS
    column = str(error["column"])
    sentence = str(sentences[str(error["code"])]) % error["details"]
    return Told(str(error["sheet"]), int(str(error["row"])), str(COLUMNS.get(column, column)), sentence)


def errors_of(batch: ImportBatch) -> list[Told]:
    """All errors of a batch, in the order of the file."""
    return [told(error) for error in batch.errors]
