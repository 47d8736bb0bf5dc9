"""The light of a task as a person meets it: colour, shape and a word that says why (see `targets.wording.lights`)."""

from django.utils.translation import gettext_lazy as _

from targets.wording.lights import Light
from tasks.rules.progress import Progress, TaskState

LIGHTS = {
    TaskState.LATE: Light("red", "behind", _("Red · late")),
    TaskState.AT_RISK: Light("yellow", "warning", _("Yellow · at risk")),
    TaskState.NOT_STARTED: Light("green", "on-track", _("Green · not started")),
    TaskState.ON_COURSE: Light("green", "on-track", _("Green · on course")),
    TaskState.DONE: Light("green", "met", _("Green · done")),
    TaskState.CLOSED: Light("green", "met", _("Green · closed")),
    TaskState.UNKNOWN: Light("grey", "not-assessable", _("Grey · no milestones named")),
}
"""What needs attention stands first, as on every board."""


def light_of_task_state(state: Progress) -> Light:
    """The light with the word that fits the task's state."""
    return LIGHTS[state.state]
