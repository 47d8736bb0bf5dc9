"""Reading our own templates: indented for whoever writes them, without the indentation for whoever loads a page."""

import re

from django.template.base import Origin
from django.template.loaders.filesystem import Loader

INDENTATION = re.compile(r"\n[ \t]+")


class IndentationLoader(Loader):
    """Django's loader of files, which leaves out the white space at the beginning of each line of HTML.

    A browser takes a new line with or without it for the same space, and a table of many rows is a third smaller. The
    lines themselves stay, so that an error is told at the line where it is. Mails as text are read as they are.
    """

    def get_contents(self, origin: Origin) -> str:
        text = str(super().get_contents(origin))
        return INDENTATION.sub("\n", text) if origin.name.endswith(".html") else text
