"""The way of a file: every step that there is, and none besides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.models import ImportBatch
from imports.workflow import BUSY, TRANSITIONS, RefusedError, State, Verb, can, step


@given(st.sampled_from(State), st.sampled_from(Verb))
def test_a_step_is_in_the_table_or_refused(state: State, verb: Verb) -> None:
    if can(state, verb):
        assert step(state, verb) is TRANSITIONS[state, verb]
    else:
        with pytest.raises(RefusedError):
            step(state, verb)


@given(st.lists(st.sampled_from(Verb)))
def test_nothing_is_applied_that_was_not_checked_and_confirmed(verbs: list[Verb]) -> None:
    state, done = State.UPLOADED, []
    for verb in verbs:
        if can(state, verb):
            state = step(state, verb)
            done.append(verb)
    if state is State.APPLIED:
        assert done[-2:] == [Verb.CONFIRM, Verb.APPLY]
        assert done[-3] in (Verb.ACCEPT, Verb.REJECT)


def test_every_busy_state_has_an_end_even_if_it_fails() -> None:
    assert all(can(State(state), Verb.FAIL) for state in BUSY)


def test_what_is_being_written_cannot_be_cancelled() -> None:
    assert not can(State.APPLYING, Verb.CANCEL)


def test_the_database_knows_the_same_states() -> None:
    assert {one.value for one in State} == set(ImportBatch.StateChoices.values)
