"""One month taken out of the year to date, exactly; and differences."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from targets.arithmetic.accumulation import IndicatorRule, MonthReading, accumulate
from targets.arithmetic.comparing import figure_of_month, figure_to_date, subtract_quantities
from targets.arithmetic.quantities import Quantity

FIGURES = st.decimals(0, 10_000, places=2)


def rule(
    measure: str, time_rule: str, *, denominator: str = "", basis: str = "month", scale: str = "1"
) -> IndicatorRule:
    return IndicatorRule(measure, "higher", basis, time_rule, denominator, "own", 0b111111111111, Decimal(scale))


def reading(month: int, value: Decimal | None = None, parts: tuple[Decimal, Decimal] | None = None) -> MonthReading:
    numerator, denominator = parts or (None, None)
    return MonthReading(month, value, numerator, denominator, None, month)


@given(st.dictionaries(st.integers(1, 12), FIGURES), st.sampled_from(["sum", "mean", "last"]))
def test_a_month_alone_is_what_was_entered_for_it(entered: dict[int, Decimal], time_rule: str) -> None:
    known = rule("level" if time_rule != "sum" else "count", time_rule)
    states = accumulate(known, [reading(month, value) for month, value in entered.items()])
    for month in range(1, 13):
        found = figure_of_month(known, states[month - 1], states[month - 2] if month > 1 else None, month)
        assert found == (Quantity(entered[month]) if month in entered else None)


@given(st.dictionaries(st.integers(1, 12), st.tuples(FIGURES, st.decimals(1, 10_000, places=2))))
def test_a_months_ratio_is_that_of_its_own_parts(entered: dict[int, tuple[Decimal, Decimal]]) -> None:
    known = rule("ratio", "pooled", denominator="sum", scale="100")
    states = accumulate(known, [reading(month, parts=parts) for month, parts in entered.items()])
    for month, (top, bottom) in entered.items():
        assert figure_of_month(known, states[month - 1], states[month - 2] if month > 1 else None, month) == Quantity(
            top * 100, bottom
        )


def test_a_ratio_to_the_last_stock_keeps_that_stock() -> None:
    known = rule("ratio", "pooled", denominator="last")
    one, two = accumulate(
        known, [reading(1, parts=(Decimal(1), Decimal(7))), reading(2, parts=(Decimal(2), Decimal(8)))]
    )[:2]
    assert figure_of_month(known, two, one, 2) == Quantity(Decimal(2), Decimal(8))


def test_a_running_total_needs_the_month_before() -> None:
    known = rule("count", "sum", basis="to_date")
    states = accumulate(known, [reading(1, Decimal(300)), reading(2, Decimal(650)), reading(4, Decimal(700))])
    months = [figure_of_month(known, states[i], states[i - 1] if i else None, i + 1) for i in range(4)]
    assert months == [Quantity(Decimal(300)), Quantity(Decimal(350)), None, None]


@pytest.mark.parametrize("known", [rule("event", "max"), rule("count", "max")])
def test_the_highest_reading_and_an_event_have_no_month_alone(known: IndicatorRule) -> None:
    state = accumulate(known, [reading(1, Decimal(1))])[0]
    assert figure_of_month(known, state, None, 1) is None


def test_nothing_to_divide_by_gives_nothing() -> None:
    known = rule("ratio", "pooled", denominator="sum")
    state = accumulate(known, [reading(1, parts=(Decimal(0), Decimal(0)))])[0]
    assert figure_of_month(known, state, None, 1) is None
    assert figure_to_date(known, state) is None
    assert figure_to_date(known, None) is None


def test_a_difference_is_exact_and_needs_both() -> None:
    third = Quantity(Decimal(1), Decimal(3))
    assert subtract_quantities(third, Quantity(Decimal(1), Decimal(6))) == Quantity(Decimal(3), Decimal(18))
    assert subtract_quantities(third, None) is None
    assert subtract_quantities(None, third) is None
