"""How the worksheet writes figures, what was understood, and what is wrong."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from targets.explanation import plain, with_unit
from targets.figures import Problem
from targets.forms import understood_text
from targets.messages import sentence
from targets.models import Indicator, Observation
from targets.quantities import rounded
from targets.rows import Field, Row

register = template.Library()


@register.simple_tag
def past(observation: Observation | None, indicator: Indicator) -> str:
    """An official figure in a word: a ratio as its rate, an event as done or not; a dash for none."""
    if observation is None:
        return "—"
    if indicator.measure == Indicator.Measure.EVENT:
        return _("done") if observation.value else _("not done yet")
    if observation.value is not None:
        return plain(observation.value)
    if not observation.denominator or observation.numerator is None:
        return "—"
    rate = observation.numerator * indicator.scale / observation.denominator
    return with_unit(plain(rounded(rate, max(indicator.decimals, 2))), "")


@register.simple_tag
def understood(text: str) -> str:
    """What a number was understood as, where that does not show at once."""
    said = understood_text(text)
    return _("understood as %(number)s") % {"number": said} if said else ""


@register.simple_tag
def told(problem: Problem) -> str:
    """The problem as a sentence."""
    return sentence(problem)


CELL = (
    '<td class="{kind}"{wide}>\n'
    '    <label for="{id}"{note}>{label}<span class="visually-hidden"> {indicator}</span></label>\n'
    '    <input class="form-control form-control-sm{number}" id="{id}" name="{id}" data-name="{name}" '
    'data-column="{column}" value="{text}" maxlength="{longest}"{hint}{keys} aria-describedby="told-{row}"'
    "{wrong}{closed}>\n"
    "    {understood}\n"
    "  </td>\n  "
)


@register.simple_tag
def entry_cells(row: Row, locked: bool) -> SafeString:
    """The inputs of a row. Written here and not in the template: they are most of a worksheet, and a template resolves
    each name and each condition anew."""
    fields = row.fields
    return format_html_join("", "{}", [(_cell(row, one, len(fields) == 2, locked),) for one in fields])


def _cell(row: Row, one: Field, alone: bool, locked: bool) -> SafeString:
    is_note = one.name == "note"
    return format_html(
        CELL,
        kind="sheet-note" if is_note else "sheet-cell",
        wide=_mark(' colspan="2"', one.column == 1 and alone),
        note=_mark(' class="label-note"', is_note),
        number=" number" if not is_note else "",
        longest=400 if is_note else 60,
        hint=_hint(one),
        keys=_mark(' inputmode="decimal"', one.name not in ("note", "occurred_on")),
        wrong=_mark(' aria-invalid="true"', bool(row.problems) and not is_note),
        closed=_mark(" disabled", locked),
        understood="" if is_note else _understood(one),
        label=_label(row.indicator, one),
        indicator=row.indicator.name,
        row=row.id,
        **{name: getattr(one, name) for name in ("id", "name", "column", "text")},
    )


def _mark(attribute: str, holds: bool) -> SafeString:
    return mark_safe(attribute if holds else "")  # noqa: S308 - written in this file


def _hint(one: Field) -> SafeString | str:
    shown = one.handed_in or ("2014-06-27" if one.name == "occurred_on" else "")
    return format_html(' placeholder="{}"', shown) if shown else ""


def _label(indicator: Indicator, one: Field) -> SafeString | str:
    if one.name == "note":
        return _("Note")
    if indicator.measure == Indicator.Measure.EVENT:
        return _("1 done, 0 not yet") if one.column == 1 else _("Day done")
    label = one.label or _("value")
    return format_html('{} <span class="unit">{}</span>', label, one.unit) if one.unit else label


def _understood(one: Field) -> SafeString:
    return format_html('<small class="understood" data-understood="{}">{}</small>', one.name, understood(one.text))
