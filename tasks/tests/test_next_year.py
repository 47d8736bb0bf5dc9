"""下年度计划: a plan copied to the next year, worked on as a draft, and published; the year before stays as it is."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import AuditEvent, Department, Reform, User
from departments.permissions import Role
from plans.models import Clause, Plan
from plans.periods import Month
from targets.expected.duties import expected_of
from targets.judging.audit import differences
from targets.models import Attainment, Indicator, Target
from targets.tests import factories as f
from tasks.models import Milestone, Task
from tasks.reading.drafts import find_draft_gaps, pair_promises_of_plans
from tasks.services.drafting import discard_draft_plan, keep_draft_row, leave_out, publish_draft_plan
from tasks.services.next_year import propose_next_year

pytestmark = pytest.mark.django_db
API = ("plans", "plans/2014/clauses", "plans/2014/targets", "plans/2014/attainment", "plans/2014/tasks")


@pytest.fixture
def office(plan_2014: Plan) -> User:
    return f.person(Role.ADMINISTRATOR, Department.objects.get(code="government-office"))


@pytest.fixture
def draft(plan_2014: Plan, office: User) -> Plan:
    return propose_next_year(plan_2014, by=office)


def measured(plan: Plan) -> None:
    """Some figures of the plan's year, judged."""
    whole = plan.region
    one = Indicator.objects.get(targets__plan=plan, targets__code="manufacturing-quality")
    f.official(
        f.entry(one, f"{plan.year}-03", 180, 200, place=whole), f.entry(one, f"{plan.year}-12", 466, 500, place=whole)
    )


def words(draft: Plan) -> None:
    """The new document's words, and a quote for every promise: what an administrator types."""
    draft.number, draft.issued_on = "温政办〔2015〕1号", date(2015, 2, 1)
    draft.save()
    for clause in draft.clauses.all():
        clause.text = f"{clause.path} 条文"
        clause.save()
    for model, where in ((Target, {"plan": draft}), (Task, {"plan": draft}), (Milestone, {"task__plan": draft})):
        for row in model._default_manager.filter(**where):
            row.quote = "条文"
            row.save()


def answers(user: User) -> dict[str, bytes]:
    client = Client()
    client.force_login(user)
    found = {path: client.get(f"/api/v1/{path}") for path in API}
    assert {one.status_code for one in found.values()} == {200}
    return {path: one.content for path, one in found.items() if path != "plans"}


def test_the_copy_proposes_everything_and_has_no_words(plan_2014: Plan, draft: Plan) -> None:
    assert (draft.year, draft.state, draft.number, draft.issued_on) == (2015, Plan.State.DRAFT, "", None)
    assert draft.title == "2015年温州市质量强市建设行动计划"
    assert {one.path for one in draft.clauses.all()} == {one.path for one in plan_2014.clauses.all()}
    assert not any(one.text or one.heading for one in draft.clauses.all())
    for rows in ("targets", "tasks"):
        before, after = getattr(plan_2014, rows), getattr(draft, rows)
        assert list(after.values_list("code", flat=True)) == list(before.values_list("code", flat=True))
        assert set(after.values_list("quote", flat=True)) == {""}
    steps = Milestone.objects.filter(task__plan=draft)
    assert steps.count() == Milestone.objects.filter(task__plan=plan_2014).count() > 0
    assert not steps.filter(done_on__isnull=False).exists()
    assert {one.target.plan_id for one in steps if one.target} == {draft.pk}


def test_the_indicators_and_departments_are_the_same_ones(plan_2014: Plan, draft: Plan) -> None:
    for target in draft.targets.all():
        before = plan_2014.targets.get(code=target.code)
        assert target.indicator_id == before.indicator_id
        assert set(target.assignments.values_list("department", "role")) == set(
            before.assignments.values_list("department", "role")
        )
        assert target.due == before.due.replace(year=before.due.year + 1)


def test_what_was_reached_is_what_the_next_year_starts_from(plan_2014: Plan, office: User) -> None:
    measured(plan_2014)
    proposed = propose_next_year(plan_2014, by=office).targets.get(code="manufacturing-quality")
    assert proposed.reference == Decimal("92.285714")  # 646 of 700
    assert proposed.reference_source == f"2014-12 · {plan_2014.title}"


def test_a_baseline_is_never_carried_over_unmeasured(plan_2014: Plan, draft: Plan) -> None:
    promised = draft.targets.filter(threshold_kind="baseline")
    assert promised.exists()
    assert set(promised.values_list("baseline", "baseline_source")) == {(None, "")}


def test_the_next_year_starts_open_and_counts_by_its_own_targets(plan_2014: Plan, office: User) -> None:
    task = plan_2014.tasks.get(code="works-benefit")
    task.closed_on, task.closed_by = date(2014, 12, 30), office
    task.save()
    Milestone.objects.create(task=task, code="own", title="分解的一步", due=task.due, weight=40)
    draft = propose_next_year(plan_2014, by=office)
    proposed = draft.tasks.get(code="works-benefit")
    assert (proposed.closed_on, proposed.closed_by) == (None, None)
    assert proposed.milestones.get(code="dangerous-houses").counted_by == draft.targets.get(code="dangerous-houses")
    assert not proposed.milestones.filter(code="own").exists()
    with pytest.raises(ValidationError, match="危房"):
        leave_out(draft.targets.get(code="dangerous-houses"), by=office)
    discard_draft_plan(draft, by=office)


def test_only_one_draft_and_only_from_a_plan_in_force(plan_2014: Plan, draft: Plan, office: User) -> None:
    with pytest.raises(ValidationError, match="2015"):
        propose_next_year(plan_2014, by=office)
    with pytest.raises(ValidationError, match="2015"):
        propose_next_year(draft, by=office)
    assert Plan.objects.count() == 2


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_prepare_a_plan(role: Role, plan_2014: Plan, office: User) -> None:
    other = f.person(role, Department.objects.get(code="quality"))
    with pytest.raises(PermissionDenied):
        propose_next_year(plan_2014, by=other)
    draft = propose_next_year(plan_2014, by=office)
    target = draft.targets.all()[0]
    for deed in (publish_draft_plan, discard_draft_plan):
        with pytest.raises(PermissionDenied):
            deed(draft, by=other)
    for change in (keep_draft_row, leave_out):
        with pytest.raises(PermissionDenied):
            change(target, by=other)
    client = Client()
    client.force_login(other)
    assert client.get("/plans/wenzhou-2015-quality/next/").status_code == 404
    assert client.get("/plans/wenzhou-2014-quality/next/").status_code == 200


def test_a_draft_shows_on_no_page_and_in_no_answer(plan_2014: Plan, office: User) -> None:
    client = Client()
    client.force_login(office)
    propose_next_year(plan_2014, by=office)
    assert Plan.objects.published().latest_first().first() == plan_2014
    pages = [f"plans/wenzhou-2015-quality/{end}/" for end in ("text", "targets/manufacturing-quality", "tasks/brands")]
    for path in (*pages, "worksheet/quality/2015-03/", "api/v1/plans/wenzhou-2015-quality/targets"):
        assert client.get(f"/{path}").status_code in (403, 404), path
    assert [one["year"] for one in client.get("/api/v1/plans").json()["items"]] == [2014]


def test_a_draft_is_not_judged(plan_2014: Plan, draft: Plan) -> None:
    one = Indicator.objects.get(targets__plan=draft, targets__code="manufacturing-quality")
    f.official(f.entry(one, "2015-03", 180, 200, place=plan_2014.region))
    assert not Attainment.objects.filter(target__plan=draft).exists()
    assert list(differences()) == []


def test_a_draft_without_its_words_says_all_that_is_missing(draft: Plan, office: User) -> None:
    missing = find_draft_gaps(draft)
    rows = draft.clauses.count() + draft.targets.count() + draft.tasks.count()
    assert len(missing) == 1 + rows + Milestone.objects.filter(task__plan=draft).count()
    with pytest.raises(ValidationError) as refused:
        publish_draft_plan(draft, by=office)
    assert refused.value.messages == [gap.said for gap in missing]
    draft.refresh_from_db()
    assert draft.is_draft


def test_a_quote_that_the_new_words_do_not_hold_keeps_the_draft_back(draft: Plan, office: User) -> None:
    words(draft)
    clause = draft.targets.all()[0].clause
    clause.text = "别的话"
    clause.save()
    with pytest.raises(ValidationError, match=clause.path):
        publish_draft_plan(draft, by=office)


def test_published_it_is_the_plan_that_everybody_sees_and_that_is_judged(
    plan_2014: Plan, draft: Plan, office: User
) -> None:
    words(draft)
    one = Indicator.objects.get(targets__plan=draft, targets__code="manufacturing-quality")
    f.official(f.entry(one, "2015-03", 190, 200, place=plan_2014.region))
    publish_draft_plan(draft, by=office)
    f.recompute()
    assert Plan.objects.published().latest_first().first() == draft
    judged = f.attainment(draft.targets.get(code="manufacturing-quality"), "2015-03")
    assert (judged.verdict, judged.actual) == ("met", 95)
    assert list(differences()) == []
    with pytest.raises(ValidationError, match="2015"):
        publish_draft_plan(draft, by=office)
    assert AuditEvent.objects.filter(action="plan.published", actor=office).count() == 1


def test_a_changed_threshold_leaves_every_figure_of_the_year_before(plan_2014: Plan, office: User) -> None:
    measured(plan_2014)
    before, asked = answers(office), set(expected_of(plan_2014).figures.items())
    draft = propose_next_year(plan_2014, by=office)
    words(draft)
    for target in draft.targets.filter(threshold__isnull=False):
        target.threshold = (target.threshold or Decimal(0)) + 1
        if target.threshold_upper is not None:
            target.threshold_upper += 1
        keep_draft_row(target, by=office)
    publish_draft_plan(draft, by=office)
    f.recompute()
    assert answers(office) == before
    assert set(expected_of(plan_2014).figures.items()) == asked
    assert list(differences()) == []


def test_the_two_years_are_compared_promise_by_promise(plan_2014: Plan, draft: Plan, office: User) -> None:
    measured(plan_2014)
    changed = draft.targets.get(code="manufacturing-quality")
    changed.threshold = Decimal(93)
    keep_draft_row(changed, by=office)
    gone = draft.targets.exclude(pk=changed.pk)[0]
    leave_out(gone, by=office)
    found = {pair.name: pair for pair in pair_promises_of_plans(plan_2014, draft)}
    assert found[changed.name].change == "changed"
    assert (found[changed.name].before_text, found[changed.name].after_text) == ("≥\u00a092\u00a0%", "≥\u00a093\u00a0%")
    reached = found[changed.name].reached
    assert reached is not None
    assert "92.29" in reached.actual
    assert found[gone.name].change == "dropped"
    assert {pair.change for pair in found.values()} == {"changed", "dropped", "same"}
    assert len(found) == plan_2014.targets.count()


def test_a_renamed_code_is_still_the_same_promise(plan_2014: Plan, draft: Plan, office: User) -> None:
    one = draft.targets.get(code="manufacturing-quality")
    one.code = "manufacturing"
    keep_draft_row(one, by=office)
    assert all(pair.before is not None for pair in pair_promises_of_plans(plan_2014, draft))


def reform(before: list[str], after: list[tuple[str, str]], kind: str, day: date = date(2014, 11, 1)) -> Reform:
    made = Reform.objects.create(kind=kind, effective_on=day)
    made.before.set(Department.objects.filter(code__in=before))
    whole = Department.objects.get(code=before[0])
    for code, name in after:
        new = Department.objects.create(
            code=code, name=f"温州市{name}", short_name=name, kind=whole.kind, region=whole.region
        )
        made.after.add(new)
    return made


def test_a_reform_gives_the_next_plan_to_whoever_follows_and_leaves_the_old_names(
    plan_2014: Plan, office: User
) -> None:
    reform(["quality"], [("market-office", "市质量管理局")], "renamed")
    draft = propose_next_year(plan_2014, by=office)
    words(draft)
    publish_draft_plan(draft, by=office)
    old, new = Department.objects.get(code="quality"), Department.objects.get(code="market-office")
    assert plan_2014.tasks.filter(assignments__department=old).exists()
    assert not draft.tasks.filter(assignments__department=old).exists()
    assert draft.tasks.filter(assignments__department=new).exists()
    client = Client()
    client.force_login(office)
    page = client.get("/plans/wenzhou-2014-quality/tasks/brands/").content.decode()
    assert old.short_name in page
    assert new.short_name not in page


def test_after_a_reform_the_new_department_reports_from_the_new_year_on(plan_2014: Plan, office: User) -> None:
    old = Department.objects.get(code="quality")
    asked = expected_of(plan_2014).figures
    reform(["quality"], [("market-office", "市质量管理局")], "renamed")
    draft = propose_next_year(plan_2014, by=office)
    words(draft)
    publish_draft_plan(draft, by=office)
    new = Department.objects.get(code="market-office")
    assert expected_of(plan_2014).figures == asked
    later = set(expected_of(draft).figures.values())
    assert new.pk in later
    assert old.pk not in later


def test_two_departments_that_merge_hold_one_role_the_stronger(plan_2014: Plan, office: User) -> None:
    task = plan_2014.tasks.filter(assignments__role="lead").filter(assignments__role="shared").distinct()[0]
    lead = task.assignments.filter(role="lead")[0].department
    shared = task.assignments.filter(role="shared")[0].department
    reform([lead.code, shared.code], [("joint", "市联合局")], "merged")
    draft = propose_next_year(plan_2014, by=office)
    held = draft.tasks.get(code=task.code).assignments.filter(department__code="joint")
    assert [one.role for one in held] == ["lead"]


def test_a_split_department_asks_who_reports_now(plan_2014: Plan, office: User) -> None:
    reform(["quality"], [("market-office", "市质量一局"), ("standards", "市标准化局")], "split")
    draft = propose_next_year(plan_2014, by=office)
    words(draft)
    with pytest.raises(ValidationError, match="市质监局"):
        publish_draft_plan(draft, by=office)


def test_a_discarded_draft_leaves_nothing(plan_2014: Plan, draft: Plan, office: User) -> None:
    before = Target.objects.filter(plan=plan_2014).count()
    discard_draft_plan(draft, by=office)
    assert list(Plan.objects.all()) == [plan_2014]
    assert Target.objects.count() == before
    assert set(Clause.objects.values_list("plan", flat=True)) == {plan_2014.pk}


def test_a_plan_in_force_is_neither_discarded_nor_changed_here(plan_2014: Plan, office: User) -> None:
    with pytest.raises(ValidationError, match="2014"):
        discard_draft_plan(plan_2014, by=office)
    with pytest.raises(ValidationError, match="2014"):
        keep_draft_row(plan_2014.targets.all()[0], by=office)
    with pytest.raises(ValidationError, match="2014"):
        leave_out(plan_2014.tasks.all()[0], by=office)


def test_the_database_keeps_a_plan_in_force_dated(plan_2014: Plan) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Plan.objects.filter(pk=plan_2014.pk).update(issued_on=None)


# --- Pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def inside(office: User) -> Client:
    client = Client()
    client.force_login(office)
    return client


def test_from_the_copy_to_the_plan_in_force_on_pages(plan_2014: Plan, inside: Client) -> None:
    page = inside.get("/plans/wenzhou-2014-quality/next/propose/").context["form"]
    suggested = {name: str(value) for name, value in page.initial.items()}
    answer = inside.post("/plans/wenzhou-2014-quality/next/propose/", suggested, follow=True)
    assert answer.redirect_chain[-1][0] == "/plans/wenzhou-2015-quality/next/edit/"
    assert "草案" in answer.content.decode()
    draft = Plan.objects.get(code="wenzhou-2015-quality")
    target = draft.targets.get(code="manufacturing-quality")
    address = f"/plans/wenzhou-2015-quality/next/target/{target.pk}/"
    form = inside.get(address).context["form"]
    given: dict[str, Any] = {name: value for name, value in form.initial.items() if value is not None}
    assert inside.post(address, given | {"threshold": "93.5"}).status_code == 302
    target.refresh_from_db()
    assert target.threshold == Decimal("93.5")
    assert "未发布" in inside.post("/plans/wenzhou-2015-quality/next/publish/", follow=True).content.decode()
    words(draft)
    assert "2015" in inside.post("/plans/wenzhou-2015-quality/next/publish/", follow=True).content.decode()
    assert Plan.objects.published().latest_first().first() == draft
    assert "93.5" in inside.get("/plans/wenzhou-2015-quality/next/").content.decode()


def test_a_row_that_does_not_fit_is_said_and_not_stored(draft: Plan, inside: Client) -> None:
    target = draft.targets.get(code="manufacturing-quality")
    address = f"/plans/wenzhou-2015-quality/next/target/{target.pk}/"
    given = {name: value for name, value in inside.get(address).context["form"].initial.items() if value is not None}
    for wrong in ({"threshold": "九十二"}, {"threshold": ""}, {"due": "2015-02-30"}, {"quote": "没有的话"}):
        answer = inside.post(address, given | wrong)
        assert answer.status_code == 422
        assert answer.context["form"].errors, wrong
    other = Clause.objects.exclude(plan=draft)[0]
    assert inside.post(address, given | {"clause": other.pk}).context["form"].errors
    target.refresh_from_db()
    assert (target.threshold, target.due) == (Decimal(92), date(2015, 12, 31))


def test_rows_of_another_plan_and_unknown_kinds_are_not_found(plan_2014: Plan, draft: Plan, inside: Client) -> None:
    old, new = plan_2014.targets.all()[0], draft.targets.all()[0]
    wrong = (f"target/{old.pk}", f"user/{new.pk}", "task/999999", f"user/{new.pk}/remove", f"plan/{draft.pk}/remove")
    places = [f"/plans/wenzhou-2015-quality/next/{row}/" for row in (*wrong, "user/add", "plan/add", "milestone/add")]
    assert {inside.get(place).status_code for place in places} == {404}


def test_a_promise_is_left_out_on_its_page(draft: Plan, inside: Client) -> None:
    one = draft.targets.all()[0]
    address = f"/plans/wenzhou-2015-quality/next/target/{one.pk}/remove/"
    seen = inside.get(address).context["going"].mark
    assert Target.objects.filter(pk=one.pk).exists()
    inside.post(address, {"seen": seen})
    assert not Target.objects.filter(pk=one.pk).exists()


def test_a_discarded_draft_leads_back_to_the_plan_in_force(draft: Plan, inside: Client) -> None:
    answer = inside.post("/plans/wenzhou-2015-quality/next/discard/", follow=True)
    assert answer.redirect_chain[-1][0] == "/plans/wenzhou-2014-quality/next/"
    assert inside.get("/plans/wenzhou-2015-quality/next/").status_code == 404


def test_comparison_and_editor_take_the_same_queries_however_long_they_are(
    plan_2014: Plan, draft: Plan, inside: Client
) -> None:
    pages = [f"/plans/wenzhou-2015-quality/next/{end}" for end in ("", "edit/")]
    with CaptureQueriesContext(connection) as many:
        assert {inside.get(page).status_code for page in pages} == {200}
    for row in (*draft.tasks.all()[2:], *draft.targets.all()[3:]):
        row.delete()
    with CaptureQueriesContext(connection) as few:
        assert {inside.get(page).status_code for page in pages} == {200}
    assert len(many) == len(few)


def test_months_of_a_draft_belong_to_no_plan(draft: Plan, inside: Client) -> None:
    assert Month(2015, 1) not in {
        key.month for key in expected_of(Plan.objects.get(code="wenzhou-2014-quality")).figures
    }
    assert inside.get("/plans/wenzhou-2014-quality/timeliness/quality/2015-01/").status_code == 404
