"""Reading the audit log: filtered, newest first, a page at a time by id, so that its length does not matter."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypedDict

from django.apps import apps
from django.db.models import Exists, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from departments import access
from departments.models import AuditEvent, Department, User
from departments.permissions import Action
from pages.spreadsheets import csv_lines

PAGE = 50

ACTIONS: dict[str, str | Promise] = {
    "account.log_in": gettext_lazy("logged in"),
    "account.log_in_refused": gettext_lazy("log-in refused"),
    "account.log_out": gettext_lazy("logged out"),
    "account.timed_out": gettext_lazy("logged out after a time without use"),
    "account.locked": gettext_lazy("locked after repeated failures"),
    "account.password_changed": gettext_lazy("own password changed"),
    "account.second_factor_added": gettext_lazy("second factor set up"),
    "account.second_factor_removed": gettext_lazy("second factor removed"),
    "account.recovery_codes_renewed": gettext_lazy("recovery codes renewed"),
    "account.recovery_code_used": gettext_lazy("recovery code used"),
    "people.added": gettext_lazy("person added"),
    "people.role_granted": gettext_lazy("role granted"),
    "people.role_proposed": gettext_lazy("role given, waits for a second administrator"),
    "people.role_refused": gettext_lazy("role refused by a second administrator"),
    "people.role_revoked": gettext_lazy("role revoked"),
    "people.changed": gettext_lazy("account changed"),
    "people.deactivated": gettext_lazy("account closed"),
    "people.reactivated": gettext_lazy("account opened again"),
    "people.password_reset": gettext_lazy("password reset"),
    "people.unlocked": gettext_lazy("account unlocked"),
    "people.second_factor_reset": gettext_lazy("second factor reset"),
    "observations.submitted": gettext_lazy("figures handed in"),
    "observations.drafted": gettext_lazy("drafts saved by another system"),
    "observation.approve": gettext_lazy("figure approved"),
    "observation.return": gettext_lazy("figure returned"),
    "observation.withdraw": gettext_lazy("figure withdrawn"),
    "observations.imported": gettext_lazy("figures imported"),
    "attachment.added": gettext_lazy("file attached"),
    "attachment.removed": gettext_lazy("attached file removed"),
    "observations.import_corrected": gettext_lazy("columns of an import corrected"),
    "observations.mapping_forgotten": gettext_lazy("remembered mapping forgotten"),
    "observations.import_refused": gettext_lazy("errors found in an import"),
    "observations.import_confirmed": gettext_lazy("import confirmed"),
    "observations.import_cancelled": gettext_lazy("import cancelled"),
    "observations.import_failed": gettext_lazy("import failed"),
    "observations.import_undone": gettext_lazy("import undone"),
    "quotas.set": gettext_lazy("quotas set"),
    "target.rule_changed": gettext_lazy("target rule changed"),
    "quotas.exported": gettext_lazy("sheet of quotas downloaded"),
    "data_question.asked": gettext_lazy("unit asked about its data"),
    "data_question.answered": gettext_lazy("question about data answered"),
    "month.locked": gettext_lazy("month closed"),
    "month.reopened": gettext_lazy("month reopened"),
    "api_token.created": gettext_lazy("API token created"),
    "api_token.revoked": gettext_lazy("API token revoked"),
    "plan.proposed": gettext_lazy("plan proposed for the next year"),
    "plan.row_added": gettext_lazy("clause or promise added to a draft"),
    "plan.draft_changed": gettext_lazy("draft of a plan changed"),
    "plan.promise_left_out": gettext_lazy("promise left out of a draft"),
    "plan.published": gettext_lazy("plan published"),
    "plan.discarded": gettext_lazy("draft of a plan discarded"),
    "plan.removed": gettext_lazy("plan removed"),
    "report.submitted": gettext_lazy("progress report handed in"),
    "report.approved": gettext_lazy("progress report approved"),
    "report.returned": gettext_lazy("progress report returned"),
    "report_attachment.added": gettext_lazy("file attached to a progress report"),
    "report_attachment.removed": gettext_lazy("file of a progress report removed"),
    "task.split": gettext_lazy("task split or reweighed"),
    "task.signed_off": gettext_lazy("task signed off"),
    "task.closed": gettext_lazy("task closed"),
    "task.reopened": gettext_lazy("task reopened"),
    "calendar.issued": gettext_lazy("private address of a calendar issued"),
    "calendar.revoked": gettext_lazy("private address of a calendar ended"),
    "supervision.propose": gettext_lazy("supervision proposed"),
    "supervision.edit": gettext_lazy("supervision edited"),
    "supervision.reject": gettext_lazy("supervision not taken up"),
    "supervision.issue": gettext_lazy("supervision issued"),
    "supervision.receive": gettext_lazy("supervision received"),
    "supervision.answer": gettext_lazy("supervision answered"),
    "supervision.return": gettext_lazy("supervision sent back"),
    "supervision.verify": gettext_lazy("supervision verified"),
    "supervision.close": gettext_lazy("supervision closed"),
    "supervision.withdraw": gettext_lazy("supervision withdrawn"),
    "supervision.urge": gettext_lazy("supervision urged"),
    "comment.written": gettext_lazy("leader's comment written"),
    "comment.answered": gettext_lazy("leader's comment answered"),
    "comment.pressed": gettext_lazy("supervision made of a leader's comment"),
    "supervision.exported": gettext_lazy("supervision notice taken as a file"),
    "supervision.escalate": gettext_lazy("supervision escalated"),
    "row.added": gettext_lazy("data entered"),
    "row.changed": gettext_lazy("data changed"),
    "row.deleted": gettext_lazy("data deleted"),
    "rows.loaded": gettext_lazy("data loaded from files"),
    "milestones.demonstrated": gettext_lazy("demonstration milestones set"),
    "administration.exported": gettext_lazy("data exported from the administration"),
    "comparison.exported": gettext_lazy("comparison exported"),
    "portfolio.exported": gettext_lazy("portfolio of plans exported"),
    "audit.exported": gettext_lazy("audit log exported"),
    "timeliness.exported": gettext_lazy("timeliness of reporting exported"),
    "template.exported": gettext_lazy("template for figures downloaded"),
    "screen.opened": gettext_lazy("big screen opened"),
    "screen.closed": gettext_lazy("big screen closed"),
    "audit.purged": gettext_lazy("old audit events deleted"),
    "alarm.raised": gettext_lazy("trouble with the service told"),
    "alarm.over": gettext_lazy("trouble with the service over"),
}
"""What is recorded, in words. What is missing here is shown by its code and cannot be chosen in the filter."""

DETAILS: dict[str, str | Promise] = {
    "reason": gettext_lazy("reason"),
    "month": gettext_lazy("month"),
    "from_month": gettext_lazy("from month"),
    "source": gettext_lazy("paper"),
    "regions": gettext_lazy("regions"),
    "new": gettext_lazy("new"),
    "changed": gettext_lazy("changed"),
    "unchanged": gettext_lazy("unchanged"),
    "count": gettext_lazy("number"),
    "format": gettext_lazy("format"),
    "year": gettext_lazy("year"),
    "region": gettext_lazy("region"),
    "plan": gettext_lazy("plan"),
    "sort": gettext_lazy("order"),
    "as_of": gettext_lazy("official at the end of"),
    "together": gettext_lazy("decided together"),
    "rows": gettext_lazy("rows"),
    "errors": gettext_lazy("errors"),
    "left_out": gettext_lazy("rows left out"),
    "failure": gettext_lazy("why it ended"),
    "remembered": gettext_lazy("remembered"),
    "restored": gettext_lazy("figures restored"),
    "removed": gettext_lazy("figures removed"),
    "milestones": gettext_lazy("milestones"),
    "size": gettext_lazy("size in bytes"),
    "digest": gettext_lazy("SHA-256"),
    "owner": gettext_lazy("owner"),
    "name": gettext_lazy("name"),
    "number": gettext_lazy("number"),
    "authors": gettext_lazy("authors"),
    "level": gettext_lazy("escalated to"),
    "username": gettext_lazy("user name"),
    "department": gettext_lazy("department"),
    "role": gettext_lazy("role"),
    "alone": gettext_lazy("by the only administrator"),
    "proposed_by": gettext_lazy("given by"),
    "model": gettext_lazy("kind of data"),
    "models": gettext_lazy("rows of each kind"),
    "older_than": gettext_lazy("older than"),
    "before": gettext_lazy("before the change"),
    "after": gettext_lazy("after the change"),
    "display_name": gettext_lazy("name"),
    "email": gettext_lazy("E-mail address"),
    "staff_number": gettext_lazy("staff number"),
    "way": gettext_lazy("way in"),
    "is_active": gettext_lazy("account in use"),
    "must_change_password": gettext_lazy("must change the password"),
    "while_locked": gettext_lazy("while locked"),
    "network": gettext_lazy("network"),
    "code": gettext_lazy("second factor"),
    "part": gettext_lazy("part of the service"),
    "since": gettext_lazy("since"),
    "wanted_action": gettext_lazy("action"),
    "wanted_person": gettext_lazy("person"),
    "wanted_since": gettext_lazy("from"),
    "wanted_until": gettext_lazy("until"),
}


@dataclass(frozen=True, slots=True)
class AuditLogLine:
    """An event as it is read."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: str


def events_seen_by(user: User) -> "QuerySet[AuditEvent]":
    """The events of the region and the parts that somebody administers; and the events of no region, where there are
    no other administrators' departments."""
    reached = access.reach(user, Action.ADMINISTER)
    others = Department.objects.exclude(region__in=reached.realm)
    return AuditEvent.objects.filter(Q(region__in=reached.realm) | Q(region__isnull=True) & ~Exists(others))


class WantedEvents(TypedDict, total=False):
    """Which events somebody looks for: `person` is a part of the name, both days are included."""

    action: str
    person: str
    since: date
    until: date


def choose_events(wanted: WantedEvents, by: User) -> "QuerySet[AuditEvent]":
    """The events that somebody may read and that fit what is wanted."""
    found = events_seen_by(by).select_related("actor").order_by("-pk")
    if wanted.get("action"):
        found = found.filter(action=wanted["action"])
    if person := wanted.get("person"):
        named = User.objects.filter(Q(username__icontains=person) | Q(display_name__icontains=person))
        found = found.filter(actor__in=named.values("pk"))
    if since := wanted.get("since"):
        found = found.filter(at__gte=_midnight(since))
    if until := wanted.get("until"):
        found = found.filter(at__lt=_midnight(until + timedelta(days=1)))
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def page_of_events(events: "QuerySet[AuditEvent]", before: int | None) -> tuple[list[AuditEvent], int | None]:
    """Up to a page of events older than `before`, and from which id on the next older page starts."""
    if before is not None:
        events = events.filter(pk__lt=before)
    rows = list(events[: PAGE + 1])
    return rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else None


def line_of_event(event: AuditEvent) -> AuditLogLine:
    """The event in the reader's language."""
    return AuditLogLine(
        event.at,
        str(event.actor) if event.actor is not None else _("the system"),
        str(ACTIONS.get(event.action, event.action)),
        subject_text(event.subject),
        _worded(event.detail, _fields_of(event.subject)),
    )


STATES = ("before", "after")
"""What a change was made of, at the end of a line: before (name: Li), after (name: Wang)."""


def _worded(detail: Mapping[str, object], fields: Mapping[str, object]) -> str:
    """Values by their names, in the order in which they are kept; the states of a change last, their values by the
    names of the row's fields."""
    told = [key for key in detail if key not in STATES] + [key for key in STATES if key in detail]
    return ", ".join(_named(key, detail[key], fields) for key in told if detail[key] not in ("", None))


def _named(key: str, value: object, fields: Mapping[str, object]) -> str:
    name = DETAILS.get(key, key)
    if not isinstance(value, dict):
        return f"{name}: {value}"
    return f"{name} ({', '.join(f'{fields.get(field, field)}: {_shown(state)}' for field, state in value.items())})"


def _shown(value: object) -> object:
    """A value of a state; what was or is empty is told too."""
    return "—" if value in ("", None) else value


def _fields_of(subject: str) -> Mapping[str, object]:
    """What the fields of a row are called."""
    label, _colon, _number = subject.partition(":")
    try:
        return {field.name: field.verbose_name for field in apps.get_model(label)._meta.concrete_fields}
    except (LookupError, ValueError):
        return {}


def subject_text(subject: str) -> str:
    """ "targets.revision:17" as the model's name and the number."""
    label, _colon, number = subject.partition(":")
    try:
        return f"{apps.get_model(label)._meta.verbose_name} {number}"
    except (LookupError, ValueError):
        return subject


def write_audit_csv(events: "QuerySet[AuditEvent]") -> Iterator[str]:
    """The events as CSV for a spreadsheet: UTF-8 with a mark at the beginning, and no cell that runs as a formula."""
    return csv_lines(_rows(events))


def _rows(events: "QuerySet[AuditEvent]") -> Iterator[Sequence[str]]:
    yield [_("at"), _("person"), _("action"), _("subject"), _("detail")]
    for event in events.iterator(chunk_size=2000):
        line = line_of_event(event)
        at = timezone.localtime(line.at).strftime("%Y-%m-%d %H:%M:%S")
        yield at, line.actor, line.action, line.subject, line.detail


def offer_actions() -> Sequence[tuple[str, str | Promise]]:
    """What the filter offers."""
    return [("", gettext_lazy("all actions")), *ACTIONS.items()]
