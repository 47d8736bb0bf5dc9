"""A promise in signs and words: what an actual figure is held against.

A change of an earlier figure is told with its direction: 比基期提高 ≥ 2 个百分点 is +2, 比2015年下降 ≥ 15 % is −15.
"""

from collections.abc import Callable
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from targets.arithmetic.formulas import BY_SHARE
from targets.arithmetic.quantities import Quantity, decimal_of_quantity, rounded
from targets.models import Target
from targets.wording.number_texts import difference_unit, number_without_zeros, with_unit

SYMBOLS = {
    "at_least": "≥",
    "more_than": ">",
    "at_most": "≤",
    "less_than": "<",
    "exactly": "=",
    "none": "=",
    "about": "≈",
}
_OF_A_FALL = {"at_least": "≤", "more_than": "<", "at_most": "≥", "less_than": ">"}
"""To stay at or below −15 % is to fall by 15 % or more."""
CHANGES = BY_SHARE | {"baseline"}
"""Kinds of threshold that change an earlier figure."""


def threshold_text(target: Target, compared: Decimal | None = None) -> str:
    """The promise in signs: ≥ 92 %, 1–2 个, 6 %左右（±0.5）, ≥ GDP增长率 (7.2 %), 2014年12月31日前完成. What changes an
    earlier figure is told as the number that comes of it, or by the change while that is not known."""
    made = _BY_COMPARATOR.get(target.comparator)
    if made is not None:
        return made(target, compared)
    against = _AGAINST.get(target.threshold_kind)
    if against is not None:
        return _held_against(target, *against(target), compared)
    if compared is None and target.threshold_kind in CHANGES:
        return change_text(target)
    value = compared if compared is not None else target.threshold
    return _number(target, with_unit(number_without_zeros(value or Decimal(0)), target.indicator.unit))


def _done_by(target: Target, _compared: Decimal | None) -> str:
    return _("done by %(day)s") % {"day": date_format(target.due)}


def _improves(target: Target, compared: Decimal | None) -> str:
    text = _("better than the same months of last year")
    return (
        f"{text} ({with_unit(number_without_zeros(compared), target.indicator.unit)})" if compared is not None else text
    )


def _between(target: Target, _compared: Decimal | None) -> str:
    lower, upper = (number_without_zeros(bound or Decimal(0)) for bound in (target.threshold, target.threshold_upper))
    return with_unit(f"{lower}\u2013{upper}", target.indicator.unit)


_BY_COMPARATOR: dict[str, Callable[[Target, Decimal | None], str]] = {
    Target.Comparator.DONE_BY: _done_by,
    Target.Comparator.IMPROVES: _improves,
    Target.Comparator.BETWEEN: _between,
}


def _operand(target: Target) -> tuple[str, str]:
    return (target.operand.name, target.operand.unit) if target.operand is not None else ("", "")


def _elsewhere(target: Target) -> tuple[str, str]:
    if target.operand_region is not None:
        return _("the figure of %(region)s") % {"region": target.operand_region.name}, target.indicator.unit
    return _("the figure of the region above"), target.indicator.unit


_AGAINST: dict[str, Callable[[Target], tuple[str, str]]] = {
    Target.ThresholdKind.INDICATOR: _operand,
    Target.ThresholdKind.ELSEWHERE: _elsewhere,
}
"""Kind of threshold → the name of another figure that the own one is held against, and its unit."""


def _held_against(target: Target, name: str, unit: str, compared: Decimal | None) -> str:
    text = f"{SYMBOLS[target.comparator]} {name}" + (
        f" (±\u00a0{number_without_zeros(target.tolerance)})" if target.tolerance else ""
    )
    return f"{text} ({with_unit(number_without_zeros(compared), unit)})" if compared is not None else text


def _number(target: Target, text: str, symbol: str = "") -> str:
    """≥ 92 %; what need only be about it is told with how far off it may be: 6 %左右（±0.5）."""
    if target.tolerance is not None:
        return _("about %(number)s (±%(tolerance)s)") % {
            "number": text,
            "tolerance": number_without_zeros(target.tolerance),
        }
    return f"{symbol or SYMBOLS[target.comparator]}\u00a0{text}"


def change_text(target: Target, compared: Decimal | None = None) -> str:
    """The change of an earlier figure: 比基期提高 ≥ 2 个百分点; with that figure itself where it is known."""
    change, base = target.threshold or Decimal(0), _base_text(target, compared)
    if not change:
        return f"{SYMBOLS[target.comparator]} {base}"
    unit = "%" if target.threshold_kind in BY_SHARE else difference_unit(target.indicator.unit)
    symbol = _OF_A_FALL.get(target.comparator, "") if change < 0 else ""
    told = {"change": _number(target, with_unit(number_without_zeros(abs(change)), unit), symbol), "base": base}
    return (_("%(change)s below %(base)s") if change < 0 else _("%(change)s above %(base)s")) % told


def _base_text(target: Target, compared: Decimal | None) -> str:
    known = _base(target, compared)
    if known is None:
        return _base_name(target)
    return _("%(base)s (%(value)s)") % {
        "base": _base_name(target),
        "value": with_unit(number_without_zeros(known), target.indicator.unit),
    }


def _base_name(target: Target) -> str:
    if target.threshold_kind == Target.ThresholdKind.LAST_YEAR:
        return _("the same months of last year")
    if target.baseline_year is not None:
        return _("the year %(year)s") % {"year": target.baseline_year}
    return _("the baseline")


def _base(target: Target, compared: Decimal | None) -> Decimal | None:
    """The figure that is changed: stored, or reckoned back from the number that came of it."""
    if target.baseline is not None or compared is None or target.threshold is None:
        return target.baseline
    if target.threshold_kind not in BY_SHARE:
        return compared - target.threshold
    if target.threshold == -100:
        return None
    found = decimal_of_quantity(Quantity(compared * 100, target.threshold + 100))
    return rounded(found, max(target.indicator.decimals, 2))


def aspiration_text(target: Target) -> str:
    """The second number (力争): ≥ 95 %; nothing where there is none."""
    if target.aspiration is None:
        return ""
    return _number(target, with_unit(number_without_zeros(target.aspiration), target.indicator.unit))
