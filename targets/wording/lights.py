"""The light of an attainment as a person meets it: a colour, a shape, and a word that says why.

Colour alone is never enough (one man in twelve confuses red and green), and grey has several meanings that must not be
mixed up: nothing reported, nothing due yet, nothing that could be judged. The light itself is decided by `formulas`.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from targets.arithmetic.formulas import UNRECOVERABLE, Signal, UnassessableReason, Verdict
from targets.models import Attainment
from targets.wording.verdicts import is_due, is_settled


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """`colour` is the signal; `shape` names the symbol that is drawn; `word` is printed beside it. Each is there once,
    so that it is compared by what it is and not by its word in the reader's language."""

    colour: str
    shape: str
    word: str | Promise


@dataclass(frozen=True, slots=True)
class Colour:
    """One of the four lights as a heading over many targets."""

    name: str
    word: str | Promise
    meaning: str | Promise
    shape: str


COLOURS = (
    Colour("red", _("Red light"), _("behind or missed"), "behind"),
    Colour("yellow", _("Yellow light"), _("warning"), "warning"),
    Colour("green", _("Green light"), _("met or on track"), "met"),
    Colour("grey", _("Grey light"), _("cannot be judged yet"), "no-data"),
)
"""The four lights; what needs attention stands first."""

LIGHTS = {
    "met": Light("green", "met", _("Green · met")),
    "reached": Light("green", "met", _("Green · target met at present")),
    "on_track": Light("green", "on-track", _("Green · on track")),
    "warning": Light("yellow", "warning", _("Yellow · warning")),
    "behind": Light("red", "behind", _("Red · behind")),
    "exceeded": Light("red", "behind", _("Red · limit exceeded")),
    "missed": Light("red", "behind", _("Red · missed")),
    "no_data": Light("grey", "no-data", _("Grey · no data")),
    "not_due": Light("grey", "not-due", _("Grey · not due yet")),
    "not_assessable": Light("grey", "not-assessable", _("Grey · cannot be judged")),
    "not_owed": Light("grey", "not-assessable", _("Grey · nothing owed")),
}


def light_of_attainment(attainment: Attainment) -> Light:
    """The light with the word that fits the verdict."""
    return LIGHTS[_state(attainment)]


def _state(attainment: Attainment) -> str:
    match attainment.signal:
        case Signal.GREEN:
            return _green(attainment)
        case Signal.YELLOW:
            return "warning"
        case Signal.RED:
            return _red(attainment)
        case _:
            return _grey(attainment)


def _green(attainment: Attainment) -> str:
    """Met, and so it stays; met for the time being; not met yet, and in time."""
    if attainment.verdict != Verdict.MET:
        return "on_track"
    return "met" if is_settled(attainment) else "reached"


def _red(attainment: Attainment) -> str:
    if attainment.target.comparator in UNRECOVERABLE:
        return "exceeded"
    return "missed" if is_due(attainment) else "behind"


def _grey(attainment: Attainment) -> str:
    """Nothing reported though expected; nothing expected so far, or an event not due yet; nothing owed; no way to
    judge."""
    if attainment.reason == UnassessableReason.NOT_OWED:
        return "not_owed"
    if attainment.verdict == Verdict.NO_DATA:
        return "no_data" if attainment.missing else "not_due"
    return "not_assessable" if attainment.verdict == Verdict.NOT_ASSESSABLE else "not_due"
