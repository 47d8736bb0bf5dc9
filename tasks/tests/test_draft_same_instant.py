"""Several people at the same instant at one draft, each on a connection of their own: one is first, and every other one
is told in a sentence what has become of it."""

from collections.abc import Callable, Sequence
from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from departments.models import AuditEvent
from departments.permissions import Role
from plans.models import Clause, Plan
from plans.tests.factories import plan_of_year
from targets.models import Target
from targets.tests import factories as f
from tasks.tests.cast import a_task

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True)]
DISCARDED, PUBLISHED = "草案“2015年计划”已被删除", "已发布，不再是草案"


@pytest.fixture
def town() -> SimpleNamespace:
    """A plan in force, a draft that lacks nothing, and a browser for each of four administrators."""
    plan = f.another_plan("air-2014", series="air", title="2014年计划")
    draft = plan_of_year(2015, code="air-2015", series="air", title="2015年计划", region=plan.region, state="draft")
    Clause.objects.create(plan=draft, path="一", order=1, text="一、目标达到百分之九十二以上。")
    for one in (plan, draft):
        f.target(f.indicator("count"), "at_least", 10, plan=one)
        a_task("t", one)
    return SimpleNamespace(plan=plan, draft=draft, browsers=[browser() for _number in range(4)])


def browser() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(f.person(Role.ADMINISTRATOR))
    return client


def at_once(sent: Sequence[Callable[[], Any]]) -> list[Any]:
    """The answers to all that was sent at the same instant, in its order."""
    gate, answers = Barrier(len(sent)), [None] * len(sent)

    def run(place: int) -> None:
        gate.wait(timeout=30)
        try:
            answers[place] = sent[place]()
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[place]) for place in range(len(sent))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


def sending(client: Client, verb: str, plan: str = "air-2015", **given: str) -> Callable[[], Any]:
    return lambda: client.post(f"/plans/{plan}/next/{verb}/", given)


def told(client: Client, answer: Any) -> str:
    """What the page says to which the answer leads."""
    assert answer.status_code == 302
    text: str = client.get(answer.url, follow=True).content.decode()
    return text


def sayings(town: SimpleNamespace, answers: Sequence[Any]) -> list[str]:
    return [told(client, answer) for client, answer in zip(town.browsers, answers, strict=False)]


def test_of_four_who_discard_a_draft_one_does_and_three_are_told(town: SimpleNamespace) -> None:
    said = sayings(town, at_once([sending(client, "discard") for client in town.browsers]))
    assert sum(DISCARDED in text for text in said) == 3
    assert sum("草案已作废" in text for text in said) == 1
    assert not Plan.objects.filter(code="air-2015").exists()
    assert AuditEvent.objects.filter(action="plan.discarded").count() == 1


def test_of_four_who_publish_a_draft_one_does_and_three_are_told(town: SimpleNamespace) -> None:
    said = sayings(town, at_once([sending(client, "publish") for client in town.browsers]))
    assert sum(PUBLISHED in text for text in said) == 3
    assert Plan.objects.get(code="air-2015").state == "published"
    assert AuditEvent.objects.filter(action="plan.published").count() == 1


def test_of_those_who_publish_and_discard_a_draft_the_first_decides(town: SimpleNamespace) -> None:
    verbs = ("publish", "discard", "publish", "discard")
    said = sayings(town, at_once([sending(client, verb) for client, verb in zip(town.browsers, verbs, strict=True)]))
    left = Plan.objects.filter(code="air-2015").first()
    assert sum((DISCARDED if left is None else PUBLISHED) in text for text in said) == 3
    done = AuditEvent.objects.filter(action__in=("plan.published", "plan.discarded"))
    assert [one.action for one in done] == ["plan.discarded" if left is None else "plan.published"]


def test_who_edits_a_draft_that_is_being_discarded_is_told(town: SimpleNamespace) -> None:
    clause = town.draft.clauses.get()
    given = {"path": "一", "text": clause.text + "改", "after": ""}
    edited, discarded = at_once(
        [sending(town.browsers[0], f"clause/{clause.pk}", **given), sending(town.browsers[1], "discard")]
    )
    assert "草案已作废" in told(town.browsers[1], discarded)
    if edited.status_code != 404:
        text = told(town.browsers[0], edited)
        assert DISCARDED in text or "已保存" in text
    assert not Clause.objects.filter(plan_id=town.draft.pk).exists()


def test_of_four_who_copy_a_plan_one_makes_the_draft_and_three_are_told(town: SimpleNamespace) -> None:
    given = {"code": "air-2016", "title": "2016年计划", "first_month": "2016-01", "last_month": "2016-12"}
    answers = at_once([sending(client, "propose", "air-2014", **given) for client in town.browsers])
    assert sorted(answer.status_code for answer in answers) == [302, 422, 422, 422]
    refused = [answer.content.decode() for answer in answers if answer.status_code == 422]
    assert all("代码 air-2016 已用于计划“2016年计划”" in text for text in refused)
    assert Target.objects.filter(plan__code="air-2016").count() == 1


def test_one_code_for_the_copies_of_two_plans_is_given_once(town: SimpleNamespace) -> None:
    f.another_plan("food-2014", series="food")
    given = {"code": "both", "title": "同一代码", "first_month": "2016-01", "last_month": "2016-12"}
    plans = ("air-2014", "food-2014")
    pairs = zip(town.browsers, plans, strict=False)
    answers = at_once([sending(client, "propose", plan, **given) for client, plan in pairs])
    assert sorted(answer.status_code for answer in answers) == [302, 422]
    assert Plan.objects.filter(code="both").count() == 1
