"""Measured promises and the facts by which they are judged."""

from targets.models.attainment import Attainment, DirtyKey
from targets.models.indicator import Indicator
from targets.models.observation import Observation, Revision, Source
from targets.models.target import Target, TargetAssignment

__all__ = [
    "Attainment",
    "DirtyKey",
    "Indicator",
    "Observation",
    "Revision",
    "Source",
    "Target",
    "TargetAssignment",
]
