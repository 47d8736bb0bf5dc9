"""Measured promises and the facts by which they are judged."""

from targets.models.attainment import Attainment, DirtyKey
from targets.models.drafting import Draft, MonthLock
from targets.models.indicator import Indicator
from targets.models.observation import Figures, Observation, Revision, Source
from targets.models.target import Target, TargetAssignment

__all__ = [
    "Attainment",
    "DirtyKey",
    "Draft",
    "Figures",
    "Indicator",
    "MonthLock",
    "Observation",
    "Revision",
    "Source",
    "Target",
    "TargetAssignment",
]
