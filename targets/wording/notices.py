"""How reminders and notices about figures are put into words, in the language of whoever reads them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from plans.periods import Month

NAMED = 12
"""How many units a sentence names; the page behind it has them all."""

Details = Mapping[str, Any]  # stored as JSON: what it holds depends on the kind of the notice


def stored_month_text(text: str) -> str:
    """A month that is stored as 2014-06."""
    return date_format(Month.parse(text).first_day, "YEAR_MONTH_FORMAT")


def day_text(text: str) -> str:
    """A day that is stored as 2014-06-30."""
    return date_format(date.fromisoformat(text))


def time_left_text(days: int) -> str:
    """How long there is still time, or for how long there is none any more."""
    if days > 0:
        return ngettext("%(number)s day left", "%(number)s days left", days) % {"number": days}
    if days == 0:
        return _("today is the last day")
    return ngettext("%(number)s day late", "%(number)s days late", -days) % {"number": -days}


def _figures_due(details: Details) -> str:
    said = ngettext(
        "%(unit)s, %(month)s: %(number)s figure is still to be handed in. Deadline %(day)s, %(left)s.",
        "%(unit)s, %(month)s: %(number)s figures are still to be handed in. Deadline %(day)s, %(left)s.",
        details["number"],
    )
    return said % gap_details(details)


def _figures_returned(details: Details) -> str:
    said = ngettext(
        "%(unit)s, %(month)s: %(number)s figure was returned and is to be corrected. Deadline %(day)s, %(left)s.",
        "%(unit)s, %(month)s: %(number)s figures were returned and are to be corrected. Deadline %(day)s, %(left)s.",
        details["number"],
    )
    return said % gap_details(details)


def _figures_earlier(details: Details) -> str:
    said = ngettext(
        "%(unit)s, %(first)s to %(last)s: %(number)s figure is missing or was returned.",
        "%(unit)s, %(first)s to %(last)s: %(number)s figures are missing or were returned.",
        details["number"],
    )
    return said % {"unit": details["unit"], "number": details["number"], **span_details(details)}


def span_details(details: Details) -> dict[str, str]:
    """From which month to which."""
    return {"first": stored_month_text(details["first"]), "last": stored_month_text(details["last"])}


def gap_details(details: Details) -> dict[str, object]:
    """How much of which month a unit owes, by when, and how long that is."""
    return {"unit": details["unit"], "number": details["number"], **_deadline(details)}


def _deadline(details: Details) -> dict[str, str]:
    days = time_left_text(details["days"])
    return {"month": stored_month_text(details["month"]), "day": day_text(details["deadline"]), "left": days}


def _reviews(details: Details) -> str:
    said = ngettext(
        "%(number)s figure waits for your review, since %(day)s.",
        "%(number)s figures wait for your review, the oldest since %(day)s.",
        details["number"],
    )
    return said % {"number": details["number"], "day": day_text(details["since"])}


def _units_late(details: Details) -> str:
    said = ngettext(
        "%(month)s: %(number)s unit has not handed in everything: %(units)s. Deadline %(day)s, %(left)s.",
        "%(month)s: %(number)s units have not handed in everything: %(units)s. Deadline %(day)s, %(left)s.",
        len(details["units"]),
    )
    return said % {**_named(details["units"]), **_deadline(details)}


def _units_late_earlier(details: Details) -> str:
    said = ngettext(
        "%(first)s to %(last)s: %(number)s unit has not handed in everything: %(units)s.",
        "%(first)s to %(last)s: %(number)s units have not handed in everything: %(units)s.",
        len(details["units"]),
    )
    return said % {**_named(details["units"]), **span_details(details)}


def _units_unmanned(details: Details) -> str:
    said = ngettext(
        "%(month)s: %(number)s unit has figures to hand in and nobody with an active account to do it: %(units)s.",
        "%(month)s: %(number)s units have figures to hand in and nobody with an active account to do it: %(units)s.",
        len(details["units"]),
    )
    return said % {**_named(details["units"]), "month": stored_month_text(details["month"])}


def list_names(names: Sequence[str], total: int | None = None) -> str:
    """The names one after the other, and how many further ones there are if there are `total` in all."""
    told = pgettext("between the names of a list", ", ").join(names)
    further = (total or 0) - len(names)
    return _("%(names)s and %(further)s more") % {"names": told, "further": further} if further > 0 else told


def _named(units: Sequence[str]) -> dict[str, object]:
    return {"number": len(units), "units": list_names(units[:NAMED], len(units))}


def _returned(details: Details) -> str:
    said = _("%(figure)s was returned by %(person)s. Reason: %(reason)s")
    return said % {**details, "figure": _figure(details)}


def _withdrawn(details: Details) -> str:
    said = _("%(figure)s was withdrawn by %(person)s and is not official any more. Reason: %(reason)s")
    return said % {**details, "figure": _figure(details)}


def _figure(details: Details) -> str:
    return f"{details['indicator']} · {details['region']} · {stored_month_text(details['month'])}"


WORDINGS: dict[str, Callable[[Details], str]] = {
    "figures_due": _figures_due,
    "figures_returned": _figures_returned,
    "figures_earlier": _figures_earlier,
    "reviews": _reviews,
    "units_late": _units_late,
    "units_late_earlier": _units_late_earlier,
    "units_unmanned": _units_unmanned,
    "returned": _returned,
    "withdrawn": _withdrawn,
}

HEADINGS: dict[str, str | Promise] = {
    "returned": gettext_lazy("A figure was returned"),
    "withdrawn": gettext_lazy("A figure was withdrawn"),
}
