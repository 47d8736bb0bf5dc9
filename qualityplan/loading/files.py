"""The rows of fixture files, each with its place; what cannot be read is told in plain words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qualityplan.loading.kinds import flat, identity, model_called
from qualityplan.loading.located import Fault, NotJsonError, located

SAID = {
    Fault.EMPTY: gettext_lazy("The file is empty."),
    Fault.NOT_A_LIST: gettext_lazy("The file is not a list of objects."),
    Fault.ENDS_EARLY: gettext_lazy("The file ends in the middle of the list. Close every bracket and quotation mark."),
    Fault.FULL_WIDTH: gettext_lazy('A full-width sign stands here: "%(found)s". Between texts JSON takes half width.'),
    Fault.ONE_COMMA_TOO_MANY: gettext_lazy('Before "%(found)s" stands a comma too many.'),
    Fault.COMMA: gettext_lazy('Before "%(found)s" a comma is missing, or a text ended at a quotation mark within it.'),
    Fault.COLON: gettext_lazy('Before "%(found)s" a colon is missing.'),
    Fault.NAME: gettext_lazy('At "%(found)s" the name of a field in quotation marks is missing.'),
    Fault.VALUE: gettext_lazy(
        'At "%(found)s" a value is missing: a text in quotation marks, a number, true, false, null or a list.'
    ),
    Fault.OPEN_TEXT: gettext_lazy("The text that begins with %(found)s has no quotation mark at its end."),
    Fault.LINE_BREAK: gettext_lazy("A line break or tab stands in the middle of a text. Write \\n or \\t."),
    Fault.BACKSLASH: gettext_lazy('A backslash stands alone in a text: "%(found)s". Write two.'),
    Fault.GIVEN_TWICE: gettext_lazy('The field "%(found)s" stands twice in the row that begins here.'),
    Fault.MORE: gettext_lazy('The list has ended, and more follows: "%(found)s".'),
    Fault.OTHER: gettext_lazy('This is not JSON: "%(found)s".'),
}


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One object of a file, as it stands there, beginning on the `line`.

    `label` is empty where the object has another form than it should, `model` where no model is called so.
    """

    file: str
    line: int
    label: str
    model: type[models.Model] | None
    fields: dict[str, Any]

    @property
    def key(self) -> tuple[str, ...]:
        """The natural key as it is written, also where what it names does not exist."""
        return flat([self.fields.get(name, "?") for name in identity(self.model)]) if self.model else ()

    @property
    def place(self) -> str:
        """Where a person finds the row."""
        return _("%(file)s, line %(line)d") % {"file": self.file, "line": self.line}

    def __str__(self) -> str:
        return ", ".join(filter(None, [self.place, " ".join([self.label, *self.key])]))


def rows_of(names: Iterable[str]) -> list[Row]:
    """All rows of all files. ValidationError names every file that cannot be read at all, and why."""
    rows: list[Row] = []
    unreadable = []
    for name in names:
        try:
            rows += rows_in(name, text_of(name))
        except ValidationError as error:
            unreadable += error.messages
    if unreadable:
        raise ValidationError(unreadable)
    return rows


def rows_in(name: str, text: str) -> Iterator[Row]:
    """The rows of a file's text; ValidationError says where and why it is no list of JSON."""
    try:
        for line, entry in located(text):
            yield row_of(name, line, entry)
    except NotJsonError as error:
        told = {"file": name, "line": error.line, "column": error.column}
        place = _("%(file)s, line %(line)d, column %(column)d") % told
        raise ValidationError(f"{place}: {SAID[error.fault] % {'found': error.found}}") from error


def text_of(name: str) -> str:
    """What stands in the file, which is named by its path or by its name in the folder fixtures."""
    given, ours = Path(name), settings.BASE_DIR / "fixtures" / name
    path = next((path for path in (given, ours, ours.with_name(ours.name + ".json")) if path.is_file()), given)
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        reason = _("The file does not exist.")
    except UnicodeDecodeError:
        reason = _("The file is not in UTF-8. Save it as UTF-8 and not as GBK.")
    except OSError as error:
        reason = str(error.strerror)
    raise ValidationError(f"{name}: {reason}")


def row_of(file: str, line: int, entry: Any) -> Row:
    """The row of one object, also of one that will be refused."""
    match entry:
        case {"model": str(label), "fields": dict(fields)} if len(entry) == 2:
            return Row(file, line, label.lower(), model_called(label), fields)
    return Row(file, line, "", None, {})
