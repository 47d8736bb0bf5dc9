"""How a matter is pressed until it is done (督办): the one table of steps (pure: imports no Django, reads no clock).

立项 → 交办 → 签收 → 反馈 → 复核 → 办结. A poor answer goes back for rework; a proposal may be rejected, a notice
withdrawn. Who may take a step is said by the action of `departments.permissions` that stands beside it; a step without
one is the system's own. The diagram in docs/supervision.md is drawn from this table.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from departments.permissions import PERMISSIONS, Action, Role
from reviews.workflow import StepRefusedError, find_step


class SupervisionState(StrEnum):
    """Where a notice stands."""

    PROPOSED = "proposed"
    REJECTED = "rejected"
    ISSUED = "issued"
    RECEIVED = "received"
    ANSWERED = "answered"
    REWORK = "rework"
    VERIFIED = "verified"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class SupervisionVerb(StrEnum):
    """What can be done to a notice."""

    PROPOSE = "propose"
    EDIT = "edit"
    REJECT = "reject"
    ISSUE = "issue"
    RECEIVE = "receive"
    ANSWER = "answer"
    RETURN = "return"
    VERIFY = "verify"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    URGE = "urge"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class Transition:
    """A step: where it leads; whether words are due (a reason, an answer, what was found); whether somebody else than
    the person who answered must take it."""

    to: SupervisionState
    action: Action | None
    needs_text: bool = False
    needs_other: bool = False


_ISSUE, _RECEIVE, _ANSWER = Action.ISSUE_SUPERVISION, Action.RECEIVE_SUPERVISION, Action.ANSWER_SUPERVISION
_VERIFY, _CLOSE = Action.VERIFY_SUPERVISION, Action.CLOSE_SUPERVISION
_BACK = Transition(SupervisionState.REWORK, _VERIFY, needs_text=True, needs_other=True)
_AWAY = Transition(SupervisionState.WITHDRAWN, _ISSUE, needs_text=True)

TRANSITIONS: dict[tuple[SupervisionState | None, SupervisionVerb], Transition] = {
    (None, SupervisionVerb.PROPOSE): Transition(SupervisionState.PROPOSED, _ISSUE),
    (SupervisionState.PROPOSED, SupervisionVerb.EDIT): Transition(SupervisionState.PROPOSED, _ISSUE),
    (SupervisionState.PROPOSED, SupervisionVerb.REJECT): Transition(SupervisionState.REJECTED, _ISSUE, needs_text=True),
    (SupervisionState.PROPOSED, SupervisionVerb.ISSUE): Transition(SupervisionState.ISSUED, _ISSUE),
    (SupervisionState.ISSUED, SupervisionVerb.RECEIVE): Transition(SupervisionState.RECEIVED, _RECEIVE),
    (SupervisionState.RECEIVED, SupervisionVerb.ANSWER): Transition(
        SupervisionState.ANSWERED, _ANSWER, needs_text=True
    ),
    (SupervisionState.REWORK, SupervisionVerb.ANSWER): Transition(SupervisionState.ANSWERED, _ANSWER, needs_text=True),
    (SupervisionState.ANSWERED, SupervisionVerb.RETURN): _BACK,
    (SupervisionState.ANSWERED, SupervisionVerb.VERIFY): Transition(
        SupervisionState.VERIFIED, _VERIFY, needs_text=True, needs_other=True
    ),
    (SupervisionState.VERIFIED, SupervisionVerb.RETURN): _BACK,
    (SupervisionState.VERIFIED, SupervisionVerb.CLOSE): Transition(SupervisionState.CLOSED, _CLOSE, needs_other=True),
    **{
        (state, SupervisionVerb.WITHDRAW): _AWAY
        for state in (
            SupervisionState.ISSUED,
            SupervisionState.RECEIVED,
            SupervisionState.ANSWERED,
            SupervisionState.REWORK,
        )
    },
    **{
        (state, SupervisionVerb.URGE): Transition(state, _ISSUE)
        for state in (SupervisionState.ISSUED, SupervisionState.RECEIVED, SupervisionState.REWORK)
    },
    **{
        (state, SupervisionVerb.ESCALATE): Transition(state, None)
        for state in (SupervisionState.ISSUED, SupervisionState.RECEIVED, SupervisionState.REWORK)
    },
}
"""(state, verb) → step; a pair that is not named is not possible. None: there is no notice yet."""

BEFORE_ISSUE = (SupervisionState.PROPOSED, SupervisionState.REJECTED)
ENDED = (SupervisionState.REJECTED, SupervisionState.CLOSED, SupervisionState.WITHDRAWN)
OPEN = tuple(state for state in SupervisionState if state not in ENDED)
WITH_UNIT = (SupervisionState.ISSUED, SupervisionState.RECEIVED, SupervisionState.REWORK)
"""States in which the unit has to do something: here a notice can be late, is urged and escalated."""
WITH_OFFICE = (SupervisionState.PROPOSED, SupervisionState.ANSWERED, SupervisionState.VERIFIED)
"""States in which the plan office has to do something."""
BY_RULE = (SupervisionVerb.PROPOSE, SupervisionVerb.ESCALATE)
"""Steps that the system takes by itself."""
NEEDS_TEXT = frozenset(verb for (_state, verb), step in TRANSITIONS.items() if step.needs_text)


class Level(StrEnum):
    """To whom a notice has been escalated after its limit has passed."""

    REVIEWER = "reviewer"
    LEADER = "leader"


LEVELS = (Level.REVIEWER, Level.LEADER)
"""The levels in the order of escalation; a notice reaches each level once a round."""


def next_supervision_state(
    state: SupervisionState | None, verb: SupervisionVerb, *, text: str = "", own_answer: bool = False
) -> SupervisionState:
    """The state after the verb.

    StepRefusedError "transition" if the table has no such step, "text" if words are due, "own_answer" if the person who
    answered would judge the own answer.
    """
    step = find_step(TRANSITIONS, state, verb)
    if step.needs_text and not text.strip():
        raise StepRefusedError("text")
    if step.needs_other and own_answer:
        raise StepRefusedError("own_answer")
    return step.to


def offered_supervision_verbs(
    state: SupervisionState, may: Collection[Action], *, own_answer: bool = False
) -> tuple[SupervisionVerb, ...]:
    """Finds what a person who may take these actions can do now, in the table's order."""
    return tuple(
        verb
        for (stands, verb), step in TRANSITIONS.items()
        if stands is state and step.action in may and not (step.needs_other and own_answer)
    )


def roles_for(verb: SupervisionVerb) -> tuple[Role, ...]:
    """The roles that may take the step, in the order of the permission table; none for the system's own."""
    actions = {step.action for (_state, known), step in TRANSITIONS.items() if known is verb}
    return tuple(role for action in actions if action is not None for role in PERMISSIONS[action])
