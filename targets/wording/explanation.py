"""What a person reads about an attainment: figures as shown, and the one sentence that a pocket calculator can check.

Everything is made from the stored row; nothing is judged here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from plans.periods import Month
from targets.arithmetic.formulas import UnassessableReason, reaches_aspiration
from targets.arithmetic.quantities import rounded, shown_apart
from targets.models import Attainment, Indicator, Quota, Target
from targets.wording.aims import CHANGES, SYMBOLS, aspiration_text, change_text, threshold_text
from targets.wording.milestone_steps import StepAim, step_of, step_text
from targets.wording.number_texts import (
    difference_unit,
    listed_months,
    month_text,
    number_in_full,
    number_without_zeros,
    span_text,
    with_unit,
)
from targets.wording.verdicts import verdict_text


@dataclass(frozen=True, slots=True)
class AttainmentTexts:
    """Figures as text, with their unit: what is reached, what it is compared with, what is needed from now on."""

    actual: str
    threshold: str
    needed: str


def difference_text(difference: Decimal, indicator: Indicator) -> str:
    """A difference with its sign and unit, rounded."""
    return signed_text(rounded(difference, max(indicator.decimals, 2)), indicator)


def signed_text(value: Decimal, indicator: Indicator) -> str:
    """A number with its sign and unit: differences of percentages are percentage points (百分点), never per cent."""
    sign = "+" if value > 0 else "\u2212" if value < 0 else "±"
    return with_unit(f"{sign}{number_without_zeros(abs(value))}", difference_unit(indicator.unit))


def attainment_texts_of(attainment: Attainment) -> AttainmentTexts:
    """How a page shows the figures: rounded, but never so far that they contradict the verdict."""
    actual, compared = numbers_shown(attainment)
    return AttainmentTexts(
        _actual_text(attainment, actual), _threshold_text(attainment, compared), _needed_text(attainment)
    )


def numbers_shown(attainment: Attainment, beside: Sequence[Decimal] = ()) -> tuple[Decimal | None, Decimal | None]:
    """Actual and number compared with, rounded as a page shows them; the actual so that it can be told from every
    other bound too, and from the numbers `beside`."""
    target, actual = attainment.target, attainment.actual
    if actual is None:
        return None, attainment.compared
    decimals = target.indicator.decimals
    nearest, compared = shown_apart(actual, attainment.compared, decimals)
    further = [shown_apart(actual, bound, decimals)[0] for bound in (*_bounds(attainment), *beside)]
    return max((nearest, *further), key=lambda shown: -int(shown.as_tuple().exponent)), compared


def _bounds(attainment: Attainment) -> Iterable[Decimal]:
    """The numbers besides the one compared with at which a verdict, or what is told beside it, turns."""
    target, compared = attainment.target, attainment.compared
    if target.threshold_upper is not None:
        yield target.threshold_upper
    if target.aspiration is not None:
        yield target.aspiration
    if target.tolerance is not None and compared is not None:
        yield compared - target.tolerance
        yield compared + target.tolerance


def _actual_text(attainment: Attainment, actual: Decimal | None) -> str:
    if attainment.target.comparator == Target.Comparator.DONE_BY:
        return (
            _("done on %(day)s") % {"day": date_format(attainment.done_on)}
            if attainment.done_on
            else ("" if actual is None else _("not done yet"))
        )
    return "" if actual is None else with_unit(number_in_full(actual), attainment.target.indicator.unit)


def _threshold_text(attainment: Attainment, compared: Decimal | None) -> str:
    """What the region is held against; one that owes nothing is held against nothing."""
    if attainment.reason == UnassessableReason.NOT_OWED:
        return _("nothing owed")
    if compared is None and (quota := quota_of(attainment)) is not None:
        compared = quota.threshold
    return threshold_text(attainment.target, compared)


def _needed_text(attainment: Attainment) -> str:
    """What the rest must bring; a count of whole things in whole ones, rounded up."""
    needed, indicator = attainment.needed, attainment.target.indicator
    if needed is None:
        return ""
    if indicator.measure == Indicator.Measure.COUNT and not indicator.decimals:
        return with_unit(number_in_full(needed.to_integral_value(rounding=ROUND_CEILING)), indicator.unit)
    return with_unit(number_in_full(rounded(needed, max(indicator.decimals, 2))), indicator.unit)


def quota_of(attainment: Attainment) -> Quota | None:
    """The version of the region's own threshold by which it was judged; None where there is none, or where it was
    taken back and the region has not been judged anew yet."""
    if attainment.quota_id is None:
        return None
    try:
        return attainment.quota
    except Quota.DoesNotExist:
        return None


def explain_attainment(attainment: Attainment) -> str:
    """The sentence: which months, from which figures, what came out, against what, with what verdict."""
    opening = _opening(attainment)
    if attainment.verdict == Attainment.VerdictChoices.NO_DATA:
        return _("%(months)s: nothing has been approved yet.") % {"months": opening}
    step = step_of(attainment)
    parts = [
        _inputs(attainment),
        _result(attainment, step),
        _aim(attainment),
        _aspiration(attainment),
        _step(attainment, step),
        _milestones(attainment),
        verdict_text(attainment, step),
    ]
    sentence = (
        opening
        + pgettext("between the months and the figures", ": ")
        + pgettext("between the parts of a sentence", ", ").join(part for part in parts if part)
        + pgettext("end of a sentence", ".")
    )
    return _with_rule(_with_gaps(sentence, attainment), attainment)


def _opening(attainment: Attainment) -> str:
    """1–9月; with the year in a plan over several; 累计 where figures are counted over them."""
    last = attainment.last_month or attainment.month
    text = span_text(attainment.counted_from, last, with_year=spans_years(attainment.target))
    if attainment.target.counting == Target.Counting.PLAN:
        return _("%(months)s together") % {"months": text}
    return text


def spans_years(target: Target) -> bool:
    """Whether the months of a target's plan are of several calendar years, so that each is told with its own."""
    return target.plan.first_month.year != target.plan.last_month.year


def _inputs(attainment: Attainment) -> str:
    """Numerator and denominator in the indicator's own words, where something is divided."""
    indicator = attainment.target.indicator
    if attainment.numerator is None or attainment.denominator is None:
        return ""
    if indicator.time_rule == Indicator.TimeRule.MEAN:
        return _("%(sum)s in %(count)s readings") % {
            "sum": number_without_zeros(attainment.numerator),
            "count": number_without_zeros(attainment.denominator),
        }
    if not indicator.is_ratio:
        return ""
    below = with_unit(number_without_zeros(attainment.denominator), indicator.denominator_unit)
    above = with_unit(number_without_zeros(attainment.numerator), indicator.numerator_unit)
    return pgettext("between the parts of a sentence", ", ").join(
        [f"{indicator.denominator_name} {below}".strip(), f"{indicator.numerator_name} {above}".strip()]
    )


def _result(attainment: Attainment, step: StepAim | None) -> str:
    actual, _compared = numbers_shown(attainment, () if step is None else (step.number,))
    text = _actual_text(attainment, actual)
    return f"{attainment.target.indicator.name} {text}" if text else ""


def _aim(attainment: Attainment) -> str:
    """What it is held against: the target, with what it comes to where it changes an earlier figure; or the region's
    own quota with its paper."""
    target = attainment.target
    if attainment.reason == UnassessableReason.NOT_OWED:
        return ""
    told = {"threshold": _threshold_text(attainment, numbers_shown(attainment)[1])}
    if (quota := quota_of(attainment)) is not None:
        return _quota(attainment, quota, told["threshold"])
    if target.threshold_kind in CHANGES and attainment.compared is not None:
        told["change"] = change_text(target, attainment.compared) + _until(attainment)
        return _("target %(change)s, that is %(threshold)s") % told
    return _("target %(threshold)s") % told + _until(attainment)


def _until(attainment: Attainment) -> str:
    """Up to which month last year's figure goes, where this year's has not come so far: the two are not of the same
    months then."""
    target, due = attainment.target, Month.of(attainment.target.due)
    if target.comparator != Target.Comparator.IMPROVES and target.threshold_kind != Target.ThresholdKind.LAST_YEAR:
        return ""
    end = attainment.month if attainment.month.year <= due.year else due
    if attainment.compared is None or not attainment.missing or attainment.last_month == end:
        return ""
    return _(" (last year's up to %(month)s)") % {"month": month_text(end.shifted(-12), with_year=True)}


def _quota(attainment: Attainment, quota: Quota, threshold: str) -> str:
    """本地区分解指标 400 户（温质〔2014〕3号，自7月起）."""
    since = month_text(quota.from_month, with_year=spans_years(attainment.target))
    told = {"threshold": threshold, "paper": quota.source, "month": since}
    if attainment.target.comparator == Target.Comparator.AT_LEAST:
        # Who owes 400 owes 400: no sign is needed.
        told["threshold"] = threshold.removeprefix(SYMBOLS[Target.Comparator.AT_LEAST]).lstrip()
    if not quota.source:
        return _("own quota %(threshold)s (from %(month)s on)") % told
    return _("own quota %(threshold)s (%(paper)s, from %(month)s on)") % told


def _aspiration(attainment: Attainment) -> str:
    """力争 ≥ 95 %, and whether that holds; told of the whole alone, to whose threshold it belongs."""
    target, numerator, denominator = attainment.target, attainment.numerator, attainment.denominator
    if target.aspiration is None or attainment.quota_id is not None or attainment.reason == UnassessableReason.NOT_OWED:
        return ""
    if numerator is None or not denominator:
        return ""
    told = {"aspiration": aspiration_text(target)}
    if not reaches_aspiration(target.rule, target.aspiration, numerator, denominator):
        return _("aspired to %(aspiration)s: not reached yet") % told
    return _("aspired to %(aspiration)s: reached") % told


def _step(attainment: Attainment, step: StepAim | None) -> str:
    if step is None:
        return ""
    return _("step %(step)s") % {"step": step_text(attainment.target, step.step, step.number)}


def pace_text(attainment: Attainment) -> str:
    """Where a count ought to be by now as a page shows it, beside the actual figure if there is one; nothing where its
    light follows no pace."""
    known, decimals = attainment.pace, attainment.target.indicator.decimals
    if known is None:
        return ""
    shown_pace = shown_apart(known if attainment.actual is None else attainment.actual, known, decimals)[1]
    return with_unit(number_without_zeros(shown_pace or Decimal(0)), attainment.target.indicator.unit)


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


def behind_text(attainment: Attainment) -> str:
    """How far what is not green is behind: a count behind the pace that its light follows, as the sentence about it has
    both; anything else behind what it is compared with."""
    known, actual, indicator = attainment.pace, attainment.actual, attainment.target.indicator
    if known is None or actual is None or actual >= known:
        gap = distance_text(attainment)
        return _("%(gap)s against the target") % {"gap": gap} if gap else ""
    reached, due = shown_apart(actual, known, indicator.decimals)
    return _("%(gap)s behind its pace") % {
        "gap": with_unit(number_without_zeros((due or known) - reached), indicator.unit)
    }


def _milestones(attainment: Attainment) -> str:
    """How many of the steps that are due have been taken, for what is not done yet."""
    if not attainment.milestones_due or attainment.verdict != Attainment.VerdictChoices.NOT_MET:
        return ""
    counts = {"done": attainment.milestones_done, "due": attainment.milestones_due}
    return _("%(done)s of %(due)s milestones that are due are done") % counts


def _with_rule(sentence: str, attainment: Attainment) -> str:
    """The sentence, and by which of several rules it was judged."""
    target = attainment.target
    if target.held in (None, (target.plan.first_month, target.plan.last_month)):
        return sentence
    first, last = (month_text(month, with_year=spans_years(target)) for month in target.held)
    if target.held[1] == target.plan.last_month:
        told = _("Judged by the rule that holds from %(first)s on.")
    elif target.held[0] == target.plan.first_month:
        told = _("Judged by the rule that held until %(last)s.")
    else:
        told = _("Judged by the rule that held from %(first)s to %(last)s.")
    return _("%(sentence)s %(gaps)s") % {"sentence": sentence, "gaps": told % {"first": first, "last": last}}


def _with_gaps(sentence: str, attainment: Attainment) -> str:
    if not attainment.missing:
        return sentence
    months = listed_months(attainment.missing_months, with_year=spans_years(attainment.target))
    gaps = _("Not complete: %(months)s.") % {"months": months}
    return _("%(sentence)s %(gaps)s") % {"sentence": sentence, "gaps": gaps}
