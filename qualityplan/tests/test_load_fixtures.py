"""Fixtures are loaded strictly: all of a file or nothing, and the same file twice changes nothing."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils.translation import override

from departments.models import AuditEvent, Department, Region
from departments.permissions import Role
from plans.models import Clause, Plan
from plans.periods import Month
from qualityplan.tests.fixture_rows import (
    PLAN,
    Row,
    Write,
    clause,
    department,
    indicator,
    load,
    milestone,
    plan,
    refusal,
    region,
    row,
    target,
    task,
    world,
)
from targets.models import AppliedFormulas, DirtyKey, Indicator, Quota, Target
from targets.services.locking import close_plan_month
from targets.tests.factories import person
from tasks.models import Milestone, Task

pytestmark = pytest.mark.django_db


def compared(code: str, own: str, operand: str, **fields: Any) -> Row:
    """A target that compares one indicator with another."""
    other = {"threshold_kind": "indicator", "threshold": None, "operand": [operand]}
    return target(code, indicator=[own], **other | fields)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all our tables, histories among them; not what the service notes by itself."""
    models = [
        model
        for model in apps.get_models()
        if model.__module__.split(".")[0] in {"departments", "plans", "targets", "tasks"} and model != AppliedFormulas
    ]
    return {model._meta.label: list(model._default_manager.order_by("pk").values_list()) for model in models}


def test_each_row_is_stored_and_counted(write: Write) -> None:
    assert load(write(*world())) == "8 read, 8 new, 0 changed, 0 unchanged"
    assert Task.objects.get().targets.get() == Target.objects.get()


def test_loading_twice_changes_nothing_not_even_a_history_row(write: Write) -> None:
    path = write(*world())
    load(path)
    before = everything()
    assert load(path) == "8 read, 0 new, 0 changed, 8 unchanged"
    assert everything() == before


def test_loading_the_real_plan_twice_changes_nothing(plan_2014: Plan) -> None:
    before = everything()
    summary = load("10_departments", "20_plan_2014.json", "30_targets_2014", "40_tasks_2014")
    assert "0 new, 0 changed" in summary
    assert everything() == before


def test_a_changed_field_makes_one_history_row_and_leaves_absent_fields_alone(write: Write) -> None:
    load(write(*world()))
    Target.objects.update(reference=7)
    key = {"plan": [PLAN], "code": "grow"}
    assert load(write(row("targets.target", **key, threshold="4"))) == "1 read, 0 new, 1 changed, 0 unchanged"
    changed = Target.objects.get()
    assert (changed.threshold, changed.reference, changed.name) == (4, 7, "grow")
    assert changed.history.count() == 2


def test_a_changed_set_of_targets_is_a_change(write: Write) -> None:
    load(write(*world()))
    assert load(write(task(targets=[]))) == "1 read, 0 new, 1 changed, 0 unchanged"
    assert not Task.objects.get().targets.exists()


def test_numbers_keep_every_digit_that_is_written(write: Write) -> None:
    load(write(*world()))
    load(write(row("targets.target", plan=[PLAN], code="grow", threshold=0.420001)))
    assert str(Target.objects.get().threshold) == "0.420001"


def test_a_parent_in_the_same_file_is_found_when_it_comes_first(write: Write) -> None:
    load(write(region(), region("990100", parent=["990000"]), region("990101", parent=["990100"])))
    assert Region.objects.filter(code="990101", parent__parent__code="990000").exists()


def test_a_parent_that_comes_later_is_refused_with_its_place(write: Write) -> None:
    path = write(region("990100", parent=["990000"]), region())
    assert refusal(path) == [
        f"{path}, line 2, departments.region 990100: parent: departments.region 990000 ({path}, line 3) "
        "is refused, or comes only later."
    ]


def test_a_quote_that_is_not_in_its_clause_is_refused_with_its_row(write: Write) -> None:
    path = write(*world(), target("other", quote="grow by 4"))
    place = f"{path}, line 10, targets.target {PLAN} other"
    said = f'{place}: quote: The quote "grow by 4" does not stand word for word in clause 1.'
    assert refusal(path) == [f'{said} After "…grow by " the quote goes on "4", the clause "3.".']


@pytest.mark.parametrize("bad", [task("bad", quote="no"), milestone("bad", quote="no"), clause("2", 2, heading="no")])
def test_no_words_are_put_into_the_plans_mouth(bad: Row, write: Write) -> None:
    path = write(*world(), bad)
    (line,) = refusal(path)
    assert line.startswith(f"{path}, line 10, {bad['model']} {PLAN} ")


def test_an_unknown_department_is_refused_with_its_row(write: Write) -> None:
    assigned = row("targets.targetassignment", target=[PLAN, "grow"], department=["wroks"], role="lead")
    path = write(*world(), assigned)
    place = f"{path}, line 10, targets.targetassignment {PLAN} grow wroks"
    assert refusal(path) == [f"{place}: department: There is no departments.department wroks."]


def test_a_loop_of_operands_is_refused_with_its_row(write: Write) -> None:
    loop = [compared("a", "growth", "other"), compared("b", "other", "growth")]
    path = write(*world(), indicator("other"), *loop)
    (line,) = refusal(path)
    assert line.startswith(f"{path}, line 12, targets.target {PLAN} b: operand: ")


def test_a_threshold_that_does_not_fit_its_kind_is_refused(write: Write) -> None:
    path = write(*world(), target("other", threshold=None))
    (line,) = refusal(path)
    assert line.startswith(f"{path}, line 10, targets.target {PLAN} other: The threshold does not fit its kind")


@pytest.mark.parametrize("bad", [5, [], {"fields": {}}, {"model": "plans.plan", "pk": 1, "fields": {}}])
def test_a_row_of_another_form_is_refused_beside_the_others(bad: Any, write: Write) -> None:
    path = write(region(), bad, region("99"))
    first, second = refusal(path)
    assert first.startswith(f"{path}, line 3: The row is not of the form")
    assert second.startswith(f"{path}, line 4, departments.region 99: code: ")


def test_a_missing_field_is_told_and_does_not_break_off(write: Write) -> None:
    path = write(row("plans.clause", path="1", order=1, text="x"))
    assert refusal(path) == [f"{path}, line 2, plans.clause ? 1: These fields are missing: plan."]


def test_an_object_given_twice_is_refused(write: Write) -> None:
    first, second = write(region(), name="a.json"), write(region(name="Other"), name="b.json")
    assert refusal(first, second) == [
        f"{second}, line 2, departments.region 990000: This object is given twice, first in {first}, line 2."
    ]


@pytest.mark.parametrize(
    ("fields", "column"), [({"region": "990000"}, "region"), ({"region": ["990000", "x"]}, "region")]
)
def test_a_reference_of_the_wrong_shape_is_refused(fields: Row, column: str, write: Write) -> None:
    path = write(region(), department(**fields))
    (line,) = refusal(path)
    assert line.startswith(f"{path}, line 3, departments.department works: {column}: ")


def test_models_without_a_natural_key_are_refused(write: Write) -> None:
    (line,) = refusal(write(row("targets.observation", value="1")))
    assert "Objects of this kind are not loaded from fixtures." in line


@pytest.mark.parametrize("text", ['[{"model": ', '{"model": "plans.plan"}', "[] []"])
def test_a_file_that_is_no_list_of_json_is_refused_by_name(text: str, tmp_path: Any) -> None:
    (tmp_path / "broken.json").write_text(text)
    assert str(tmp_path / "broken.json") in "".join(refusal(str(tmp_path / "broken.json"), "10_departments"))


def test_a_file_that_does_not_exist_is_refused_by_name() -> None:
    (line,) = refusal("missing.json")
    assert line.startswith("missing.json: ")


def test_one_bad_row_keeps_every_file_out_and_all_bad_rows_are_told(write: Write) -> None:
    good = write(*world(), name="good.json")
    bad = write(department("a", kind="guild"), department("b"), department("c", region=["1"]), name="bad.json")
    first, second = refusal(good, bad)
    assert first.startswith(f"{bad}, line 2, departments.department a: kind: ")
    assert second.startswith(f"{bad}, line 4, departments.department c: region: ")
    assert not any(rows for rows in everything().values())


def test_a_bad_row_leaves_stored_rows_as_they_were(write: Write) -> None:
    load(write(*world()))
    before = everything()
    refusal(write(plan(title="Other"), department("c", kind="guild")))
    assert everything() == before


def test_a_refused_row_is_named_by_those_that_need_it(write: Write) -> None:
    path = write(region(), department(kind="guild"), plan(), clause(), indicator())
    assert refusal(path)[1].endswith(f"departments.department works ({path}, line 3) is refused, or comes only later.")


def test_what_a_new_promise_makes_out_of_date_is_marked(write: Write) -> None:
    load(write(*world()))
    assert set(DirtyKey.objects.values_list("indicator__code", flat=True)) == {"growth"}


def test_an_unchanged_load_marks_nothing(write: Write) -> None:
    load(write(*world()))
    DirtyKey.objects.all().delete()
    load(write(*world()))
    assert not DirtyKey.objects.exists()


@pytest.mark.parametrize(
    "changed", [region(name="New"), plan(pace_tolerance="0.7"), indicator(scale="1", decimals=1), target(threshold="5")]
)
def test_a_change_to_what_is_judged_by_is_marked(changed: Row, write: Write) -> None:
    load(write(*world()))
    DirtyKey.objects.all().delete()
    load(write(changed))
    assert DirtyKey.objects.filter(indicator__code="growth").exists()


def test_a_file_judges_no_closed_month_otherwise_and_tells_what_it_changes(write: Write) -> None:
    load(write(*world()))
    assert AuditEvent.objects.get().detail["models"]["targets.target"] == 1
    close_plan_month(Plan.objects.get(), Month(2030, 3), by=person(Role.COORDINATOR, Department.objects.get()))
    key = {"plan": [PLAN], "code": "grow"}
    path = write(row("targets.target", **key, threshold="4", name="Grow"))
    assert refusal(path)[0].startswith(f"{path}, line 2, targets.target {PLAN} grow: This would judge 2030-03")
    assert not AuditEvent.objects.filter(action="row.changed").exists()
    load(write(row("targets.target", **key, name="Grow")))
    told = {"name": "Grow", "before": {"name": "grow"}, "after": {"name": "Grow"}}
    assert AuditEvent.objects.get(action="row.changed").detail == told


def test_a_step_and_a_quota_mark_what_is_judged_by_them(write: Write) -> None:
    county = region("990100", parent=["990000"], kind="county")
    load(write(*world()))
    load(write(county, target(coverage="parts")))
    parts = (
        row("targets.step", target=[PLAN, "grow"], due="2030-06-30", threshold="2"),
        row("targets.quota", target=[PLAN, "grow"], region=["990100"], threshold="4", from_month="2030-03"),
    )
    for part in parts:
        DirtyKey.objects.all().delete()
        load(write(part))
        assert DirtyKey.objects.filter(indicator__code="growth").exists()
        DirtyKey.objects.all().delete()
        load(write(part))
        assert not DirtyKey.objects.exists()


def divided(*numbers: str, **fields: Any) -> list[Row]:
    """A promise of 400 houses, to be built by the counties."""
    codes = [f"99010{number}" for number, _owed in enumerate(numbers)]
    counties = [region(code, parent=["990000"], kind="county") for code in codes]
    houses = indicator("houses", measure="count", time_rule="sum", region_rule="sum")
    promise = target("built", indicator=["houses"], threshold="400", coverage="quotas")
    given = {"target": [PLAN, "built"], "from_month": "2030-01", **fields}
    quotas = [
        row("targets.quota", region=[code], threshold=owed, **given) for code, owed in zip(codes, numbers, strict=True)
    ]
    return [*counties, houses, promise, *quotas]


def test_quotas_that_do_not_come_to_the_whole_are_refused_without_a_reason(write: Write) -> None:
    load(write(*world()))
    (line,) = refusal(write(*divided("300", "99")))
    assert f"targets.quota {PLAN} built 990101 2030-01: The quotas come to 399, 1 less than the whole, 400." in line
    assert not Quota.objects.exists()
    load(write(*divided("300", "99", reason="余1户由市本级承担")))
    assert Quota.objects.count() == 2


def test_a_promise_is_not_raised_beyond_its_quotas(write: Write) -> None:
    load(write(*world(), *divided("300", "100")))
    raised = target("built", indicator=["houses"], threshold="401", coverage="quotas")
    (line,) = refusal(write(raised))
    assert f"targets.target {PLAN} built: The quotas come to 400, 1 less than the whole, 401." in line


@pytest.mark.parametrize(
    ("model", "missing"), [("targets.step", "due"), ("targets.step", "threshold"), ("targets.quota", "from_month")]
)
def test_a_part_of_a_promise_that_lacks_something_is_refused(model: str, missing: str, write: Write) -> None:
    load(write(*world()))
    steps = {"due": "2030-06-30", "threshold": "2"}
    quotas = {"region": ["990000"], "threshold": "4", "from_month": "2030-03"}
    fields = {**(steps if model == "targets.step" else quotas), missing: None}
    assert all(model in line for line in refusal(write(row(model, target=[PLAN, "grow"], **fields))))


def events() -> list[Row]:
    """Two promises of events, and a milestone that leads to the first."""
    rules = {"measure": "event", "time_rule": "max"}
    done = {"comparator": "done_by", "threshold_kind": "nothing", "threshold": None}
    both = [row for code in "ab" for row in (indicator(code, **rules), target(code, indicator=[code], **done))]
    return [*both, milestone(target=[PLAN, "a"])]


def test_a_milestone_that_moves_marks_the_promise_it_left_and_the_one_it_joined(write: Write) -> None:
    load(write(*world()), write(*events()[:-1], name="events.json"))
    load(write(events()[-1]))
    DirtyKey.objects.all().delete()
    load(write(milestone(target=[PLAN, "b"])))
    assert set(DirtyKey.objects.values_list("indicator__code", flat=True)) == {"a", "b"}


def test_keep_adds_what_is_missing_and_takes_no_edit_back(write: Write) -> None:
    load(write(*world()))
    Target.objects.update(threshold=9)
    assert load(write(target(), target("other")), keep=True) == "2 read, 1 new, 0 changed, 1 unchanged"
    assert Target.objects.get(code="grow").threshold == 9


def test_the_command_of_django_is_refused_because_it_stores_what_the_models_would_refuse(write: Write) -> None:
    before = everything()
    with pytest.raises(CommandError, match="load_fixtures"), override("en"):
        call_command("loaddata", write(*world()))
    assert everything() == before


def test_the_real_plan_is_complete(plan_2014: Plan) -> None:
    counted = {model: model._default_manager.count() for model in (Region, Department, Clause, Indicator, Target, Task)}
    assert counted == {Region: 13, Department: 36, Clause: 31, Indicator: 34, Target: 34, Task: 21}
    assert Milestone.objects.filter(task__plan=plan_2014).count() > 100


def test_a_clause_that_loses_words_that_are_quoted_is_refused(write: Write) -> None:
    load(write(*world()))
    refused = refusal(write(clause(text="1 grow by 4.")))
    assert any("grow by 3" in line for line in refused)
    assert Clause.objects.get(path="1").text == "1 grow by 3."


def test_clause_and_quotes_may_change_together(write: Write) -> None:
    load(write(*world()))
    changed = json.loads(json.dumps(world()).replace("grow by 3", "grow by 4"))
    load(write(*changed))
    assert Clause.objects.get(path="1").text == "1 grow by 4."


# --- Several plans ----------------------------------------------------------------------------------------------------


def test_a_second_plan_of_the_same_year_leaves_the_first_as_it_was(write: Write) -> None:
    load(write(*world()))
    before = list(Target.objects.values()), list(Clause.objects.values()), list(Task.objects.values())
    second = [plan(code="air-2030", number="2"), clause(plan=["air-2030"], text="1 grow by 3.")]
    load(write(*second, target(plan=["air-2030"], clause=["air-2030", "1"], threshold="9"), name="air.json"))
    first = Plan.objects.get(code=PLAN)
    after = (list(model._default_manager.filter(plan=first).values()) for model in (Target, Clause, Task))
    assert tuple(after) == before
    assert Plan.objects.get(code="air-2030").targets.get().threshold == 9


def test_a_plan_is_a_draft_unless_its_file_puts_it_into_force(write: Write) -> None:
    draft = plan(code="draft")
    del draft["fields"]["state"]
    load(write(region(), draft))
    assert Plan.objects.get().is_draft


def test_a_plan_without_clauses_is_not_put_into_force(write: Write) -> None:
    path = write(region(), plan())
    said = f"{PLAN} has no clauses. Load them with it, or leave out its state: it is a draft then."
    assert refusal(path) == [f"{path}, line 3, plans.plan {PLAN}: {said}"]
    assert not Plan.objects.exists()
