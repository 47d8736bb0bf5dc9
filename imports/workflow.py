"""The way of a file: its states and the table of transitions (pure, imports no Django).

uploaded → checking → ready | rejected → applying → applied → undone. A file that was understood wrongly is corrected
and checked again. A check that was cut off starts anew from the
upload; an apply that finds other official figures than the check did sends the file back to be checked again.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a file stands. `rejected` has rows that the rules refuse; `failed` was cancelled, or broke off."""

    UPLOADED = "uploaded"
    CHECKING = "checking"
    READY = "ready"
    REJECTED = "rejected"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDONE = "undone"
    FAILED = "failed"


class Verb(StrEnum):
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


TRANSITIONS: dict[tuple[State, Verb], State] = {
    (State.UPLOADED, Verb.START): State.CHECKING,
    (State.CHECKING, Verb.START): State.CHECKING,
    (State.CHECKING, Verb.ACCEPT): State.READY,
    (State.CHECKING, Verb.REJECT): State.REJECTED,
    (State.READY, Verb.CORRECT): State.UPLOADED,
    (State.REJECTED, Verb.CORRECT): State.UPLOADED,
    (State.READY, Verb.CONFIRM): State.APPLYING,
    (State.REJECTED, Verb.CONFIRM): State.APPLYING,
    (State.APPLYING, Verb.APPLY): State.APPLIED,
    (State.APPLYING, Verb.CHECK_AGAIN): State.UPLOADED,
    (State.APPLIED, Verb.UNDO): State.UNDONE,
    (State.UPLOADED, Verb.CANCEL): State.FAILED,
    (State.CHECKING, Verb.CANCEL): State.FAILED,
    (State.READY, Verb.CANCEL): State.FAILED,
    (State.REJECTED, Verb.CANCEL): State.FAILED,
    (State.UPLOADED, Verb.FAIL): State.FAILED,
    (State.CHECKING, Verb.FAIL): State.FAILED,
    (State.APPLYING, Verb.FAIL): State.FAILED,
}

WAITING = (State.UPLOADED.value, State.CHECKING.value)
"""What a worker has to check."""
BUSY = (*WAITING, State.APPLYING.value)
"""What a worker has to do something about."""


class RefusedError(ValueError):
    """A step that the table does not have."""


def step(state: State, verb: Verb) -> State:
    """The state after the verb; RefusedError if the table has no such step."""
    if (state, verb) not in TRANSITIONS:
        raise RefusedError(f"{state} {verb}")
    return TRANSITIONS[state, verb]


def can(state: State, verb: Verb) -> bool:
    """Whether the table has the step."""
    return (state, verb) in TRANSITIONS
