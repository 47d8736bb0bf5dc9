"""What is done to promised work; each verb is one function, atomic, its audit event within."""

from tasks.services.attachments import attach_to_report, detach_from_report
from tasks.services.authorship import said_of
from tasks.services.deciding import approve_report, return_report
from tasks.services.drafting import discard_draft_plan, keep, keep_clause, leave_out, publish
from tasks.services.feeds import end_feed, issue_feed, revoke_feed
from tasks.services.milestones import demand_lights_alike, milestones_changed, milestones_of_targets
from tasks.services.next_year import propose_next_year
from tasks.services.places import Place, reported_by
from tasks.services.removing import remove_plan
from tasks.services.reporting import (
    ReportConflictError,
    ReportRefusedError,
    examine,
    hand_in_report,
    said_in,
    save_report,
)
from tasks.services.signing import close, missing_units, reopen_task, sign_off, why_not_closed
from tasks.services.splitting import Planned, split, version_of

__all__ = [
    "Place",
    "Planned",
    "ReportConflictError",
    "ReportRefusedError",
    "approve_report",
    "attach_to_report",
    "close",
    "demand_lights_alike",
    "detach_from_report",
    "discard_draft_plan",
    "end_feed",
    "examine",
    "hand_in_report",
    "issue_feed",
    "keep",
    "keep_clause",
    "leave_out",
    "milestones_changed",
    "milestones_of_targets",
    "missing_units",
    "propose_next_year",
    "publish",
    "remove_plan",
    "reopen_task",
    "reported_by",
    "return_report",
    "revoke_feed",
    "said_in",
    "said_of",
    "save_report",
    "sign_off",
    "split",
    "version_of",
    "why_not_closed",
]
