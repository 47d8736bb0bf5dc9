"""Every address × every role: who is let in, compared with the one table. An address that is not listed fails."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from departments.models import Department, Membership, Region, User
from departments.permissions import PERMISSIONS, Action, Role
from plans.models import Plan
from plans.periods import Month
from qualityplan.answering import old_addresses
from reviews.tests import papers
from targets.models import Indicator, Revision
from targets.services.attachments import attach
from targets.services.drafting import Typed, hand_in, save_draft
from targets.tests import factories as f
from targets.tests.questions import asked_about
from tasks.models import Comment, ProgressReport, StepAttachment, SupervisionNotice, Task
from tasks.rules.accounts import TypedReport
from tasks.services import supervision
from tasks.services.attachments import attach_to_report
from tasks.services.commenting import write_comment
from tasks.services.places import ReportPlace
from tasks.services.reporting import hand_in_report, save_report
from tasks.services.supervision import NoticeProposal
from tasks.views.supervision import DONE

pytestmark = pytest.mark.django_db

OPEN = frozenset(
    {
        "healthz",
        "readyz",
        "metrics",
        "arrived",
        "login",
        "account_login",
        "emergency_login",
        "openid_begin",
        "openid_callback",
        "mfa_authenticate",
        "logout",
        "set_language",
        "calendar_feed",
        "screen_of_key",
    }
)
"""Addresses for people who are not logged in. Those of the administration and the API have tests of their own."""

OWN = frozenset(
    {
        "account_change_password",
        "account_reauthenticate",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "help",
        "help_chapter",
        "help_pdf",
    }
)
"""Addresses of the own account and of the manual, for everybody who has logged in."""

GUARDED: dict[str, tuple[Action, ...]] = {
    "overview": (Action.VIEW_PLAN,),
    "comparison": (Action.VIEW_PLAN,),
    "comparison_export": (Action.VIEW_PLAN,),
    "home": (Action.VIEW_PLAN,),
    "portfolio_export": (Action.VIEW_PLAN,),
    "plan_text": (Action.VIEW_PLAN,),
    "target": (Action.VIEW_PLAN,),
    "target_verify": (Action.VIEW_PLAN,),
    "tasks": (Action.VIEW_PLAN,),
    "task": (Action.VIEW_PLAN,),
    "years": (Action.VIEW_PLAN,),
    "years_propose": (Action.ADMINISTER,),
    "years_publish": (Action.ADMINISTER,),
    "years_discard": (Action.ADMINISTER,),
    "draft_edit": (Action.ADMINISTER,),
    "draft_add": (Action.ADMINISTER,),
    "draft_row": (Action.ADMINISTER,),
    "draft_remove": (Action.ADMINISTER,),
    "tasks_board": (Action.VIEW_PLAN,),
    "tasks_timeline": (Action.VIEW_PLAN,),
    "tasks_calendar": (Action.VIEW_PLAN,),
    "my_tasks": (Action.VIEW_PLAN,),
    "calendar_issue": (Action.VIEW_PLAN,),
    "calendar_revoke": (Action.VIEW_PLAN,),
    "task_reviews": (Action.REVIEW_TASK_REPORTS,),
    "task_report_approve": (Action.REVIEW_TASK_REPORTS,),
    "task_report_return": (Action.REVIEW_TASK_REPORTS,),
    "task_attachment": (Action.VIEW_TASK_REPORTS,),
    "task_report": (Action.REPORT_TASKS,),
    "task_split": (Action.SPLIT_TASKS,),
    "task_sign": (Action.SIGN_OFF_TASKS,),
    "task_close": (Action.CLOSE_TASKS,),
    "task_reopen": (Action.CLOSE_TASKS,),
    "silence": (Action.VIEW_SILENCE,),
    "comments": (Action.VIEW_COMMENTS,),
    "comment_add": (Action.COMMENT,),
    "comment_answer": (Action.ANSWER_COMMENTS,),
    "comment_press": (Action.ISSUE_SUPERVISION,),
    "supervision": (Action.VIEW_SUPERVISION,),
    "supervision_notice": (Action.VIEW_SUPERVISION,),
    "supervision_document": (Action.VIEW_SUPERVISION,),
    "supervision_attachment": (Action.VIEW_SUPERVISION,),
    "supervision_write": (Action.ISSUE_SUPERVISION,),
    "supervision_edit": (Action.ISSUE_SUPERVISION,),
    "supervision_issue": (Action.ISSUE_SUPERVISION,),
    "supervision_reject": (Action.ISSUE_SUPERVISION,),
    "supervision_urge": (Action.ISSUE_SUPERVISION,),
    "supervision_withdraw": (Action.ISSUE_SUPERVISION,),
    "supervision_receive": (Action.RECEIVE_SUPERVISION,),
    "supervision_answer": (Action.ANSWER_SUPERVISION,),
    "supervision_verify": (Action.VERIFY_SUPERVISION,),
    "supervision_return": (Action.VERIFY_SUPERVISION,),
    "supervision_close": (Action.CLOSE_SUPERVISION,),
    "screen": (Action.VIEW_PLAN,),
    "portfolio_screen": (Action.VIEW_PLAN,),
    "screens": (Action.SHOW_SCREENS,),
    "screen_close": (Action.SHOW_SCREENS,),
    "departments": (Action.VIEW_PLAN,),
    "department": (Action.VIEW_PLAN,),
    "counties": (Action.VIEW_PLAN,),
    "county": (Action.VIEW_PLAN,),
    "desk": (Action.ENTER_OBSERVATIONS, Action.REVIEW_OBSERVATIONS),
    "figure": (Action.VIEW_OBSERVATIONS,),
    "worksheet": (Action.ENTER_OBSERVATIONS,),
    "worksheet_cell": (Action.ENTER_OBSERVATIONS,),
    "worksheet_preview": (Action.ENTER_OBSERVATIONS,),
    "worksheet_attach": (Action.ENTER_OBSERVATIONS,),
    "attachment": (Action.VIEW_OBSERVATIONS,),
    "attachment_remove": (Action.ENTER_OBSERVATIONS,),
    "reviews": (Action.REVIEW_OBSERVATIONS,),
    "review_approve_group": (Action.REVIEW_OBSERVATIONS,),
    "revision_approve": (Action.REVIEW_OBSERVATIONS,),
    "revision_return": (Action.REVIEW_OBSERVATIONS,),
    "revision_withdraw": (Action.WITHDRAW_OBSERVATIONS,),
    "quotas": (Action.VIEW_PLAN,),
    "target_quotas": (Action.VIEW_PLAN,),
    "months": (Action.LOCK_MONTHS,),
    "month_lock": (Action.LOCK_MONTHS,),
    "month_reopen": (Action.LOCK_MONTHS,),
    "data_quality": (Action.VIEW_DATA_QUALITY,),
    "data_quality_ask": (Action.ASK_ABOUT_DATA,),
    "data_question": (Action.VIEW_DATA_QUALITY, Action.ANSWER_DATA_QUESTIONS),
    "data_question_answer": (Action.ANSWER_DATA_QUESTIONS,),
    "timeliness": (Action.VIEW_OBSERVATIONS,),
    "timeliness_export": (Action.VIEW_OBSERVATIONS,),
    "timeliness_cell": (Action.VIEW_OBSERVATIONS,),
    "imports_upload": (Action.IMPORT_OBSERVATIONS,),
    "imports_template": (Action.IMPORT_OBSERVATIONS,),
    "imports_batch": (Action.IMPORT_OBSERVATIONS,),
    "imports_confirm": (Action.IMPORT_OBSERVATIONS,),
    "imports_cancel": (Action.IMPORT_OBSERVATIONS,),
    "imports_undo": (Action.IMPORT_OBSERVATIONS,),
    "imports_marked": (Action.IMPORT_OBSERVATIONS,),
    "imports_mapping": (Action.IMPORT_OBSERVATIONS,),
    "imports_forget": (Action.IMPORT_OBSERVATIONS,),
    "quota_sheet": (Action.SET_QUOTAS,),
    "quota_sheet_template": (Action.SET_QUOTAS,),
    "notices": (Action.VIEW_PLAN,),
    "notices_read": (Action.VIEW_PLAN,),
    "notice_read": (Action.VIEW_PLAN,),
    "system_status": (Action.VIEW_SYSTEM,),
    "audit": (Action.ADMINISTER,),
    "audit_export": (Action.ADMINISTER,),
    "people": (Action.MANAGE_PEOPLE,),
    "person_add": (Action.MANAGE_PEOPLE,),
    "person": (Action.MANAGE_PEOPLE,),
    "person_roles": (Action.MANAGE_PEOPLE,),
    "person_role_decided": (Action.MANAGE_PEOPLE,),
    "person_staff_number": (Action.MANAGE_PEOPLE,),
    "person_deed": (Action.MANAGE_PEOPLE,),
}
"""Address → what one must be allowed, at least one of them, to come in at all."""

DEEDS: dict[str, dict[str, str]] = {
    "person": {},
    "person_roles": {},
    "person_role_decided": {"proposed": "1"},
    "person_staff_number": {},
    "person_deed": {"deed": "unlock"},
}
"""Addresses of one person, with what else stands in them."""

FOREIGN = {
    "worksheet",
    "worksheet_cell",
    "worksheet_preview",
    "timeliness_cell",
    "worksheet_attach",
    "attachment",
    "attachment_remove",
    "revision_approve",
    "revision_return",
    "revision_withdraw",
    "task_report",
    "task_report_approve",
    "task_report_return",
    "task_attachment",
    "task_split",
    "task_sign",
    "supervision_notice",
    "supervision_document",
    "supervision_attachment",
    "comment_answer",
    "data_question",
    "data_question_answer",
    *(f"supervision_{verb}" for verb in DONE),
}
"""Addresses of one department's or region's things: those of another one are refused by all but the plan office."""


STRANGERS = ("revision", "attachment", "task_report_", "task_attachment", "supervision", "comment", "data_question")
"""Addresses of single things: a stranger asks for them."""
WITHOUT_NUMBER = {"supervision", "supervision_write"}


def addresses(patterns: list[URLPattern | URLResolver], within: str = "") -> Iterator[str]:
    for one in patterns:
        if isinstance(one, URLPattern):
            yield one.name or f"{within}{one.pattern}"
        elif one.namespace not in ("admin", "api"):
            yield from addresses(one.url_patterns, f"{within}{one.pattern}")


def test_every_address_is_listed() -> None:
    assert set(addresses(get_resolver().url_patterns)) == set(GUARDED) | OWN | OPEN | set(old_addresses.ADDRESSES)


@pytest.fixture
def city(plan_2014: Plan) -> SimpleNamespace:
    """One person a role, of a bureau, a county or the government office, and a figure of theirs that waits."""
    office, county = Department.objects.get(code="quality"), Department.objects.get(code="gov-330302")
    units = {Role.COUNTY: county, Role.ADMINISTRATOR: Department.objects.get(code="government-office")}
    people = {role: f.person(role, units.get(role, office)) for role in Role}
    indicator = Indicator.objects.filter(department=office, region_rule="own", measure="count").first()
    assert indicator is not None
    entry = waiting(indicator, office)
    attached = attach(key_of(indicator), SimpleUploadedFile("批复.pdf", papers.PDF), by=entry.author)
    report = reported(plan_2014, office)
    notice = pressed(office, people[Role.COORDINATOR])
    return SimpleNamespace(
        people=people,
        office=office,
        indicator=indicator,
        waiting=entry,
        attached=attached,
        report=report,
        comment=asked(office, people[Role.LEADER]),
        question=asked_about(plan_2014, office, people[Role.COORDINATOR]),
        notice=notice,
        enclosed=StepAttachment.objects.get(step__notice=notice),
    )


def reported(plan: Plan, office: Department) -> ProgressReport:
    """A report with a file, of a task that the office leads."""
    place = ReportPlace(plan.tasks.get(code="quality-foundations"), office, Month(2014, 6))
    author = f.person(Role.REPORTER, office)
    save_report(place, TypedReport("已完成方案"), version=0, by=author)
    attach_to_report(place, SimpleUploadedFile("方案.pdf", papers.PDF), by=author)
    made = hand_in_report(place, by=author)
    assert made is not None
    return made


def key_of(indicator: Indicator) -> tuple[int, int, Month]:
    return indicator.pk, Region.objects.get(code="330300").pk, Month(2014, 6)


def asked(office: Department, by: User) -> Comment:
    """What a leader asks of the office."""
    about, now = Task.objects.get(code="brands"), timezone.now()
    return write_comment(about, text="请加快", asked=office, due=timezone.localdate(now), by=by, now=now)


def pressed(office: Department, by: User) -> SupervisionNotice:
    """A notice of supervision, with a file, that the office has to receive."""
    task = Task.objects.get(code="brands")
    said = NoticeProposal(plan=task.plan, title="督办", demand="请办理。", task=task, lead=office)
    made = supervision.propose_notice(said, by=by, now=timezone.now())
    return supervision.issue_notice(made, by=by, now=timezone.now(), files=[SimpleUploadedFile("通知.pdf", papers.PDF)])


def waiting(indicator: Indicator, office: Department) -> Revision:
    author = User.objects.create_user(f"author-{indicator.pk}")
    Membership.objects.create(user=author, department=office, role=Role.REPORTER.value)
    key = key_of(indicator)
    save_draft(key, Typed(value="0", note="核对无误"), version=0, by=author)
    return hand_in([key], by=author)[0]


FIXED: dict[str, dict[str, object]] = {
    "plan_text": {"plan_code": "wenzhou-2014-quality"},
    "target": {"plan_code": "wenzhou-2014-quality", "code": "manufacturing-quality"},
    "target_verify": {"plan_code": "wenzhou-2014-quality", "code": "manufacturing-quality"},
    "target_quotas": {"plan_code": "wenzhou-2014-quality", "code": "drinking-water"},
    "task": {"plan_code": "wenzhou-2014-quality", "code": "brands"},
    "department": {"code": "quality"},
    "years": {"plan_code": "wenzhou-2014-quality"},
    "years_propose": {"plan_code": "unknown"},
    "years_publish": {"plan_code": "unknown"},
    "years_discard": {"plan_code": "unknown"},
    "draft_edit": {"plan_code": "wenzhou-2014-quality"},
    "draft_add": {"plan_code": "wenzhou-2014-quality", "kind": "target"},
    "draft_row": {"plan_code": "wenzhou-2014-quality", "kind": "target", "pk": 999_999},
    "draft_remove": {"plan_code": "wenzhou-2014-quality", "kind": "target", "pk": 999_999},
    "county": {"code": "330302"},
    "help_chapter": {"name": "lights"},
    "comment_add": {"kind": "task", "plan_code": "wenzhou-2014-quality", "code": "brands"},
}
"""What everybody may look at is the same for everybody."""


def arguments(name: str, city: SimpleNamespace, *, own: bool = True) -> dict[str, object]:
    if name in FIXED:
        return FIXED[name]
    if name.startswith("worksheet") or name == "timeliness_cell":
        return {"code": "quality" if own else "environment", "month": "2014-06"}
    if name.startswith("task_") and name != "task_reviews":
        return of_task(name, city, own=own)
    if name in DEEDS:
        return {"pk": city.people[Role.REPORTER].pk, **DEEDS[name]}
    things = {
        "supervision_attachment": city.enclosed,
        "data_question": city.question,
        "data_question_answer": city.question,
        "revision": city.waiting,
        "attachment": city.attached,
        "supervision": city.notice,
        "comment": city.comment,
    }
    if (thing := things.get(name) or things.get(name.split("_")[0])) and name not in WITHOUT_NUMBER:
        return {"pk": thing.pk, **({"kind": "docx"} if name == "supervision_document" else {})}
    if name == "figure":
        return {"indicator": city.indicator.code, "region": "330300", "month": "2014-06"}
    if name.startswith("month_") or name == "data_quality_ask":
        return {"month": "2014-06"}
    by_number = name in ("notice_read", "screen_close") or (
        name.startswith("imports_") and name not in ("imports_upload", "imports_template")
    )
    return {"pk": 999_999} if by_number else {}


def of_plan(name: str) -> dict[str, object]:
    """The plan, for a page of one."""
    ((_text, wanted),) = get_resolver().reverse_dict.getlist(name)[0][0]
    return {"plan_code": "wenzhou-2014-quality"} if "plan_code" in wanted else {}


def of_task(name: str, city: SimpleNamespace, *, own: bool) -> dict[str, object]:
    """A report or its file by number, a task by its code: one that the office leads, or another's."""
    if name == "task_attachment":
        return {"pk": city.report.attachments.get().pk}
    if name.startswith("task_report_"):
        return {"pk": city.report.pk}
    code, unit = ("quality-foundations", "quality") if own else ("environment-safety", "environment")
    further = {"unit": unit} if name == "task_report" else {}
    month = {"month": "2014-06"} if name in ("task_report", "task_sign") else {}
    return {"plan_code": "wenzhou-2014-quality", "code": code, **further, **month}


def status(user: User | None, name: str, city: SimpleNamespace, *, own: bool = True) -> int:
    """What the address answers: by GET, or by POST where only that is served."""
    client = Client()
    if user is not None:
        client.force_login(user)
    address = reverse(name, kwargs=of_plan(name) | arguments(name, city, own=own))
    answer = client.get(address)
    return client.post(address).status_code if answer.status_code == 405 else answer.status_code


def allowed(role: Role, name: str) -> bool:
    return any(role in PERMISSIONS[action] for action in GUARDED[name])


def test_each_role_is_let_in_as_the_table_says(city: SimpleNamespace) -> None:
    for name in GUARDED:
        for role, user in city.people.items():
            found = status(user, name, city, own=not (role is Role.COUNTY and name in FOREIGN))
            if role is Role.COUNTY and name in FOREIGN | {"figure"}:
                assert found in (200, 403, 404), (name, role, found)
            elif allowed(role, name):
                assert found != 403, (name, role, found)
            else:
                assert found in (403, 404), (name, role, found)


def test_nobody_comes_in_without_logging_in_or_without_a_role(city: SimpleNamespace) -> None:
    nobody = User.objects.create_user("nobody")
    for name in GUARDED:
        assert status(None, name, city) in (302, 401), name
        assert status(nobody, name, city) in (403, 404), name


def test_the_own_account_is_for_those_who_have_logged_in(city: SimpleNamespace) -> None:
    for name in OWN:
        answer = Client().get(reverse(name, kwargs=FIXED.get(name)))
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/accounts/login/"), name


def test_what_belongs_to_others_is_refused(city: SimpleNamespace) -> None:
    stranger = Department.objects.get(code="environment")
    for name in FOREIGN:
        for role in (Role.REPORTER, Role.REVIEWER):
            user = f.person(role, stranger) if name.startswith(STRANGERS) else city.people[role]
            assert status(user, name, city, own=False) in (403, 404), (name, role)
    city.waiting.refresh_from_db()
    assert city.waiting.state == "submitted"
    city.report.refresh_from_db()
    assert city.report.state == "submitted"
    city.comment.refresh_from_db()
    assert city.comment.answered_at is None
    city.question.refresh_from_db()
    assert city.question.is_open
    city.notice.refresh_from_db()
    assert city.notice.state == "issued"
