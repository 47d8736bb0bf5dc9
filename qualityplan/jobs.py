"""What a worker does about what proves and is proved: links the audit chain and tells its head each week, and looks
through the chain and the stored lights each night."""

import logging
from collections.abc import Sequence
from hashlib import sha256
from itertools import chain as one_after_the_other
from itertools import islice

from celery import shared_task
from django.urls import reverse
from django.utils import timezone

from departments.auditing import chain
from departments.auditing.chain_wording import BROKEN, HEAD
from departments.rules.reminding import NoticePart
from qualityplan.watching import alarms, notes
from qualityplan.watching.alarms import RAISED, Trouble
from targets.judging.audit import differences, disordered

logger = logging.getLogger(__name__)
NAMED, COUNTED = 20, 1000
"""How many faults are named, and up to how many are counted."""


@shared_task(name="qualityplan.link_chain")
def link_chain() -> None:
    """Links what was written since the last run; pages print the new head."""
    chain.link_sealed_rows()
    chain.remember_chain_head()


@shared_task(name="qualityplan.look_through_chain")
def look_through_chain() -> None:
    """Administrators are told at once of what was removed, changed or put in behind the service's back; again where a
    later night finds something else, and when it is mended."""
    chain.link_sealed_rows(everywhere=True)
    found = list(islice(chain.find_chain_faults(), NAMED + 1))
    details = {"faults": found[:NAMED], "more": len(found) > NAMED}
    _conclude(notes.CHAIN, alarms.CHAIN, found, Trouble(kind=BROKEN, details=details, mark=_mark_of(found)))


@shared_task(name="qualityplan.audit_attainment")
def audit_attainment() -> None:
    """Administrators are told of stored lights that are not what the figures say. What is found is looked for a second
    time: a figure that was approved while the audit ran is no fault."""
    found = _faults_of_lights()
    found = [fault for fault in _faults_of_lights() if fault in found] if found else found
    trouble = Trouble(kind=RAISED, details={"count": len(found)}, mark=_mark_of(found))
    _conclude(notes.ATTAINMENT, alarms.ATTAINMENT, found, trouble)


def _faults_of_lights() -> list[str]:
    return list(islice(one_after_the_other(map(str, differences()), disordered()), COUNTED))


def _conclude(audit: str, part: str, found: Sequence[str], trouble: Trouble) -> None:
    """Notes what an audit has found, and raises or ends the alarm."""
    notes.note_audit(audit, faults=len(found))
    if found:
        logger.error("an audit has found faults", extra={"audit": audit, "faults": found[: NAMED + 1]})
    alarms.settle_alarm(part, trouble if found else None, timezone.now())


def _mark_of(found: Sequence[str]) -> str:
    return sha256("\n".join(found).encode()).hexdigest()


@shared_task(name="qualityplan.tell_head_of_chain")
def tell_head_of_chain() -> None:
    """Administrators have the head in their mail, where nobody with rights on the database reaches it."""
    chain.link_sealed_rows(everywhere=True)
    told = NoticePart(HEAD, {"head": str(chain.read_chain_head())}, reverse("audit"))
    alarms.tell_administrators(told, timezone.now())
