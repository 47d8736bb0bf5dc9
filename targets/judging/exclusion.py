"""Who may judge what at the same time: recomputes of different plans run beside one another, those of one plan do not.

Two runs that overlap on a target could write last what was read first. So a recompute holds the locks of the plans
whose targets it writes, and has taken them before it reads. What concerns all plans excludes every recompute. The locks
are PostgreSQL's advisory ones and end with the transaction; on SQLite IMMEDIATE transactions exclude each other.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from typing import NamedTuple

from django.db import connection, transaction

from targets.models import Target

LOCK = 0x7175616C  # any constant: the advisory locks of recomputes
CLAIM, WHOLE = 100, 20
"""Dirty keys from which on a run leaves further plans to others, and as how many of one region a key of all counts."""

IndicatorPlans = dict[int, frozenset[int]]
"""indicator id → ids of the plans of which a target is judged by it or compared with it"""


def exclude_others() -> None:
    """Waits until no recompute runs, and keeps any from running until the end of the transaction."""
    if connection.vendor == "postgresql":
        _ask("pg_advisory_xact_lock(%s)", LOCK)


class Claim(NamedTuple):
    """The plans that nobody else judges until the end of the transaction, and the indicators that judge no others."""

    plans: frozenset[int]
    indicators: frozenset[int]


def claim_plans(keys: Sequence[tuple[int, int | None]]) -> Claim:
    """Keeps others from some of the plans that are judged by these dirty keys, each of an indicator and a region, the
    most urgent first.

    Plans that nobody holds come first, up to so many keys that a run is worth its while; where all are held it waits
    for those of the first key.
    """
    judged = plans_judged_by({indicator for indicator, _region in keys})
    if connection.vendor == "postgresql":
        _ask("pg_advisory_xact_lock_shared(%s)", LOCK)
        wanted: Counter[frozenset[int]] = Counter()
        for indicator, region in keys:
            wanted[judged[indicator]] += WHOLE if region is None else 1
        plans = _claim_of(wanted)
    else:
        plans = frozenset().union(*judged.values())
    return Claim(plans, frozenset(indicator for indicator, wanted in judged.items() if wanted <= plans))


def _claim_of(wanted: Mapping[frozenset[int], int]) -> frozenset[int]:
    """Of groups of plans, each with its number of keys, as many as a run shall have; at least one."""
    claimed: frozenset[int] = frozenset()
    taken = 0
    for plans, keys in wanted.items():
        if taken >= CLAIM:
            break
        if try_plans(plans - claimed):
            claimed, taken = claimed | plans, taken + keys
    if not taken:
        # Nothing is held here, and all wait in one order: nobody waits for somebody who waits.
        claimed = next(iter(wanted))
        _ask("count(pg_advisory_xact_lock(%s, plan)) FROM unnest(%s) plan", LOCK, sorted(claimed))
    return claimed


def try_all_plans_of(indicator_ids: Collection[int]) -> frozenset[int] | None:
    """The same without waiting, for all plans that are judged by these indicators; None if somebody holds one."""
    plans: frozenset[int] = frozenset().union(*plans_judged_by(indicator_ids).values())
    return plans if _ask("pg_try_advisory_xact_lock_shared(%s)", LOCK) and try_plans(plans) else None


def try_plans(plans: Collection[int]) -> bool:
    """Keeps others from these plans; false, with none of them held, where somebody holds one of them already."""
    if not plans:
        return True
    # What was locked since a savepoint is let go with it; a single lock needs none.
    with transaction.atomic() if len(plans) > 1 else nullcontext():
        held = _ask("bool_and(pg_try_advisory_xact_lock(%s, plan)) FROM unnest(%s) plan", LOCK, sorted(plans))
        if not held and len(plans) > 1:
            transaction.set_rollback(True)
    return held


def plans_judged_by(indicator_ids: Collection[int]) -> IndicatorPlans:
    """Of which plans in force a target is judged by each indicator, compared with it, or was by an earlier rule."""
    found: dict[int, set[int]] = {pk: set() for pk in indicator_ids}
    targets = Target.objects.in_force().judged_by(indicator_ids)
    for plan, *uses in targets.values_list("plan_id", "indicator_id", "operand_id", "versions__operand_id"):
        for indicator in found.keys() & uses:
            found[indicator].add(plan)
    return {indicator: frozenset(plans) for indicator, plans in found.items()}


def _ask(function: str, *arguments: int | list[int]) -> bool:
    """Whether the lock was taken, of a function that tries; those that wait tell nothing."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}", arguments)
        return bool(cursor.fetchone()[0])
