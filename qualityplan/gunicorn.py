"""Settings of the web server that are not given on its command line."""

from typing import Any

from qualityplan.running.processes import die_with_parent
from qualityplan.settings import LOGGING

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


def post_fork(server: object, worker: Any) -> None:  # gunicorn has no types
    """A killed master takes its workers along; they would notice its end only after half a minute."""
    die_with_parent(worker.ppid)


def post_worker_init(worker: Any) -> None:  # gunicorn has no types
    """The first processes look at the database before they take a request, and end the server where it is not that of
    this release. Those that replace them do not: a migration beside the running service would end it at some hour."""
    from qualityplan.releases.inspection import refuse_other_database

    if worker.age <= worker.cfg.workers:
        refuse_other_database()
