"""How notices about supervision are put into words, in the language of whoever reads them."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from targets.wording.notices import Details, day_text, list_names


def _filled(details: Details) -> dict[str, object]:
    day = day_text(details["due"]) if details.get("due") else ""
    return {**details, "day": day}


def _issued(details: Details) -> str:
    return _("%(number)s %(title)s: led by %(unit)s, to be answered by %(day)s.") % _filled(details)


def _returned(details: Details) -> str:
    said = _("%(number)s %(title)s: the answer was sent back, to be answered anew by %(day)s. Reason: %(text)s")
    return said % _filled(details)


def _urged(details: Details) -> str:
    said = _("%(number)s %(title)s: the plan office urges it. To be answered by %(day)s. %(text)s")
    return (said % _filled(details)).strip()


def _withdrawn(details: Details) -> str:
    return _("%(number)s %(title)s: withdrawn. Reason: %(text)s") % _filled(details)


def _closed(details: Details) -> str:
    return _("%(number)s %(title)s: closed.") % _filled(details)


def _answered(details: Details) -> str:
    return _("%(number)s %(title)s: answered by %(unit)s, to be verified.") % _filled(details)


def _escalated(details: Details) -> str:
    said = _("%(number)s %(title)s: %(unit)s has not answered by %(day)s.")
    return said % _filled(details)


def _waits(details: Details) -> str:
    return _("%(number)s %(title)s: to be received and answered by %(day)s.") % _filled(details)


def _proposed(details: Details) -> str:
    said = ngettext(
        "%(number)s matter is proposed for supervision and waits for your decision: %(titles)s.",
        "%(number)s matters are proposed for supervision and wait for your decision: %(titles)s.",
        details["number"],
    )
    return said % _listed(details)


def _to_verify(details: Details) -> str:
    said = ngettext(
        "%(number)s matter under supervision is to be verified or closed: %(titles)s.",
        "%(number)s matters under supervision are to be verified or closed: %(titles)s.",
        details["number"],
    )
    return said % _listed(details)


def _late(details: Details) -> str:
    said = ngettext(
        "%(number)s matter under supervision is past its limit and still not answered: %(titles)s.",
        "%(number)s matters under supervision are past their limits and still not answered: %(titles)s.",
        details["number"],
    )
    return said % _listed(details)


def _listed(details: Details) -> dict[str, object]:
    return {"number": details["number"], "titles": list_names(details["titles"], details["number"])}


def _asked(details: Details) -> str:
    said = _('%(person)s wrote about "%(subject)s": %(text)s. %(unit)s is asked to answer by %(day)s.')
    return said % _filled(details)


def _comment_answered(details: Details) -> str:
    return _('%(unit)s answers your comment on "%(subject)s": %(answer)s') % details


def _comments_late(details: Details) -> str:
    said = ngettext(
        "%(number)s of your comments is not answered in time: %(titles)s.",
        "%(number)s of your comments are not answered in time: %(titles)s.",
        details["number"],
    )
    return said % _listed(details)


def _silence(details: Details) -> str:
    said = ngettext(
        "%(number)s unit has not logged in or handed in figures for %(days)s days or more: %(titles)s.",
        "%(number)s units have not logged in or handed in figures for %(days)s days or more: %(titles)s.",
        details["number"],
    )
    return said % {**_listed(details), "days": details["days"]}


WORDINGS: dict[str, Callable[[Details], str]] = {
    "supervision_issue": _issued,
    "supervision_return": _returned,
    "supervision_urge": _urged,
    "supervision_withdraw": _withdrawn,
    "supervision_close": _closed,
    "supervision_answer": _answered,
    "supervision_escalate": _escalated,
    "comment_asked": _asked,
    "silence": _silence,
    "comment_answered": _comment_answered,
    "comments_late": _comments_late,
    "supervision_waits": _waits,
    "supervision_proposed": _proposed,
    "supervision_to_verify": _to_verify,
    "supervision_late": _late,
}

HEADINGS: dict[str, str | Promise] = {
    "supervision_issue": gettext_lazy("Supervision: a notice was issued"),
    "supervision_return": gettext_lazy("Supervision: back for rework"),
    "supervision_urge": gettext_lazy("Supervision: urged"),
    "supervision_withdraw": gettext_lazy("Supervision: a notice was withdrawn"),
    "supervision_close": gettext_lazy("Supervision: closed"),
    "supervision_answer": gettext_lazy("Supervision: an answer to verify"),
    "comment_asked": gettext_lazy("A leader asks for an answer"),
    "comment_answered": gettext_lazy("A comment was answered"),
    "supervision_escalate": gettext_lazy("Supervision: the limit has passed"),
}
