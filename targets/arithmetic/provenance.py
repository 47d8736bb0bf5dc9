"""What a judgement was made from, as it is kept beside it: hash of all inputs, revisions (pure, imports no Django)."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import date
from hashlib import sha256
from operator import attrgetter

from targets.arithmetic.accumulation import IndicatorRule, MonthReading
from targets.arithmetic.formulas import DatedMilestone, TargetRule

NUMBERS = tuple(str(number) for number in range(1, 1201))
"""The months from where counting begins, as text: enough for a hundred years."""


_values_of_rule, _values_of_indicator = (
    attrgetter(*(field.name for field in fields(kind))) for kind in (TargetRule, IndicatorRule)
)


def rule_values(rule: TargetRule) -> tuple[object, ...]:
    """All values of a rule, for the hash of the inputs: those of `dataclasses.astuple`, which copies each of them."""
    values = _values_of_rule(rule)
    return tuple(_values_of_indicator(value) if isinstance(value, IndicatorRule) else value for value in values)


def token(region_code: str, reading: MonthReading) -> str:
    """One reading in canonical text, for the hash of the inputs.

    The revision that gave it stands beside the hash and not in it: its id is a number that this database has given, and
    the same figures have the same hash wherever and in whatever order they were entered.
    """
    month, value, numerator, denominator, occurred_on, _revision = reading
    if value is None:
        return f"{region_code}/{month}={numerator!s}:{denominator!s};"
    return f"{region_code}/{month}={value!s}@{occurred_on or ''};"


def input_digests(head: str, tokens: Sequence[Sequence[str]], alone: Sequence[str] = ()) -> list[str]:
    """SHA-256 of everything that the judgement of each month is made from: what came before, and the month's own.

    `tokens` are the texts of each series that is looked at, a text a month. `alone` says what decides a month and none
    after it: the milestones that are due, the quota in force; where there is any, a text a month.
    """
    digest = sha256(head.encode())
    found = []
    for index, texts in enumerate(zip(NUMBERS, *tokens, strict=False)):
        digest.update("|".join(texts).encode())
        of_month = digest
        if alone and alone[index]:
            of_month = digest.copy()
            of_month.update(alone[index].encode())
        found.append(of_month.hexdigest())
    return found


def milestones_text(milestones: Sequence[DatedMilestone], end: date) -> str:
    """The milestones as they stood at the end of a month; nothing where there are none at all."""
    if not milestones:
        return ""
    due = [milestone for milestone in milestones if milestone.due <= end]
    return (
        ";".join(f"{milestone.due}:{milestone.done_on is not None and milestone.done_on <= end}" for milestone in due)
        or "none due"
    )


def revision_lists(months: Sequence[Sequence[int]], before: Collection[int] = ()) -> list[str]:
    """The ids of all revisions up to each of the months, ascending, as JSON; `months` are those of each, and `before`
    those that were there from the beginning."""
    known = sorted(before)
    text, found = ", ".join(map(str, known)), []
    for ids in months:
        if len(ids) == 1 and (not known or ids[0] > known[-1]):  # as a rule: one entry a month, in the order of months
            known.append(ids[0])
            text = f"{text}, {ids[0]}" if text else str(ids[0])
        elif ids:
            known = sorted({*known, *ids})
            text = ", ".join(map(str, known))
        found.append(f"[{text}]")
    return found
