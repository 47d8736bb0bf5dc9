"""The light of a task as a person meets it: colour, shape and a word that says why (see `targets.wording.lights`)."""

from django.utils.translation import gettext_lazy as _

from targets.wording.lights import Light
from tasks.rules.progress import Progress, State

LIGHTS = {
    State.LATE: Light("red", "behind", _("Red · late")),
    State.AT_RISK: Light("yellow", "warning", _("Yellow · at risk")),
    State.NOT_STARTED: Light("green", "on-track", _("Green · not started")),
    State.ON_COURSE: Light("green", "on-track", _("Green · on course")),
    State.DONE: Light("green", "met", _("Green · done")),
    State.CLOSED: Light("green", "met", _("Green · closed")),
    State.UNKNOWN: Light("grey", "not-assessable", _("Grey · no milestones named")),
}
"""What needs attention stands first, as on every board."""


def light(state: Progress) -> Light:
    """The light with the word that fits the task's state."""
    return LIGHTS[state.state]
