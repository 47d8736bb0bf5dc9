"""The way of a file: every step that there is, and none besides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.models import ImportBatch
from imports.workflow import (
    BUSY,
    TRANSITIONS,
    ImportState,
    ImportVerb,
    has_import_step,
    next_import_state,
)
from reviews.workflow import StepRefusedError


@given(st.sampled_from(ImportState), st.sampled_from(ImportVerb))
def test_a_step_is_in_the_table_or_refused(state: ImportState, verb: ImportVerb) -> None:
    if has_import_step(state, verb):
        assert next_import_state(state, verb) is TRANSITIONS[state, verb]
    else:
        with pytest.raises(StepRefusedError):
            next_import_state(state, verb)


@given(st.lists(st.sampled_from(ImportVerb)))
def test_nothing_is_applied_that_was_not_checked_and_confirmed(verbs: list[ImportVerb]) -> None:
    state, done = ImportState.UPLOADED, []
    for verb in verbs:
        if has_import_step(state, verb):
            state = next_import_state(state, verb)
            done.append(verb)
    if state is ImportState.APPLIED:
        assert done[-2:] == [ImportVerb.CONFIRM, ImportVerb.APPLY]
        assert done[-3] in (ImportVerb.ACCEPT, ImportVerb.REJECT)


def test_every_busy_state_has_an_end_even_if_it_fails() -> None:
    assert all(has_import_step(ImportState(state), ImportVerb.FAIL) for state in BUSY)


def test_what_is_being_written_cannot_be_cancelled() -> None:
    assert not has_import_step(ImportState.APPLYING, ImportVerb.CANCEL)


def test_the_database_knows_the_same_states() -> None:
    assert {one.value for one in ImportState} == set(ImportBatch.StateChoices.values)
