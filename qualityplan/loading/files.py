"""The rows of fixture files, each with its place; what cannot be read is told in plain words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qualityplan.loading.kinds import fields_of_natural_key, flatten_key, model_called
from qualityplan.loading.located import JsonFault, NotJsonError, locate_json_members

SAID = {
    JsonFault.EMPTY: gettext_lazy("The file is empty."),
    JsonFault.NOT_A_LIST: gettext_lazy("The file is not a list of objects."),
    JsonFault.ENDS_EARLY: gettext_lazy(
        "The file ends in the middle of the list. Close every bracket and quotation mark."
    ),
    JsonFault.FULL_WIDTH: gettext_lazy(
        'A full-width sign stands here: "%(found)s". Between texts JSON takes half width.'
    ),
    JsonFault.ONE_COMMA_TOO_MANY: gettext_lazy('Before "%(found)s" stands a comma too many.'),
    JsonFault.COMMA: gettext_lazy(
        'Before "%(found)s" a comma is missing, or a text ended at a quotation mark within it.'
    ),
    JsonFault.COLON: gettext_lazy('Before "%(found)s" a colon is missing.'),
    JsonFault.NAME: gettext_lazy('At "%(found)s" the name of a field in quotation marks is missing.'),
    JsonFault.VALUE: gettext_lazy(
        'At "%(found)s" a value is missing: a text in quotation marks, a number, true, false, null or a list.'
    ),
    JsonFault.OPEN_TEXT: gettext_lazy("The text that begins with %(found)s has no quotation mark at its end."),
    JsonFault.LINE_BREAK: gettext_lazy("A line break or tab stands in the middle of a text. Write \\n or \\t."),
    JsonFault.BACKSLASH: gettext_lazy('A backslash stands alone in a text: "%(found)s". Write two.'),
    JsonFault.GIVEN_TWICE: gettext_lazy('The field "%(found)s" stands twice in the row that begins here.'),
    JsonFault.MORE: gettext_lazy('The list has ended, and more follows: "%(found)s".'),
    JsonFault.OTHER: gettext_lazy('This is not JSON: "%(found)s".'),
}


@dataclass(frozen=True, slots=True, eq=False)
class FixtureRow:
    """One object of a file, as it stands there, beginning on the `line`.

    `label` is empty where the object has another form than it should, `model` where no model is called so.
    """

    file: str
    line: int
    label: str
    model: type[models.Model] | None
    fields: dict[str, object]

    @property
    def key(self) -> tuple[str, ...]:
        """The natural key as it is written, also where what it names does not exist."""
        return (
            flatten_key([self.fields.get(name, "?") for name in fields_of_natural_key(self.model)])
            if self.model
            else ()
        )

    @property
    def place(self) -> str:
        """Where a person finds the row."""
        return _("%(file)s, line %(line)d") % {"file": self.file, "line": self.line}

    def __str__(self) -> str:
        return ", ".join(filter(None, [self.place, " ".join([self.label, *self.key])]))


def read_fixture_rows(names: Iterable[str]) -> list[FixtureRow]:
    """All rows of all files. ValidationError names every file that cannot be read at all, and why."""
    rows: list[FixtureRow] = []
    unreadable = []
    for name in names:
        try:
            rows += rows_of_fixture_text(name, read_fixture_text(name))
        except ValidationError as error:
            unreadable += error.messages
    if unreadable:
        raise ValidationError(unreadable)
    return rows


def rows_of_fixture_text(name: str, text: str) -> Iterator[FixtureRow]:
    """The rows of a file's text; ValidationError says where and why it is no list of JSON."""
    try:
        for line, entry in locate_json_members(text):
            yield row_of_fixture_entry(name, line, entry)
    except NotJsonError as error:
        told = {"file": name, "line": error.line, "column": error.column}
        place = _("%(file)s, line %(line)d, column %(column)d") % told
        raise ValidationError(f"{place}: {SAID[error.fault] % {'found': error.found}}") from error


def read_fixture_text(name: str) -> str:
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


def row_of_fixture_entry(file: str, line: int, entry: object) -> FixtureRow:
    """The row of one object, also of one that will be refused."""
    match entry:
        case {"model": str(label), "fields": dict(fields), **others} if not others:
            return FixtureRow(file, line, label.lower(), model_called(label), fields)
    return FixtureRow(file, line, "", None, {})
