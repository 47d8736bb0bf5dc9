"""Two processes make lines at the same time: whatever becomes of the second one, no line is missing or made twice."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targets.beside import made_beside

LINES = st.lists(st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: f"{text}\n"), max_size=20)
LONG = [f"第{number}行\n" for number in range(50_000)]


def no_child_is_left() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG) == (0, 0)  # others' children may live, none waits to be buried
    except ChildProcessError:
        return True


@given(st.lists(LINES, max_size=5))
def test_all_lines_come_in_their_order(pieces: list[list[str]]) -> None:
    assert "".join(made_beside(pieces)) == "".join(line for piece in pieces for line in piece)


def test_every_second_piece_is_made_by_another_process() -> None:
    def whose() -> Iterator[str]:
        yield str(os.getpid())

    own, first, again, second = made_beside([whose() for _piece in range(4)])
    assert own == again == str(os.getpid())
    assert first == second != own


def test_more_lines_than_a_pipe_holds_arrive() -> None:
    assert "".join(made_beside([LONG, LONG, LONG, LONG])) == "".join(LONG) * 4
    assert no_child_is_left()


@pytest.mark.parametrize("before", [[], ["a\n"], LONG])
def test_lines_of_a_child_that_is_killed_are_made_here(before: list[str]) -> None:
    parent = os.getpid()

    def killed() -> Iterator[str]:
        yield "one\n"
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        yield "two\n"

    pieces = [["zero\n"], before, ["half\n"], killed(), ["three\n"], ["four\n"]]
    expected = f"zero\n{''.join(before)}half\none\ntwo\nthree\nfour\n"
    assert "".join(made_beside(pieces)) == expected
    assert no_child_is_left()


def test_lines_are_made_here_where_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refused)
    assert list(made_beside([["one"], ["two"]])) == ["one", "two"]


def test_an_error_in_the_childs_lines_is_raised_here() -> None:
    def broken() -> Iterator[str]:
        raise ArithmeticError
        yield

    with pytest.raises(ArithmeticError):
        list(made_beside([["one"], broken()]))
    assert no_child_is_left()


def test_a_child_of_which_nobody_wants_lines_any_more_ends() -> None:
    lines = made_beside([["one"], LONG, LONG, LONG, LONG, LONG])
    assert next(lines) == "one"
    lines.close()  # type: ignore[attr-defined]
    assert no_child_is_left()
