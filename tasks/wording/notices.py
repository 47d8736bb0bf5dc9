"""How reminders and notices about tasks are put into words, in the language of whoever reads them."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from targets.wording.notices import (
    Details,
    day_text,
    gap_details,
    list_names,
    span_details,
    stored_month_text,
    time_left_text,
)

NAMED = 5
"""How many milestones a sentence names; the page behind it has them all."""


def _milestones_due(details: Details) -> str:
    titles = details["titles"]
    said = ngettext(
        "%(task)s: a milestone is due on %(day)s, %(left)s: %(titles)s.",
        "%(task)s: %(number)s milestones are due on %(day)s, %(left)s: %(titles)s.",
        len(titles),
    )
    values = {"task": details["task"], "day": day_text(details["due"]), "left": time_left_text(details["days"])}
    return said % {**values, "number": len(titles), "titles": list_names(titles[:NAMED], len(titles))}


def _reports_due(details: Details) -> str:
    said = ngettext(
        "%(unit)s, %(month)s: the report on %(number)s task is still to be handed in. Deadline %(day)s, %(left)s.",
        "%(unit)s, %(month)s: the reports on %(number)s tasks are still to be handed in. Deadline %(day)s, %(left)s.",
        details["number"],
    )
    return said % gap_details(details)


def _reports_returned(details: Details) -> str:
    said = ngettext(
        "%(unit)s, %(month)s: the report on %(number)s task was returned and is to be corrected. "
        "Deadline %(day)s, %(left)s.",
        "%(unit)s, %(month)s: the reports on %(number)s tasks were returned and are to be corrected. "
        "Deadline %(day)s, %(left)s.",
        details["number"],
    )
    return said % gap_details(details)


def _reports_earlier(details: Details) -> str:
    said = ngettext(
        "%(unit)s, %(first)s to %(last)s: %(number)s progress report is missing or was returned.",
        "%(unit)s, %(first)s to %(last)s: %(number)s progress reports are missing or were returned.",
        details["number"],
    )
    return said % {"unit": details["unit"], "number": details["number"], **span_details(details)}


def _task_reviews(details: Details) -> str:
    said = ngettext(
        "%(number)s progress report waits for your review, since %(day)s.",
        "%(number)s progress reports wait for your review, the oldest since %(day)s.",
        details["number"],
    )
    return said % {"number": details["number"], "day": day_text(details["since"])}


def _returned(details: Details) -> str:
    said = _("The report on %(task)s for %(month)s was returned by %(person)s. Reason: %(reason)s")
    return said % {**details, "month": stored_month_text(details["month"])}


WORDINGS: dict[str, Callable[[Details], str]] = {
    "milestones_due": _milestones_due,
    "reports_due": _reports_due,
    "reports_returned": _reports_returned,
    "reports_earlier": _reports_earlier,
    "task_reviews": _task_reviews,
    "report_returned": _returned,
}

HEADINGS: dict[str, str | Promise] = {"report_returned": gettext_lazy("A progress report was returned")}
