"""完成率: how far each part is with what it owes itself, so that parts with unequal quotas can be ranked.

The raw figures of parts whose quotas differ say who is large, not who is ahead: they are compared as shares of each
one's own quota. A part that owes nothing has no share and no place, whatever it has reached.
"""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from targets.arithmetic.formulas import UnassessableReason
from targets.arithmetic.quantities import Quantity, decimal_of_quantity, shown_apart
from targets.models import Attainment
from targets.wording.explanation import quota_of, spans_years
from targets.wording.number_texts import month_text, number_in_full, with_unit

_WHOLE = Decimal(100)


def owes(attainment: Attainment) -> bool:
    """Whether the region owes anything of the target at all."""
    return attainment.reason != UnassessableReason.NOT_OWED


def is_divided(parts: Iterable[Attainment]) -> bool:
    """Whether any of the parts of one target is held against a number of its own, or owes nothing."""
    return any(not owes(part) or quota_of(part) is not None for part in parts)


def completion(attainment: Attainment) -> Decimal | None:
    """The actual figure as a share of what the region owes; None without either, or where that is not above zero."""
    actual, owed = attainment.actual, attainment.compared
    if actual is None or owed is None or owed <= 0 or not owes(attainment):
        return None
    return decimal_of_quantity(Quantity(actual, owed))


def completion_number(attainment: Attainment) -> Decimal | None:
    """The same in %, as a page shows it: never so rounded that it looks like 100 where it is not."""
    share = completion(attainment)
    return None if share is None else shown_apart(share * 100, _WHOLE, 1)[0]


def completion_text(attainment: Attainment) -> str:
    """The same with its sign."""
    shown = completion_number(attainment)
    return "" if shown is None else with_unit(number_in_full(shown), "%")


def issued_text(attainment: Attainment) -> str:
    """By which paper the region owes what it does, and from which month on; nothing where it has no quota."""
    quota = quota_of(attainment)
    if quota is None:
        return ""
    told = {"paper": quota.source, "month": month_text(quota.from_month, with_year=spans_years(attainment.target))}
    if not quota.source:
        return _("from %(month)s on") % told
    return _("%(paper)s, from %(month)s on") % told
