"""Settings of the web server that are not given on its command line."""

from typing import Any

from qualityplan.running.processes import die_with_parent
from qualityplan.settings import LOGGING
from qualityplan.watching import counting, marks

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


def post_worker_init(worker: object) -> None:
    """A web process looks after the other parts, beside its work."""
    from qualityplan.watching.watchman import begin_watch

    begin_watch(marks.WEB)
