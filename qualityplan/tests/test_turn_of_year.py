"""January: the December of last year's plan is reported and reviewed beside the new plan."""

import re
from datetime import date
from types import SimpleNamespace

import pytest
from django.test import Client

from departments.models import User
from departments.permissions import Role
from plans.periods import Month
from targets.models import Revision
from targets.tests import factories as f
from tasks.models import ProgressReport
from tasks.tests.cast import a_task, milestone

pytestmark = pytest.mark.django_db
OLD, NEW = "2014年地区100100old计划", "2015年地区100100new计划"


@pytest.fixture
def city(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Two plans that follow each other ask a bureau for the same count and for reports; it is January the third."""
    office = f.department()
    plans = f.another_plan("old", 2014, series="quality"), f.another_plan("new", 2015, series="quality")
    shared = f.indicator("count", department=office)
    made = SimpleNamespace(
        office=office,
        shared=shared,
        promises=[f.target(shared, threshold=1200, plan=plan) for plan in plans],
        steps=[milestone(a_task(f"task-{plan.code}", plan, lead=office), "m") for plan in plans],
        reporter=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        today=date(2015, 1, 3),
    )
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_at: made.today)
    f.official(*(f.entry(shared, f"2014-{number:02}", 100) for number in range(1, 12)))
    f.judged_anew(*made.promises)
    return made


def by(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: User, address: str) -> str:
    answer = by(user).get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_decembers_figure_is_reported_reviewed_and_judged_in_last_years_plan_alone(city: SimpleNamespace) -> None:
    desk = page(city.reporter, "/desk/")
    assert desk.index("2014年12月 · old计划") < desk.index("2015年1月 · new计划")
    assert "提交截止：2015年1月5日" in desk
    address = f"/worksheet/{city.office.code}/2014-12/"
    assert "1 100 户" in page(city.reporter, address)
    fields = {f"{city.shared.pk}-value": "100", f"{city.shared.pk}-note": "核过", f"{city.shared.pk}-version": "0"}
    assert by(city.reporter).post(address, {"do": "hand_in"} | fields).status_code == 302
    assert "2014年12月" in page(city.reviewer, "/reviews/")
    assert (
        by(city.reviewer).post(f"/revisions/{Revision.objects.get(state='submitted').pk}/approve/").status_code == 302
    )
    f.recompute()
    old, new = city.promises
    assert (f.attainment(old, "2014-12").verdict, f.attainment(new, "2015-01").verdict) == ("met", "no_data")
    january = page(city.reporter, f"/worksheet/{city.office.code}/2015-01/")
    assert january.index("上期") < january.index("上年同期")


def test_decembers_report_is_written_and_reviewed_in_january(city: SimpleNamespace) -> None:
    mine = page(city.reporter, "/tasks/mine/")
    assert f"{OLD} · 2014年12月报告，2015年1月5日前提交" in mine
    assert f"{NEW} · 2015年1月报告，2015年2月5日前提交" in mine
    address = f"/plans/old/tasks/task-old/report/{city.office.code}/2014-12/"
    step = city.steps[0]
    fields = {"done": "完成", "next_steps": "无", f"percentage-{step.pk}": "100", f"done_on-{step.pk}": "2014-12-20"}
    answer = by(city.reporter).post(address, {"deed": "hand_in", "version": "0"} | fields, follow=True)
    assert answer.status_code == 200
    report = ProgressReport.objects.get()
    assert (report.state, report.month) == ("submitted", Month(2014, 12))
    assert "2014年12月" in page(city.reviewer, "/tasks/reviews/")


def test_what_was_late_on_the_last_day_of_the_year_is_late_in_january(city: SimpleNamespace) -> None:
    for city.today in (date(2014, 12, 31), date(2015, 1, 1), date(2015, 2, 28)):
        said = page(city.reporter, "/plans/old/tasks/task-old/")
        assert "截至2014年12月31日" in said
        assert "逾期" in said
    city.today = date(2015, 3, 15)
    assert "截至2014年11月30日" in page(city.reporter, "/plans/old/tasks/task-old/")


def test_december_stays_on_the_desk_through_january_as_any_month_does_through_the_next(city: SimpleNamespace) -> None:
    city.today = date(2015, 1, 31)
    desk, mine = page(city.reporter, "/desk/"), page(city.reporter, "/tasks/mine/")
    assert "已逾期 26 天" in desk
    assert "还有 2 份报告待提交" in desk
    assert OLD in mine[mine.index("2014年12月报告") - 60 :]
    city.today = date(2015, 2, 1)
    desk, mine = page(city.reporter, "/desk/"), page(city.reporter, "/tasks/mine/")
    assert "已逾期" not in desk
    assert "2014年12月 1 项未报" in desk
    assert "2014年12月报告" not in mine
