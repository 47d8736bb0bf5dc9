"""Proposing by rule: what slips comes before the coordinator, once a matter."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import override

from targets.models import Target
from tasks.models import SupervisionNotice, Task
from tasks.reading.findings import Finding, findings, pressed_plans
from tasks.rules.supervising import OPEN
from tasks.services.supervision import NoticeProposal, propose_notice
from tasks.wording.grounds import DRAFTS


def propose_by_rule(*, now: datetime) -> int:
    """Proposes what slips and is not pressed already; the number of proposals. A repeated run proposes nothing twice.

    Each proposal is a transaction of its own: where another run was quicker, the database refuses ours and the rest
    goes on.
    """
    today = timezone.localdate(now)
    found = [finding for plan in pressed_plans(today) for finding in findings(plan, today)]
    known = _known(finding.matter for finding in found)
    made = 0
    for finding in found:
        if _is_new(finding, known.get(finding.matter)):
            with suppress(IntegrityError), transaction.atomic():
                propose_notice(_proposal(finding), by=None, now=now)
                made += 1
    return made


def _known(matters: Iterable[str]) -> dict[str, tuple[int, date]]:
    """Finds for each matter how many of its notices are open, and the last day of evidence of any of its notices."""
    is_open = Q(state__in=[state.value for state in OPEN])
    rows = SupervisionNotice.objects.filter(matter__in=set(matters)).order_by().values("matter")
    told = rows.annotate(open=Count("pk", filter=is_open), last=Max("evidence"))
    return {row["matter"]: (row["open"], row["last"]) for row in told}


def _is_new(finding: Finding, known: tuple[int, date] | None) -> bool:
    return known is None or (not known[0] and finding.since > known[1])


def _proposal(finding: Finding) -> NoticeProposal:
    """Writes what the notice would say, in Chinese, as it will be sent."""
    with override(settings.LANGUAGE_CODE):
        title, demand = DRAFTS[finding.kind](finding.details)
    lead, support = (finding.units[0], finding.units[1:]) if finding.units else (None, ())
    return NoticeProposal(
        plan=finding.plan,
        title=title[: SupervisionNotice._meta.get_field("title").max_length],
        demand=demand,
        milestone=finding.milestone,
        lead=lead,
        support=tuple(support),
        origin=SupervisionNotice.Origin.RULE,
        grounds={"kind": finding.kind, "details": dict(finding.details)},
        matter=finding.matter,
        evidence=finding.evidence,
        target=finding.subject if isinstance(finding.subject, Target) else None,
        task=finding.subject if isinstance(finding.subject, Task) else None,
    )
