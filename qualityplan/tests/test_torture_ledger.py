"""What the torture test would say about a service that loses, doubles or changes something, or fails without need."""

from collections.abc import Mapping

import pytest

from benchmarks.tormented.ledger import (
    NO_ANSWER,
    Act,
    Answer,
    Closed,
    Span,
    changed_while_closed,
    failed,
    lost_drafts,
    lost_or_doubled,
)

SENT = Act("figure", "1017", known=True)
MAYBE_SENT = Act("figure", "1017", known=False)
JANUARY = {"a": "5 of revision 3", "b": "7 of revision 4"}


@pytest.mark.parametrize(
    ("acts", "there"), [([SENT], 1), ([MAYBE_SENT], 0), ([MAYBE_SENT], 1), ([SENT, MAYBE_SENT], 2)]
)
def test_what_was_acknowledged_is_there_once_and_what_nobody_knows_at_most_once(acts: list[Act], there: int) -> None:
    assert list(lost_or_doubled(acts, {("figure", "1017"): there})) == []


@pytest.mark.parametrize(
    ("acts", "there", "told"),
    [
        ([SENT], 0, "lost: figure 1017: acknowledged 1, found 0"),
        ([SENT], 2, "doubled: figure 1017: done at most 1, found 2"),
        ([MAYBE_SENT], 2, "doubled: figure 1017: done at most 1, found 2"),
        ([], 1, "doubled: figure 1017: done at most 0, found 1"),
    ],
)
def test_a_planted_loss_and_a_planted_double_are_named(acts: list[Act], there: int, told: str) -> None:
    assert list(lost_or_doubled(acts, {("figure", "1017"): there} if there else {})) == [told]


@pytest.mark.parametrize(
    ("known", "found", "lost"),
    [
        ((True, True), "2", False),
        ((True, True), "1", True),
        ((True, False), "1", False),
        ((True, False), "2", False),
        ((False, False), None, False),
        ((True, True), None, True),
    ],
)
def test_a_draft_says_what_was_acknowledged_last_or_sent_since(
    known: tuple[bool, bool], found: str | None, lost: bool
) -> None:
    acts = [Act("draft", "a 2014-10", one, said) for one, said in zip(known, "12", strict=True)]
    there = {} if found is None else {"a 2014-10": found}
    assert bool(list(lost_drafts(acts, there))) is lost


@pytest.mark.parametrize(
    ("later", "told"),
    [
        (JANUARY, []),
        (JANUARY | {"b": "8 of revision 9"}, ["b: 7 of revision 4 became 8 of revision 9"]),
        ({"a": "5 of revision 3"}, ["b: 7 of revision 4 became None"]),
        (JANUARY | {"c": "1 of revision 9"}, ["c: None became 1 of revision 9"]),
    ],
)
def test_a_change_in_a_closed_month_is_named(later: Mapping[str, str], told: list[str]) -> None:
    found = list(changed_while_closed([Closed("2014-01", JANUARY, later)]))
    assert found == [f"changed in the closed month 2014-01: {one}" for one in told]


@pytest.mark.parametrize(
    ("away", "status", "excused"),
    [
        ("redis", 503, False),
        ("redis", NO_ANSWER, False),
        ("worker", 500, False),
        ("postgresql", 500, True),
        ("web", NO_ANSWER, True),
        ("redis", 409, True),
    ],
)
def test_only_the_web_server_and_the_database_excuse_a_failure(away: str, status: int, excused: bool) -> None:
    spans = [Span(10, 20, away, "killed"), Span(30, 40, "web", "killed"), Span(50, 60, "postgresql", "killed")]
    found = list(failed([Answer(19, 21, status, "GET /")], spans))
    assert (found == []) is excused
    assert excused or away in found[0]
