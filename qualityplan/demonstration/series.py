"""A year of made-up figures (pure): the same shape and seed always give the same year."""

import random
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from plans.periods import Month
from qualityplan.demonstration.shapes import Shape
from targets.arithmetic.accumulation import IndicatorRule, month_numbers

NOISE = 12
"""By how many per cent a month differs from its typical size at most."""
TENTHS = Decimal("0.1")


class MadeUpFigure(NamedTuple):
    """One made-up figure, as it stands in a file."""

    indicator: str
    region: str
    month: Month
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    occurred_on: date | None
    note: str


def make_up_year(shape: Shape, rule: IndicatorRule, seed: int) -> list[MadeUpFigure]:
    """The whole year, without the months that are never reported."""
    noise = random.Random(f"{seed}|{shape.indicator}|{shape.region}|{shape.year}")  # noqa: S311 - not for secrets
    parts = _ratio(shape, rule, noise) if rule.measure == "ratio" else _values(shape, rule, noise)
    return [figure for figure in _figures(shape, parts) if figure.month.number not in shape.missing]


Parts = tuple[Decimal | None, Decimal | None, Decimal | None]
"""value, numerator, denominator"""


def _figures(shape: Shape, parts: dict[int, Parts]) -> Iterator[MadeUpFigure]:
    for number, (value, numerator, denominator) in sorted(parts.items()):
        month = Month(shape.year, number)
        done_on = shape.occurred_on if value == 1 else None
        yield MadeUpFigure(shape.indicator, shape.region, month, value, numerator, denominator, done_on, shape.note)


def _values(shape: Shape, rule: IndicatorRule, noise: random.Random) -> dict[int, Parts]:
    due = month_numbers(rule.expected)
    if shape.values:
        found = {number: value for number, value in enumerate(shape.values, 1) if value is not None}
        if shape.annual is not None:
            found[due[-1]] = shape.annual
    elif rule.time_rule == "mean":
        found = _readings(shape, due, noise)
    else:
        found = _counts(shape, rule, due, noise)
    return {number: (value, None, None) for number, value in found.items()}


def _readings(shape: Shape, due: list[int], noise: random.Random) -> dict[int, Decimal]:
    """Readings in tenths whose mean is exactly the year's figure."""
    total = int(_annual(shape) * len(due) / TENTHS)
    shares = distribute_by_weight(total, _weights(shape, due, noise))
    return {number: share * TENTHS for number, share in zip(due, shares, strict=True)}


def _counts(shape: Shape, rule: IndicatorRule, due: list[int], noise: random.Random) -> dict[int, Decimal]:
    """Whole numbers that add up to the year's figure; running totals where those are entered."""
    shares = distribute_by_weight(int(_annual(shape)), _weights(shape, due, noise))
    if rule.entry_basis == "to_date":
        shares = [sum(shares[: position + 1]) for position in range(len(shares))]
    return {number: Decimal(share) for number, share in zip(due, shares, strict=True)}


def _ratio(shape: Shape, rule: IndicatorRule, noise: random.Random) -> dict[int, Parts]:
    if shape.numerators:
        pairs = enumerate(zip(shape.numerators, shape.denominators, strict=True), 1)
        return {number: (None, *pair) for number, pair in pairs if None not in pair}
    due = month_numbers(rule.expected)
    denominators = [_denominator(shape, number, noise) for number in due]
    total = sum(denominators)
    reached = int((_annual(shape) * total / rule.scale).quantize(Decimal(1), ROUND_HALF_EVEN))
    short = distribute_by_weight(total - reached, _weights(shape, due, noise), denominators)
    return {
        number: (None, Decimal(whole - missed), Decimal(whole))
        for number, whole, missed in zip(due, denominators, short, strict=True)
    }


def _denominator(shape: Shape, number: int, noise: random.Random) -> int:
    if shape.denominator is None:
        return Month(shape.year, number).last_day.day - shape.gaps.get(number, 0)
    return max(1, shape.denominator * (100 + noise.randint(-NOISE, NOISE)) // 100)


def _annual(shape: Shape) -> Decimal:
    if shape.annual is None:
        raise ValueError(f"no figure for the year: {shape.indicator} {shape.region} {shape.year}")
    return shape.annual


def _weights(shape: Shape, due: list[int], noise: random.Random) -> list[int]:
    return [shape.season[number - 1] * (100 + noise.randint(-NOISE, NOISE)) for number in due]


def distribute_by_weight(total: int, weights: Sequence[int], most: Sequence[int] | None = None) -> list[int]:
    """`total` in whole parts by weight, none above its `most`; what rounding leaves goes to the largest remainders."""
    limits = list(most) if most is not None else [total] * len(weights)
    if total > sum(limits):
        raise ValueError("more than fits")
    whole = sum(weights)
    parts = [min(total * weight // whole, limit) for weight, limit in zip(weights, limits, strict=True)]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-(total * weights[index] % whole), index))
    while missing := total - sum(parts):
        for index in [index for index in by_remainder if parts[index] < limits[index]][:missing]:
            parts[index] += 1
    return parts
