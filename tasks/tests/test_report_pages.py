"""The doors of reports, splits and signatures: what they show, and what they say to bad input."""

import html
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from departments.models import User
from tasks.models import Milestone, ProgressReport, ReportAttachment, ReportDraft, SignOff, Task
from tasks.services.reporting import save_report
from tasks.services.splitting import version_of
from tasks.tests.cast import JUNE, approved, cast, handed_in, paper, said

pytestmark = pytest.mark.django_db


@pytest.fixture(name="city")
def _city() -> SimpleNamespace:
    return cast()


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(city: SimpleNamespace, month: str = "2014-06", unit: str = "") -> str:
    return f"/plans/plan-2014/tasks/t/report/{unit or city.lead.code}/{month}/"


def text_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def send(city: SimpleNamespace, who: str = "reporter", **data: Any) -> Any:
    return client_of(getattr(city, who)).post(address(city), {"version": "0", "done": "已推进", **data}, follow=True)


def test_what_is_typed_is_saved_and_handed_in(city: SimpleNamespace) -> None:
    answer = send(city, deed="save", **{f"percentage-{city.open.pk}": "40 %"})
    assert "已存为草稿" in text_of(answer)
    assert 'value="40 %"' in text_of(answer)
    answer = send(city, deed="hand_in", version="1", **{f"percentage-{city.open.pk}": "40 %"})
    assert "已提交" in text_of(answer)
    assert ProgressReport.objects.get().steps.get().percentage == 40


def test_a_double_click_makes_one_report(city: SimpleNamespace) -> None:
    for _click in range(2):
        assert "已提交" in text_of(send(city, deed="hand_in", **{f"percentage-{city.open.pk}": "40"}))
    assert (ProgressReport.objects.count(), ReportDraft.objects.count()) == (1, 0)


def test_a_report_with_mistakes_stays_and_says_what_is_wrong(city: SimpleNamespace) -> None:
    answer = send(city, deed="hand_in", done="", **{f"percentage-{city.open.pk}": "viel"})
    assert answer.status_code == 422
    assert "请填写本月进展" in text_of(answer)
    assert "“viel”不是百分比" in text_of(answer)
    assert 'value="viel"' in text_of(answer)
    assert ReportDraft.objects.count() == 1


def test_the_script_is_told_the_version_and_a_conflict(city: SimpleNamespace) -> None:
    client = client_of(city.reporter)
    data = {"version": "0", "done": "一"}
    assert client.post(address(city), data, headers={"X-Fragment": "1"}).json() == {"version": 1}
    again = client.post(address(city), {"version": "0", "done": "二"}, headers={"X-Fragment": "1"})
    assert (again.status_code, "同事" in again.json()["message"]) == (409, True)
    assert ReportDraft.objects.get().done == "一"


def test_two_versions_are_shown_side_by_side(city: SimpleNamespace) -> None:
    save_report(city.place, said("同事写的"), version=0, by=city.reporter)
    answer = send(city, done="我写的")
    assert answer.status_code == 409
    assert "同事写的" in text_of(answer)
    assert "我写的" in text_of(answer)
    assert 'name="version" value="1"' in text_of(answer)


@pytest.mark.parametrize(
    "data",
    [
        {"version": "x", "done": "一"},
        {"version": "-1", "done": "一"},
        {"version": "0", "done": "一", "percentage-x": "1", "percentage-99999999999999999999": "1"},
        {"version": "0", "done": "一", "deed": "remove-x"},
        {"version": "0", "done": "一", "deed": "nothing"},
        {"version": "0", "done": "一", "deed": "attach"},
        {},
    ],
)
def test_odd_requests_do_no_harm(city: SimpleNamespace, data: dict[str, str]) -> None:
    assert client_of(city.reporter).post(address(city), data).status_code in (302, 409)


def test_words_that_are_too_long_are_said_so(city: SimpleNamespace) -> None:
    answer = send(city, done="长" * 2001)
    assert (answer.status_code, "2000 字" in text_of(answer)) == (422, True)
    assert not ReportDraft.objects.exists()


def test_files_are_attached_with_the_form_and_bad_ones_say_why(city: SimpleNamespace) -> None:
    bad = SimpleUploadedFile("页.html", b"<html>")
    answer = send(city, deed="attach", file=[paper(), bad])
    assert "证明.pdf" in text_of(answer)
    assert "页.html" in text_of(answer)
    one = ReportAttachment.objects.get()
    assert client_of(city.reporter).get(f"/tasks/attachments/{one.pk}/").status_code == 200
    assert client_of(city.sharer).get(f"/tasks/attachments/{one.pk}/").status_code == 404
    send(city, deed=f"remove-{one.pk}", version="1")
    assert not ReportAttachment.objects.exists()


@pytest.mark.parametrize(
    ("month", "unit", "status"),
    [("2014-6", "", 404), ("2015-06", "", 404), ("2014-13", "", 404), ("2014-06", "nobody", 404)],
)
def test_a_report_that_there_cannot_be_is_not_found(city: SimpleNamespace, month: str, unit: str, status: int) -> None:
    assert client_of(city.reporter).get(address(city, month, unit)).status_code == status


def test_another_units_report_is_refused(city: SimpleNamespace) -> None:
    assert client_of(city.reporter).get(address(city, unit=city.shared.code)).status_code == 403
    assert client_of(city.sharer).get(address(city)).status_code == 403


def test_the_reviewer_sees_the_words_and_decides(city: SimpleNamespace) -> None:
    report = handed_in(city.place, city.reporter, said("本月<b>推进</b>"))
    client = client_of(city.reviewer)
    shown = client.get("/tasks/reviews/").content.decode()
    assert "本月&lt;b&gt;推进" in shown
    assert "有 1 份进展报告待您审核" in text_of(client.get("/reviews/"))
    refused = client.post(f"/tasks/reports/{report.pk}/return/", {"reason": ""}, follow=True)
    assert "原因" in text_of(refused)
    assert "已通过" in text_of(client.post(f"/tasks/reports/{report.pk}/approve/", follow=True))
    assert "刷新" in text_of(client.post(f"/tasks/reports/{report.pk}/approve/", follow=True))
    assert client.post("/tasks/reports/999999/approve/").status_code == 404


def test_the_task_page_shows_each_reader_what_is_theirs(city: SimpleNamespace) -> None:
    approved(city.place, city.reporter, city.reviewer, said("牵头单位的进展"))
    for who, seen in (("reviewer", True), ("leader", True), ("sharer", False), ("stranger", False)):
        text = text_of(client_of(getattr(city, who)).get("/plans/plan-2014/tasks/t/"))
        assert ("牵头单位的进展" in text) is seen, who
        assert ("签审6月" in text) is (who == "reviewer"), who


def test_a_signature_a_closure_and_a_reopening_through_the_pages(city: SimpleNamespace) -> None:
    day = f"100 {JUNE.last_day}"
    approved(city.place, city.reporter, city.reviewer, said(**{f"m{city.open.pk}": day}))
    Milestone.objects.filter(pk=city.step.pk).update(done_on=date(2014, 6, 1))
    lead, office = client_of(city.reviewer), client_of(city.coordinator)
    refused = lead.post("/plans/plan-2014/tasks/t/sign/2014-06/", follow=True)
    assert city.shared.short_name in text_of(refused)
    lead.post("/plans/plan-2014/tasks/t/sign/2014-06/", {"note": "已核实"}, follow=True)
    assert SignOff.objects.get().note == "已核实"
    assert "办结销号" in text_of(office.get("/plans/plan-2014/tasks/t/"))
    assert "已办结" in text_of(office.post("/plans/plan-2014/tasks/t/close/", follow=True))
    assert "原因" in text_of(office.post("/plans/plan-2014/tasks/t/reopen/", follow=True))
    office.post("/plans/plan-2014/tasks/t/reopen/", {"reason": "补充"}, follow=True)
    assert Task.objects.get().closed_on is None
    assert lead.post("/plans/plan-2014/tasks/t/sign/2014-6/").status_code == 404


# --- Splitting --------------------------------------------------------------------------------------------------------


def lines(city: SimpleNamespace, **changes: str) -> dict[str, str]:
    """The form as it is shown, with one line more."""
    rows = list(city.task.milestones.all())
    data = {"form-TOTAL_FORMS": str(len(rows) + 1), "form-INITIAL_FORMS": "0", "version": str(version_of(city.task))}
    for number, one in enumerate(rows):
        data |= {f"form-{number}-pk": str(one.pk), f"form-{number}-title": one.title}
        data |= {f"form-{number}-due": one.due.isoformat()}
    return data | {"form-2-title": "", "form-2-due": "", "reason": "分解", **changes}


def split_by(city: SimpleNamespace, data: dict[str, str], who: str = "reviewer") -> Any:
    return client_of(getattr(city, who)).post("/plans/plan-2014/tasks/t/milestones/", data, follow=True)


def test_a_task_is_split_on_a_page(city: SimpleNamespace) -> None:
    further = {"form-2-title": "完成选址", "form-2-due": "2014-08-31", "form-2-department": str(city.shared.pk)}
    weights = {"form-0-weight": "50", "form-1-weight": "30", "form-2-weight": "20"}
    answer = split_by(city, lines(city, **further, **weights))
    assert "节点已按填写内容调整" in text_of(answer)
    made = city.task.milestones.get(title="完成选址")
    assert (made.weight, made.department) == (20, city.shared)
    assert "分解" in text_of(answer)


@pytest.mark.parametrize(
    ("changes", "said_so"),
    [
        ({"form-2-title": "无日期"}, "请填写到期日期"),
        ({"form-2-due": "2014-08-31"}, "请填写节点内容"),
        ({"form-0-weight": "60", "form-1-weight": "30"}, "权重合计为 90"),
        ({"form-0-weight": "101"}, "100"),
        ({"reason": ""}, "原因"),
        ({"version": "x"}, "刷新"),
        ({"form-2-title": "太晚", "form-2-due": "2015-08-31"}, "晚于任务到期日"),
    ],
)
def test_what_cannot_be_split_so_is_said_and_stays_typed(
    city: SimpleNamespace, changes: dict[str, str], said_so: str
) -> None:
    answer = split_by(city, lines(city, **changes))
    assert (answer.status_code, said_so in text_of(answer)) == (422, True)
    assert Milestone.objects.count() == 2
    for name, value in changes.items():
        if name.endswith("title"):
            assert value in text_of(answer)


def test_a_page_of_ones_own_alone(city: SimpleNamespace) -> None:
    assert split_by(city, lines(city), "checker").status_code == 403
    assert split_by(city, {}, "reviewer").status_code == 422
