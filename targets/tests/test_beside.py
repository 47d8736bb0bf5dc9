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


@given(LINES, LINES)
def test_all_lines_come_in_their_order(own: list[str], others: list[str]) -> None:
    assert "".join(made_beside(own, others)) == "".join(own + others)


def test_the_others_are_made_by_another_process() -> None:
    def whose() -> Iterator[str]:
        yield str(os.getpid())

    own, others = made_beside(whose(), whose())
    assert own == str(os.getpid()) != others


def test_more_lines_than_a_pipe_holds_arrive() -> None:
    assert "".join(made_beside(LONG, LONG)) == "".join(LONG + LONG)
    assert no_child_is_left()


def test_lines_of_a_child_that_is_killed_are_made_here() -> None:
    parent = os.getpid()

    def killed() -> Iterator[str]:
        yield "one\n"
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        yield "two\n"

    assert "".join(made_beside(["zero\n"], killed())) == "zero\none\ntwo\n"
    assert no_child_is_left()


def test_lines_are_made_here_where_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refused)
    assert list(made_beside(["one"], ["two"])) == ["one", "two"]


def test_an_error_in_the_childs_lines_is_raised_here() -> None:
    def broken() -> Iterator[str]:
        raise ArithmeticError
        yield

    with pytest.raises(ArithmeticError):
        list(made_beside(["one"], broken()))
    assert no_child_is_left()


def test_a_child_of_which_nobody_wants_lines_any_more_ends() -> None:
    lines = made_beside(["one"], LONG)
    assert next(lines) == "one"
    lines.close()  # type: ignore[attr-defined]
    assert no_child_is_left()
