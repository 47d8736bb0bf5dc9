"""A rule that changes from a month on: closed months stay as they were judged, later ones are judged by the new one."""

from decimal import Decimal as D
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from departments.auditing.log import line_of_event
from departments.models import AuditEvent
from departments.permissions import Role
from plans.periods import Month
from targets.expected.asked_figures import asked_by
from targets.judging.audit import differences, verify_attainment
from targets.models import Attainment, Target, TargetVersion
from targets.reading.selectors import attainments_official_then
from targets.services.locking import close_plan_month, reopen_plan_month
from targets.services.quotas import set_quotas
from targets.tests import factories as f
from targets.tests.test_admin import form_of, upload
from targets.wording.explanation import explain_attainment
from targets.wording.rule_changes import rule_changes

pytestmark = pytest.mark.django_db
MARCH, APRIL, JUNE = Month(2014, 3), Month(2014, 4), Month(2014, 6)
FROM_APRIL = {"holds_from": "2014-04", "change_reason": "省里调整任务", "change_paper": "温政发〔2014〕9号"}


@pytest.fixture
def inside() -> Client:
    client = Client()
    client.force_login(f.person(Role.ADMINISTRATOR))
    return client


@pytest.fixture
def promise() -> Target:
    """400 in the year, with a step in June; 90 in March, 30 in April; March is closed."""
    measured = f.indicator("count")
    made = f.target(measured, "at_least", 400)
    f.step(made, "2014-06-30", 200)
    f.official(f.entry(measured, "2014-03", 90), f.entry(measured, "2014-04", 30))
    f.judged_anew(made)
    close_plan_month(made.plan, MARCH, by=f.coordinator())
    return made


def save(client: Client, promise: Target, **fields: object) -> Any:
    address = f"/admin/targets/target/{promise.pk}/change/"
    return client.post(address, form_of(client, address) | fields)


def rows(promise: Target, until: Month) -> list[Any]:
    """All that is stored of the months up to one of them."""
    return list(Attainment.objects.filter(target=promise, month__lte=until).order_by("region", "month").values())


def compared(promise: Target) -> list[int]:
    found = Attainment.objects.filter(target=promise, region=promise.plan.region).order_by("month")
    return [int(one.compared) for one in found if one.compared is not None]


def is_sound() -> bool:
    f.recompute()
    return list(differences()) == [] and all(verify_attainment(one).agrees for one in Attainment.objects.all())


def test_a_rule_holds_from_the_month_that_its_change_names(inside: Client, promise: Target) -> None:
    before = rows(promise, MARCH)
    assert save(inside, promise, threshold="300", **FROM_APRIL).status_code == 302
    assert is_sound()
    assert rows(promise, MARCH) == before
    assert compared(promise) == [400] + [300] * 9
    assert f.attainment(promise, "2014-04").target_version > f.attainment(promise, "2014-03").target_version


def test_a_change_of_steps_holds_from_a_month_on(inside: Client, promise: Target) -> None:
    before = rows(promise, MARCH)
    assert str(f.attainment(promise, "2014-04").pace).startswith("133.333")
    assert save(inside, promise, **{"steps-0-threshold": "180"}, **FROM_APRIL).status_code == 302
    assert is_sound()
    assert rows(promise, MARCH) == before
    assert f.attainment(promise, "2014-04").pace == 120
    kept = TargetVersion.objects.get()
    assert kept.steps == [["2014-06-30", "200.000000"]]


def test_the_first_open_month_is_offered(inside: Client, promise: Target) -> None:
    address = f"/admin/targets/target/{promise.pk}/change/"
    assert form_of(inside, address)["holds_from"] == "2014-04"
    close_plan_month(promise.plan, JUNE, by=f.coordinator())
    assert form_of(inside, address)["holds_from"] == "2014-07"
    close_plan_month(promise.plan, Month(2014, 12), by=f.coordinator())
    assert form_of(inside, address)["holds_from"] == ""


REFUSED = [
    ({"holds_from": "2014-03"}, "计划“行动计划”的 2014-03 已封账"),
    ({"holds_from": "2014-01"}, "最早自 2014-04 起生效"),
    ({"holds_from": "2015-01"}, "2014-01 至 2014-12"),
    ({"holds_from": "四月"}, "2014-06"),
    ({"change_reason": " "}, "请填写调整原因"),
    ({"holds_from": ""}, "或者在目标表单中填写生效月份：2014-04 或以后月份"),
]


@pytest.mark.parametrize(("fields", "said"), REFUSED)
def test_a_change_that_cannot_hold_so_is_refused(
    inside: Client, promise: Target, fields: dict[str, str], said: str
) -> None:
    before = rows(promise, Month(2014, 12))
    answer = save(inside, promise, threshold="300", **FROM_APRIL | fields)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert is_sound()
    assert rows(promise, Month(2014, 12)) == before
    assert not TargetVersion.objects.exists()


def test_a_file_says_where_a_month_is_named(inside: Client, promise: Target) -> None:
    told = upload(inside, "target", f"plan,code,threshold\nplan-2014,{promise.code},300\n")
    assert "或者在目标表单中填写生效月份：2014-04 或以后月份" in told.content.decode()


def test_without_closed_months_and_without_a_month_a_rule_holds_in_all(inside: Client, promise: Target) -> None:
    reopen_plan_month(promise.plan, MARCH, by=f.coordinator(), reason="更正目标")
    assert save(inside, promise, threshold="300").status_code == 302
    assert is_sound()
    assert compared(promise) == [300] * 10
    assert not TargetVersion.objects.exists()


def test_words_change_without_a_reason_and_leave_no_version(inside: Client, promise: Target) -> None:
    assert save(inside, promise, name="新名称").status_code == 302
    assert not TargetVersion.objects.exists()


def test_what_is_measured_is_the_same_in_all_months(inside: Client, promise: Target) -> None:
    other = f.indicator("count")
    answer = save(inside, promise, indicator=other.pk, **FROM_APRIL)
    assert answer.status_code == 200
    assert "此项修改会改变该月的评判结果" in answer.content.decode()


def test_a_change_without_a_month_corrects_the_newest_rule_where_it_holds(inside: Client, promise: Target) -> None:
    assert save(inside, promise, threshold="300", **FROM_APRIL).status_code == 302
    before = rows(promise, MARCH)
    assert save(inside, promise, threshold="310", holds_from="").status_code == 302
    assert is_sound()
    assert (rows(promise, MARCH), compared(promise)) == (before, [400] + [310] * 9)


def test_several_changes_judge_each_month_by_the_one_that_holds(promise: Target) -> None:
    f.change_rule(promise, Month(2014, 5), threshold=300)
    f.change_rule(promise, Month(2014, 9), threshold=250)
    assert is_sound()
    assert compared(promise) == [400] * 2 + [300] * 4 + [250] * 4


def test_a_change_from_an_earlier_month_replaces_those_of_later_ones(promise: Target) -> None:
    f.change_rule(promise, Month(2014, 9), threshold=250)
    f.change_rule(promise, Month(2014, 5), threshold=300)
    assert is_sound()
    assert compared(promise) == [400] * 2 + [300] * 8
    assert [turn.replaced for turn in rule_changes(Target.objects.get())] == [False, True]


def test_a_month_is_explained_by_the_rule_that_judged_it(promise: Target) -> None:
    f.change_rule(promise, Month(2014, 5), threshold=300)
    f.change_rule(promise, Month(2014, 9), threshold=250)
    said = [explain_attainment(one) for one in Attainment.objects.of_plan(promise.plan).with_rules()]
    assert "目标 ≥\xa0400\xa0户" in said[3]
    assert said[3].endswith("按4月及以前执行的目标规则评判。")
    assert "目标 ≥\xa0300\xa0户" in said[7]
    assert said[7].endswith("按5月至8月执行的目标规则评判。")
    assert "目标 ≥\xa0250\xa0户" in said[8]
    assert said[8].endswith("按9月起执行的目标规则评判。")


def test_an_explanation_of_a_rule_that_never_changed_says_nothing_of_it(promise: Target) -> None:
    assert not any(
        "目标规则" in explain_attainment(one) for one in Attainment.objects.of_plan(promise.plan).with_rules()
    )


def test_what_was_official_earlier_is_judged_by_the_rule_of_its_month(promise: Target) -> None:
    f.change_rule(promise, APRIL, threshold=300)
    then = attainments_official_then(Target.objects.all(), promise.plan.region, timezone.now())
    assert [one.compared for one in then if one.compared is not None] == [400] + [300] * 9
    assert {one.target.threshold for one in then if one.month <= MARCH} == {400}


def test_the_change_is_told_with_before_and_after_and_its_month(inside: Client, promise: Target) -> None:
    assert save(inside, promise, threshold="300", **{"steps-0-threshold": "180"}, **FROM_APRIL).status_code == 302
    event = AuditEvent.objects.get(action="target.rule_changed")
    assert event.detail == {
        "name": promise.name,
        "from_month": "2014-04",
        "source": "温政发〔2014〕9号",
        "reason": "省里调整任务",
        "before": {"threshold": "400", "steps": "2014-06-30 200"},
        "after": {"threshold": "300", "steps": "2014-06-30 180"},
    }
    told = line_of_event(event).detail
    assert all(one in told for one in ("起始月份: 2014-04", "目标值: 400", "阶段目标: 2014-06-30 180"))


def test_a_target_s_page_shows_the_rule_of_its_month_and_every_change(promise: Target) -> None:
    f.change_rule(promise, APRIL, threshold=300)
    reader = Client()
    reader.force_login(f.person(Role.LEADER))
    address = f"/plans/{promise.plan.code}/targets/{promise.code}/"
    march, april = (reader.get(address, {"month": month}).content.decode() for month in ("2014-03", "2014-04"))
    assert "按3月及以前执行的目标规则评判" in march
    assert "≥\xa0400\xa0户" in march
    assert "按4月起执行的目标规则评判" in april
    for page in (march, april):
        assert "目标规则调整记录" in page
        assert "400\xa0户" in page
        assert "300\xa0户" in page
        assert "2014年4月起" in page
        assert "2号" in page


def test_lists_show_the_rule_of_their_month(promise: Target) -> None:
    f.change_rule(promise, APRIL, threshold=300)
    reader = Client()
    reader.force_login(f.person(Role.LEADER))
    for month, number in (("2014-03", "400"), ("2014-04", "300")):
        page = reader.get(f"/plans/{promise.plan.code}/", {"month": month}).content.decode()
        assert f"≥\xa0{number}\xa0户" in page


def test_the_api_answers_by_the_rule_of_the_month(promise: Target) -> None:
    f.change_rule(promise, APRIL, threshold=300)
    caller = Client()
    caller.force_login(f.person(Role.LEADER))
    base = f"/api/v1/plans/{promise.plan.code}"
    judged = caller.get(f"{base}/targets/{promise.code}/attainment").json()["items"]
    assert [one["threshold"] for one in judged if one["threshold"] is not None] == ["400"] + ["300"] * 9
    assert "≥\xa0400\xa0户" in judged[2]["explanation"]
    (version,) = caller.get(f"{base}/targets").json()["items"][0]["versions"]
    assert (version["from_month"], version["threshold"], version["number"]) == ("2014-04", "400", 1)
    assert version["steps"] == [{"due": "2014-06-30", "threshold": "200"}]


# --- What only a former rule looks at ---------------------------------------------------------------------------------


@pytest.fixture
def held_against() -> Target:
    """Held against one indicator until May, and against another from June on; March is closed."""
    measured, first, second = (f.indicator("level", department=f.department()) for _number in range(3))
    made = f.target(measured, "at_least", threshold_kind="indicator", operand=first)
    f.official(f.entry(measured, "2014-03", 5), f.entry(first, "2014-03", 4), f.entry(second, "2014-03", 6))
    f.judged_anew(made)
    close_plan_month(made.plan, MARCH, by=f.coordinator())
    f.change_rule(made, JUNE, operand=second)
    return made


def former_operand(promise: Target) -> Any:
    return TargetVersion.objects.get(target=promise).operand


def test_a_figure_of_a_former_comparison_reaches_the_months_that_it_judged(held_against: Target) -> None:
    first = former_operand(held_against)
    f.official(f.entry(first, "2014-04", 7))
    assert is_sound()
    assert [int(f.attainment(held_against, month).compared or 0) for month in ("2014-05", "2014-06")] == [7, 6]


def test_a_figure_of_a_former_comparison_is_closed_with_its_month(held_against: Target) -> None:
    first = former_operand(held_against)
    with pytest.raises(ValidationError, match="2014-03"):
        f.official(f.entry(first, "2014-03", 9, note="更正"))


def test_a_figure_of_a_former_comparison_is_asked_for_until_it_ended(held_against: Target) -> None:
    (asking,) = asked_by([held_against.plan]).plans
    first = former_operand(held_against)
    assert asking.months_of(first.pk)[-1] == Month(2014, 5)
    assert [asking.asks_in(first.pk, month) for month in (Month(2014, 5), JUNE)] == [True, False]
    assert asking.months_of(held_against.operand_id or 0)[-1] == Month(2014, 12)


def test_parts_are_judged_from_the_month_on_that_covers_them() -> None:
    measured = f.indicator("count", region_rule="sum")
    county = f.region("100101", f.region())
    made = f.target(measured, "at_least", 400)
    f.official(f.entry(measured, "2014-02", 90, place=county))
    close_plan_month(made.plan, MARCH, by=f.coordinator())
    f.judged_anew(made)
    before = rows(made, MARCH)
    f.change_rule(made, APRIL, coverage="quotas")
    f.quota(made, county, 100, "2014-04")
    f.judged_anew(made)
    assert is_sound()
    assert rows(made, MARCH) == before
    judged = Attainment.objects.filter(region=county).order_by("month")
    assert [str(one.month) for one in judged] == [f"2014-{number:02d}" for number in range(4, 13)]
    assert {int(one.compared or 0) for one in judged} == {100}
    f.change_rule(made, JUNE, coverage="whole")
    assert is_sound()
    assert [str(one.month) for one in judged.all()] == ["2014-04", "2014-05"]


def test_a_target_whose_rule_has_changed_is_not_deleted(inside: Client, promise: Target) -> None:
    f.change_rule(promise, APRIL, threshold=300)
    reopen_plan_month(promise.plan, MARCH, by=f.coordinator(), reason="更正目标")
    told = inside.post(f"/admin/targets/target/{promise.pk}/delete/", {"post": "yes"})
    assert "有其他数据以此为依据" in told.content.decode()
    assert Target.objects.exists()


def test_a_draft_s_rule_changes_without_a_month(inside: Client, promise: Target) -> None:
    type(promise.plan).objects.update(state="draft")
    address = f"/admin/targets/target/{promise.pk}/change/"
    assert "调整目标规则" not in inside.get(address).content.decode()
    assert save(inside, promise, threshold="300", **FROM_APRIL).status_code == 302
    assert not TargetVersion.objects.exists()


def test_a_whole_that_is_raised_from_a_month_on_leaves_the_quotas_of_months_before_it_enough(inside: Client) -> None:
    measured = f.indicator("count", region_rule="sum")
    county = f.region("100101", f.region())
    made = f.target(measured, "at_least", 400, coverage="quotas")
    f.quota(made, county, 400)
    close_plan_month(made.plan, MARCH, by=f.coordinator())
    assert save(inside, made, threshold="500", **FROM_APRIL).status_code == 302
    given: dict[str, Any] = {"target": Target.objects.get(), "source": "3号", "by": f.coordinator()}
    reopen_plan_month(made.plan, MARCH, by=f.coordinator(), reason="更正")
    set_quotas(rows={county.pk: D(400)}, from_month=Month(2014, 2), **given)
    with pytest.raises(ValidationError, match="500"):
        set_quotas(rows={county.pk: D(400)}, from_month=APRIL, **given)
