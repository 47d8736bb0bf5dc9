"""How an entry becomes official: the states and the table of transitions (pure, imports no Django).

domain.md, "How a figure becomes official": draft → submitted → approved; submitted → returned, after which a new draft
is typed; approved → superseded by a later approval; submitted → superseded by a later entry that is handed in before
anybody has decided. Withdrawal ends an approved entry without a successor. A draft is no entry yet: it is stored apart,
and what was handed in is never a draft again.
"""

from enum import StrEnum


class State(StrEnum):
    """Where an entry stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Verb(StrEnum):
    """What can be done to an entry."""

    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    SUPERSEDE = "supersede"
    WITHDRAW = "withdraw"


TRANSITIONS: dict[tuple[State, Verb], State] = {
    (State.DRAFT, Verb.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Verb.RETURN): State.RETURNED,
    (State.SUBMITTED, Verb.APPROVE): State.APPROVED,
    (State.APPROVED, Verb.SUPERSEDE): State.SUPERSEDED,
    (State.SUBMITTED, Verb.SUPERSEDE): State.SUPERSEDED,
    (State.APPROVED, Verb.WITHDRAW): State.WITHDRAWN,
}

NEEDS_REASON = frozenset({Verb.RETURN, Verb.WITHDRAW})
ALWAYS_OFFICIAL_ONCE = (State.APPROVED.value, State.WITHDRAWN.value)
"""Whoever is here has been official. What is superseded may have been, or was replaced while it waited."""


class RefusedError(ValueError):
    """A step that the table or a rule does not allow; `code` names the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def step(state: State, verb: Verb, *, reason: str = "") -> State:
    """The state after the verb; RefusedError "transition" if the table has no such step, "reason" if one is due."""
    if (state, verb) not in TRANSITIONS:
        raise RefusedError("transition")
    if verb in NEEDS_REASON and not reason.strip():
        raise RefusedError("reason")
    return TRANSITIONS[state, verb]
