"""Made-up supervision and comments, taken through the services by the demonstration's own people.

What has a day in the scenario is made on that day; what has none is made now, so that its limit lies ahead.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from departments.models import Department, User
from departments.people.groups import EACH_COUNTY
from departments.permissions import Role
from plans.models import Plan
from qualityplan.demonstration.shapes import Raw, Scenario
from tasks.models import Comment, SupervisionNotice, Task
from tasks.services import supervision
from tasks.services.commenting import answer_comment, write_comment
from tasks.services.supervision import NoticeProposal

OFFICE_OPENS = time(9, 30)
DAYS_TO_ANSWER = timedelta(days=7)

STEPS: dict[str, Callable[..., SupervisionNotice]] = {
    "receive": lambda notice, text, **who: supervision.receive_notice(notice, **who),
    "answer": lambda notice, text, **who: supervision.answer_notice(notice, text=text, **who),
    "return": lambda notice, text, **who: supervision.return_notice_for_rework(notice, reason=text, **who),
    "verify": lambda notice, text, **who: supervision.verify_notice(notice, text=text, **who),
    "close": lambda notice, text, **who: supervision.close_notice(notice, text=text, **who),
}
"""What the scenario may do with a notice, by the name of the step."""


@transaction.atomic
def make_pressing(scenario: Scenario, plan: Plan) -> int:
    """The scenario's notices and comments; how many."""
    office, leader = (
        User.objects.get_by_natural_key(scenario.username(role)) for role in (Role.COORDINATOR, Role.LEADER)
    )
    for raw in scenario.supervision:
        _notice(raw, plan, office)
    for raw in scenario.comments:
        _comment(raw, plan, leader)
    return len(scenario.supervision) + len(scenario.comments)


def _notice(raw: Raw, plan: Plan, office: User) -> None:
    """Proposed only where there is no word of an issue."""
    task = Task.objects.get(plan=plan, code=raw["task"])
    named = task.assignments.exclude(department__kind=EACH_COUNTY).select_related("department")
    lead, *support = [assignment.department for assignment in named.order_by("role", "id")[:3]]
    words = {"title": raw["title"], "demand": raw["demand"], "urgency": raw["urgency"]}
    said = NoticeProposal(plan=plan, task=task, lead=lead, support=support, **words)
    notice = supervision.propose_notice(said, by=office, now=_at(raw.get("issued", "")))
    if "issued" in raw:
        supervision.issue_notice(notice, by=office, now=_at(raw["issued"]))
    for verb, day, text in raw["steps"]:
        by = _reporter(lead) if verb in ("receive", "answer") else office
        STEPS[verb](notice, text, by=by, now=_at(day))


def _comment(raw: Raw, plan: Plan, leader: User) -> Comment:
    at, asked = _at(raw["at"]), Department.objects.get(code=raw["asked"])
    due = date.fromisoformat(raw["due"]) if raw["due"] else timezone.localdate(at) + DAYS_TO_ANSWER
    about = Task.objects.get(plan=plan, code=raw["task"])
    made = write_comment(about, text=raw["text"], asked=asked, due=due, by=leader, now=at)
    return answer_comment(made, text=raw["answer"], by=_reporter(asked), now=at) if raw["answer"] else made


def _reporter(unit: Department) -> User:
    return User.objects.get_by_natural_key(f"{unit.code}-reporter")


def _at(day: str) -> datetime:
    """In office hours of a day; now for none."""
    if not day:
        return timezone.now()
    return timezone.make_aware(datetime.combine(date.fromisoformat(day), OFFICE_OPENS))
