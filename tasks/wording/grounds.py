"""Why something is to be pressed, in a sentence, and what the notice then says; made from stored parts."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from targets.wording.notices import Details, day_text, list_names, stored_month_text


def explain_notice_grounds(grounds: Details) -> str:
    """The reason in the language that is active; nothing where a person has written the notice without one."""
    wording = SENTENCES.get(grounds.get("kind", ""))
    return wording(grounds["details"]) if wording is not None else ""


def _months(texts: Sequence[str]) -> str:
    """The months of a list, one by one."""
    return list_names([stored_month_text(text) for text in texts])


def _late_milestone(details: Details) -> str:
    said = _('The milestone "%(milestone)s" of the task "%(task)s" was due on %(day)s and is not done.')
    return said % {**details, "day": day_text(details["due"])}


def _red_months(details: Details) -> str:
    said = _('The target "%(target)s" has shown a red light at the end of each of these months: %(months)s.')
    return said % {**details, "months": _months(details["months"])}


def _no_figures(details: Details) -> str:
    said = _("%(unit)s has handed in none of the %(number)d figures expected for %(months)s.")
    return said % {**details, "months": _months(details["months"])}


def _no_report(details: Details) -> str:
    said = _("%(unit)s has handed in no report on any of the %(number)d tasks for which it speaks for %(months)s.")
    return said % {**details, "months": _months(details["months"])}


def _comment(details: Details) -> str:
    said = _("%(person)s wrote on %(day)s: %(text)s")
    return said % {**details, "day": day_text(details["day"])}


SENTENCES: dict[str, Callable[[Details], str]] = {
    "late_milestone": _late_milestone,
    "red_months": _red_months,
    "no_figures": _no_figures,
    "no_report": _no_report,
    "comment": _comment,
}


def _finish_it(details: Details) -> tuple[str, str]:
    title = _('On finishing "%(milestone)s" without further delay') % details
    return title, _(
        "Finish this milestone, and answer with the state of the work, the reason for the delay and the day by which "
        "it will be done."
    )


def _reach_it(details: Details) -> tuple[str, str]:
    title = _('On bringing "%(target)s" back on course') % details
    return title, _(
        "Find out why the target is missed, take measures, and answer with the reasons, the measures, who is "
        "responsible for them and the month in which the target will be reached."
    )


def _report_it(details: Details) -> tuple[str, str]:
    title = _("On reporting the figures that %(unit)s owes") % details
    return title, _("Hand in the missing figures, and answer with the reason for the delay and how it will be avoided.")


def _tell_of_it(details: Details) -> tuple[str, str]:
    title = _("On the progress reports that %(unit)s owes") % details
    return title, _("Hand in the missing reports, and answer with the reason for the delay and how it will be avoided.")


DRAFTS: dict[str, Callable[[Details], tuple[str, str]]] = {
    "late_milestone": _finish_it,
    "red_months": _reach_it,
    "no_figures": _report_it,
    "no_report": _tell_of_it,
}
"""Title and demand of the notice that a rule proposes, in the language that is active; the coordinator edits them."""
