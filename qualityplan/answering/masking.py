"""The log without private addresses: whoever knows one of a wall's screen or of a calendar reads what it shows."""

import logging
import re
from datetime import datetime

from pythonjsonlogger.json import JsonFormatter

_PRIVATE = re.compile(r"""(/(?:screen|calendar)/)[^/\s"'?.\\]+""")


def mask_private_addresses(text: str) -> str:
    """The text without the keys that stand in private addresses."""
    return _PRIVATE.sub(r"\1***", text)


class Formatter(JsonFormatter):
    """One JSON object a line; messages, values and tracebacks are masked alike."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return mask_private_addresses(super().format(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        """The moment with its offset, as in ISO 8601: whoever reads lines of two machines can order them."""
        return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")
