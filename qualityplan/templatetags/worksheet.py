"""How the worksheet writes figures, what was understood, and what is wrong."""

from django import template
from django.utils.translation import gettext as _

from targets.explanation import plain, with_unit
from targets.figures import Problem
from targets.forms import understood_text
from targets.messages import sentence
from targets.models import Indicator, Observation
from targets.quantities import rounded

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
