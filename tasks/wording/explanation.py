"""Why a task's light has its colour: one sentence, made from stored parts in the reader's language."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.periods import Month
from targets.arithmetic.quantities import rounded
from targets.wording.number_texts import number_in_full, with_unit
from tasks.rules.progress import MilestoneStanding, Progress, TaskState


def text_of_task_share(share: Decimal) -> str:
    """A share of a task in %, never 100 % by rounding alone."""
    percent = rounded(share * 100, 0)
    return with_unit(number_in_full(min(percent, Decimal(99)) if share < 1 else percent), "%")


def explain_task_state(state: Progress, day: date) -> str:
    """The sentence for the state at the end of a day, and when it was last reported on."""
    said = _SENTENCES[state.state](state, day)
    return _("%(sentence)s %(report)s") % {"sentence": said, "report": _reported(state.last_report)}


def _reported(month: Month | None) -> str:
    if month is None:
        return _("No report has been approved yet.")
    return _("Last report: %(month)s.") % {"month": date_format(month.first_day, "YEAR_MONTH_FORMAT")}


def _unknown(state: Progress, day: date) -> str:
    return _("No milestones are named, so nothing can be judged before the task is due.")


def _not_started(state: Progress, day: date) -> str:
    said = _("Nothing has been reported yet and nothing is late. The next milestone, “%(title)s”, is due on %(due)s.")
    return said % _about(state.deciding)


def _on_course(state: Progress, day: date) -> str:
    said = _("%(done)s of %(total)s milestones are done and nothing is late. Next: “%(title)s”, due on %(due)s.")
    return said % {**_about(state.deciding), **_counts(state)}


def _at_risk(state: Progress, day: date) -> str:
    step = state.deciding
    left = (step.due - day).days if step is not None else 0
    said = ngettext(
        "“%(title)s” is due on %(due)s, in %(left)s day, and stands at %(reported)s %%; "
        "from %(wanted)s %% on it would be on course.",
        "“%(title)s” is due on %(due)s, in %(left)s days, and stands at %(reported)s %%; "
        "from %(wanted)s %% on it would be on course.",
        left,
    )
    return said % {**_about(step), "left": left, "wanted": state.wanted}


def _late(state: Progress, day: date) -> str:
    if state.deciding is None:
        return _("The task is due and has not been closed.")
    said = ngettext(
        "“%(title)s” was due on %(due)s and is not done (%(reported)s %% reported).",
        "“%(title)s” was due on %(due)s and is not done (%(reported)s %% reported); %(number)s milestones are late.",
        state.number,
    )
    return said % {**_about(state.deciding), "number": state.number}


def _done(state: Progress, day: date) -> str:
    last = state.deciding.done_on if state.deciding is not None else None
    said = ngettext(
        "The only milestone was done on %(day)s.",
        "All %(total)s milestones are done, the last one on %(day)s.",
        state.total,
    )
    return said % {"total": state.total, "day": date_format(last) if last is not None else ""}


def _closed(state: Progress, day: date) -> str:
    closed = date_format(state.closed_on) if state.closed_on is not None else ""
    return _("Closed on %(day)s by the plan office.") % {"day": closed}


def _about(step: MilestoneStanding | None) -> dict[str, str | int]:
    if step is None:
        return {"title": "", "due": "", "reported": 0}
    return {"title": step.title, "due": date_format(step.due), "reported": min(step.reported, 99)}


def _counts(state: Progress) -> dict[str, int]:
    return {"done": state.done, "total": state.total}


_SENTENCES: dict[TaskState, Callable[[Progress, date], str]] = {
    TaskState.UNKNOWN: _unknown,
    TaskState.NOT_STARTED: _not_started,
    TaskState.ON_COURSE: _on_course,
    TaskState.AT_RISK: _at_risk,
    TaskState.LATE: _late,
    TaskState.DONE: _done,
    TaskState.CLOSED: _closed,
}
