"""The pieces of HTML of which a worksheet's row is put together: each a template, and the values that stand in it."""

from typing import NamedTuple

from django.utils.safestring import SafeString

from pages.patterns import Pattern


class RowValues(NamedTuple):
    """A whole row; a figure that is barred is entered by another `department`, if any."""

    id: str
    region: str
    state: str
    has_problems: bool
    known: SafeString
    is_barred: bool
    department: str
    inputs: SafeString
    told: SafeString


class KnownValues(NamedTuple):
    """The indicator, its past and its targets; `before_month` is told where that is not the month before."""

    name: SafeString
    unit: str
    is_to_date: bool
    definition: str
    plans: str
    before: str
    before_month: str
    last_year: str
    promises: SafeString


class ToldValues(NamedTuple):
    """What stands below the inputs. `closed_by` is the title of the plan that has closed this row's `month` while other
    rows are open; `removing` is the address at which a file is removed."""

    id: str
    name: SafeString
    version: str
    handed_in: SafeString
    problems: SafeString
    conflict: SafeString
    removing: str
    attachments: SafeString
    is_fixed: bool
    accept: str
    closed_by: str
    month: str
    figure_waits: bool
    file_waits: bool


class PromiseValues(NamedTuple):
    """A target; `region` is the plan's whole region where the light is that of the whole."""

    actual: str
    threshold: str
    light: SafeString
    region: str
    plan: str


class InputValues(NamedTuple):
    """The input of a figure or a day; `number` is how what stands in it was understood."""

    row: str
    name: str
    column: str
    indicator: SafeString
    label: str
    unit: str
    text: str
    hint: str
    number: str
    is_day: bool
    is_wide: bool
    is_wrong: bool
    is_closed: bool


class NoteValues(NamedTuple):
    """The input of the note."""

    row: str
    indicator: SafeString
    text: str
    is_closed: bool


class HandedInValues(NamedTuple):
    """The latest entry that was handed in."""

    state: str
    standing: str
    figures: str
    author: str
    at: str
    note: str
    is_returned: bool
    return_reason: str
    attachments: SafeString


class AttachmentValues(NamedTuple):
    """A file beside the draft."""

    row: str
    pk: str
    address: str
    name: str
    size: str
    is_fixed: bool


class ProblemValues(NamedTuple):
    """A sentence about the row; `kind` is the class that colours it."""

    kind: str
    text: str


ROW = Pattern("targets/_worksheet_row.html", RowValues)
KNOWN = Pattern("targets/_worksheet_known.html", KnownValues)
TOLD = Pattern("targets/_worksheet_told.html", ToldValues)
PROMISE = Pattern("targets/_worksheet_promise.html", PromiseValues)
INPUT = Pattern("targets/_worksheet_input.html", InputValues)
NOTE = Pattern("targets/_worksheet_note.html", NoteValues)
HANDED_IN = Pattern("targets/_worksheet_handed_in.html", HandedInValues)
ATTACHMENT = Pattern("targets/_worksheet_attachment.html", AttachmentValues)
PROBLEM = Pattern("targets/_worksheet_problem.html", ProblemValues)
