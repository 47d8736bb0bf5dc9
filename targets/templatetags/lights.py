"""Lights, trends and progress in a page: small drawings made of SVG elements, without styles or scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple, TypedDict
from urllib.parse import urlencode

from django import template
from django.utils.formats import date_format
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext

from pages.patterns import NONE, Pattern
from plans.models import Plan
from plans.periods import Month, months_of
from targets.arithmetic.quantities import rounded, shown_apart
from targets.models import Attainment
from targets.reading.selectors import TrendPoint
from targets.templatetags.wording import month_short
from targets.wording.explanation import attainment_texts_of, explain_attainment
from targets.wording.lights import COLOURS, Light, light_of_attainment
from targets.wording.number_texts import number_in_full, with_unit

register = template.Library()

WIDTH, HEIGHT, EDGE = 112, 30, 4


class LightValues(NamedTuple):
    """A light."""

    colour: str
    size: str
    shape: str
    word: str


class FreshnessValues(NamedTuple):
    """How old data is; `month` is that of the last, `gap` says how many are missing."""

    month: str
    is_stale: bool
    gap: str


class SparklineValues(NamedTuple):
    """A trend: places as `x,y`, the last of which stands out in the colour of its light."""

    width: str
    height: str
    aims: str
    line: str
    signal: str
    x: str
    y: str


class ShareOfValues(NamedTuple):
    """A bar in hundredths of its length."""

    colour: str
    width: str
    aim: str


class HeatCellValues(NamedTuple):
    """A month of a target; without a colour where nothing was judged."""

    is_shown: bool
    colour: str
    shape: str
    address: str
    month: str
    word: str


class ScreenHeatCellValues(NamedTuple):
    """A month of a target on the big screen, where nothing can be clicked."""

    is_shown: bool
    colour: str
    shape: str
    word: str


class TallyCellValues(NamedTuple):
    """A number of targets; an empty one for none."""

    number: str
    look: str
    address: str
    label: str


LIGHT = Pattern("targets/_light.html", LightValues)
FRESHNESS = Pattern("targets/_freshness.html", FreshnessValues)
SPARKLINE = Pattern("targets/_sparkline.html", SparklineValues)
SHARE_OF = Pattern("targets/_share_of.html", ShareOfValues)
HEAT_CELL = Pattern("targets/_heat_cell.html", HeatCellValues)
SCREEN_HEAT_CELL = Pattern("targets/_screen_heat_cell.html", ScreenHeatCellValues)
TALLY_CELL = Pattern("targets/_tally_cell.html", TallyCellValues)


@register.simple_tag(name="light")
def light_tag(given: Light | Attainment, size: str = "") -> SafeString:
    """The light as a pill: symbol and word, in the light's colour."""
    light = light_of_attainment(given) if isinstance(given, Attainment) else given
    return _pill(light.colour, size, light.shape, str(light.word))


@lru_cache(maxsize=200)
def _pill(colour: str, size: str, shape: str, word: str) -> SafeString:
    return LIGHT.fill(LightValues(colour, size, shape, word))


@register.simple_tag
def freshness(attainment: Attainment) -> SafeString:
    """How old the data is, and how many months are missing. The drawing is kept: many targets of a page have an equal
    one."""
    return _freshness(attainment.last_data_month, attainment.month, len(attainment.missing_months), get_language())


@lru_cache(maxsize=500)
def _freshness(last: Month | None, now: Month, missing: int, _language: str | None) -> SafeString:
    gap = ngettext("%(number)s month missing", "%(number)s months missing", missing) % {"number": missing}
    is_stale = last is not None and last < now
    return FRESHNESS.fill(FreshnessValues(month_short(last) if last else "", is_stale, gap if missing else ""))


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
        return NONE
    ends = [end for end in (low, high) if end is not None]
    place = _Scale(plan, [*ends, *(value for _month, value in (*drawn, *aims))])
    month, value = drawn[-1]
    x, y = place.at(month, value)
    return SPARKLINE.fill(
        SparklineValues(
            width=str(WIDTH),
            height=str(HEIGHT),
            aims=place.path(aims) if len(aims) > 1 else "",
            line=place.path(drawn),
            signal=points[-1].signal,
            x=x,
            y=y,
        )
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
    return with_unit(number_in_full(max(candidates, key=lambda number: -int(number.as_tuple().exponent))), "%")


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
    """A figure as a bar, as long as its share of the largest figure, with a stroke at the value that it is compared
    with."""
    width, stroke = f"{share * 100:.2f}", "" if aim is None else f"{min(aim * 100, 99):.2f}"
    return SHARE_OF.fill(ShareOfValues(colour, width, stroke))


@register.filter
def actual_text(attainment: Attainment) -> str:
    """The figure as a page shows it."""
    return attainment_texts_of(attainment).actual


@dataclass(frozen=True, slots=True)
class SharePart:
    """A rectangle of a bar: its colour, where it begins and how wide it is, in targets."""

    colour: str
    left: str
    width: str


@register.inclusion_tag("targets/_share_bar.html")
def share_bar(counts: Sequence[Any]) -> dict[str, object]:
    """How many targets show which light, as one bar: rectangles as wide as their number."""
    ends = list(accumulate((count.number for count in counts), initial=0))
    parts = [
        SharePart(count.colour.name, str(left), str(count.number))
        for count, left in zip(counts, ends, strict=False)
        if count.number
    ]
    return {"width": str(max(ends[-1], 1)), "parts": parts}


@register.simple_tag
def heat_cells(lane: Any, asked: Mapping[str, str]) -> SafeString:
    """The months of a target as the cells of its line: each light leads to the target in that month, and says month and
    light; the name of the target heads the line."""
    others = {name: value for name, value in asked.items() if name != "month"}
    link = conditional_escape(f"{lane.row.address}?{urlencode(others | {'month': ''})}")
    language = get_language()
    names = _month_names(lane.cells[0].month.year, language) if lane.cells else {}
    colours = _written_colours(language)
    return HEAT_CELL.fill_all(
        HeatCellValues(
            is_shown=str(month) == asked["month"],
            address=link + month,
            month=names[month],
            **colours[colour and colour.name],
        )
        for month, colour in ((SafeString(cell.month), cell.colour) for cell in lane.cells)
    )


@register.simple_tag
def screen_heat_cells(lane: Any, shown: Month) -> SafeString:
    """The months of a target as the cells of its line on the big screen: each light with its word."""
    colours = _written_colours(get_language())
    return SCREEN_HEAT_CELL.fill_all(
        ScreenHeatCellValues(is_shown=cell.month == shown, **colours[cell.colour and cell.colour.name])
        for cell in lane.cells
    )


class WrittenColour(TypedDict):
    """A colour as a page writes it, escaped once for all cells."""

    colour: SafeString
    shape: SafeString
    word: SafeString


@lru_cache(maxsize=20)
def _written_colours(_language: str) -> dict[str | None, WrittenColour]:
    """Each colour by name, in the reader's language; empty texts for a month that was not judged."""
    written: dict[str | None, WrittenColour] = {None: WrittenColour(colour=NONE, shape=NONE, word=NONE)}
    for colour in COLOURS:
        name, shape, word = (conditional_escape(str(text)) for text in (colour.name, colour.shape, colour.word))
        written[colour.name] = WrittenColour(colour=name, shape=shape, word=word)
    return written


@lru_cache(maxsize=20)
def _month_names(year: int, _language: str) -> dict[str, SafeString]:
    names = {str(month): date_format(month.first_day, "YEAR_MONTH_FORMAT") for month in months_of(year)}
    return {month: conditional_escape(name) for month, name in names.items()}


@register.simple_tag
def tally_cells(tally: Any, label: str, kind: str, rest: str) -> SafeString:
    """The numbers of a line, each a link to the targets that it counts; `rest` is the address without the choice."""
    address = f"{rest}&{kind}={tally.key}"
    cells = [
        TallyCellValues(
            str(count.number or ""),
            f"number-{count.colour.name}",
            f"{address}&light={count.colour.name}",
            f"{label} {count.colour.word}",
        )
        for count in tally.counts
    ]
    return TALLY_CELL.fill_all([*cells, TallyCellValues(str(tally.number or ""), "", address, str(label))])
