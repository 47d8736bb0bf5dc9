"""The composition of the apps: settings, addresses, processes. No app imports it."""

from qualityplan.celery import app as celery_app

__all__ = ["celery_app"]
