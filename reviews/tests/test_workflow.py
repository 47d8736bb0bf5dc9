"""The table of transitions: what it allows, and that it allows nothing else."""

import pytest

from reviews.workflow import (
    NEEDS_REASON,
    TRANSITIONS,
    ReviewState,
    ReviewVerb,
    StepRefusedError,
    take_review_step,
)

ALLOWED = [
    ("draft", "submit", "submitted"),
    ("submitted", "return", "returned"),
    ("submitted", "approve", "approved"),
    ("approved", "supersede", "superseded"),
    ("submitted", "supersede", "superseded"),
    ("approved", "withdraw", "withdrawn"),
]


@pytest.mark.parametrize(("state", "verb", "after"), ALLOWED)
def test_a_step_of_the_table_leads_on(state: str, verb: str, after: str) -> None:
    assert take_review_step(ReviewState(state), ReviewVerb(verb), reason="原因") == after


def test_the_table_has_these_steps_and_no_others() -> None:
    assert {(state.value, verb.value, after.value) for (state, verb), after in TRANSITIONS.items()} == set(ALLOWED)


@pytest.mark.parametrize("state", list(ReviewState))
@pytest.mark.parametrize("verb", list(ReviewVerb))
def test_every_other_step_is_refused(state: ReviewState, verb: ReviewVerb) -> None:
    if (state, verb) not in TRANSITIONS:
        with pytest.raises(StepRefusedError) as refused:
            take_review_step(state, verb, reason="原因")
        assert refused.value.code == "transition"


@pytest.mark.parametrize("verb", sorted(NEEDS_REASON))
@pytest.mark.parametrize("reason", ["", "  "])
def test_returning_and_withdrawing_need_a_reason(verb: ReviewVerb, reason: str) -> None:
    state = next(before for (before, one) in TRANSITIONS if one is verb)
    with pytest.raises(StepRefusedError) as refused:
        take_review_step(state, verb, reason=reason)
    assert refused.value.code == "reason"
