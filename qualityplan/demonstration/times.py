"""When made-up figures were handed in (pure): most on time, some late, by the habits of each unit."""

import random
from datetime import datetime, timedelta

HABITS = (0, 0, 0, 5, 10, 30)
"""How many of a hundred figures a unit hands in late; each unit has one of these habits."""
DAYS_BEFORE, DAYS_AFTER = 4, 6
OFFICE_HOURS = (8 * 60 + 30, 17 * 60 + 30)
"""In minutes of the day."""


def handed_in_at(ends: datetime, unit: str, figure: str, seed: int) -> datetime:
    """A moment in office hours in the days before `ends` (the midnight after the deadline), or after it.

    The same unit, figure and seed always give the same moment.
    """
    habit = random.Random(f"{seed}|{unit}").choice(HABITS)  # noqa: S311 - not for secrets
    chance = random.Random(f"{seed}|{unit}|{figure}")  # noqa: S311 - not for secrets
    is_late = chance.randrange(100) < habit
    day = chance.randrange(DAYS_AFTER) if is_late else -1 - chance.randrange(DAYS_BEFORE)
    return ends + timedelta(days=day, minutes=chance.randint(*OFFICE_HOURS))
