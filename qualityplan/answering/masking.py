"""The log without private addresses: whoever knows one of a wall's screen or of a calendar reads what it shows."""

import logging
import re

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
