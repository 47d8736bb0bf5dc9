"""Places in a ranking."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targets.arithmetic.ranking import ranks

figures = st.lists(st.none() | st.integers(-5, 5).map(Decimal), max_size=12)


def placed(*values: int | None, higher: bool = True) -> list[int | None]:
    return ranks([None if one is None else Decimal(one) for one in values], higher=higher)


def test_equal_figures_share_a_place_and_the_next_are_skipped() -> None:
    assert placed(90, 80, 80, 70) == [1, 2, 2, 4]


def test_lower_can_be_better() -> None:
    assert placed(3, 1, 2, higher=False) == [3, 1, 2]


def test_zero_is_a_figure_and_nothing_is_none() -> None:
    assert placed(0, None, 1, higher=False) == [1, None, 2]


@pytest.mark.parametrize("values", [(), (None,), (5,), (None, 5)])
def test_what_was_compared_with_nothing_has_no_place(values: tuple[int | None, ...]) -> None:
    assert placed(*values) == [None] * len(values)


@given(figures, st.booleans())
def test_a_place_is_one_more_than_the_number_of_better_figures(values: list[Decimal | None], higher: bool) -> None:
    known = [one for one in values if one is not None]
    for value, place in zip(values, ranks(values, higher=higher), strict=True):
        if value is None or len(known) < 2:
            assert place is None
        else:
            assert place == 1 + sum(one > value if higher else one < value for one in known)
