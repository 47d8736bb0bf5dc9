"""数据质量: what the plan office sees, whom it asks, who answers, and who sees nothing of it."""

import re
from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from departments.models import AuditEvent, Department, Membership, Notice, User
from departments.notices import matters
from departments.permissions import Role
from plans.models import Plan
from plans.periods import Month
from targets.data_quality.signals import SignalKind
from targets.models import DataQuestion, Indicator, MonthLock, Revision
from targets.questioning.page import DataQuality
from targets.services.locking import close_plan_month
from targets.services.questioning import answer_data_question, ask_about_data
from targets.services.reviewing import approve_revision
from targets.tests import factories as f
from targets.tests.questions import asked_about, found_of

pytestmark = pytest.mark.django_db
DECEMBER = Month(2014, 12)
EVEN = (100, 101, 99, 100, 102, 98, 100, 101, 99, 100, 101, 99)
HONEST = (104, 88, 117, 95, 101, 79, 122, 93, 108, 97, 111, 86)
PAGE = "/plans/plan-2014/data-quality/?month=2014-12"


@pytest.fixture
def world() -> SimpleNamespace:
    """A bureau that reports a count that is far too even, and its people; the plan office; strangers."""
    bureau, other = f.department(), f.department()
    measured = f.indicator("count", department=bureau, name="危旧房改造", unit="户")
    f.target(measured, threshold=1200)
    report(measured, EVEN)
    office = f.coordinator()
    return SimpleNamespace(
        plan=f.plan(),
        bureau=bureau,
        measured=measured,
        office=office,
        reporter=f.person(Role.REPORTER, bureau),
        reviewer=f.person(Role.REVIEWER, bureau),
        leader=f.person(Role.LEADER, office.held[0].department),
        administrator=f.person(Role.ADMINISTRATOR),
        stranger=f.person(Role.REVIEWER, other),
    )


def report(measured: Indicator, counts: Sequence[int], place: Any = None) -> None:
    f.official(*(f.entry(measured, f"2014-{number:02}", count, place=place) for number, count in enumerate(counts, 1)))


def of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(user: User, address: str = PAGE) -> str:
    answer = of(user).get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def ask(world: SimpleNamespace, by: User | None = None, **data: str) -> Any:
    subject = f"{world.measured.pk}-{f.region().pk}-0"
    address = "/plans/plan-2014/data-quality/2014-12/ask/"
    return of(by or world.office).post(address, {"kind": "too_even", "subject": subject, **data}, follow=True)


def asked(world: SimpleNamespace, note: str = "") -> DataQuestion:
    ask(world, note=note)
    return DataQuestion.objects.get()


# --- What is shown ----------------------------------------------------------------------------------------------------


def test_the_page_says_how_much_was_tested_what_was_found_and_how_rare_it_is(world: SimpleNamespace) -> None:
    page = text(world.office)
    assert "本月共检验 4 项，按此标准平均每年误报不到 1 项。" in page
    assert "数据起伏只有随机波动应有幅度的" in page
    assert "诚实数据出现这种情况的概率约为" in page
    assert "危旧房改造" in page
    assert world.bureau.short_name in page
    assert "102 户" in page


def test_what_lacks_data_is_told_as_such(world: SimpleNamespace) -> None:
    page = text(world.office, "/plans/plan-2014/data-quality/?month=2014-03")
    assert "样本不足" in page
    assert "未发现" not in page


def test_a_month_without_any_figure_has_nothing_to_test(world: SimpleNamespace) -> None:
    f.plan_over("2015-01", "2015-12")
    code = Plan.objects.exclude(pk=world.plan.pk).get().code
    assert "本月尚无可检验的数据。" in text(world.office, f"/plans/{code}/data-quality/")


def test_honest_figures_raise_nothing(world: SimpleNamespace) -> None:
    honest = f.indicator("count", department=world.bureau)
    f.target(honest, threshold=1200)
    report(honest, HONEST)
    found = DataQuality(world.plan, DECEMBER).found
    assert [(one.result.kind, one.result.about.indicator_id) for one in found] == [
        (SignalKind.TOO_EVEN, world.measured.pk)
    ]


def test_an_unknown_month_shows_the_last_one_with_figures(world: SimpleNamespace) -> None:
    for month in ("x", "2013-06", ""):
        assert "2014年12月" in text(world.office, f"/plans/plan-2014/data-quality/?month={month}")


def test_the_same_figures_give_the_same_page(world: SimpleNamespace) -> None:
    assert DataQuality(world.plan, DECEMBER).summary == DataQuality(world.plan, DECEMBER).summary


def test_only_those_who_may_see_the_page_are_led_there(world: SimpleNamespace) -> None:
    for user in (world.office, world.administrator):
        assert "数据质量" in text(user, "/plans/plan-2014/tasks/")
    for user in (world.leader, world.reporter, world.reviewer):
        assert "数据质量" not in text(user, "/plans/plan-2014/tasks/")


@pytest.mark.parametrize("who", ["leader", "reporter", "reviewer", "stranger"])
def test_leadership_and_units_do_not_see_the_page_and_do_not_ask(world: SimpleNamespace, who: str) -> None:
    user = getattr(world, who)
    assert of(user).get(PAGE).status_code == 403
    assert ask(world, by=user).status_code == 403
    assert not DataQuestion.objects.exists()


def test_an_administrator_sees_the_page_and_does_not_ask(world: SimpleNamespace) -> None:
    assert "请单位说明" not in text(world.administrator)
    assert ask(world, by=world.administrator).status_code == 403


def test_another_citys_office_and_that_of_a_county_do_not_come_here(world: SimpleNamespace) -> None:
    county, foreign = f.region("100101", f.region()), f.region("200100")
    for place, status in ((county, 403), (foreign, 404)):
        office = f.person(Role.COORDINATOR, f.department(place))
        assert of(office).get(PAGE).status_code in (status, 404)
        assert ask(world, by=office).status_code in (status, 404)


# --- Asking and answering ---------------------------------------------------------------------------------------------


def test_the_unit_is_asked_answers_and_both_sides_are_told(world: SimpleNamespace) -> None:
    page = ask(world, note="请附抽检记录编号").content.decode()
    assert f"已向{world.bureau.short_name}提出询问并通知。" in page
    question = DataQuestion.objects.get()
    assert (question.unit, question.month, question.asked_by) == (world.bureau, DECEMBER, world.office)
    assert {notice.user for notice in Notice.objects.filter(kind="data_question")} == {world.reporter, world.reviewer}
    assert "待答复的数据询问" in text(world.reporter, "/desk/")
    assert "请附抽检记录编号" in text(world.reviewer, f"/data-questions/{question.pk}/")

    of(world.reporter).post(f"/data-questions/{question.pk}/answer/", {"answer": " 按月均分任务，附台账。 "})
    question.refresh_from_db()
    assert (question.answer, question.answered_by) == ("按月均分任务，附台账。", world.reporter)
    told = Notice.objects.get(kind="data_answer")
    assert (told.user, "过于平稳" in matters.lines_of_notice(told)[0].text) == (world.office, True)
    assert "待答复的数据询问" not in text(world.reporter, "/desk/")
    assert "按月均分任务，附台账。" in text(world.office)
    actions = AuditEvent.objects.filter(action__startswith="data_question").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == ["data_question.asked", "data_question.answered"]


def test_a_county_is_asked_about_its_own_figures_and_answers(world: SimpleNamespace) -> None:
    place = f.region("100101", f.region())
    government = f.department(place, "county_government")
    officer = f.person(Role.COUNTY, government)
    summed = f.indicator("count", region_rule="sum")
    f.target(summed, threshold=1200)
    report(summed, EVEN, place)
    (found,) = [one for one in DataQuality(world.plan, DECEMBER).found if one.unit == government]
    question = ask_about_data(found, by=world.office)
    assert Notice.objects.get(kind="data_question").user == officer
    answer_data_question(question, by=officer, answer="已核对")
    assert not DataQuestion.objects.get().is_open


def test_a_signal_is_asked_about_once_and_a_colleague_is_told_so(world: SimpleNamespace) -> None:
    ask(world)
    assert "同事已就此提出询问。" in ask(world).content.decode()
    assert DataQuestion.objects.count() == 1
    assert Notice.objects.filter(kind="data_question").count() == 2


def test_what_is_not_found_any_more_is_not_asked_about(world: SimpleNamespace) -> None:
    for data in ({"kind": "outlier"}, {"subject": "0-0-0"}, {"kind": ""}, {"kind": "x" * 500}):
        assert "此情况不再出现" in ask(world, None, **data).content.decode()
    assert not DataQuestion.objects.exists()


def test_where_nobody_reports_nobody_is_asked(world: SimpleNamespace) -> None:
    nobodys = f.indicator("count")
    f.target(nobodys, threshold=1200)
    report(nobodys, EVEN)
    assert "尚未明确填报单位" in text(world.office)
    with pytest.raises(ValidationError, match="尚未明确填报单位"):
        ask_about_data(found_of(world.plan, None), by=world.office)


def test_a_note_that_is_too_long_is_refused(world: SimpleNamespace) -> None:
    assert "请缩短到 400 个字以内" in ask(world, note="长" * 401).content.decode()
    assert not DataQuestion.objects.exists()


@pytest.mark.parametrize(("answer", "told"), [("  ", "请填写答复"), ("长" * 2001, "请缩短到 2000 个字以内")])
def test_an_answer_that_is_empty_or_too_long_is_refused_and_stays_typed(
    world: SimpleNamespace, answer: str, told: str
) -> None:
    question = asked(world)
    refused = of(world.reporter).post(f"/data-questions/{question.pk}/answer/", {"answer": answer})
    assert refused.status_code == 422
    assert told in refused.content.decode()
    assert answer.strip() in refused.content.decode()
    question.refresh_from_db()
    assert question.is_open


def test_one_answer_closes_the_question_and_a_second_is_not_lost_silently(world: SimpleNamespace) -> None:
    question = asked(world)
    answer_data_question(question, by=world.reporter, answer="台账属实")
    page = of(world.reviewer).post(f"/data-questions/{question.pk}/answer/", {"answer": "另有说明"})
    assert page.status_code == 422
    assert "同事已经答复" in page.content.decode()
    assert "另有说明" in page.content.decode()
    question.refresh_from_db()
    assert question.answer == "台账属实"


@pytest.mark.parametrize("who", ["leader", "stranger"])
def test_other_units_and_leadership_see_nothing_of_a_question(world: SimpleNamespace, who: str) -> None:
    question, user = asked(world), getattr(world, who)
    assert of(user).get(f"/data-questions/{question.pk}/").status_code in (403, 404)
    assert of(user).post(f"/data-questions/{question.pk}/answer/", {"answer": "我来答"}).status_code in (403, 404)
    with pytest.raises(PermissionDenied):
        answer_data_question(question, by=user, answer="我来答")
    for address in ("/", "/plans/plan-2014/", f"/plans/plan-2014/departments/{world.bureau.code}/"):
        assert "过于平稳" not in text(user, address)
    question.refresh_from_db()
    assert question.is_open


def test_whoever_asks_does_not_answer(world: SimpleNamespace) -> None:
    question = asked(world)
    assert "单位尚未答复。" in text(world.office, f"/data-questions/{question.pk}/")
    assert of(world.office).post(f"/data-questions/{question.pk}/answer/", {"answer": "x"}).status_code == 403


# --- As it was found --------------------------------------------------------------------------------------------------


def test_a_signal_stays_told_as_it_was_found(world: SimpleNamespace) -> None:
    question = asked(world)
    report(world.measured, HONEST)
    assert not DataQuality(world.plan, DECEMBER).found
    page = text(world.office)
    assert "现有数据已不再出现此情况" in page
    assert "102 户" in page
    assert [figure["value"] for figure in question.figures[:3]] == ["100.000000", "101.000000", "99.000000"]


def test_what_was_asked_is_never_changed_and_answered_whole(world: SimpleNamespace) -> None:
    question = asked(world)
    rows = DataQuestion.objects.filter(pk=question.pk)
    changes: list[dict[str, Any]] = [{"chance": 0.5}, {"figures": []}, {"note": "x"}]
    for change in changes:
        with pytest.raises(Exception, match="never changed"), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(answer="x")


def test_a_later_month_says_that_it_was_asked_before(world: SimpleNamespace) -> None:
    november = next(
        one for one in DataQuality(world.plan, Month(2014, 11)).found if one.result.kind is SignalKind.TOO_EVEN
    )
    ask_about_data(november, by=world.office)
    page = text(world.office)
    assert "曾于2014年11月询问" in page
    assert "请单位说明" in page


# --- Corrections ------------------------------------------------------------------------------------------------------


def correct(world: SimpleNamespace, month: str, *figures: int) -> None:
    """The unit's own people correct a figure, one after the other."""
    for figure in figures:
        entry = f.entry(world.rate, month, figure, 100)
        approve_revision(f.handed_in(entry, by=world.reporter, reason="更正"), by=world.reviewer)
    f.recompute()


@pytest.fixture
def rated(world: SimpleNamespace) -> SimpleNamespace:
    """A pass rate of which at least 92 % is promised."""
    world.rate = f.indicator(department=world.bureau, name="抽检合格率")
    f.target(world.rate, "at_least", 92)
    f.official(*(f.entry(world.rate, f"2014-{number:02}", 90, 100) for number in range(1, 10)))
    return world


def kinds(world: SimpleNamespace, month: Month) -> dict[str, Any]:
    return {one.result.kind.value: one for one in DataQuality(world.plan, month).found}


def test_corrections_that_all_help_are_told_of_the_unit(rated: SimpleNamespace) -> None:
    for number in range(1, 9):
        correct(rated, f"2014-0{number}", 93)
    found = kinds(rated, Month(2014, 9))["favourable_corrections"]
    assert (found.unit, dict(found.result.facts)) == (rated.bureau, {"better": 8, "number": 8})


def test_a_figure_that_is_corrected_there_and_back_is_listed(rated: SimpleNamespace) -> None:
    correct(rated, "2014-06", 93, 91, 95)
    found = kinds(rated, Month(2014, 6))["reversal"]
    assert (found.unit, found.result.chance) == (rated.bureau, None)
    assert "经 3 次更正" in text(rated.office, "/plans/plan-2014/data-quality/?month=2014-06")
    assert "reversal" not in kinds(rated, Month(2014, 7))
    ask_about_data(found, by=rated.office)
    assert DataQuestion.objects.get().together is None


def test_corrections_just_before_the_closing_are_counted(rated: SimpleNamespace) -> None:
    correct(rated, "2014-06", 93)
    close_plan_month(rated.plan, Month(2014, 6), by=rated.office)
    assert kinds(rated, Month(2014, 6))["late_corrections"].result.facts == {"number": 1}
    later = MonthLock.objects.get()
    correct_before = Revision.objects.latest("official_at").official_at
    assert correct_before is not None
    assert later.locked_at - correct_before < timedelta(hours=48)


# --- The cost ---------------------------------------------------------------------------------------------------------


def test_the_page_takes_as_many_queries_for_many_figures_as_for_few(world: SimpleNamespace) -> None:
    ask(world)
    few = queries(world.office)
    for _each in range(5):
        more = f.indicator("count", department=f.department())
        f.target(more, threshold=1200)
        report(more, EVEN)
    assert queries(world.office) == few


def queries(user: User) -> int:
    client = of(user)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as captured:
        client.get(PAGE)
    return len(captured)


def test_a_person_who_is_not_active_is_not_told(world: SimpleNamespace) -> None:
    gone = f.person(Role.REPORTER, world.bureau)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    both = world.reporter
    Membership.objects.create(user=both, department=world.bureau, role=Role.REVIEWER.value)
    asked_about(world.plan, Department.objects.get(pk=world.bureau.pk), world.office)
    assert sorted(Notice.objects.values_list("user", flat=True)) == sorted([both.pk, world.reviewer.pk])
    assert DataQuestion.objects.get().asked_at <= timezone.now()
