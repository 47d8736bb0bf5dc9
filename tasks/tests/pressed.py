"""Matters under supervision and the people around them, for tests."""

import html
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client

from departments.models import Department, Membership, User
from departments.permissions import Role
from plans.periods import Month, months_of
from reviews.workflow import ReviewState as Entry
from targets.tests import factories as f
from tasks.models import Assignment, Milestone, ProgressReport, SupervisionNotice, Task
from tasks.rules.supervising import SupervisionState
from tasks.services import supervision as services
from tasks.services.supervision import NoticeProposal

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2014, 6, 9, 9, 0, tzinfo=SHANGHAI)
"""The ninth of June 2014, an ordinary week in a calendar without holidays."""


def at(day: int, month: int = 6, hour: int = 9) -> datetime:
    """A moment of 2014."""
    return datetime(2014, month, day, hour, tzinfo=SHANGHAI)


def task(lead: Department | None = None, *, code: str = "t", due: date = date(2014, 5, 31)) -> Task:
    """A task with one milestone that is not done, led by a unit."""
    document = f.plan()
    clause = document.clauses.get(path="一")
    made = Task.objects.create(
        plan=document, code=code, title=f"任务{code}", clause=clause, quote=clause.text, due=date(2014, 12, 31)
    )
    if lead is not None:
        Assignment.objects.create(task=made, department=lead, role="lead", quote="目标")
    Milestone.objects.create(task=made, code="step", title=f"节点{code}", quote="目标", due=due)
    return made


def reported(about: Task, unit: Department, *months: Month) -> None:
    """Reports that the unit has handed in, of every month of the plan's year by default: then it is not silent."""
    author = User.objects.create_user(f"former-{User.objects.count()}")
    ProgressReport.objects.bulk_create(
        ProgressReport(
            task=about,
            department=unit,
            month=month,
            done="已开展",
            author=author,
            created_at=MONDAY,
            state=Entry.SUBMITTED.value,
        )
        for month in months or months_of(about.plan.year)
    )


def cast() -> SimpleNamespace:
    """A unit that leads a task, another that supports, and everybody around them."""
    lead, support = f.department(), f.department()
    made = SimpleNamespace(lead=lead, support=support, task=task(lead), plan=f.plan())
    made.coordinator = f.coordinator()
    reported(made.task, lead)
    made.reporter, made.reviewer = f.person(Role.REPORTER, lead), f.person(Role.REVIEWER, lead)
    made.helper, made.stranger = f.person(Role.REPORTER, support), f.person(Role.REPORTER)
    made.leader = f.person(Role.LEADER)
    return made


def proposal(world: SimpleNamespace, **values: Any) -> NoticeProposal:
    """What a notice about the task would say."""
    said = {"title": "关于加快办理的通知", "demand": "请抓紧办理并反馈。", "lead": world.lead, "task": world.task}
    return NoticeProposal(plan=world.plan, **{**said, "support": (world.support,), "urgency": "urgent", **values})


def notice(
    world: SimpleNamespace, state: SupervisionState = SupervisionState.PROPOSED, **values: Any
) -> SupervisionNotice:
    """A notice that has come so far, on its regular way, all on Monday."""
    made = services.propose_notice(proposal(world, **values), by=world.coordinator, now=MONDAY)
    for verb in WAYS[state]:
        made = take(made, verb, world)
    assert made.state == state
    return made


WAYS: dict[SupervisionState, tuple[str, ...]] = {
    SupervisionState.PROPOSED: (),
    SupervisionState.REJECTED: ("reject",),
    SupervisionState.ISSUED: ("issue",),
    SupervisionState.RECEIVED: ("issue", "receive"),
    SupervisionState.ANSWERED: ("issue", "receive", "answer"),
    SupervisionState.REWORK: ("issue", "receive", "answer", "return"),
    SupervisionState.VERIFIED: ("issue", "receive", "answer", "verify"),
    SupervisionState.CLOSED: ("issue", "receive", "answer", "verify", "close"),
    SupervisionState.WITHDRAWN: ("issue", "withdraw"),
}


def take(
    one: SupervisionNotice, verb: str, world: SimpleNamespace, *, by: User | None = None, text: str = "已核实。"
) -> SupervisionNotice:
    """Takes a step, as the person whose it is unless another is named."""
    who: dict[str, Any] = {"by": by or actor(verb, world), "now": MONDAY}
    return {
        "edit": lambda: services.edit_notice(one, proposal(world, title="关于限期办理的通知"), **who),
        "reject": lambda: services.reject_notice(one, reason=text, **who),
        "issue": lambda: services.issue_notice(one, **who),
        "receive": lambda: services.receive_notice(one, **who),
        "answer": lambda: services.answer_notice(one, text=text, **who),
        "return": lambda: services.return_notice_for_rework(one, reason=text, **who),
        "verify": lambda: services.verify_notice(one, text=text, **who),
        "close": lambda: services.close_notice(one, text=text, **who),
        "withdraw": lambda: services.withdraw_notice(one, reason=text, **who),
        "urge": lambda: services.urge_notice(one, text=text, **who),
    }[verb]()


def actor(verb: str, world: SimpleNamespace) -> User:
    """Whose step it is."""
    user: User = world.reporter if verb in ("receive", "answer") else world.coordinator
    return user


def also(user: User, role: Role, unit: Department) -> User:
    """The person with a further role."""
    Membership.objects.create(user=user, department=unit, role=role.value)
    return User.objects.get(pk=user.pk)


def inside(user: User) -> Client:
    """A browser in which the person is logged in."""
    client = Client()
    client.force_login(user)
    return client


def page(user: User, address: str) -> str:
    """What the person reads at an address."""
    answer = inside(user).get(address)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())
