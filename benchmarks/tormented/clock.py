"""Settings of gunicorn for a web server whose clock can be set: the product's own, and a clock that is read anew.

The file named by `TORTURE_CLOCK` says by how many seconds the clock is wrong. Only the web server's processes know it;
worker, beat, PostgreSQL and the product itself do not.
"""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from qualityplan import gunicorn

globals().update({name: value for name, value in vars(gunicorn).items() if not name.startswith("_")})

right_time = time.time


def wrong_by() -> float:
    """Seconds to add to what the machine's clock says."""
    return float(Path(os.environ["TORTURE_CLOCK"]).read_text() or 0)


def post_fork(server: Any, worker: Any) -> None:
    """Before the process loads anything of the product: whatever asks for the time asks this clock."""
    gunicorn.post_fork(server, worker)
    from django.utils import timezone

    right_now = timezone.now
    time.time = lambda: right_time() + wrong_by()
    timezone.now = lambda: right_now() + timedelta(seconds=wrong_by())
