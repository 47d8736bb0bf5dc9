"""How an entry becomes official: the states and the table of transitions (pure, imports no Django).

`find_step` reads any such table: files that are imported and matters that are pressed have tables of their own.

domain.md, "How a figure becomes official": draft → submitted → approved; submitted → returned, after which a new draft
is typed; approved → superseded by a later approval; submitted → superseded by a later entry that is handed in before
anybody has decided. Withdrawal ends an approved entry without a successor. A draft is no entry yet: it is stored apart,
and what was handed in is never a draft again.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

State = TypeVar("State")
Verb = TypeVar("Verb")
Step = TypeVar("Step")


class ReviewState(StrEnum):
    """Where an entry stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class ReviewVerb(StrEnum):
    """What can be done to an entry."""

    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    SUPERSEDE = "supersede"
    WITHDRAW = "withdraw"


TRANSITIONS: dict[tuple[ReviewState, ReviewVerb], ReviewState] = {
    (ReviewState.DRAFT, ReviewVerb.SUBMIT): ReviewState.SUBMITTED,
    (ReviewState.SUBMITTED, ReviewVerb.RETURN): ReviewState.RETURNED,
    (ReviewState.SUBMITTED, ReviewVerb.APPROVE): ReviewState.APPROVED,
    (ReviewState.APPROVED, ReviewVerb.SUPERSEDE): ReviewState.SUPERSEDED,
    (ReviewState.SUBMITTED, ReviewVerb.SUPERSEDE): ReviewState.SUPERSEDED,
    (ReviewState.APPROVED, ReviewVerb.WITHDRAW): ReviewState.WITHDRAWN,
}

NEEDS_REASON = frozenset({ReviewVerb.RETURN, ReviewVerb.WITHDRAW})
ALWAYS_OFFICIAL_ONCE = (ReviewState.APPROVED.value, ReviewState.WITHDRAWN.value)
"""Whoever is here has been official. What is superseded may have been, or was replaced while it waited."""


class StepRefusedError(ValueError):
    """A table has no such step, or a rule does not allow it; `code` names the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def find_step(transitions: Mapping[tuple[State, Verb], Step], state: State, verb: Verb) -> Step:
    """The table's entry for a verb in a state; StepRefusedError "transition" if the table has none."""
    if (state, verb) not in transitions:
        raise StepRefusedError("transition")
    return transitions[state, verb]


def take_review_step(state: ReviewState, verb: ReviewVerb, *, reason: str = "") -> ReviewState:
    """The state after the verb; StepRefusedError "transition" if the table has no such step, "reason" if a reason is
    due and none is given."""
    after = find_step(TRANSITIONS, state, verb)
    if verb in NEEDS_REASON and not reason.strip():
        raise StepRefusedError("reason")
    return after
