"""What a worker does about the audit chain: links, looks it through each night, and tells its head each week."""

import logging
from itertools import islice

from celery import shared_task
from django.urls import reverse
from django.utils import timezone

from departments.auditing import chain
from departments.auditing.chain_wording import BROKEN, HEAD
from departments.models import Department, User
from departments.permissions import Role
from departments.rules.reminding import NoticePart
from departments.services.notices import notify

logger = logging.getLogger(__name__)
NAMED = 20


@shared_task(name="qualityplan.link_chain")
def link_chain() -> None:
    """Links what was written since the last run; pages print the new head."""
    chain.link_sealed_rows()
    chain.remember_chain_head()


@shared_task(name="qualityplan.look_through_chain")
def look_through_chain() -> None:
    """Administrators are told at once of what was removed, changed or put in behind the service's back."""
    chain.link_sealed_rows(everywhere=True)
    found = list(islice(chain.find_chain_faults(), NAMED + 1))
    if found:
        logger.error("the audit chain does not hold", extra={"faults": found})
        _tell(BROKEN, faults=found[:NAMED], more=len(found) > NAMED)


@shared_task(name="qualityplan.tell_head_of_chain")
def tell_head_of_chain() -> None:
    """Administrators have the head in their mail, where nobody with rights on the database reaches it."""
    chain.link_sealed_rows(everywhere=True)
    _tell(HEAD, head=str(chain.read_chain_head()))


def _tell(kind: str, **details: object) -> None:
    """Tells the administrators of the government offices, who read the audit log."""
    held = {
        "memberships__role": Role.ADMINISTRATOR.value,
        "memberships__department__kind": Department.Kind.GOVERNMENT_OFFICE,
    }
    for person in User.objects.filter(is_active=True, **held).distinct().order_by("pk"):
        notify(person, kind=kind, subject="", part=NoticePart(kind, details, reverse("audit")), now=timezone.now())
