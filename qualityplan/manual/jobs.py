"""What a worker does for readers of the manual."""

from celery import shared_task

from qualityplan.manual.paper import make_manual_pdf

LONGEST = 300
"""Seconds after which laying out is broken off; it takes some ten."""


@shared_task(name="qualityplan.make_manual", time_limit=LONGEST)
def make_manual(language: str) -> None:
    """Lays out the manual in the language, unless somebody has done so meanwhile."""
    make_manual_pdf(language)
