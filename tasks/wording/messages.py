"""What a person is told about a report or a split that was refused: a sentence that says what to do."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from targets.entry_rules.figures import Problem

SENTENCES: dict[str, str | Promise] = {
    "done_missing": _("Say what was done this month. If nothing was, say so and why."),
    "reason_missing": _("An approved report is being changed. Give the reason for the change."),
    "not_a_percentage": _('"%(found)s" is not a percentage. Write a whole number from 0 to 100.'),
    "progress_falls": _("%(last)s %% was reported before. Correct it, or say under problems why it is less now."),
    "not_a_day": _('"%(found)s" is not a day. Write it like 2014-06-27.'),
    "day_before_done": _("A day is given only for what is done, at 100 %%."),
    "day_missing": _("Give the day on which it was done."),
    "day_too_late": _("The day lies after %(latest)s. Report it in the month in which it is done."),
    "evidence_missing": _("This milestone is done when it is proved. Attach the evidence it names."),
    "weight_range": _("A weight is a whole number from 1 to 100."),
    "weights_missing": _("Give every milestone its weight, or leave all of them empty: then all weigh the same."),
    "weights_sum": _("The weights make %(sum)s together. They must make 100."),
}


def explain_report_problem(problem: Problem) -> str:
    """The problem in the reader's language."""
    return str(SENTENCES[problem.code]) % dict(problem.details)
