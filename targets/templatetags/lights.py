"""Lights, trends and progress in a page: small drawings made of SVG elements, without styles or scripts."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from plans.models import Plan
from plans.periods import Month, months_of
from targets.arithmetic.quantities import rounded, shown_apart
from targets.models import Attainment
from targets.reading.selectors import TrendPoint
from targets.templatetags.wording import month_short
from targets.wording.explanation import attainment_texts_of, explain_attainment
from targets.wording.lights import COLOURS, Colour, Light, light_of_attainment
from targets.wording.number_texts import number_in_full, with_unit

register = template.Library()

WIDTH, HEIGHT, EDGE = 112, 30, 4


@register.simple_tag(name="light")
def light_tag(given: Light | Attainment, size: str = "") -> SafeString:
    """The light as a pill: symbol and word, in the light's colour."""
    one = light_of_attainment(given) if isinstance(given, Attainment) else given
    return _pill(one.colour, f" light-{size}" if size else "", one.shape, str(one.word))


@lru_cache(maxsize=200)
def _pill(colour: str, size: str, shape: str, word: str) -> SafeString:
    return format_html(
        '<span class="light light-{}{}"><svg aria-hidden="true"><use href="#light-{}"/></svg>{}</span>',
        colour,
        size,
        shape,
        word,
    )


@register.simple_tag
def freshness(attainment: Attainment) -> SafeString:
    """How old the data is, and how many months are missing; a page says the same of many targets."""
    return _freshness(attainment.last_data_month, attainment.month, len(attainment.missing_months), get_language())


@lru_cache(maxsize=500)
def _freshness(last: Month | None, now: Month, missing: int, _language: str | None) -> SafeString:
    parts = []
    if last is not None:
        told = _("data to %(month)s") % {"month": month_short(last)}
        parts.append(format_html('<span class="{}">{}</span>', "stale" if last < now else "", told))
    if missing:
        told = ngettext("%(number)s month missing", "%(number)s months missing", missing) % {"number": missing}
        parts.append(format_html('<span class="gap">{}</span>', told))
    return mark_safe(" ".join(parts))  # noqa: S308 - every part was escaped


@register.simple_tag
def sparkline(
    points: Sequence[TrendPoint], plan: Plan, low: float | None = None, high: float | None = None
) -> SafeString:
    """The months so far as a line, the number compared with as a dashed one; nothing for fewer than two figures.

    A month keeps its place in the plan, so that the lines of a list can be compared at a glance; `low` and `high` are
    given where they are all drawn to one scale.
    """
    drawn = [(point.month, float(point.actual)) for point in points if point.actual is not None]
    aims = [(point.month, float(point.compared)) for point in points if point.compared is not None]
    if len(drawn) < 2:
        return mark_safe("")
    ends = [one for one in (low, high) if one is not None]
    place = _Scale(plan, [*ends, *(value for _month, value in (*drawn, *aims))])
    month, value = drawn[-1]
    x, y = place.at(month, value)
    aim = f'<polyline class="spark-aim" points="{place.path(aims)}"/>' if len(aims) > 1 else ""
    return mark_safe(  # noqa: S308 - numbers, and the name of a light
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">{aim}'
        f'<polyline class="spark-line" points="{place.path(drawn)}"/>'
        f'<circle class="spark-{points[-1].signal}" cx="{x}" cy="{y}" r="2.8"/></svg>'
    )


class _Scale:
    """Places figures in the drawing: months from left to right, values from bottom to top."""

    def __init__(self, plan: Plan, values: list[float]) -> None:
        self.low, self.high = min(values), max(values)
        self.first = plan.first_month.index
        self.step = (WIDTH - 2 * EDGE) / max(plan.last_month.index - self.first, 1)

    def at(self, month: Month, value: float) -> tuple[str, str]:
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        x = EDGE + (month.index - self.first) * self.step
        return f"{x:.1f}", f"{HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE):.1f}"

    def path(self, places: list[tuple[Month, float]]) -> str:
        return " ".join(",".join(self.at(month, value)) for month, value in places)


@register.filter
def progress_text(attainment: Attainment) -> str:
    """Progress in %, with as many decimals as it takes not to look like 100 % or like the time progress by rounding."""
    if attainment.progress is None:
        return ""
    share = attainment.progress * 100
    candidates = [shown_apart(share, aim, 1)[0] for aim in (Decimal(100), attainment.time_progress * 100)]
    return with_unit(number_in_full(max(candidates, key=lambda one: -int(one.as_tuple().exponent))), "%")


@register.filter
def sentence(attainment: Attainment) -> str:
    """The one sentence that says why the light has its colour."""
    return explain_attainment(attainment)


@register.filter
def absolute(number: int) -> int:
    """A change without its sign, where an arrow tells the direction."""
    return abs(number)


@register.filter
def percent(share: Decimal) -> str:
    """A share of time in %, with one decimal."""
    return with_unit(number_in_full(rounded(share * 100, 1)), "%")


@register.simple_tag
def share_of(share: float, colour: str, aim: float | None = None) -> SafeString:
    """A figure as a bar, as long as its share of the largest; what it is compared with as a stroke."""
    stroke = mark_safe("")
    if aim is not None:
        stroke = format_html('<rect class="bar-aim" x="{}" width="1" height="8"/>', f"{min(aim * 100, 99):.2f}")
    return format_html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="fill-{}" width="{}" height="8"/>{}</svg>',
        colour,
        f"{share * 100:.2f}",
        stroke,
    )


@register.filter
def actual_text(attainment: Attainment) -> str:
    """The figure as a page shows it."""
    return attainment_texts_of(attainment).actual


@register.simple_tag
def share_bar(counts: Sequence[Any]) -> SafeString:
    """How many targets show which light, as one bar: rectangles as wide as their number."""
    total = sum(count.number for count in counts)
    parts, left = [], 0
    for count in counts:
        if count.number:
            parts.append((count.colour.name, left, count.number))
            left += count.number
    inner = [format_html('<rect class="fill-{}" x="{}" width="{}" height="1"/>', *part) for part in parts]
    return format_html(
        '<svg class="share-bar" viewBox="0 0 {} 1" preserveAspectRatio="none" aria-hidden="true">{}</svg>',
        max(total, 1),
        mark_safe("".join(inner)),  # noqa: S308 - every part was escaped by format_html
    )


@register.simple_tag
def heat_cells(lane: Any, asked: Mapping[str, str]) -> SafeString:
    """The months of a target as the cells of its line: each light leads to the target in that month, and says month and
    light; the name of the target heads the line. Put together here from parts that are escaped once, and not in a
    template, because there are hundreds of them on a page."""
    others = {name: value for name, value in asked.items() if name != "month"}
    link = escape(f"{lane.row.address}?{urlencode(others | {'month': ''})}")
    names = _month_names(lane.cells[0].month.year, get_language()) if lane.cells else {}
    words = _colour_words(get_language())
    cells = []
    for cell in lane.cells:
        month, colour = str(cell.month), cell.colour
        said = f"{names[month]} · {words[colour.name]}" if colour is not None else ""
        cells.append(_heat_cell(colour, f"{link}{month}", said, ' class="now"' if month == asked["month"] else ""))
    return mark_safe("".join(cells))  # noqa: S308 - every part was escaped


def _heat_cell(colour: Colour | None, link: str, said: str, mark: str) -> str:
    if colour is None:
        return f"<td{mark}></td>"
    return (
        f'<td{mark}><a class="heat-{colour.name}" href="{link}" title="{said}">'
        f'<svg aria-hidden="true"><use href="#light-{colour.shape}"/></svg></a></td>'
    )


@lru_cache(maxsize=20)
def _colour_words(_language: str) -> dict[str, str]:
    return {colour.name: escape(str(colour.word)) for colour in COLOURS}


@lru_cache(maxsize=20)
def _month_names(year: int, _language: str) -> dict[str, str]:
    return {str(month): escape(date_format(month.first_day, "YEAR_MONTH_FORMAT")) for month in months_of(year)}


@register.simple_tag
def tally_cells(tally: Any, label: str, kind: str, rest: str) -> SafeString:
    """The numbers of a line, each a link to the targets that it counts; `rest` is the address without the choice."""
    link = f"{escape(str(rest))}&amp;{kind}={escape(str(tally.key))}"
    name = escape(str(label))
    cells = [
        _tally_cell(
            count.number,
            f"number-{count.colour.name}",
            f"{link}&amp;light={count.colour.name}",
            f"{name} {count.colour.word}",
        )
        for count in tally.counts
    ]
    return mark_safe("".join([*cells, _tally_cell(tally.number, "", link, name)]))  # noqa: S308 - every part was escaped


def _tally_cell(number: int, look: str, link: str, name: str) -> str:
    if not number:
        return '<td><span class="muted">0</span></td>'
    return f'<td><a class="{look}" href="{link}" aria-label="{name} {number}">{number}</a></td>'
