"""Rules of four eyes that the database keeps for tasks (see `reviews.four_eyes`): no author approves a report, and
nobody signs off or closes a task on which they have reported."""

from reviews.four_eyes import FourEyesRule, rules_of

SIGNED = "Nobody signs off what they have reported."
CLOSED = "Nobody closes what they have reported, split or signed off."
APPROVED = """EXISTS (
    SELECT 1 FROM tasks_progressreport r LEFT JOIN tasks_reportauthor a ON a.report_id = r.id
    WHERE r.state = 'approved' AND r.task_id = {task} AND {person} IN (r.author_id, a.user_id){of_month}
)"""
SPLIT = """EXISTS (
    SELECT 1 FROM tasks_historicalmilestone h
    WHERE h.task_id = NEW.id AND h.history_user_id = NEW.closed_by_id AND h.history_change_reason IS NOT NULL
)"""
LAST_SIGNATURE = "(SELECT s.by_id FROM tasks_signoff s WHERE s.task_id = NEW.id ORDER BY s.id DESC LIMIT 1)"

_OWN = APPROVED.format(task="NEW.task_id", person="NEW.by_id", of_month=" AND r.month = NEW.month")
_REPORTED = APPROVED.format(task="NEW.id", person="NEW.closed_by_id", of_month="")
_CLOSING = "NEW.closed_by_id IS NOT NULL AND coalesce(OLD.closed_by_id, 0) <> NEW.closed_by_id"
_WRONG = f"({_REPORTED} OR {SPLIT} OR {LAST_SIGNATURE} = NEW.closed_by_id)"

RULES = (
    *rules_of("tasks_progressreport", "tasks_reportauthor", "tasks_reportdecision", "report_id"),
    FourEyesRule("signed_by_others", "tasks_signoff", "INSERT", "NEW.by_id IS NOT NULL", _OWN, SIGNED),
    FourEyesRule("still_signed_by_others", "tasks_signoff", "UPDATE", "NEW.by_id IS NOT NULL", _OWN, SIGNED),
    FourEyesRule("closed_by_others", "tasks_task", "UPDATE OF closed_by_id", _CLOSING, _WRONG, CLOSED),
)
