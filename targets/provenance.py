"""What a judgement was made from, as it is kept beside it: hash of all inputs, revisions (pure, imports no Django)."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256

from targets.accumulation import Reading
from targets.formulas import Milestone

MONTHS = tuple(str(number) for number in range(1, 13))


def token(region_code: str, reading: Reading) -> str:
    """One reading in canonical text, for the hash of the inputs."""
    month, value, numerator, denominator, occurred_on, revision = reading
    if value is None:
        return f"{region_code}/{month}={numerator!s}:{denominator!s}#{revision};"
    return f"{region_code}/{month}={value!s}@{occurred_on or ''}#{revision};"


def digests(
    head: str, tokens: Sequence[Sequence[str]], steps: tuple[Milestone, ...], month_ends: Sequence[date]
) -> list[str]:
    """SHA-256 of everything that the judgement of each month is made from: what came before, and the month's own.

    `tokens` are the twelve texts of each series that is looked at.
    """
    digest = sha256(head.encode())
    found = []
    for index, texts in enumerate(zip(MONTHS, *tokens, strict=True)):
        digest.update("|".join(texts).encode())
        of_month = digest
        if steps:
            of_month = digest.copy()
            of_month.update(_steps_text(steps, month_ends[index]).encode())
        found.append(of_month.hexdigest())
    return found


def _steps_text(steps: tuple[Milestone, ...], end: date) -> str:
    """The milestones as they stood at the end of a month."""
    due = [step for step in steps if step.due <= end]
    return ";".join(f"{step.due}:{step.done_on is not None and step.done_on <= end}" for step in due) or "none due"


def revision_lists(months: Sequence[Sequence[int]]) -> list[str]:
    """The ids of all revisions up to each of the twelve months, ascending, as JSON; `months` are those of each."""
    known: list[int] = []
    text, found = "", []
    for ids in months:
        if len(ids) == 1 and (not known or ids[0] > known[-1]):  # as a rule: one entry a month, in the order of months
            known.append(ids[0])
            text = f"{text}, {ids[0]}" if text else str(ids[0])
        elif ids:
            known = sorted({*known, *ids})
            text = ", ".join(map(str, known))
        found.append(f"[{text}]")
    return found
