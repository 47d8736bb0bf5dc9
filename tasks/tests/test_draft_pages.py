"""An earlier plan chosen and copied, and a draft edited row by row on its pages, whatever way it was made."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Region
from departments.permissions import Role
from departments.tests.cities import city
from plans.models import Clause, Plan
from plans.periods import Month
from plans.tests.factories import plan_of_year
from targets.models import Step, Target, TargetLeader
from targets.tests import factories as f
from tasks.models import Milestone, Task
from tasks.services.next_year import propose_next_year
from tasks.tests.cast import a_task, milestone

pytestmark = pytest.mark.django_db
WORDS = "一、目标达到百分之九十二以上。"


@pytest.fixture
def town() -> SimpleNamespace:
    """A plan of 2014 in a series, one of 2013 in none, and an administrator inside."""
    region = f.region()
    plan = f.another_plan("air-2014", series="air", title="2014年大气计划")
    other = f.another_plan("food-2013", 2013, title="2013年食品安全计划")
    office = f.person(Role.ADMINISTRATOR)
    client = Client()
    client.force_login(office)
    return SimpleNamespace(region=region, plan=plan, other=other, office=office, inside=client)


@pytest.fixture
def draft(town: SimpleNamespace) -> Plan:
    """A draft as it is added in the administration: nothing but the document."""
    fields: dict[str, Any] = {"code": "air-2015", "series": "air", "title": "2015年大气计划", "region": town.region}
    return plan_of_year(2015, state=Plan.State.DRAFT, issued_on=None, **fields)


def send(town: SimpleNamespace, address: str, **given: Any) -> Any:
    """What a person sends who fills in the form that the page shows."""
    form = town.inside.get(address).context["form"]
    filled = {name: form[name].value() for name in form.fields}
    kept = {name: value for name, value in filled.items() if value is not None and value is not False}
    return town.inside.post(address, kept | given, follow=True)


def page(answer: Any) -> str:
    text: str = answer.content.decode()
    return text


# --- Made from an earlier plan ----------------------------------------------------------------------------------------


def suggested(town: SimpleNamespace, address: str) -> dict[str, str]:
    return {name: str(value) for name, value in town.inside.get(address).context["form"].initial.items()}


def test_the_next_plan_is_suggested_after_the_newest_of_the_series(town: SimpleNamespace) -> None:
    f.another_plan("food-2015", 2015)
    f.another_plan("air-2013", 2013, series="air")
    found = suggested(town, "/plans/air-2013/next/propose/")
    assert found == {
        "code": "air-2015",
        "title": "2015年大气计划",
        "number": "",
        "first_month": "2015-01",
        "last_month": "2015-12",
    }


def test_a_code_without_a_year_is_suggested_from_the_series(town: SimpleNamespace) -> None:
    Plan.objects.filter(pk=town.plan.pk).update(code="clean-air")
    assert suggested(town, "/plans/clean-air/next/propose/")["code"] == "air-2015"


def test_another_earlier_plan_is_chosen_by_its_code(town: SimpleNamespace) -> None:
    answer = town.inside.get("/plans/air-2014/next/propose/?before=food-2013")
    assert answer.context["before"] == town.other
    assert [one.code for one in answer.context["offered"]] == ["air-2014", "food-2013"]
    assert suggested(town, "/plans/air-2014/next/propose/?before=food-2013")["first_month"] == "2014-01"


def test_a_draft_alone_in_its_series_is_preceded_by_the_newest_of_the_region(
    town: SimpleNamespace, draft: Plan
) -> None:
    Plan.objects.filter(pk=draft.pk).update(series="water")
    assert town.inside.get("/plans/air-2015/next/propose/").context["before"] == town.plan


def test_an_unknown_plan_and_one_of_another_region_are_not_chosen(town: SimpleNamespace, draft: Plan) -> None:
    f.another_plan("far-2014", place=Region.objects.create(code="100200", name="另市", kind="city"))
    for code in ("none", "far-2014", draft.code):
        assert town.inside.get(f"/plans/air-2014/next/propose/?before={code}").status_code == 404


def test_without_a_plan_in_force_the_page_says_that_there_is_none_to_copy(town: SimpleNamespace, draft: Plan) -> None:
    Plan.objects.exclude(pk=draft.pk).delete()
    assert "尚无已发布的计划" in page(town.inside.get("/plans/air-2015/next/propose/"))


def test_names_and_months_are_those_that_were_typed(town: SimpleNamespace) -> None:
    given = {"code": "sky-2016", "title": "2016年蓝天计划", "first_month": "2016-01", "last_month": "2018-12"}
    answer = send(town, "/plans/air-2014/next/propose/", **given)
    made = Plan.objects.get(code="sky-2016")
    assert answer.redirect_chain == [("/plans/sky-2016/next/edit/", 302)]
    assert (made.title, made.number, made.series) == ("2016年蓝天计划", "", "air")
    assert (made.first_month, made.last_month, made.state) == (Month(2016, 1), Month(2018, 12), "draft")


def test_days_lie_as_far_from_the_beginning_as_they_did(town: SimpleNamespace) -> None:
    five = f.another_plan("five", 2011, last_month=Month(2015, 12))
    houses = f.target(f.indicator("count"), "at_least", 100, plan=five, first_month=Month(2012, 3))
    Step.objects.create(target=houses, due=date(2013, 2, 28), threshold=40)
    TargetLeader.objects.create(target=houses, name="副市长张三")
    a_task("t", five)
    draft = propose_next_year(five, by=town.office)
    proposed = draft.targets.get()
    assert (draft.first_month, draft.last_month) == (Month(2016, 1), Month(2020, 12))
    assert (proposed.due, proposed.first_month) == (date(2020, 12, 31), Month(2017, 3))
    assert [(one.due, one.threshold) for one in proposed.steps.all()] == [(date(2018, 2, 28), 40)]
    assert [one.name for one in proposed.leaders.all()] == ["副市长张三"]
    assert draft.tasks.get().due == date(2016, 12, 31)


def test_nothing_is_due_behind_the_end_of_a_shorter_plan(town: SimpleNamespace) -> None:
    f.target(f.indicator("count"), "at_least", 100, plan=town.plan)
    send(town, "/plans/air-2014/next/propose/", last_month="2015-06")
    assert Plan.objects.get(code="air-2015").targets.get().due == date(2015, 6, 30)


def test_a_code_that_exists_is_refused_with_the_plan_that_has_it(town: SimpleNamespace) -> None:
    answer = send(town, "/plans/air-2014/next/propose/", code="food-2013")
    assert answer.status_code == 422
    assert answer.context["form"].errors["code"] == ["代码 food-2013 已用于计划“2013年食品安全计划”，请改用其他代码。"]
    assert Plan.objects.count() == 2


def test_a_plan_of_another_region_that_has_the_code_is_not_named(town: SimpleNamespace) -> None:
    f.another_plan("far-2014", place=city("丽水").region, title="丽水计划")
    answer = send(town, "/plans/air-2014/next/propose/", code="far-2014")
    assert "其他地区" in str(answer.context["form"].errors["code"])
    assert "丽水" not in page(answer)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"first_month": "2015"}, "2014-06"),
        ({"first_month": "2015-06", "last_month": "2015-01"}, "终止月早于起始月"),
        ({"first_month": "2014-07"}, "2014年大气计划"),
        ({"first_month": "2015-01", "last_month": "2035-12"}, "十年"),
        ({"code": "Air-2015"}, "小写"),
        ({"title": ""}, "必填"),
    ],
)
def test_what_does_not_fit_is_said_and_no_draft_is_made(
    town: SimpleNamespace, given: dict[str, str], said: str
) -> None:
    answer = send(town, "/plans/air-2014/next/propose/", **given)
    assert answer.status_code == 422
    assert said in str(answer.context["form"].errors)
    assert Plan.objects.count() == 2


# --- Compared ---------------------------------------------------------------------------------------------------------


def test_a_plan_is_compared_with_the_one_of_its_series_or_with_the_one_that_is_chosen(town: SimpleNamespace) -> None:
    later = f.another_plan("air-2015", 2015, series="air")
    f.another_plan("food-2014", 2014)
    houses = f.indicator("count")
    for plan, number in ((town.plan, 10), (town.other, 20), (later, 30)):
        f.target(houses, "at_least", number, plan=plan)
    assert town.inside.get("/plans/air-2015/next/").context["before"] == town.plan
    answer = town.inside.get("/plans/air-2015/next/?before=food-2013")
    assert [(pair.before_text, pair.after_text) for pair in answer.context["pairs"]] == [
        ("≥\u00a020\u00a0户", "≥\u00a030\u00a0户")
    ]
    assert [one.code for one in answer.context["earlier"]] == ["air-2014", "food-2014", "food-2013"]


def test_a_plan_without_one_before_it_in_its_series_asks_which_to_compare_with(town: SimpleNamespace) -> None:
    f.another_plan("water-2015", 2015)
    answer = town.inside.get("/plans/water-2015/next/")
    assert answer.context["before"] is None
    assert "同一系列没有往期计划" in page(answer)


def test_a_later_plan_and_one_that_one_does_not_see_are_not_compared_with(town: SimpleNamespace, draft: Plan) -> None:
    f.another_plan("far-2013", 2013, place=Region.objects.create(code="100200", name="另市", kind="city"))
    for code in ("far-2013", "air-2015", "none"):
        assert town.inside.get(f"/plans/air-2014/next/?before={code}").status_code == 404


# --- Edited -----------------------------------------------------------------------------------------------------------


def test_an_empty_draft_becomes_a_plan_in_force_on_its_pages(town: SimpleNamespace, draft: Plan) -> None:
    houses = f.indicator("count")
    assert "计划还没有条款" in page(town.inside.get("/plans/air-2015/next/edit/"))
    send(town, "/plans/air-2015/next/clause/add/", path="一", text="一、改造危房一百户。")
    clause = draft.clauses.get()
    quoted = {"clause": clause.pk, "quote": "改造危房一百户"}
    send(
        town,
        "/plans/air-2015/next/target/add/",
        name="危房改造",
        indicator=houses.pk,
        comparator="at_least",
        threshold_kind="constant",
        threshold="100",
        **quoted,
    )
    send(town, "/plans/air-2015/next/task/add/", title="改造危房", **quoted)
    task = draft.tasks.get()
    send(
        town, f"/plans/air-2015/next/milestone/add/?task={task.code}", title="开工", quote="改造危房", due="2015-06-30"
    )
    send(town, f"/plans/air-2015/next/plan/{draft.pk}/", issued_on="2015-01-05")
    target = draft.targets.get()
    assert (target.code, target.order, target.due, target.threshold) == (houses.code, 1, date(2015, 12, 31), 100)
    assert [(one.code, one.title, one.due) for one in task.milestones.all()] == [("step", "开工", date(2015, 6, 30))]
    answer = town.inside.post("/plans/air-2015/next/publish/", follow=True)
    assert answer.redirect_chain == [("/plans/air-2015/next/", 302)]
    draft.refresh_from_db()
    assert not draft.is_draft


def worded(draft: Plan) -> Clause:
    return Clause.objects.create(plan=draft, path="一", order=1, text=WORDS)


def test_a_quote_stands_in_its_clause(town: SimpleNamespace, draft: Plan) -> None:
    clause = worded(draft)
    answer = send(town, "/plans/air-2015/next/task/add/", title="任务", clause=clause.pk, quote="别的话")
    assert answer.status_code == 422
    assert "别的话" in str(answer.context["form"].errors["quote"])
    assert not Task.objects.exists()


def test_what_is_missing_leads_to_the_row_that_lacks_it(town: SimpleNamespace, draft: Plan) -> None:
    clause = worded(draft)
    task, lacking = a_task("t", draft), Clause.objects.create(plan=draft, path="二", order=2)
    Task.objects.filter(pk=task.pk).update(quote="")
    answer = town.inside.get("/plans/air-2015/next/edit/")
    assert [(gap.kind, gap.row.pk) for gap in answer.context["gaps"]] == [
        ("plan", draft.pk),
        ("clause", lacking.pk),
        ("task", task.pk),
    ]
    for kind, row in (("plan", draft), ("clause", lacking), ("task", task)):
        assert f'<a href="/plans/air-2015/next/{kind}/{row.pk}/">' in page(answer)
    shown = answer.context["draft"]
    assert [(one.row, one.lacks) for one in shown.clauses] == [(clause, False), (lacking, True)]
    assert [one.lacks for _clause, entries in shown.tasks for one in entries] == [True]


def test_promises_stand_below_their_clause_in_the_order_of_the_clauses(town: SimpleNamespace, draft: Plan) -> None:
    first, second = worded(draft), Clause.objects.create(plan=draft, path="二", order=2, text=WORDS)
    later, sooner = (
        f.target(f.indicator("count"), "at_least", 10, plan=draft, clause=clause, quote="目标")
        for clause in (second, first)
    )
    shown = town.inside.get("/plans/air-2015/next/edit/").context["draft"]
    assert [(clause, [one.row for one in entries]) for clause, entries in shown.targets] == [
        (first, [sooner]),
        (second, [later]),
    ]


def test_whoever_saves_a_row_is_led_back_to_it(town: SimpleNamespace, draft: Plan) -> None:
    clause = worded(draft)
    answer = send(town, f"/plans/air-2015/next/clause/{clause.pk}/", text=WORDS + "改")
    assert answer.redirect_chain == [(f"/plans/air-2015/next/edit/#clause-{clause.pk}", 302)]
    assert f'id="clause-{clause.pk}"' in page(answer)


def test_the_words_of_the_earlier_plan_stand_beside_the_clause_of_the_same_number(
    town: SimpleNamespace, draft: Plan
) -> None:
    earlier = town.plan.clauses.get()
    same, other = (
        Clause.objects.create(plan=draft, path=path, order=order) for order, path in ((1, earlier.path), (2, "九"))
    )
    assert earlier.text in page(town.inside.get(f"/plans/air-2015/next/clause/{same.pk}/"))
    assert earlier.text not in page(town.inside.get(f"/plans/air-2015/next/clause/{other.pk}/"))


def test_the_units_that_answer_for_a_promise_are_chosen(town: SimpleNamespace, draft: Plan) -> None:
    clause, first, second, third = worded(draft), f.department(), f.department(), f.department()
    given = {"title": "任务", "clause": clause.pk, "quote": "目标"}
    send(town, "/plans/air-2015/next/task/add/", **given, lead=[first.pk], support=[second.pk])
    task = draft.tasks.get()
    task.assignments.filter(department=first).update(quote="目标")
    send(town, f"/plans/air-2015/next/task/{task.pk}/", lead=[], shared=[first.pk], support=[third.pk])
    held = {(one.department, one.role, one.quote) for one in task.assignments.all()}
    assert held == {(first, "shared", "目标"), (third, "support", "")}
    ticked = town.inside.get(f"/plans/air-2015/next/task/{task.pk}/").context["form"].fields["support"].choices[0]
    assert ticked == (third.pk, third.short_name)


def test_a_unit_has_one_role_and_is_one_that_is_offered(town: SimpleNamespace, draft: Plan) -> None:
    unit, stranger = f.department(), f.department(Region.objects.create(code="100200", name="另市", kind="city"))
    given = {"title": "任务", "clause": worded(draft).pk, "quote": "目标"}
    answer = send(town, "/plans/air-2015/next/task/add/", **given, lead=[unit.pk], support=[unit.pk])
    assert "只能有一种责任" in str(answer.context["form"].errors)
    assert stranger.short_name not in page(answer)
    assert send(town, "/plans/air-2015/next/task/add/", **given, lead=[stranger.pk]).status_code == 422
    assert not Task.objects.exists()


@pytest.mark.parametrize("kind", ["clause", "target", "task"])
def test_an_empty_form_says_what_is_missing_and_stores_nothing(town: SimpleNamespace, draft: Plan, kind: str) -> None:
    answer = town.inside.post(f"/plans/air-2015/next/{kind}/add/", {"due": ""})
    assert answer.status_code == 422
    assert "必填" in str(answer.context["form"].errors)
    assert (Clause.objects.filter(plan=draft).count(), Target.objects.count(), Task.objects.count()) == (0, 0, 0)


def test_a_code_that_another_row_has_is_refused(town: SimpleNamespace, draft: Plan) -> None:
    quoted = {"clause": worded(draft).pk, "quote": "目标", "title": "任务"}
    send(town, "/plans/air-2015/next/task/add/", **quoted)
    send(town, "/plans/air-2015/next/task/add/", **quoted)
    assert sorted(draft.tasks.values_list("code", "order")) == [("task", 1), ("task-2", 2)]
    answer = send(town, "/plans/air-2015/next/task/add/", code="task", **quoted)
    assert answer.status_code == 422
    assert draft.tasks.count() == 2


def paths(draft: Plan) -> list[str]:
    return list(draft.clauses.order_by("order").values_list("path", flat=True))


def test_a_clause_is_added_behind_another_one_and_moved(town: SimpleNamespace, draft: Plan) -> None:
    for path in "甲乙丁":
        send(town, "/plans/air-2015/next/clause/add/", path=path, text=path)
    assert paths(draft) == ["甲", "乙", "丁"]
    by_path = {one.path: one for one in draft.clauses.all()}
    send(town, "/plans/air-2015/next/clause/add/", path="丙", text="丙", after=by_path["乙"].pk)
    send(town, "/plans/air-2015/next/clause/add/", path="序", text="序", after="")
    assert paths(draft) == ["序", "甲", "乙", "丙", "丁"]
    send(town, f"/plans/air-2015/next/clause/{by_path['丁'].pk}/", after=by_path["甲"].pk)
    assert paths(draft) == ["序", "甲", "丁", "乙", "丙"]
    send(town, f"/plans/air-2015/next/clause/{by_path['甲'].pk}/", after=by_path["乙"].pk)
    assert paths(draft) == ["序", "丁", "乙", "甲", "丙"]
    send(town, f"/plans/air-2015/next/clause/{by_path['乙'].pk}/", text="乙改")
    assert paths(draft) == ["序", "丁", "乙", "甲", "丙"]


def test_a_clause_is_not_a_part_of_itself_nor_of_its_parts(town: SimpleNamespace, draft: Plan) -> None:
    whole = worded(draft)
    part = Clause.objects.create(plan=draft, path="一(一)", order=2, text="细", parent=whole)
    answer = send(town, f"/plans/air-2015/next/clause/{whole.pk}/", parent=part.pk)
    assert answer.status_code == 422
    assert "不能从属于自身" in str(answer.context["form"].errors)


def test_a_number_of_a_clause_stands_once(town: SimpleNamespace, draft: Plan) -> None:
    worded(draft)
    answer = send(town, "/plans/air-2015/next/clause/add/", path="一", text="二")
    assert answer.status_code == 422
    assert draft.clauses.count() == 1


def test_a_clause_goes_with_its_parts_and_promises_once_they_were_seen(town: SimpleNamespace, draft: Plan) -> None:
    whole, stays = worded(draft), Clause.objects.create(plan=draft, path="二", order=3, text="二、目标")
    part = Clause.objects.create(plan=draft, path="一(一)", order=2, text="细目标", parent=whole)
    target = f.target(f.indicator("count"), "at_least", 10, plan=draft, clause=part, quote="目标")
    task = a_task("t", draft)
    step = milestone(task, "m", counted_by=target)
    address = f"/plans/air-2015/next/clause/{whole.pk}/remove/"
    asked = page(town.inside.get(address))
    for name in (part, target, task, step):
        assert str(name) in asked
    seen = town.inside.get(address).context["going"].mark
    further = f.target(f.indicator("count"), "at_least", 10, plan=draft, clause=part, quote="目标")
    answer = town.inside.post(address, {"seen": seen})
    assert answer.status_code == 422
    assert str(further) in page(answer)
    assert Clause.objects.filter(pk=whole.pk).exists()
    town.inside.post(address, {"seen": answer.context["going"].mark})
    assert list(draft.clauses.all()) == [stays]
    assert not (Target.objects.exists())
    assert not (Task.objects.exists())
    assert not Milestone.objects.exists()


def test_a_target_by_which_a_milestone_is_counted_stays_with_its_clause(town: SimpleNamespace, draft: Plan) -> None:
    worded(draft)
    other = Clause.objects.create(plan=draft, path="二", order=2, text="二、目标")
    target = f.target(f.indicator("count"), "at_least", 10, plan=draft, clause=other, quote="目标")
    step = milestone(a_task("t", draft), "m", counted_by=target)
    for address in (f"target/{target.pk}", f"clause/{other.pk}"):
        answer = town.inside.post(f"/plans/air-2015/next/{address}/remove/", {"seen": ""})
        assert answer.status_code == 422
        assert str(step) in page(answer)
    assert Target.objects.filter(pk=target.pk).exists()


def test_a_task_goes_with_its_milestones(town: SimpleNamespace, draft: Plan) -> None:
    worded(draft)
    task = a_task("t", draft)
    step = milestone(task, "m")
    address = f"/plans/air-2015/next/task/{task.pk}/remove/"
    answer = town.inside.get(address)
    assert str(step) in page(answer)
    assert "草案其他内容不受影响" in page(town.inside.get(f"/plans/air-2015/next/milestone/{step.pk}/remove/"))
    town.inside.post(address, {"seen": answer.context["going"].mark})
    assert not Milestone.objects.exists()


def test_a_row_that_a_colleague_has_left_out_is_not_stored_again(
    town: SimpleNamespace, draft: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    worded(draft)
    task = a_task("t", draft)
    form_of = "tasks.views.drafting._form"
    from tasks.views import drafting

    made = drafting._form

    def meanwhile(*args: Any, **named: Any) -> Any:
        form = made(*args, **named)
        Task.objects.all().delete()
        return form

    given = {"title": "改名", "due": "2015-12-31", "clause": task.clause_id, "quote": "目标", "code": "t", "order": 0}
    monkeypatch.setattr(form_of, meanwhile)
    answer = town.inside.post(f"/plans/air-2015/next/task/{task.pk}/", given)
    assert answer.status_code == 422
    assert "已被同事从草案中删去" in page(answer)
    assert not Task.objects.exists()


def test_a_plan_that_is_added_in_the_administration_leads_on_to_its_editor(town: SimpleNamespace) -> None:
    given = {"code": "water-2015", "title": "治水", "issuer": "市政府", "region": town.region.pk, "deadline_day": 5}
    months = {"first_month": "2015-01", "last_month": "2015-12", "pace_tolerance": "0.8"}
    answer = town.inside.post("/admin/plans/plan/add/", given | months | {"_save": ""}, follow=True)
    assert answer.redirect_chain == [("/plans/water-2015/next/edit/", 302)]
    assert "计划还没有条款" in page(answer)
    made = Plan.objects.get(code="water-2015")
    address = f'href="/plans/{made.code}/next/edit/"'
    assert address in page(town.inside.get(f"/admin/plans/plan/{made.pk}/change/"))
    assert address in page(town.inside.get("/plans/air-2014/next/"))
    assert "/next/edit/" not in page(town.inside.get(f"/admin/plans/plan/{town.plan.pk}/change/"))


def test_a_month_that_is_none_is_refused_in_the_administration(town: SimpleNamespace) -> None:
    given = {"code": "water-2015", "title": "治水", "first_month": "2015", "last_month": "2015-12"}
    answer = town.inside.post("/admin/plans/plan/add/", given)
    assert "2014-06" in str(answer.context["errors"])


# --- Ended, and whose -------------------------------------------------------------------------------------------------

ENDS = ("edit/", "clause/add/", "target/add/", "task/add/", "plan/{pk}/", "clause/{clause}/", "clause/{clause}/remove/")


def test_a_plan_in_force_is_not_edited_and_the_page_says_so(town: SimpleNamespace) -> None:
    clause = town.plan.clauses.get()
    for end in ENDS:
        address = f"/plans/air-2014/next/{end.format(pk=town.plan.pk, clause=clause.pk)}"
        for answer in (town.inside.get(address, follow=True), town.inside.post(address, {"text": "改"}, follow=True)):
            if end == "edit/" and answer.status_code == 405:
                continue
            assert answer.redirect_chain == [("/plans/air-2014/next/", 302)], end
            assert "已发布，不再是草案" in page(answer)
    for verb in ("publish", "discard"):
        assert "已发布，不再是草案" in page(town.inside.post(f"/plans/air-2014/next/{verb}/", follow=True))
    clause.refresh_from_db()
    assert clause.text == WORDS


def test_who_comes_to_a_draft_that_was_discarded_is_told_so(town: SimpleNamespace, draft: Plan) -> None:
    town.inside.post("/plans/air-2015/next/discard/")
    for verb in ("publish", "discard"):
        answer = town.inside.post(f"/plans/air-2015/next/{verb}/", follow=True)
        assert answer.redirect_chain == [("/plans/air-2014/next/", 302)]
        assert "草案“2015年大气计划”已被删除" in page(answer)
    assert town.inside.get("/plans/never-there/next/edit/").status_code == 404


def test_a_draft_of_another_city_that_was_discarded_is_not_told_of(town: SimpleNamespace, draft: Plan) -> None:
    town.inside.post("/plans/air-2015/next/discard/")
    stranger = Client()
    stranger.force_login(city("丽水").person(Role.ADMINISTRATOR))
    assert stranger.get("/plans/air-2015/next/edit/").status_code == 404
    assert stranger.post("/plans/air-2015/next/publish/").status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_edit_a_draft(town: SimpleNamespace, draft: Plan, role: Role) -> None:
    clause = worded(draft)
    client = Client()
    client.force_login(f.person(role))
    for end in (*ENDS, "propose/"):
        address = f"/plans/air-2015/next/{end.format(pk=draft.pk, clause=clause.pk)}"
        assert (client.get(address).status_code, client.post(address).status_code) in ((403, 403), (403, 405))


def test_a_row_takes_the_same_queries_however_long_the_draft_is(town: SimpleNamespace, draft: Plan) -> None:
    clause = worded(draft)
    target = f.target(f.indicator("count"), "at_least", 10, plan=draft, clause=clause, quote="目标")
    whole = Clause.objects.create(plan=draft, path="二", order=20, text=WORDS)
    part = Clause.objects.create(plan=draft, path="二(一)", order=21, text=WORDS, parent=whole)
    milestone(a_task("t", draft), "m")
    addresses = ("edit/", f"target/{target.pk}/", "task/add/", f"clause/{whole.pk}/remove/", f"clause/{clause.pk}/")

    f.target(f.indicator("count"), "at_least", 10, plan=draft, clause=part, quote="目标")
    fields = {"plan": draft, "clause": part, "quote": "目标", "due": date(2015, 12, 31)}
    milestone(Task.objects.create(code="s", title="任务", **fields), "m")

    def queries() -> list[int]:
        found = []
        for end in addresses:
            with CaptureQueriesContext(connection) as captured:
                assert town.inside.get(f"/plans/air-2015/next/{end}").status_code == 200
            found.append(len(captured))
        return found

    queries()
    few = queries()
    for number in range(2, 8):
        further = Clause.objects.create(plan=draft, path=f"一({number})", order=number, text="目标", parent=part)
        f.target(f.indicator("count"), "at_least", 10, plan=draft, clause=further, quote="目标")
        milestone(a_task(f"t{number}", draft), "m")
    queries()  # what follows from the plans' promises is read anew once
    assert queries() == few
