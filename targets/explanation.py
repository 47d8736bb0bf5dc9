"""What a person reads about an attainment: figures as shown, and the one sentence that a pocket calculator can check.

Everything is made from the stored row; nothing is judged here.
"""

from dataclasses import dataclass
from decimal import Context, Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from targets.accumulation import month_numbers
from targets.models import Attainment, Indicator, Target
from targets.quantities import rounded, shown_apart

SYMBOLS = {"at_least": "≥", "more_than": ">", "at_most": "≤", "less_than": "<", "exactly": "=", "none": "="}
_PLAIN = Context(prec=400)


@dataclass(frozen=True, slots=True)
class Shown:
    """Figures as text, with their unit: what is reached, what it is compared with, what is needed from now on."""

    actual: str
    threshold: str
    needed: str


def number(value: Decimal) -> str:
    """A number in full, thousands set apart by a narrow no-break space, no zeros at the end beyond those given."""
    return f"{value:,f}".replace(",", "\u202f")


def plain(value: Decimal) -> str:
    """A number in full, without zeros at the end of its fraction: 92 for 92.000000."""
    return number(value.normalize(_PLAIN))


def with_unit(text: str, unit: str) -> str:
    """The number with its unit after a no-break space; nothing for no number."""
    return f"{text}\u00a0{unit}" if text and unit else text


def difference_text(difference: Decimal, indicator: Indicator) -> str:
    """A difference with its sign and unit, rounded."""
    return signed_text(rounded(difference, max(indicator.decimals, 2)), indicator)


def signed_text(value: Decimal, indicator: Indicator) -> str:
    """A number with its sign and unit: differences of percentages are percentage points (百分点), never per cent."""
    unit = _("percentage points") if indicator.unit == "%" else indicator.unit
    sign = "+" if value > 0 else "\u2212" if value < 0 else "±"
    return with_unit(f"{sign}{plain(abs(value))}", unit)


def shown(attainment: Attainment) -> Shown:
    """How a page shows the figures: rounded, but never so far that they contradict the verdict."""
    target = attainment.target
    unit = target.indicator.unit
    actual, compared = numbers_shown(attainment)
    return Shown(
        _actual_text(attainment, actual),
        threshold_text(target, compared),
        with_unit(number(rounded(attainment.needed, max(target.indicator.decimals, 2))), unit)
        if attainment.needed is not None
        else "",
    )


def numbers_shown(attainment: Attainment) -> tuple[Decimal | None, Decimal | None]:
    """Actual and number compared with, rounded as a page shows them."""
    target = attainment.target
    if attainment.actual is None:
        return None, attainment.compared
    actual, compared = shown_apart(attainment.actual, attainment.compared, target.indicator.decimals)
    if target.threshold_upper is not None:
        further, _upper = shown_apart(attainment.actual, target.threshold_upper, target.indicator.decimals)
        actual = max(actual, further, key=lambda one: -int(one.as_tuple().exponent))
    return actual, compared


def _actual_text(attainment: Attainment, actual: Decimal | None) -> str:
    if attainment.target.comparator == Target.Comparator.DONE_BY:
        return (
            _("done on %(day)s") % {"day": date_format(attainment.done_on)}
            if attainment.done_on
            else ("" if actual is None else _("not done yet"))
        )
    return "" if actual is None else with_unit(number(actual), attainment.target.indicator.unit)


def threshold_text(target: Target, compared: Decimal | None = None) -> str:
    """The promise in signs: ≥ 92 %, 1 – 2 个, ≥ GDP增长率 (7.2 %), 2014年12月31日前完成."""
    unit = target.indicator.unit
    if target.comparator == Target.Comparator.DONE_BY:
        return _("done by %(day)s") % {"day": date_format(target.due)}
    if target.comparator == Target.Comparator.IMPROVES:
        text = _("better than the same months of last year")
        return f"{text} ({with_unit(plain(compared), unit)})" if compared is not None else text
    if (
        target.comparator == Target.Comparator.BETWEEN
        and target.threshold is not None
        and target.threshold_upper is not None
    ):
        return with_unit(f"{plain(target.threshold)}\u2013{plain(target.threshold_upper)}", unit)
    symbol = SYMBOLS[target.comparator]
    if target.threshold_kind == Target.ThresholdKind.INDICATOR and target.operand is not None:
        text = f"{symbol} {target.operand.name}"
        return f"{text} ({with_unit(plain(compared), target.operand.unit)})" if compared is not None else text
    if target.threshold_kind == Target.ThresholdKind.BASELINE and compared is None and target.threshold is not None:
        return _("baseline %(symbol)s %(change)s") % {"symbol": "+", "change": with_unit(plain(target.threshold), unit)}
    return (
        f"{symbol}\u00a0{with_unit(plain(compared if compared is not None else target.threshold or Decimal(0)), unit)}"
    )


def explain(attainment: Attainment) -> str:
    """The sentence: which months, from which figures, what came out, against what, with what verdict."""
    opening = _opening(attainment)
    if attainment.verdict == Attainment.VerdictChoices.NO_DATA:
        return _("%(months)s: nothing has been approved yet.") % {"months": opening}
    figures = shown(attainment)
    parts = [
        _inputs(attainment),
        _result(attainment, figures),
        _aim(figures),
        _pace(attainment),
        _milestones(attainment),
        _verdict(attainment),
    ]
    sentence = (
        opening
        + pgettext("between the months and the figures", ": ")
        + pgettext("between the parts of a sentence", ", ").join(part for part in parts if part)
        + pgettext("end of a sentence", ".")
    )
    return _with_gaps(sentence, attainment)


def months_text(numbers: list[int]) -> str:
    """Month numbers in words: 1–6月; 1–3、5月."""
    runs: list[tuple[int, int]] = []
    for month in numbers:
        if runs and runs[-1][1] == month - 1:
            runs[-1] = runs[-1][0], month
        else:
            runs.append((month, month))
    listed = pgettext("between months", ", ").join(f"{a}\u2013{b}" if b > a else f"{a}" for a, b in runs)
    return _("months %(months)s") % {"months": listed}


def _opening(attainment: Attainment) -> str:
    last = attainment.last_month or attainment.month
    return months_text(list(range(1, last.index - attainment.counted_from.index + 2)))


def _inputs(attainment: Attainment) -> str:
    """Numerator and denominator in the indicator's own words, where something is divided."""
    indicator = attainment.target.indicator
    if attainment.numerator is None or attainment.denominator is None:
        return ""
    if indicator.time_rule == Indicator.TimeRule.MEAN:
        return _("%(sum)s in %(count)s readings") % {
            "sum": plain(attainment.numerator),
            "count": plain(attainment.denominator),
        }
    if not indicator.is_ratio:
        return ""
    below = with_unit(plain(attainment.denominator), indicator.denominator_unit)
    above = with_unit(plain(attainment.numerator), indicator.numerator_unit)
    return pgettext("between the parts of a sentence", ", ").join(
        [f"{indicator.denominator_name} {below}".strip(), f"{indicator.numerator_name} {above}".strip()]
    )


def _result(attainment: Attainment, figures: Shown) -> str:
    return f"{attainment.target.indicator.name} {figures.actual}" if figures.actual else ""


def _aim(figures: Shown) -> str:
    return _("target %(threshold)s") % {"threshold": figures.threshold}


def _pace(attainment: Attainment) -> str:
    """Where a count ought to be by now, while its light follows the pace."""
    text = pace_text(attainment) if attainment.verdict == Attainment.VerdictChoices.NOT_MET else ""
    return _("pace %(pace)s") % {"pace": text} if text else ""


def pace_text(attainment: Attainment) -> str:
    """Where a count ought to be by now as a page shows it, beside the actual figure if there is one; nothing where its
    light follows no pace."""
    known, decimals = attainment.pace, attainment.target.indicator.decimals
    if known is None:
        return ""
    shown_pace = shown_apart(known if attainment.actual is None else attainment.actual, known, decimals)[1]
    return with_unit(plain(shown_pace or Decimal(0)), attainment.target.indicator.unit)


def distance(attainment: Attainment) -> Decimal | None:
    """How far the actual figure is from what it is compared with, rounded, but never to nothing where there is
    something."""
    if attainment.actual is None or attainment.compared is None:
        return None
    decimals = max(attainment.target.indicator.decimals, 2)
    return shown_apart(attainment.actual - attainment.compared, Decimal(0), decimals)[0]


def distance_text(attainment: Attainment) -> str:
    """The same in words."""
    apart = distance(attainment)
    return "" if apart is None else signed_text(apart, attainment.target.indicator)


def share_text(share: Decimal) -> str:
    """A share in %, with one decimal."""
    return with_unit(number(rounded(share * 100, 1)), "%")


def _milestones(attainment: Attainment) -> str:
    """How many of the steps that are due have been taken, for what is not done yet."""
    if not attainment.milestones_due or attainment.verdict != Attainment.VerdictChoices.NOT_MET:
        return ""
    counts = {"done": attainment.milestones_done, "due": attainment.milestones_due}
    return _("%(done)s of %(due)s milestones that are due are done") % counts


def _verdict(attainment: Attainment) -> str:
    if attainment.verdict == Attainment.VerdictChoices.NOT_ASSESSABLE:
        return _("not assessable: %(reason)s") % {"reason": attainment.get_reason_display()}
    return _("holds") if attainment.verdict == Attainment.VerdictChoices.MET else _("does not hold yet")


def _with_gaps(sentence: str, attainment: Attainment) -> str:
    if not attainment.missing:
        return sentence
    gaps = _("Not complete: %(months)s.") % {"months": months_text(month_numbers(attainment.missing))}
    return _("%(sentence)s %(gaps)s") % {"sentence": sentence, "gaps": gaps}
