"""A number that somebody sends is one that a database can look up, or none."""

import pytest

from departments.rules.typed import number_of


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("17", 17), ("9" * 18, 10**18 - 1), (5, 5)])
def test_a_whole_number_is_understood(text: object, number: int) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize("text", ["", None, "-1", "+1", "1.5", " 1", "²", "１", "9" * 19, "9" * 5000, "x"])
def test_anything_else_is_none(text: object) -> None:
    assert number_of(text) is None
