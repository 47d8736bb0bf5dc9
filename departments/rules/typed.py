"""Whole numbers that people and programs send as text (pure, imports no Django)."""

MOST_DIGITS = 18
"""More do not fit into a key of any database."""


def number_of(text: object) -> int | None:
    """The number that the text writes; None for other texts, and for a number that no database could look up."""
    digits = str(text or "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS else None
