"""Measured promises and the facts by which they are judged."""

from targets.models.attachments import Attachment
from targets.models.attainment import AppliedFormulas, Attainment, DirtyKey
from targets.models.drafting import Draft, MonthLock
from targets.models.duty import ReportingDuty
from targets.models.indicator import Indicator
from targets.models.leader import TargetLeader
from targets.models.observation import Decision, Figures, LatestEntry, Observation, Revision, RevisionAuthor, Source
from targets.models.parting import Quota, Step
from targets.models.question import DataQuestion
from targets.models.target import HeldRule, RuleChange, Target, TargetAssignment
from targets.models.version import TargetVersion

__all__ = [
    "AppliedFormulas",
    "Attachment",
    "Attainment",
    "DataQuestion",
    "Decision",
    "DirtyKey",
    "Draft",
    "Figures",
    "HeldRule",
    "Indicator",
    "LatestEntry",
    "MonthLock",
    "Observation",
    "Quota",
    "ReportingDuty",
    "Revision",
    "RevisionAuthor",
    "RuleChange",
    "Source",
    "Step",
    "Target",
    "TargetAssignment",
    "TargetLeader",
    "TargetVersion",
]
