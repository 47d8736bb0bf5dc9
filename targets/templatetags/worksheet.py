"""The rows of a worksheet as HTML: sixty rows with about a hundred places each are nearly all of the page."""

from html import escape
from itertools import starmap

from django import template
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pages.patterns import NONE, join_markup
from reviews.templatetags.attachments import attached
from reviews.workflow import ReviewState
from targets.arithmetic.quantities import rounded
from targets.entering.entry_grid import END, HandedInEntry, WorksheetInput, WorksheetPromise, WorksheetRow
from targets.entering.forms import understood_text
from targets.entering.row_components import (
    ATTACHMENT,
    HANDED_IN,
    INPUT,
    KNOWN,
    NOTE,
    PROBLEM,
    PROMISE,
    ROW,
    TOLD,
    AttachmentValues,
    HandedInValues,
    InputValues,
    KnownValues,
    NoteValues,
    ProblemValues,
    PromiseValues,
    RowValues,
    ToldValues,
)
from targets.entering.worksheet import UnitWorksheet
from targets.entry_rules.figures import Entry
from targets.messages import problem_sentence
from targets.models import Attachment, Indicator
from targets.templatetags.lights import light_tag
from targets.templatetags.wording import day, figure, month_short
from targets.wording.lights import Light
from targets.wording.notices import list_names
from targets.wording.number_texts import number_without_zeros

register = template.Library()


@register.simple_tag
def sheet_rows(sheet: UnitWorksheet, accept: str) -> SafeString:
    """Every row of the worksheet, with a mark between two; `accept` names the endings of the files that may be
    attached."""
    writer = WorksheetRowWriter(sheet, accept)
    return SafeString(END.join(map(writer.row, sheet.rows)))


class WorksheetRowWriter:
    """Writes the rows of one sheet; what they have in common is looked up once."""

    def __init__(self, sheet: UnitWorksheet, accept: str) -> None:
        self.locked, self.accept = sheet.locked, accept
        self.removing = reverse("attachment_remove", args=[0])
        self.lights: dict[Light, SafeString] = {}

    def row(self, row: WorksheetRow) -> SafeString:
        """One figure that is due: what is known, the inputs, and below them what is to be said about it."""
        name = SafeString(escape(row.indicator.name))
        return ROW.fill(
            RowValues(
                id=row.id,
                region=str(row.region_id),
                state=row.state,
                has_problems=bool(row.problems),
                known=self.known(row, name),
                is_barred=row.barred,
                department=str(row.indicator.department or "") if row.barred else "",
                inputs=NONE if row.barred else row_inputs(row, name),
                told=self.told(row, name),
            )
        )

    def known(self, row: WorksheetRow, name: SafeString) -> SafeString:
        """The indicator, its past, and how its targets stand."""
        indicator, before = row.indicator, row.before
        is_dated = before is not None and indicator.frequency != Indicator.Frequency.MONTHLY
        return KNOWN.fill(
            KnownValues(
                name=name,
                unit=indicator.unit,
                is_to_date=indicator.entry_basis == Indicator.EntryBasis.TO_DATE,
                definition=indicator.definition,
                plans=list_names(row.plans),
                before=official_figure_text(before, indicator),
                before_month=month_short(before.month) if before is not None and is_dated else "",
                last_year=official_figure_text(row.last_year, indicator),
                promises=PROMISE.fill_all(map(self.promise, row.promises)),
            )
        )

    def promise(self, promise: WorksheetPromise) -> PromiseValues:
        """A target: what is reached, what is promised, and the light."""
        return PromiseValues(
            actual=promise.shown.actual if promise.shown else "",
            threshold=promise.threshold,
            light=self.light(promise.light) if promise.light else NONE,
            region=str(promise.target.plan.region) if promise.whole else "",
            plan=promise.plan,
        )

    def light(self, light: Light) -> SafeString:
        """There are nine of them."""
        if light not in self.lights:
            self.lights[light] = light_tag(light)
        return self.lights[light]

    def told(self, row: WorksheetRow, name: SafeString) -> SafeString:
        """What was handed in, what is wrong, the files, and what has not been handed in yet, or that nothing can be
        where other rows are open."""
        is_closed = bool(row.closed) and not self.locked
        return TOLD.fill(
            ToldValues(
                id=row.id,
                name=name,
                version=str(row.version),
                handed_in=handed_in_html(row.handed_in, row.indicator) if row.handed_in else NONE,
                problems=row_problems_html(row),
                conflict=conflict_html(row),
                removing=self.removing,
                attachments=ATTACHMENT.fill_all(attachment_values(row, file) for file in row.attachments),
                is_fixed=row.is_fixed,
                accept=self.accept,
                closed_by=row.closed if is_closed else "",
                month=month_short(row.month) if is_closed else "",
                figure_waits=row.has_figure and not row.conflict,
                file_waits=bool(row.new_files) and not row.conflict,
            )
        )


def row_inputs(row: WorksheetRow, name: SafeString) -> SafeString:
    """The inputs of a row; a value alone is as wide as numerator and denominator together."""
    *figures, note = row.fields
    is_alone = len(figures) == 1
    inputs = INPUT.fill_all(input_values(row, field, name, is_wide=is_alone) for field in figures)
    return join_markup([inputs, NOTE.fill(NoteValues(row.id, name, note.text, bool(row.closed)))])


def input_values(row: WorksheetRow, field: WorksheetInput, indicator: SafeString, *, is_wide: bool) -> InputValues:
    """The input of a figure or a day; `indicator` is its name."""
    return InputValues(
        row=row.id,
        name=field.name,
        column=str(field.column),
        indicator=indicator,
        label=input_label(row.indicator, field),
        unit=field.unit,
        text=field.text,
        hint=field.handed_in,
        number=understood_text(field.text),
        is_day=field.name == "occurred_on",
        is_wide=is_wide,
        is_wrong=bool(row.problems),
        is_closed=bool(row.closed),
    )


def input_label(indicator: Indicator, field: WorksheetInput) -> str:
    """What the input asks for."""
    if indicator.measure == Indicator.Measure.EVENT:
        return _("1 done, 0 not yet") if field.column == 1 else _("Day done")
    return field.label or _("value")


def attachment_values(row: WorksheetRow, file: Attachment) -> AttachmentValues:
    """A file that lies beside the draft."""
    return AttachmentValues(
        row=row.id,
        pk=str(file.pk),
        address=reverse("attachment", args=[file.pk]),
        name=file.name,
        size=filesizeformat(file.size),
        is_fixed=row.is_fixed,
    )


def handed_in_html(last: HandedInEntry, indicator: Indicator) -> SafeString:
    """The latest entry that was handed in, and where it stands."""
    is_returned = last.state == ReviewState.RETURNED.value
    is_waiting = last.state == ReviewState.SUBMITTED.value
    return HANDED_IN.fill(
        HandedInValues(
            state=last.state,
            standing=_("waiting for review") if is_waiting else last.state_text,
            figures=handed_in_text(last, indicator),
            author=last.author,
            at=timezone.localtime(last.at).strftime("%Y-%m-%d %H:%M"),
            note=last.note,
            is_returned=is_returned,
            return_reason=last.return_reason,
            attachments=attached(last.attachments) if last.attachments and not is_returned else NONE,
        )
    )


def official_figure_text(entry: Entry | None, indicator: Indicator) -> str:
    """An official figure in a word: a ratio as its rate, an event as done or not; a dash for none."""
    if entry is None:
        return "—"
    if indicator.measure == Indicator.Measure.EVENT:
        return _("done") if entry.value else _("not done yet")
    if entry.value is not None:
        return number_without_zeros(entry.value)
    if not entry.denominator or entry.numerator is None:
        return "—"
    rate = entry.numerator * indicator.scale / entry.denominator
    return number_without_zeros(rounded(rate, max(indicator.decimals, 2)))


def handed_in_text(last: HandedInEntry, indicator: Indicator) -> str:
    """The figure that was handed in."""
    if indicator.is_ratio:
        above = figure(last.numerator, indicator.numerator_unit)
        return f"{above} / {figure(last.denominator, indicator.denominator_unit)}"
    if indicator.measure == Indicator.Measure.EVENT:
        return f"{_('done')} {day(last.occurred_on)}" if last.value else _("not done yet")
    return figure(last.value, indicator.unit)


def row_problems_html(row: WorksheetRow) -> SafeString:
    """What is wrong or odd, each with what to do."""
    odd = "oddity" if row.wants_note else "oddity explained"
    said = [("problem", sentence) for sentence in row.refused_files]
    said += [("problem", problem_sentence(problem)) for problem in row.problems]
    said += [(odd, problem_sentence(oddity)) for oddity in row.oddities]
    return PROBLEM.fill_all(starmap(ProblemValues, said))


def conflict_html(row: WorksheetRow) -> SafeString:
    """What a colleague has done meanwhile to a row that was typed."""
    if not row.conflict and not row.gone:
        return NONE
    return render_to_string("targets/_conflict.html", {"row": row})
