"""What is done to observations and promises. Each service is atomic and writes its audit event and its dirty keys."""

from targets.services.checking import check_entries
from targets.services.dirty import mark_dirty, promises_changed
from targets.services.official import Outcome, make_official
from targets.services.reviewing import approve, enter, send_back, submit, withdraw

__all__ = [
    "Outcome",
    "approve",
    "check_entries",
    "enter",
    "make_official",
    "mark_dirty",
    "promises_changed",
    "send_back",
    "submit",
    "withdraw",
]
