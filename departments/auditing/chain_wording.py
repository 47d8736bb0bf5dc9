"""What administrators are told of the audit chain, in words."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from departments.rules.reminding import Details

BROKEN, HEAD = "chain_broken", "chain_head"


def _broken(details: Details) -> str:
    faults = " ".join([*details["faults"], *(["…"] if details["more"] else [])])
    said = _("Audit events or decisions were changed behind the service's back: %(faults)s Run audit_chain.")
    return said % {"faults": faults}


def _head(details: Details) -> str:
    said = _("Head of the audit chain: %(head)s. Keep this mail: it proves later that nothing before it was removed.")
    return said % {"head": details["head"]}


WORDINGS: dict[str, Callable[[Details], str]] = {BROKEN: _broken, HEAD: _head}
HEADINGS: dict[str, str | Promise] = {
    BROKEN: gettext_lazy("The audit chain does not hold"),
    HEAD: gettext_lazy("Head of the audit chain"),
}
