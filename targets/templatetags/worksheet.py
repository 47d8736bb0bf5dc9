"""The rows of a worksheet as HTML.

They stand here and not in a template: sixty rows with about a hundred places each are nearly all of the page, and a
template looks up every name, condition and translation anew. What only a few rows have is in templates.
"""

from html import escape
from typing import Any

from django import template
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pages.markup import NONE, fill_markup, fill_markup_around, join_markup
from reviews.templatetags.attachments import attached
from targets.arithmetic.quantities import rounded
from targets.entering.entry_grid import END, HandedInEntry, WorksheetInput, WorksheetPromise, WorksheetRow
from targets.entering.forms import understood_text
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

ROW = """

<tbody class="sheet-row state-{state}{marked}"{address} id="row-{id}">
<tr>
  <th scope="row" class="sheet-name"><span class="sheet-title">{name}</span>{unit}
    {basis}
    {definition}
    {plans}</th>
  <td class="sheet-past" data-label="{words[before]}">{before}{before_month}</td>
  <td class="sheet-past" data-label="{words[last_year]}">{last_year}</td>
  <td class="sheet-light">{promises}</td>
  {entry}
</tr>
<tr class="sheet-told"><td colspan="7" id="told-{id}">
  <input type="hidden" name="{id}-version" value="{version}" data-version>
  <div class="told-handed-in">{handed_in}</div>
  <ul class="told-problems">{told}</ul>
  <div class="told-conflict">{conflict}</div>
  <div class="told-foot">
    <div class="attached" data-remove="{remove}">
      <ul class="attachments">{attachments}</ul>
      {attach}
      <p class="attach-state" role="status" aria-live="polite"></p>
    </div>
    <p class="told-state" role="status" aria-live="polite">{waits}</p>
  </div>
</td></tr>
</tbody>
"""
ADDRESS = ' data-indicator="{id}" data-region="{region}"'
DEFINITION = '<details class="definition"><summary>{words[definition]}</summary><p>{it}</p></details>'
PROMISE = '<div class="promise">{actual} <span class="muted">{threshold}</span><br>{light}{whole}{plan}</div>'
CELL = """<td class="sheet-cell"{wide}>
    <label for="{row}-{name}">{label}<span class="visually-hidden"> {indicator}</span></label>
    <input class="form-control form-control-sm number" id="{row}-{name}" name="{row}-{name}" data-name="{name}" \
data-column="{column}" value="{text}" maxlength="60"{hint}{keys} aria-describedby="told-{row}"{wrong}{closed}>
    {understood}
  </td>
  """
NOTE = """<td class="sheet-note">
    <label for="{row}-note" class="label-note">{words[note]}<span class="visually-hidden"> {indicator}</span></label>
    <input class="form-control form-control-sm" id="{row}-note" name="{row}-note" data-name="note" data-column="3" \
value="{text}" maxlength="400" aria-describedby="told-{row}"{closed}>
    {nothing}
  </td>
  """
UNDERSTOOD = '<small class="understood" data-understood="{name}">{text}</small>'
HANDED_IN = """

<p class="handed-in handed-in-{state}"><span class="tag tag-state">{standing}</span>
  {figures}
  <span class="quiet">{author} · {at}{note}</span>
  {returned}</p>
{attachments}
"""
ATTACHMENT = (
    '<li data-attachment="{pk}"><a href="{address}">{name}</a> <span class="quiet">{size}</span>'
    '<input type="hidden" name="{row}-attachment" value="{pk}">{remove}</li>'
)
REMOVE = (
    ' <label class="no-script"><input type="checkbox" name="{row}-remove" value="{pk}"> {words[remove]}'
    '<span class="visually-hidden"> {name}</span></label>'
)
ATTACH = (
    '<label class="attach no-script" for="{row}-files">{words[attach]}<span class="visually-hidden"> {indicator}</span>'
    ' <input type="file" id="{row}-files" name="{row}-files" multiple accept="{accept}"></label>'
)
COUNTS_FOR = '<small class="counts-for">{words[counts_for]} {it}</small>'
WIDE, DISABLED = SafeString(' colspan="2"'), SafeString(" disabled")
DECIMAL, WRONG = SafeString(' inputmode="decimal"'), SafeString(' aria-invalid="true"')
MARKED = SafeString(" has-problems")


def worksheet_row_words() -> dict[str, str]:
    """What every row says, in the reader's language."""
    return {
        "before": _("Last period"),
        "last_year": _("Same month last year"),
        "to_date": _("January to this month"),
        "counts_for": _("Counts for:"),
        "definition": _("Definition"),
        "no_target": _("for information, no target"),
        "note": _("Note"),
        "value": _("value"),
        "done": _("1 done, 0 not yet"),
        "day": _("Day done"),
        "remove": _("Remove"),
        "attach": _("Attach a file"),
        "draft": _("draft, not handed in yet"),
        "file": _("file attached, not handed in yet"),
        "submitted": _("waiting for review"),
    }


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
        self.words, self.remove = worksheet_row_words(), SafeString(reverse("attachment_remove", args=[0]))
        self.lights: dict[Light, SafeString] = {}

    def row(self, row: WorksheetRow) -> SafeString:
        """One figure that is due: what is known, the inputs, and below them what is to be said about it."""
        pk, name = row.indicator.pk, SafeString(escape(row.indicator.name))
        return fill_markup(
            ROW,
            words=self.words,
            state=SafeString(row.state),
            marked=MARKED if row.problems else NONE,
            address=NONE if row.barred else fill_markup(ADDRESS, id=pk, region=row.region_id),
            id=pk,
            name=name,
            version=row.version,
            **self.known(row),
            entry=barred_row_html(row.indicator) if row.barred else self.cells(row, name),
            handed_in=self.handed_in(row.handed_in, row.indicator) if row.handed_in else NONE,
            told=row_problems_html(row),
            conflict=render_to_string("targets/_conflict.html", {"row": row}) if row.conflict or row.gone else NONE,
            plans=fill_markup_around(COUNTS_FOR, list_names(row.plans), words=self.words),
            remove=self.remove,
            attachments=join_markup([self.attachment(row, one) for one in row.attachments]),
            attach=NONE
            if row.is_fixed
            else fill_markup(ATTACH, words=self.words, row=pk, indicator=name, accept=self.accept),
            waits=self.waits(row),
        )

    def known(self, row: WorksheetRow) -> dict[str, Any]:
        """The indicator, its past, and how its targets stand."""
        one, before = row.indicator, row.before
        dated = before is not None and one.frequency != Indicator.Frequency.MONTHLY
        to_date = one.entry_basis == Indicator.EntryBasis.TO_DATE
        return {
            "unit": fill_markup_around(' <span class="unit">{it}</span>', one.unit),
            "basis": fill_markup_around('<span class="tag">{it}</span>', to_date and self.words["to_date"]),
            "definition": fill_markup_around(DEFINITION, one.definition, words=self.words),
            "before": official_figure_text(before, one),
            "before_month": fill_markup_around("<small>{it}</small>", dated and before and month_short(before.month)),
            "last_year": official_figure_text(row.last_year, one),
            "promises": join_markup(map(self.promise, row.promises))
            or fill_markup_around('<span class="muted">{it}</span>', self.words["no_target"]),
        }

    def promise(self, one: WorksheetPromise) -> SafeString:
        """A target: what is reached, what is promised, and the light."""
        return fill_markup(
            PROMISE,
            actual=fill_markup_around("<strong>{it}</strong>", one.shown and one.shown.actual),
            threshold=one.threshold,
            light=self.light(one.light) if one.light else NONE,
            whole=fill_markup_around(' <span class="tag tag-role">{it}</span>', one.whole and one.target.plan.region),
            plan=fill_markup_around("<small>{it}</small>", one.plan),
        )

    def light(self, light: Light) -> SafeString:
        """There are nine of them."""
        if light not in self.lights:
            self.lights[light] = light_tag(light)
        return self.lights[light]

    def cells(self, row: WorksheetRow, indicator: SafeString) -> SafeString:
        """The inputs; a value alone is as wide as numerator and denominator together."""
        *figures, note = row.fields
        wide = WIDE if len(figures) == 1 else NONE
        cells = [self.cell(row, one, indicator, wide) for one in figures]
        return join_markup([*cells, self.note(row, note, indicator)])

    def cell(self, row: WorksheetRow, one: WorksheetInput, indicator: SafeString, wide: SafeString) -> SafeString:
        """The input of a figure or a day."""
        is_day = one.name == "occurred_on"
        return fill_markup(
            CELL,
            row=row.indicator.pk,
            name=SafeString(one.name),
            wide=wide if one.column == 1 else NONE,
            label=self.label(row.indicator, one),
            indicator=indicator,
            column=one.column,
            text=one.text,
            hint=fill_markup_around(' placeholder="{it}"', one.handed_in or ("2014-06-27" if is_day else "")),
            keys=NONE if is_day else DECIMAL,
            wrong=WRONG if row.problems else NONE,
            closed=DISABLED if row.closed else NONE,
            understood=understood_input_html(one),
        )

    def note(self, row: WorksheetRow, one: WorksheetInput, indicator: SafeString) -> SafeString:
        """The input of the note."""
        pk, text, closed = row.indicator.pk, one.text, DISABLED if row.closed else NONE
        return fill_markup(NOTE, words=self.words, row=pk, indicator=indicator, text=text, closed=closed, nothing=NONE)

    def label(self, indicator: Indicator, one: WorksheetInput) -> SafeString | str:
        """What the input asks for."""
        if indicator.measure == Indicator.Measure.EVENT:
            return self.words["done" if one.column == 1 else "day"]
        label = one.label or self.words["value"]
        return (
            fill_markup('{label} <span class="unit">{unit}</span>', label=label, unit=one.unit) if one.unit else label
        )

    def handed_in(self, last: HandedInEntry, indicator: Indicator) -> SafeString:
        """The latest entry that was handed in, and where it stands."""
        is_back = last.state == "returned"
        files = NONE if is_back or not last.attachments else attached(last.attachments)
        return fill_markup(
            HANDED_IN,
            state=last.state,
            standing=self.words["submitted"] if last.state == "submitted" else last.state_text,
            figures=handed_in_text(last, indicator),
            author=last.author,
            at=timezone.localtime(last.at).strftime("%Y-%m-%d %H:%M"),
            note=f" · {last.note}" if last.note else "",
            returned=fill_markup_around(RETURNED, is_back and _("Returned because:"), why=last.return_reason),
            attachments=files,
        )

    def attachment(self, row: WorksheetRow, one: Attachment) -> SafeString:
        """A file that lies beside the draft."""
        remove = (
            NONE
            if row.is_fixed
            else fill_markup(REMOVE, words=self.words, row=row.indicator.pk, pk=one.pk, name=one.name)
        )
        address, size = reverse("attachment", args=[one.pk]), filesizeformat(one.size)
        return fill_markup(
            ATTACHMENT, row=row.indicator.pk, pk=one.pk, address=address, name=one.name, size=size, remove=remove
        )

    def removing(self, row: WorksheetRow, one: Attachment) -> SafeString:
        """The box by which the file is removed without the script."""
        return fill_markup(REMOVE, words=self.words, row=row.indicator.pk, pk=one.pk, name=one.name)

    def waits(self, row: WorksheetRow) -> SafeString:
        """What has not been handed in yet; or that nothing can be, where other rows are open."""
        if row.closed and not self.locked:
            closed = _("%(month)s is closed for the plan %(plan)s.")
            return fill_markup_around(
                '<span class="quiet">{it}</span>', closed % {"month": month_short(row.month), "plan": row.closed}
            )
        if row.conflict or not (row.has_figure or row.new_files):
            return NONE
        return fill_markup_around('<span class="quiet">{it}</span>', self.words["draft" if row.has_figure else "file"])


RETURNED = '<strong class="return-reason">{it} {why}</strong>'


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


def barred_row_html(indicator: Indicator) -> SafeString:
    """Who reports it now, in place of the inputs."""
    if indicator.department is None:
        said = _("Nobody reports this now. Ask the plan office to enter what is missing.")
    else:
        said = _("Reported by %(department)s now. Ask the plan office to enter what is missing.")
        said %= {"department": indicator.department}
    return fill_markup('<td class="muted" colspan="3">{said}</td>', said=said)


def row_problems_html(row: WorksheetRow) -> SafeString:
    """What is wrong or odd, each with what to do."""
    odd = "oddity" if row.wants_note else "oddity explained"
    said = [("problem", one) for one in row.refused_files]
    said += [("problem", problem_sentence(one)) for one in row.problems]
    said += [(odd, problem_sentence(one)) for one in row.oddities]
    return join_markup(fill_markup('<li class="{kind}">{text}</li>', kind=kind, text=text) for kind, text in said)


def understood_input_html(one: WorksheetInput) -> SafeString:
    """What a number was understood as, where that does not show at once."""
    said = understood_text(one.text)
    text = _("understood as %(number)s") % {"number": said} if said else NONE
    return fill_markup(UNDERSTOOD, name=SafeString(one.name), text=text)
