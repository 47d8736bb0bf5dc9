"""The light of a task as a person meets it: colour, shape and a word that says why (see `targets.lights`)."""

from django.utils.translation import gettext_lazy as _

from targets.lights import Light
from tasks.progress import Progress, Status

LIGHTS = {
    Status.DONE: Light("green", "met", _("Green · done")),
    Status.ON_COURSE: Light("green", "on-track", _("Green · on course")),
    Status.NOT_STARTED: Light("green", "on-track", _("Green · nothing late")),
    Status.LATE: Light("red", "behind", _("Red · milestone late")),
    Status.UNKNOWN: Light("grey", "not-assessable", _("Grey · no milestones named")),
}


def light(state: Progress) -> Light:
    """The light with the word that fits the task's state."""
    return LIGHTS[state.status]
