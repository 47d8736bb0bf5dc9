"""The pages of supervision: the list and its filters, one notice and what can be done on it, writing one."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import User
from plans.models import Plan
from plans.tests.factories import plan_of_year
from targets.tests import factories as f
from tasks import clock
from tasks.models import SupervisionNotice
from tasks.rules.supervising import SupervisionState
from tasks.tests import pressed as p
from tasks.tests.pressed import inside, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(clock, "now", lambda: p.MONDAY)
    return p.cast()


def post(user: User, notice: SupervisionNotice, verb: str, **typed: Any) -> Any:
    return inside(user).post(f"/supervision/{notice.pk}/{verb}/", typed)


# --- The list ---------------------------------------------------------------------------------------------------------


def test_an_empty_list_says_what_will_come(world: SimpleNamespace) -> None:
    assert "暂无督办事项。出现滞后时系统会自动提出建议" in page(world.coordinator, "/supervision/")
    assert "有事项交办本单位时会通知您" in page(world.reporter, "/supervision/")


def test_the_list_shows_number_unit_state_and_limit(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ISSUED)
    text = page(world.leader, "/supervision/")
    for words in (notice.number, notice.title, world.lead.short_name, world.support.short_name, "待签收", "还有 3 天"):
        assert words in text


def test_a_notice_about_a_plan_without_a_number_names_its_title(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ISSUED)
    Plan.objects.filter(pk=notice.plan_id).update(number="", title="无文号的计划")
    assert "<dd>无文号的计划</dd>" in page(world.leader, f"/supervision/{notice.pk}/")


def test_proposals_stand_above_the_list_for_the_coordinator_alone(world: SimpleNamespace) -> None:
    notice = p.notice(world)
    assert "建议督办，待决定" in page(world.coordinator, "/supervision/")
    for other in (world.leader, world.reporter):
        assert notice.title not in page(other, "/supervision/")
        assert notice.title not in page(other, "/supervision/?state=all")


def test_filters_choose_by_state_unit_and_what_is_late(world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    late, closed = (
        p.notice(world, SupervisionState.ISSUED, title="逾期事项"),
        p.notice(world, SupervisionState.CLOSED, title="办结事项"),
    )
    other = p.notice(
        world, SupervisionState.ISSUED, title="他局事项", lead=f.department(), support=(), urgency="difficult"
    )
    monkeypatch.setattr(clock, "now", lambda: p.at(16))
    wanted = {
        "": {late, other},
        "?state=closed": {closed},
        "?state=all": {late, closed, other},
        "?overdue=on": {late},
        f"?department={world.lead.code}": {late},
        f"?department={world.support.code}&state=all": {late, closed},
        f"?plan={world.plan.code}": {late, other},
        f"?plan={world.plan.code}&overdue=on": {late},
        "?state=nonsense": {late, other},
    }
    for query, expected in wanted.items():
        text = page(world.leader, f"/supervision/{query}")
        assert {one for one in (late, closed, other) if one.title in text} == expected, query


def test_notices_are_chosen_by_their_plan(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ISSUED)
    assert 'type="hidden" name="plan"' in page(world.leader, "/supervision/")
    plan_of_year(2014, code="air-2014", region=f.region())
    assert notice.title in page(world.leader, f"/supervision/?plan={world.plan.code}")
    assert notice.title not in page(world.leader, "/supervision/?plan=air-2014")


def test_a_filter_that_finds_nothing_says_so(world: SimpleNamespace) -> None:
    p.notice(world, SupervisionState.ISSUED)
    assert "没有符合条件的督办事项" in page(world.leader, "/supervision/?state=closed")


def queries(user: User, address: str) -> int:
    client = inside(user)
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_more_notices_take_no_further_query(world: SimpleNamespace) -> None:
    p.notice(world), p.notice(world, SupervisionState.ISSUED)
    few = queries(world.coordinator, "/supervision/")
    for _each in range(6):
        p.notice(world), p.notice(world, SupervisionState.RECEIVED)
    assert queries(world.coordinator, "/supervision/") == few <= 16


# --- One notice -------------------------------------------------------------------------------------------------------


def test_a_notice_is_led_from_the_first_step_to_the_last(world: SimpleNamespace) -> None:
    notice = p.notice(world)
    way = [
        (world.coordinator, "issue", {}),
        (world.reporter, "receive", {}),
        (world.reviewer, "answer", {"text": "已完成八成"}),
        (world.coordinator, "return", {"text": "未写明完成时限", "days": "2"}),
        (world.reporter, "answer", {"text": "六月底前完成"}),
        (world.coordinator, "verify", {"text": "现场核查属实"}),
        (world.coordinator, "close", {}),
    ]
    for user, verb, typed in way:
        assert post(user, notice, verb, **typed).status_code == 302, verb
    text = page(world.leader, f"/supervision/{notice.pk}/")
    for words in ("已办结", "已完成八成", "未写明完成时限", "六月底前完成", "现场核查属实", "轮次"):
        assert words in text


def test_each_is_offered_only_what_is_theirs_to_do(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ISSUED)
    address = f"/supervision/{notice.pk}/"
    offered = {
        name: {verb for verb in ("receive", "answer", "urge", "withdraw") if f"{address}{verb}/" in text}
        for name in ("coordinator", "reporter", "helper", "leader")
        if (text := page(getattr(world, name), address))
    }
    assert offered == {"coordinator": {"urge", "withdraw"}, "reporter": {"receive"}, "helper": set(), "leader": set()}


def test_what_was_done_before_the_issue_is_the_offices_own(world: SimpleNamespace) -> None:
    notice = p.notice(world)
    p.take(p.take(notice, "edit", world), "issue", world)
    assert "way-edit" in page(world.coordinator, f"/supervision/{notice.pk}/")
    assert "way-edit" not in page(world.reporter, f"/supervision/{notice.pk}/")


def test_a_refusal_says_why_and_keeps_what_was_typed(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.RECEIVED)
    answer = post(world.reporter, notice, "answer", text="长" * 2001)
    assert answer.status_code == 422
    assert "长长长" in answer.content.decode()
    assert post(world.reporter, notice, "answer", text="  ").status_code == 422
    notice.refresh_from_db()
    assert notice.state == SupervisionState.RECEIVED


@pytest.mark.parametrize("days", ["x", "0", "-1", "9999"])
def test_a_limit_that_is_no_number_of_days_is_refused(world: SimpleNamespace, days: str) -> None:
    notice = p.notice(world, SupervisionState.ANSWERED)
    assert post(world.coordinator, notice, "return", text="退回", days=days).status_code == 422
    notice.refresh_from_db()
    assert notice.state == SupervisionState.ANSWERED


def test_two_who_press_the_same_button_do_it_once(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ISSUED)
    assert post(world.reporter, notice, "receive").status_code == 302
    second = post(world.reviewer, notice, "receive")
    assert (second.status_code, "当前状态不能进行此操作" in second.content.decode()) == (422, True)
    assert notice.steps.filter(verb="receive").count() == 1


# --- Writing ----------------------------------------------------------------------------------------------------------


def typed(world: SimpleNamespace, **values: Any) -> dict[str, Any]:
    return {
        "subject": f"task:{world.task.code}",
        "title": "关于加快办理的通知",
        "demand": "请办理。",
        "lead": world.lead.pk,
        "support": [world.support.pk],
        "urgency": "urgent",
        "days": "5",
        **values,
    }


def test_the_coordinator_writes_edits_and_issues(world: SimpleNamespace) -> None:
    assert inside(world.coordinator).post("/plans/plan-2014/supervision/new/", typed(world)).status_code == 302
    notice = SupervisionNotice.objects.get()
    assert (notice.task, notice.lead, notice.days, notice.origin) == (world.task, world.lead, 5, "coordinator")
    changed = typed(world, title="新标题", days="", urgency="ordinary")
    assert inside(world.coordinator).post(f"/supervision/{notice.pk}/edit/", changed).status_code == 302
    assert post(world.coordinator, notice, "issue").status_code == 302
    notice.refresh_from_db()
    assert (notice.title, notice.due) == ("新标题", date(2014, 6, 30))


@pytest.mark.parametrize(
    ("name", "value"),
    [("subject", ""), ("subject", "task:unknown"), ("title", ""), ("demand", " "), ("urgency", "x"), ("days", "6")],
)
def test_a_bad_field_is_told_at_the_field_and_nothing_is_stored(world: SimpleNamespace, name: str, value: str) -> None:
    answer = inside(world.coordinator).post("/plans/plan-2014/supervision/new/", typed(world, **{name: value}))
    assert answer.status_code == 200
    assert f'id="error_1_id_{name}"' in answer.content.decode()
    assert not SupervisionNotice.objects.exists()


def test_what_is_issued_is_not_edited_any_more(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ISSUED)
    assert inside(world.coordinator).get(f"/supervision/{notice.pk}/edit/").status_code == 404
