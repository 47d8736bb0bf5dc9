"""A paper's number may be missing: pages then read as well without it."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from departments.permissions import Role
from plans.models import Plan
from targets.judging.recompute import recompute_all
from targets.tests.factories import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def unnumbered(plan_2014: Plan) -> Plan:
    Plan.objects.filter(pk=plan_2014.pk).update(number="")
    recompute_all()
    return Plan.objects.get(pk=plan_2014.pk)


def addresses(plan: Plan) -> list[str]:
    named = [reverse("target", args=[plan.code, plan.targets.all()[0].code])]
    return [
        reverse("overview", args=[plan.code]),
        reverse("plan_text", args=[plan.code]),
        *named,
        reverse("task", args=[plan.code, plan.tasks.all()[0].code]),
    ]


def blocks(page: str) -> list[str]:
    """The words of each paragraph, heading, cell and so on, as a browser lays them out."""
    inline = r"</?(?:a|b|strong|em|small|span|mark|q|code|time|svg|use)\b[^>]*>"
    return re.split(r"<[^>]+>", re.sub(inline, "", re.sub(r"\s+", " ", page)))


def test_no_page_shows_a_gap_where_the_number_would_stand(unnumbered: Plan, client: Client) -> None:
    client.force_login(person(Role.LEADER))
    for address in addresses(unnumbered):
        answer = client.get(address)
        assert answer.status_code == 200
        shown = blocks(answer.content.decode())
        assert any(" · " in block for block in shown)
        assert not [block for block in shown if re.search(r"^\s*·|·\s*·|·\s*$", block)], address


def test_words_of_a_plan_without_a_number_are_named_by_its_title(unnumbered: Plan, client: Client) -> None:
    client.force_login(person(Role.LEADER))
    paths = [unnumbered.targets.all()[0].clause.path, unnumbered.tasks.all()[0].clause.path]
    for path, address in zip(paths, addresses(unnumbered)[2:], strict=True):
        assert f"{unnumbered.title} · {path}<" in client.get(address).content.decode(), address
