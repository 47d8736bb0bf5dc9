"""How a test reads a page: as a browser does, however the lines of the template are broken."""

import re
from typing import Any

BLOCKS = (
    "main|header|footer|nav|aside|section|article|div|p|ul|ol|li|dl|dt|dd|table|caption|thead|tbody|tfoot|tr|td|th|form"
    "|fieldset|legend|h[1-6]|details|summary|select|option|br"
)
BLOCK = re.compile(rf" ?(</?(?:{BLOCKS})\b[^>]*>) ?")


def markup_of(answer: Any) -> str:
    """The markup of a page without the white space that no reader sees: beside blocks, and at the end of a tag."""
    text = re.sub(r"[ \n]+", " ", answer.content.decode())
    return BLOCK.sub(r"\1", re.sub(r" ?(/?>)", r"\1", text))
