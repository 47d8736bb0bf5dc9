"""What a plan promises is read once, until it changes; nobody sees what another request has done to it."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.http import Http404
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from departments.permissions import Role
from plans.models import Plan
from targets.models import Target, TargetAssignment
from targets.reading.plan_promises import PlanPromises, plan_promises_asked_for
from targets.tests.factories import department, entry, indicator, official, person, plan, target

pytestmark = pytest.mark.django_db
Known = Callable[..., PlanPromises]


@pytest.fixture
def promise() -> Target:
    made = target(indicator(), threshold=92)
    official(entry(made.indicator, "2014-06", 95, 100))
    return made


@pytest.fixture
def known(promise: Target) -> Known:
    """`known(code)`: what a plan promises, as a new request of a leader asks."""
    leader = person(Role.LEADER)
    assert leader.held

    def ask(plan_code: str = "plan-2014") -> PlanPromises:
        request = RequestFactory().get("/")
        request.user = leader
        return plan_promises_asked_for(request, plan_code)

    return ask


def test_the_promises_stand_in_the_plans_order_with_all_that_lists_show(known: Known, promise: Target) -> None:
    other = target(indicator(), threshold=90)
    Target.objects.filter(pk=other.pk).update(order=1)
    Target.objects.filter(pk=promise.pk).update(order=2)
    found = known()
    assert list(found.targets) == [other.pk, promise.pk]
    with CaptureQueriesContext(connection) as captured:
        for one in found.targets.values():
            assert (one.plan, one.clause.path, one.indicator.name, one.operand) == (
                promise.plan,
                "一",
                one.indicator.name,
                None,
            )
            assert one.plan.region.name
    assert not captured


def a_name(promise: Target) -> None:
    Target.objects.filter(pk=promise.pk).update(name="改名")


def a_duty(promise: Target) -> None:
    TargetAssignment.objects.create(target=promise, department=department(), role="lead")


def a_title(promise: Target) -> None:
    Plan.objects.update(title="新标题")


@pytest.mark.parametrize("edit", [a_name, a_duty, a_title])
def test_it_is_read_anew_when_it_was_edited_and_not_for_a_figure(
    known: Known, promise: Target, edit: Callable[[Target], None]
) -> None:
    before = known()
    official(entry(promise.indicator, "2014-07", 96, 100))
    with CaptureQueriesContext(connection) as captured:
        assert known().plan == before.plan
    assert len(captured) == 1, "the version alone is asked for"
    edit(promise)
    with CaptureQueriesContext(connection) as captured:
        after = known()
    assert len(captured) > 2
    assert (after.plan.title, after.targets[promise.pk].name, len(after.duties)) != (
        before.plan.title,
        promise.name,
        len(before.duties),
    )


def test_nobody_sees_what_another_has_done_to_it(known: Known, promise: Target) -> None:
    known().targets[promise.pk].name = "改"
    assert known().targets[promise.pk].name == promise.name


def test_a_draft_and_a_year_without_a_plan_promise_nothing(known: Known, promise: Target) -> None:
    draft = plan(2015)
    Plan.objects.filter(pk=draft.pk).update(state="draft")
    assert known().plan == promise.plan
    for code in ("plan-2015", "plan-2030"):
        with pytest.raises(Http404):
            known(code)
    client = Client()
    client.force_login(person(Role.LEADER))
    assert [client.get(f"/plans/plan-{year}/text/").status_code for year in (2014, 2015, 2030)] == [200, 404, 404]
