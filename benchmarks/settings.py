"""The service's own settings with the benchmark's addresses beside those of the service."""

from qualityplan.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"
