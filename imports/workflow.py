"""The way of a file: its states and the table of transitions (pure, imports no Django).

uploaded → checking → ready | rejected → applying → applied → undone. A file that was understood wrongly is corrected
and checked again. A check that was cut off starts anew from the
upload; an apply that finds other official figures than the check did sends the file back to be checked again.
"""

from enum import StrEnum

from reviews.workflow import find_step


class ImportState(StrEnum):
    """Where a file stands. `rejected` has rows that the rules refuse; `failed` was cancelled, or broke off."""

    UPLOADED = "uploaded"
    CHECKING = "checking"
    READY = "ready"
    REJECTED = "rejected"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDONE = "undone"
    FAILED = "failed"


class ImportVerb(StrEnum):
    """What can be done with a file."""

    START = "start"
    ACCEPT = "accept"
    REJECT = "reject"
    CORRECT = "correct"
    CONFIRM = "confirm"
    APPLY = "apply"
    CHECK_AGAIN = "check_again"
    UNDO = "undo"
    CANCEL = "cancel"
    FAIL = "fail"


TRANSITIONS: dict[tuple[ImportState, ImportVerb], ImportState] = {
    (ImportState.UPLOADED, ImportVerb.START): ImportState.CHECKING,
    (ImportState.CHECKING, ImportVerb.START): ImportState.CHECKING,
    (ImportState.CHECKING, ImportVerb.ACCEPT): ImportState.READY,
    (ImportState.CHECKING, ImportVerb.REJECT): ImportState.REJECTED,
    (ImportState.READY, ImportVerb.CORRECT): ImportState.UPLOADED,
    (ImportState.REJECTED, ImportVerb.CORRECT): ImportState.UPLOADED,
    (ImportState.READY, ImportVerb.CONFIRM): ImportState.APPLYING,
    (ImportState.REJECTED, ImportVerb.CONFIRM): ImportState.APPLYING,
    (ImportState.APPLYING, ImportVerb.APPLY): ImportState.APPLIED,
    (ImportState.APPLYING, ImportVerb.CHECK_AGAIN): ImportState.UPLOADED,
    (ImportState.APPLIED, ImportVerb.UNDO): ImportState.UNDONE,
    (ImportState.UPLOADED, ImportVerb.CANCEL): ImportState.FAILED,
    (ImportState.CHECKING, ImportVerb.CANCEL): ImportState.FAILED,
    (ImportState.READY, ImportVerb.CANCEL): ImportState.FAILED,
    (ImportState.REJECTED, ImportVerb.CANCEL): ImportState.FAILED,
    (ImportState.UPLOADED, ImportVerb.FAIL): ImportState.FAILED,
    (ImportState.CHECKING, ImportVerb.FAIL): ImportState.FAILED,
    (ImportState.APPLYING, ImportVerb.FAIL): ImportState.FAILED,
}

WAITING = (ImportState.UPLOADED.value, ImportState.CHECKING.value)
"""What a worker has to check."""
BUSY = (*WAITING, ImportState.APPLYING.value)
"""What a worker has to do something about."""


def next_import_state(state: ImportState, verb: ImportVerb) -> ImportState:
    """The state after the verb; StepRefusedError if the table has no such step."""
    return find_step(TRANSITIONS, state, verb)


def has_import_step(state: ImportState, verb: ImportVerb) -> bool:
    """Whether the table has the step."""
    return (state, verb) in TRANSITIONS
