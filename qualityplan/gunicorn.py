"""Settings of the web server that are not given on its command line."""

import os
from typing import Any

from qualityplan.running.processes import die_with_parent
from qualityplan.settings import BIND, LOGGING, PORT, WEB_PROCESSES
from qualityplan.watching import counting, marks

LEAST_PROCESSES, MOST_PROCESSES = 3, 33


def fitting_processes(cores: int) -> int:
    """How many processes fit a machine: a page is arithmetic, so one for each core, and one more while another waits
    for the database. Threads would share one interpreter lock. With fewer than three, one large file and one question
    of the monitoring keep everybody waiting; with more than 33, the hundred connections that PostgreSQL takes by
    itself run short.
    """
    return min(max(cores + 1, LEAST_PROCESSES), MOST_PROCESSES)


# Whether a proxy is believed is said by TRUST_PROXY alone: gunicorn would believe every proxy on this machine.
forwarded_allow_ips = ""
bind = f"{BIND}:{PORT}"
workers = WEB_PROCESSES or fitting_processes(len(os.sched_getaffinity(0)))
timeout = 60
graceful_timeout = 8
max_requests = 10_000
max_requests_jitter = 1_000
control_socket_disable = True
# The application writes its own line per request, without addresses of people.
accesslog = None
logconfig_dict = LOGGING | {
    "loggers": LOGGING["loggers"] | {"gunicorn.error": {"handlers": [], "level": "WARNING", "propagate": True}}
}


def on_starting(server: object) -> None:
    """The web server starts; what earlier ones have counted is over."""
    marks.mark_started(marks.WEB)
    counting.begin_counts_anew(marks.WEB)


def post_fork(server: object, worker: Any) -> None:  # gunicorn has no types
    """A killed master takes its workers along; they would notice its end only after half a minute. Each counts its
    requests beside the others."""
    die_with_parent(worker.ppid)
    counting.count_together(marks.WEB)


def post_worker_init(worker: Any) -> None:  # gunicorn has no types
    """The first processes look at the database before they take a request, and end the server where it is not that of
    this release. Those that replace them do not: a migration beside the running service would end it at some hour.
    Each looks after the other parts, beside its work."""
    from qualityplan.releases.inspection import refuse_other_database
    from qualityplan.watching.watchman import begin_watch

    if worker.age <= worker.cfg.workers:
        refuse_other_database()
    begin_watch(marks.WEB)
