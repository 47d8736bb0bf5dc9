"""What is done to observations and promises. Each service is atomic and writes its audit event and its dirty keys."""

from targets.services.checking import check_entries, odd_entries
from targets.services.dirty import mark_dirty, promises_changed
from targets.services.drafting import ConflictError, EntriesRefusedError, Typed, discard_draft, hand_in, save_draft
from targets.services.locking import lock, reopen
from targets.services.official import (
    Outcome,
    make_official,
    make_official_from,
    retract,
    send_back_all,
    submit_from,
)
from targets.services.reviewing import approve, approve_all, enter, send_back, submit, withdraw

__all__ = [
    "ConflictError",
    "EntriesRefusedError",
    "Outcome",
    "Typed",
    "approve",
    "approve_all",
    "check_entries",
    "discard_draft",
    "enter",
    "hand_in",
    "lock",
    "make_official",
    "make_official_from",
    "mark_dirty",
    "odd_entries",
    "promises_changed",
    "reopen",
    "retract",
    "save_draft",
    "send_back",
    "send_back_all",
    "submit",
    "submit_from",
    "withdraw",
]
