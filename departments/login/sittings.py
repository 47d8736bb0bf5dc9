"""How long a log-in holds: until nothing has been asked for a while, and never longer than a working day.

The session remembers when it began and when it was last used, the latter to the minute: a session that was written at
every request would cost every page a write, and SQLite its only one.
"""

import time

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase

BEGAN, USED = "began", "used"
PRECISION = 60
"""Seconds within which a further request is not written down."""


def begin(session: SessionBase) -> None:
    """Somebody has logged in."""
    session[BEGAN] = session[USED] = int(time.time())


def is_over(session: SessionBase) -> bool:
    """Whether the log-in in this session has ended; False if nobody is logged in."""
    if SESSION_KEY not in session:
        return False
    now = time.time()
    return (
        now - session.get(USED, 0) >= settings.SESSION_IDLE_MINUTES * 60
        or now - session.get(BEGAN, 0) >= settings.SESSION_COOKIE_AGE
    )


def renew(session: SessionBase) -> None:
    """The person has asked for something."""
    now = int(time.time())
    if SESSION_KEY in session and now - session.get(USED, 0) >= PRECISION:
        session[USED] = now
