"""What is done to observations and promises. Each service is atomic and writes its audit event and its dirty keys."""

from targets.services.attachments import attach, detach
from targets.services.checking import Background, check_entries, months_before, odd_entries
from targets.services.dirty import formulas_changed, mark_dirty, promises_changed
from targets.services.drafting import (
    ConflictError,
    ConflictsError,
    EntriesRefusedError,
    Typed,
    hand_in,
    save_draft,
    save_drafts,
)
from targets.services.locking import lock, reopen
from targets.services.official import (
    Outcome,
    beyond,
    make_official,
    make_official_from,
    submit_from,
)
from targets.services.questioning import SignalOfMonth, answer_data_question, ask_about_data
from targets.services.quotas import (
    Division,
    QuotasChangedError,
    QuotasRefusedError,
    demand_reasons,
    divide,
    quotas_in_force,
    set_quotas,
    sum_of,
)
from targets.services.reporting import hand_over, reporters_changed
from targets.services.reviewing import approve, approve_all, send_back, withdraw
from targets.services.ruling import demand_judged_alike
from targets.services.undoing import retract, send_back_all
from targets.services.versions import check_change, former_rule, keep_former

__all__ = [
    "Background",
    "ConflictError",
    "ConflictsError",
    "Division",
    "EntriesRefusedError",
    "Outcome",
    "QuotasChangedError",
    "QuotasRefusedError",
    "SignalOfMonth",
    "Typed",
    "answer_data_question",
    "approve",
    "approve_all",
    "ask_about_data",
    "attach",
    "beyond",
    "check_change",
    "check_entries",
    "demand_judged_alike",
    "demand_reasons",
    "detach",
    "divide",
    "former_rule",
    "formulas_changed",
    "hand_in",
    "hand_over",
    "keep_former",
    "lock",
    "make_official",
    "make_official_from",
    "mark_dirty",
    "months_before",
    "odd_entries",
    "promises_changed",
    "quotas_in_force",
    "reopen",
    "reporters_changed",
    "retract",
    "save_draft",
    "save_drafts",
    "send_back",
    "send_back_all",
    "set_quotas",
    "submit_from",
    "sum_of",
    "withdraw",
]
