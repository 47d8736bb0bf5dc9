"""The clock by which limits run and pass: one place to read it, so that time can be moved where that is needed."""

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """The present moment."""
    return timezone.now()
