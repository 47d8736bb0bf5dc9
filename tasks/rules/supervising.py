"""How a matter is pressed until it is done (督办): the one table of steps (pure: imports no Django, reads no clock).

立项 → 交办 → 签收 → 反馈 → 复核 → 办结. A poor answer goes back for rework; a proposal may be rejected, a notice
withdrawn. Who may take a step is said by the action of `departments.permissions` that stands beside it; a step without
one is the system's own. The diagram in docs/supervision.md is drawn from this table.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from departments.permissions import PERMISSIONS, Action, Role


class State(StrEnum):
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


class Verb(StrEnum):
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

    to: State
    action: Action | None
    needs_text: bool = False
    needs_other: bool = False


_ISSUE, _RECEIVE, _ANSWER = Action.ISSUE_SUPERVISION, Action.RECEIVE_SUPERVISION, Action.ANSWER_SUPERVISION
_VERIFY, _CLOSE = Action.VERIFY_SUPERVISION, Action.CLOSE_SUPERVISION
_BACK = Transition(State.REWORK, _VERIFY, needs_text=True, needs_other=True)
_AWAY = Transition(State.WITHDRAWN, _ISSUE, needs_text=True)

TRANSITIONS: dict[tuple[State | None, Verb], Transition] = {
    (None, Verb.PROPOSE): Transition(State.PROPOSED, _ISSUE),
    (State.PROPOSED, Verb.EDIT): Transition(State.PROPOSED, _ISSUE),
    (State.PROPOSED, Verb.REJECT): Transition(State.REJECTED, _ISSUE, needs_text=True),
    (State.PROPOSED, Verb.ISSUE): Transition(State.ISSUED, _ISSUE),
    (State.ISSUED, Verb.RECEIVE): Transition(State.RECEIVED, _RECEIVE),
    (State.RECEIVED, Verb.ANSWER): Transition(State.ANSWERED, _ANSWER, needs_text=True),
    (State.REWORK, Verb.ANSWER): Transition(State.ANSWERED, _ANSWER, needs_text=True),
    (State.ANSWERED, Verb.RETURN): _BACK,
    (State.ANSWERED, Verb.VERIFY): Transition(State.VERIFIED, _VERIFY, needs_text=True, needs_other=True),
    (State.VERIFIED, Verb.RETURN): _BACK,
    (State.VERIFIED, Verb.CLOSE): Transition(State.CLOSED, _CLOSE, needs_other=True),
    **{(one, Verb.WITHDRAW): _AWAY for one in (State.ISSUED, State.RECEIVED, State.ANSWERED, State.REWORK)},
    **{(one, Verb.URGE): Transition(one, _ISSUE) for one in (State.ISSUED, State.RECEIVED, State.REWORK)},
    **{(one, Verb.ESCALATE): Transition(one, None) for one in (State.ISSUED, State.RECEIVED, State.REWORK)},
}
"""(state, verb) → step; a pair that is not named is not possible. None: there is no notice yet."""

BEFORE_ISSUE = (State.PROPOSED, State.REJECTED)
ENDED = (State.REJECTED, State.CLOSED, State.WITHDRAWN)
OPEN = tuple(one for one in State if one not in ENDED)
WITH_UNIT = (State.ISSUED, State.RECEIVED, State.REWORK)
"""The unit has to do something: these can be late, are urged and escalated."""
WITH_OFFICE = (State.PROPOSED, State.ANSWERED, State.VERIFIED)
"""The plan office has to do something."""
BY_RULE = (Verb.PROPOSE, Verb.ESCALATE)
"""What the system does by itself."""
NEEDS_TEXT = frozenset(verb for (_state, verb), one in TRANSITIONS.items() if one.needs_text)


class Level(StrEnum):
    """To whom a notice has been escalated after its limit has passed."""

    REVIEWER = "reviewer"
    LEADER = "leader"


LEVELS = (Level.REVIEWER, Level.LEADER)
"""In this order, each once a round."""


class RefusedError(ValueError):
    """A step that the table or a guard does not allow; `code` names the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def step(state: State | None, verb: Verb, *, text: str = "", own_answer: bool = False) -> State:
    """The state after the verb.

    RefusedError "transition" if the table has no such step, "text" if words are due, "own_answer" if the person who
    answered would judge the own answer.
    """
    found = TRANSITIONS.get((state, verb))
    if found is None:
        raise RefusedError("transition")
    if found.needs_text and not text.strip():
        raise RefusedError("text")
    if found.needs_other and own_answer:
        raise RefusedError("own_answer")
    return found.to


def offered(state: State, may: Collection[Action], *, own_answer: bool = False) -> tuple[Verb, ...]:
    """What a person who may do these things can do now, in the table's order."""
    return tuple(
        verb
        for (stands, verb), one in TRANSITIONS.items()
        if stands is state and one.action in may and not (one.needs_other and own_answer)
    )


def roles_for(verb: Verb) -> tuple[Role, ...]:
    """The roles that may take the step, in the order of the permission table; none for the system's own."""
    actions = {one.action for (_state, known), one in TRANSITIONS.items() if known is verb}
    return tuple(role for action in actions if action is not None for role in PERMISSIONS[action])
