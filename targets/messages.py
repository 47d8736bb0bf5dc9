"""What a person is told about a problem with a figure: a sentence that says what to do."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from targets.entry_rules.figures import Problem

SENTENCES: dict[str, str | Promise] = {
    "made_from_parts": _("The figure of this region is made from its counties. Enter the counties' figures instead."),
    "ratio_given_as_value": _("This indicator is a ratio. Leave the value empty and give numerator and denominator."),
    "part_missing": _("A ratio needs both numerator and denominator. Fill in the missing one."),
    "parts_of_no_ratio": _("This indicator is not a ratio. Leave numerator and denominator empty and give the value."),
    "value_missing": _("The value is missing. Zero is written as 0; leave the row out if nothing is known."),
    "too_many_digits": _("Give at most 9 digits before and 6 after the decimal point. Choose a larger unit if needed."),
    "negative_denominator": _("The denominator cannot be negative."),
    "zero_denominator": _("The denominator is 0 but the numerator is not. Check both."),
    "below_minimum": _("The figure lies below the lowest possible value, %(bound)s. Check the figure and its unit."),
    "above_maximum": _("The figure lies above the highest possible value, %(bound)s. Check the figure and its unit."),
    "event_is_0_or_1": _("Enter 1 in the month in which it was done, 0 for not yet."),
    "day_without_event": _("A day is given only for an event that was done (value 1)."),
    "day_after_month": _("The day lies after the month. Enter the event in the month in which it was done."),
    "month_locked": _("%(month)s is closed for the plan %(plan)s. Ask the plan office to reopen it, and say why."),
    "unusually_low": _("The figure lies below the usual range. Check it, and say in the note why it is so low."),
    "unusually_high": _("The figure lies above the usual range. Check it, and say in the note why it is so high."),
    "jump": _("The figure jumps against the last months. Check it, and say in the note what happened."),
    "same_as_last_month": _(
        "The figure is last month's to the digit. Check that it was measured anew, and say so in the note."
    ),
    "not_a_number": _('"%(found)s" is not a number. Write it like 1234.5; leave the cell empty if there is none.'),
    "error_cell": _("The cell holds the spreadsheet's error %(found)s. Correct the formula, or enter the figure."),
    "percentage_as_part": _('"%(found)s" is a percentage. Numerator and denominator are counted, not calculated.'),
    "not_a_month": _('"%(found)s" is not a month. Write it like 2014-06.'),
    "note_too_long": _("The note has %(length)s characters. Shorten it to 400."),
    "indicator_missing": _("The indicator is missing. Give its code or its name."),
    "region_missing": _("The region is missing. Give its code or its name."),
    "month_missing": _("The month is missing. Write it like 2014-06."),
    "indicator_unknown": _('There is no indicator "%(found)s".'),
    "indicator_similar": _('There is no indicator "%(found)s". Did you mean: %(similar)s?'),
    "region_unknown": _('There is no region "%(found)s".'),
    "region_similar": _('There is no region "%(found)s". Did you mean: %(similar)s?'),
    "given_twice_here": _(
        "The same indicator, region and month stand in row %(first)s already. Delete one of the two."
    ),
    "not_due": _("This indicator is not due in %(month)s. It is entered in: %(months)s."),
    "not_asked": _("Nobody is asked for this indicator in this region. Check both codes."),
    "no_plan": _("There is no plan for %(year)s, so nothing is asked for in %(month)s."),
    "not_yours": _("This figure is not yours to enter: %(unit)s enters it."),
    "reason_missing": _("An approved figure is being changed. Give the reason for the change."),
    "reason_of_draft": _("A reason is kept with what is handed in. Leave it out of a draft."),
    "stale_version": _(
        "This draft has been changed since: %(person)s saved version %(version)s. Compare, then send that version."
    ),
    "draft_gone": _("This draft is no longer there: it was handed in or discarded. Leave the version out."),
    "colleagues_draft": _(
        "%(person)s has saved another draft of this figure, version %(version)s. "
        "Ask first, then send that version to replace it."
    ),
    "not_a_day": _('"%(found)s" is not a day. Write it like 2014-06-27.'),
    "total_falls": _(
        "The total since January falls: %(before)s in %(month)s, then %(now)s. "
        "Correct it, or explain the correction in the note."
    ),
}

ODDITIES: dict[str, str | Promise] = {
    "unusually_low": _("Lies below the usual range."),
    "unusually_high": _("Lies above the usual range."),
    "jump": _("Jumps against the last months by more than chance alone does."),
    "same_as_last_month": _("Both numbers are last month's to the digit."),
}
"""What looks odd, told to whoever looks at somebody else's figure or at a file."""


def problem_sentence(problem: Problem) -> str:
    """The problem in the reader's language."""
    return str(SENTENCES[problem.code]) % dict(problem.details)
