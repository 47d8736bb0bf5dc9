"""The one table of steps: what is possible, what each step needs, and the diagram drawn from it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from departments.permissions import Action, Role
from reviews.workflow import StepRefusedError
from tasks.papers.diagram import PATH, draw_supervision_diagram
from tasks.rules.supervising import (
    ENDED,
    OPEN,
    TRANSITIONS,
    WITH_OFFICE,
    WITH_UNIT,
    SupervisionState,
    SupervisionVerb,
    next_supervision_state,
    offered_supervision_verbs,
    roles_for,
)

PAIRS = list(product([None, *SupervisionState], SupervisionVerb))


@pytest.mark.parametrize(("state", "verb"), PAIRS)
def test_a_step_is_possible_where_the_table_names_it_and_nowhere_else(
    state: SupervisionState | None, verb: SupervisionVerb
) -> None:
    if (state, verb) in TRANSITIONS:
        assert next_supervision_state(state, verb, text="理由") is TRANSITIONS[state, verb].to
    else:
        with pytest.raises(StepRefusedError, match="transition"):
            next_supervision_state(state, verb, text="理由")


@pytest.mark.parametrize(("state", "verb"), sorted(TRANSITIONS, key=str))
def test_where_words_are_due_blanks_do_not_do(state: SupervisionState | None, verb: SupervisionVerb) -> None:
    if TRANSITIONS[state, verb].needs_text:
        with pytest.raises(StepRefusedError, match="text"):
            next_supervision_state(state, verb, text=" \n")
    else:
        assert next_supervision_state(state, verb) is TRANSITIONS[state, verb].to


@pytest.mark.parametrize(("state", "verb"), sorted(TRANSITIONS, key=str))
def test_nobody_judges_an_own_answer(state: SupervisionState | None, verb: SupervisionVerb) -> None:
    if verb in (SupervisionVerb.VERIFY, SupervisionVerb.RETURN, SupervisionVerb.CLOSE):
        with pytest.raises(StepRefusedError, match="own_answer"):
            next_supervision_state(state, verb, text="已核实", own_answer=True)
    else:
        assert next_supervision_state(state, verb, text="理由", own_answer=True) is TRANSITIONS[state, verb].to


def test_refusals_and_withdrawals_and_answers_need_words() -> None:
    assert {verb for (_state, verb), one in TRANSITIONS.items() if one.needs_text} == {
        SupervisionVerb.REJECT,
        SupervisionVerb.ANSWER,
        SupervisionVerb.RETURN,
        SupervisionVerb.VERIFY,
        SupervisionVerb.WITHDRAW,
    }


def test_what_has_ended_stays_ended() -> None:
    assert not [state for state, _verb in TRANSITIONS if state in ENDED]


def test_an_open_matter_lies_with_the_unit_or_with_the_office() -> None:
    assert set(WITH_UNIT) | set(WITH_OFFICE) == set(OPEN)
    assert not set(WITH_UNIT) & set(WITH_OFFICE)


def test_the_unit_receives_and_answers_and_the_office_does_everything_else() -> None:
    unit = {Role.REPORTER, Role.REVIEWER, Role.COUNTY}
    for verb in SupervisionVerb:
        roles = set(roles_for(verb))
        if verb in (SupervisionVerb.RECEIVE, SupervisionVerb.ANSWER):
            assert roles == unit
        else:
            assert roles == (set() if verb is SupervisionVerb.ESCALATE else {Role.COORDINATOR})


@given(st.lists(st.sampled_from(SupervisionVerb), max_size=30))
def test_no_way_leads_to_the_end_past_an_answer_that_was_verified(verbs: list[SupervisionVerb]) -> None:
    state, passed = next_supervision_state(None, SupervisionVerb.PROPOSE), [SupervisionState.PROPOSED]
    for verb in verbs:
        if (state, verb) in TRANSITIONS:
            state = next_supervision_state(state, verb, text="理由")
            passed.append(state)
    if state is SupervisionState.CLOSED:
        assert passed[-3:] == [SupervisionState.ANSWERED, SupervisionState.VERIFIED, SupervisionState.CLOSED]
        assert SupervisionState.RECEIVED in passed


def test_a_person_is_offered_what_the_own_roles_may_do() -> None:
    assert offered_supervision_verbs(SupervisionState.RECEIVED, {Action.ANSWER_SUPERVISION}) == (
        SupervisionVerb.ANSWER,
    )
    assert offered_supervision_verbs(SupervisionState.RECEIVED, {Action.VERIFY_SUPERVISION}) == ()
    assert offered_supervision_verbs(SupervisionState.ANSWERED, {Action.VERIFY_SUPERVISION}, own_answer=True) == ()


def test_the_diagram_says_what_the_table_says() -> None:
    assert PATH.read_text(encoding="utf-8") == draw_supervision_diagram(), "run manage.py draw_supervision"
