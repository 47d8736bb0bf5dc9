"""How signals about data are put into words: what was found and how rare that is, and no reproach."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from targets.data_quality.signals import SignalKind
from targets.models import DataQuestion
from targets.wording.notices import Details, stored_month_text


@dataclass(frozen=True, slots=True)
class KindWords:
    """What a kind tests, and what that needs."""

    tested: str | Promise
    needs: str | Promise


KINDS: Mapping[SignalKind, KindWords] = {
    SignalKind.COPIED: KindWords(
        gettext_lazy("Both parts of a ratio are those of another month, to the digit."),
        gettext_lazy("at least 400 things a month (2 000 to compare any two months), their number not fixed by design"),
    ),
    SignalKind.EQUAL_COUNTIES: KindWords(
        gettext_lazy("Three counties report the same two numbers in a month, or two of them two months running."),
        gettext_lazy("at least 400 things in each county, their number not fixed by design"),
    ),
    SignalKind.TOO_EVEN: KindWords(
        gettext_lazy("Month by month the figures differ by less than chance alone would make them."),
        gettext_lazy("six months, and three failures (or things counted) expected in each"),
    ),
    SignalKind.ROUND_DIGITS: KindWords(
        gettext_lazy("More of a unit's counts end in 0 or 5 than one in five."),
        gettext_lazy("12 counts of 8 or more"),
    ),
    SignalKind.OVER_THE_LINE: KindWords(
        gettext_lazy("Many figures lie just over the line of the target, and hardly any just under it."),
        gettext_lazy(
            "60 figures of all regions and months, each with room for 8 on both sides of the line, 14 close to it"
        ),
    ),
    SignalKind.RIDING_PACE: KindWords(
        gettext_lazy("The year to date keeps 0 to 1 % above the straight line in six months or more."),
        gettext_lazy("six months, and monthly counts that vary by a fifth or more"),
    ),
    SignalKind.YEAR_END_RUSH: KindWords(
        gettext_lazy("December is far above January to November."),
        gettext_lazy("December and the eleven months before it"),
    ),
    SignalKind.OUTLIER: KindWords(
        gettext_lazy("The figure of the month lies far from the middle of all and from the last three months."),
        gettext_lazy("six months before it that are not all alike"),
    ),
    SignalKind.FAVOURABLE_CORRECTIONS: KindWords(
        gettext_lazy("Corrections by which a figure passes are more frequent than those by which it fails."),
        gettext_lazy("eight corrections of a unit that turn whether a figure passes"),
    ),
    SignalKind.REVERSAL: KindWords(
        gettext_lazy("A figure passed, was corrected so that it failed, and again so that it passes. Only listed."), ""
    ),
    SignalKind.LATE_CORRECTIONS: KindWords(
        gettext_lazy("Official figures were corrected in the 48 hours before the month was closed. Only listed."),
        "",
    ),
}


def _float(value: float | str) -> str:
    return f"{float(value):.2f}"


def _copied(facts: Details) -> str:
    said = _("Numerator and denominator are the same as those of %(earlier)s, to the digit.")
    return said % {"earlier": stored_month_text(facts["earlier"])}


def _equal_counties(_facts: Details) -> str:
    return _("These regions report the same numerator and the same denominator.")


def _too_even(facts: Details) -> str:
    said = _(
        "The figures vary only %(share)s times as much as chance alone lets honest figures vary "
        "(χ² = %(statistic)s, %(degrees)s degrees of freedom; asked about below %(limit)s)."
    )
    numbers = {name: _float(facts[name]) for name in ("share", "statistic", "limit")}
    return said % {**numbers, "degrees": facts["degrees"]}


def _round_digits(facts: Details) -> str:
    said = _("%(round)s of %(number)s counts end in 0 or 5; by chance it would be about %(expected)s.")
    return said % {**facts, "expected": round(facts["number"] / 5)}


def _over_the_line(facts: Details) -> str:
    said = _("%(over)s figures lie just over the line and only %(under)s just under it, of %(number)s in all.")
    return said % facts


def _riding_pace(facts: Details) -> str:
    said = _(
        "In %(months)s months the year to date lies 0 to 1 %% above the straight line, although the monthly counts "
        "vary (their standard deviation is %(spread)s of their mean)."
    )
    return said % {"months": facts["months"], "spread": _float(facts["spread"])}


def _year_end_rush(facts: Details) -> str:
    said = _("December has %(last)s, the eleven months before it %(mean)s on average (t = %(t)s).")
    return said % {"last": facts["last"], "mean": _float(facts["mean"]), "t": _float(facts["t"])}


def _outlier(facts: Details) -> str:
    said = _(
        "The last figure lies far from the middle of all (modified z = %(modified)s) and from the three months before "
        "it (z = %(z)s)."
    )
    return said % {name: _float(facts[name]) for name in ("modified", "z")}


def _favourable(facts: Details) -> str:
    said = _("Of %(number)s corrections that turned whether a figure passes, %(better)s turned it to the better.")
    return said % facts


def _reversal(facts: Details) -> str:
    said = _("After %(number)s corrections the figure passes as it did at first; in between it did not.")
    return said % facts


def _late(facts: Details) -> str:
    return _("Corrections in the 48 hours before the month was closed: %(number)s.") % facts


_SENTENCES: Mapping[SignalKind, Callable[[Details], str]] = {
    SignalKind.COPIED: _copied,
    SignalKind.EQUAL_COUNTIES: _equal_counties,
    SignalKind.TOO_EVEN: _too_even,
    SignalKind.ROUND_DIGITS: _round_digits,
    SignalKind.OVER_THE_LINE: _over_the_line,
    SignalKind.RIDING_PACE: _riding_pace,
    SignalKind.YEAR_END_RUSH: _year_end_rush,
    SignalKind.OUTLIER: _outlier,
    SignalKind.FAVOURABLE_CORRECTIONS: _favourable,
    SignalKind.REVERSAL: _reversal,
    SignalKind.LATE_CORRECTIONS: _late,
}


def signal_sentence(kind: SignalKind, facts: Details) -> str:
    """What was found."""
    return _SENTENCES[kind](facts)


_ONE_IN: tuple[tuple[int, str | Promise], ...] = (
    (100, pgettext_lazy("chance", "%(number)s in a hundred")),
    (1_000, pgettext_lazy("chance", "%(number)s in a thousand")),
    (10_000, pgettext_lazy("chance", "%(number)s in ten thousand")),
    (100_000, pgettext_lazy("chance", "%(number)s in a hundred thousand")),
    (1_000_000, pgettext_lazy("chance", "%(number)s in a million")),
    (10_000_000, pgettext_lazy("chance", "%(number)s in ten million")),
    (100_000_000, pgettext_lazy("chance", "%(number)s in a hundred million")),
)
_ROUNDED_TO_ONE = 0.95
_DIGITS = (
    pgettext_lazy("in a chance", "one"),
    pgettext_lazy("in a chance", "two"),
    pgettext_lazy("in a chance", "three"),
    pgettext_lazy("in a chance", "four"),
    pgettext_lazy("in a chance", "five"),
    pgettext_lazy("in a chance", "six"),
    pgettext_lazy("in a chance", "seven"),
    pgettext_lazy("in a chance", "eight"),
    pgettext_lazy("in a chance", "nine"),
)


def chance_text(chance: float) -> str:
    """A chance in words: three in ten thousand (万分之三)."""
    for size, said in _ONE_IN:
        if chance * size >= _ROUNDED_TO_ONE:
            number = round(chance * size)
            return str(said) % {"number": _DIGITS[number - 1] if number <= len(_DIGITS) else number}
    return pgettext("chance", "less than one in a hundred million")


def signal_heading(kind: str) -> str:
    """What a kind is called."""
    return str(DataQuestion.KindChoices(kind).label)


def _asked(details: Details) -> str:
    said = _('%(unit)s is asked to explain figures of %(month)s: "%(kind)s".')
    return said % _named(details)


def _answered(details: Details) -> str:
    said = _('%(unit)s (%(person)s) has answered the question about figures of %(month)s: "%(kind)s".')
    return said % _named(details)


def _named(details: Details) -> dict[str, str]:
    named = {"unit": details["unit"], "person": details["person"]}
    return {**named, "month": stored_month_text(details["month"]), "kind": signal_heading(details["kind"])}


WORDINGS: Mapping[str, Callable[[Details], str]] = {"data_question": _asked, "data_answer": _answered}
HEADINGS: Mapping[str, str | Promise] = {
    "data_question": gettext_lazy("Question about data"),
    "data_answer": gettext_lazy("A question about data was answered"),
}
