"""The port through which an upper app adds something to a page of a lower one.

The desk belongs to targets, which know nothing of tasks; tasks stand on it all the same. The page has a slot, and the
upper app says when it starts what is drawn there.
"""

from collections.abc import Callable

from django.template import Context
from django.utils.safestring import SafeString

Draw = Callable[[Context], str]
_slots: dict[str, list[Draw]] = {}


def draw_template(name: str) -> Draw:
    """What draws the template of that name with the page's own context, as an include would."""

    def draw(context: Context) -> str:
        page = context.template
        if page is None:
            raise ValueError("a slot is drawn within a page")
        return page.engine.get_template(name).render(context)

    return draw


def fill_slot(slot: str, draw: Draw) -> None:
    """Registers what is drawn in the slot, after what was registered before. `draw` is given the page's context, and
    gives HTML in which everything is escaped."""
    known = _slots.setdefault(slot, [])
    if draw not in known:
        known.append(draw)


def draw_slot(slot: str, context: Context) -> SafeString:
    """All that upper apps have to show there; nothing where none has."""
    return SafeString("".join(draw(context) for draw in _slots.get(slot, ())))
