"""What the quality office does with quotas in a real browser: paste, see the sum, be refused, give a reason."""

from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from departments.models import Department, Membership, Region, User
from departments.permissions import Role
from plans.models import Plan
from plans.periods import Month
from qualityplan.tests.test_entry_journey import log_in, paste, shoot
from qualityplan.tests.test_journey import violations
from targets.judging.recompute import recompute_all, recompute_dirty
from targets.models import Quota, Target
from targets.services.dirty import promises_changed
from targets.services.quotas import set_quotas
from targets.tests import factories

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-base-url, of pytest-playwright, has not caught up with pytest yet.
    pytest.mark.filterwarnings("ignore::pytest.PytestRemovedIn10Warning"),
]

QUOTAS = "/plans/wenzhou-2014-quality/quotas/"
DIVIDED = ("dangerous-houses", "home-care-centres", "care-beds")


@pytest.fixture
def office(plan_2014: Plan) -> User:
    """The quality office, with three counts of the plan that are divided among the counties."""
    unit = Department.objects.get(code="quality")
    user = User.objects.create_user("office", password="example-password", first_name="敏", last_name="陈")
    Membership.objects.create(user=user, department=unit, role=Role.COORDINATOR.value)
    Target.objects.filter(indicator__code__in=DIVIDED).update(coverage="quotas")
    promises_changed(list(Target.objects.filter(coverage="quotas")))
    recompute_all()
    return user


def counties() -> list[Region]:
    return list(Region.objects.filter(parent__code="330300").order_by("code"))


def divide(code: str, numbers: list[int], month: str = "2014-01", **values: object) -> None:
    promise = Target.objects.get(indicator__code=code)
    rows = {place.pk: Decimal(number) for place, number in zip(counties(), numbers, strict=False)}
    given = {"source": "温质〔2014〕3号", "reason": "", "by": User.objects.get(username="office"), **values}
    set_quotas(target=promise, rows=rows, from_month=Month.parse(month), **given)


def test_quotas_are_pasted_summed_refused_and_set(page: Page, live_server: LiveServer, office: User) -> None:
    houses = Target.objects.get(code="dangerous-houses")
    log_in(page, live_server, "office", f"{QUOTAS}{houses.code}/")
    first = page.locator("input[data-row='0']")
    expect(page.locator("#reason-field")).to_be_hidden()
    numbers = [400] * len(counties())
    paste(first, "\r\n".join(map(str, numbers)) + "\r\n")
    total = page.locator("[data-sum] strong")
    expect(total).to_have_text(f"{sum(numbers):,}".replace(",", "\u202f"))
    over = sum(numbers) > houses.threshold if houses.threshold is not None else False
    expect(page.locator("[data-sum] .sum")).to_have_class(
        f"sum {'sum-over sum-beyond' if over else 'sum-under sum-short'}"
    )
    first.fill("1.5.2")
    expect(page.locator("[data-sum] .sum")).to_have_class("sum sum-unclear")
    first.fill("1")
    expect(page.locator("#reason-field")).to_be_visible()
    page.get_by_role("button", name="下达").click()
    expect(page.locator("#problems")).to_contain_text("请说明理由")
    expect(first).to_have_value("1")
    page.locator("#reason").fill("其余由市本级承担")
    page.locator("#source").fill("温质〔2014〕3号")
    page.get_by_role("button", name="下达").click()
    expect(page.get_by_text("分解指标自2014年1月起执行")).to_be_visible()
    assert Quota.objects.filter(target=houses, reason="其余由市本级承担").count() == len(numbers)


def test_the_pages_of_quotas_fit_and_are_accessible(
    page: Page, live_server: LiveServer, office: User, tmp_path: Path
) -> None:
    number = len(counties())
    divide("dangerous-houses", [400] * number, reason="余量由市本级承担")
    divide("dangerous-houses", [370] * number, "2014-07", reason="余量由市本级承担", source="温质〔2014〕9号")
    divide("care-beds", [2000] * number)
    place = counties()[0]
    factories.official(
        factories.entry(Target.objects.get(code="dangerous-houses").indicator, "2014-03", 90, place=place)
    )
    while recompute_dirty()[0]:
        pass
    log_in(page, live_server, "office", QUOTAS)
    found = []
    for name, address in (("quotas", QUOTAS), ("target-quotas", f"{QUOTAS}dangerous-houses/?month=2014-07")):
        page.goto(live_server.url + address)
        page.wait_for_load_state("networkidle")
        shoot(page, name, tmp_path)
        found += violations(page, address)
    assert found == []
