"""The same number and the same light wherever they are shown: every page, the files and the API, over all the
demonstration's targets, units and counties."""

import html
import re
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Q
from django.test import Client, override_settings

from departments.models import Department
from departments.permissions import Role
from plans.models import Plan
from plans.page_cache.cached_pages import forget_cached_pages
from plans.periods import Month
from reports.board.standing import end_of_local_day
from reports.board.target import indicators_shown
from reports.tests.test_comparison import export, page
from targets.judging.recompute import recompute_all
from targets.models import Attainment, Observation, Target, TargetAssignment
from targets.reading.selectors import attainments_official_then
from targets.tests.factories import person

pytestmark = pytest.mark.django_db

Shown = dict[str, tuple[str, str]]
"""Target → the figure as it is shown, and its light."""


@pytest.fixture
def leader(client: Client, plan_2014: Plan, tmp_path: Any) -> Client:
    """A leader, and the demonstration's figures."""
    with override_settings(VAR_DIR=tmp_path, DEMO_PASSWORD="example-password"):
        call_command("demo", verbosity=0)
    recompute_all()
    client.force_login(person(Role.LEADER))
    return client


def told_by_api(client: Client, **query: str) -> Shown:
    answer = client.get("/api/v1/plans/2014/attainment", {"limit": "1000", **query})
    assert answer.status_code == 200
    return {one["target"]: (one["shown"] or "—", one["signal"]) for one in answer.json()["items"]}


def cut(text: str, starts: str, ends: str) -> str:
    assert starts in text, starts
    return text.split(starts, 1)[1].split(ends, 1)[0]


def check(expected: tuple[str, str], part: str, place: tuple[str, ...]) -> None:
    """The part of a page shows the figure, and no light but this one."""
    figure, signal = expected
    words = [one.strip() for one in re.split(r"<[^>]+>", html.unescape(part))]
    assert figure in words, (place, figure, words)
    assert set(re.findall(r"light light-(\w+)", part)) - {"large"} == {signal}, place


def row_of(text: str, code: str) -> str:
    """A target's row in a list of targets."""
    return cut(text, f'cell-name"><a href="/plans/wenzhou-2014-quality/targets/{code}/', "</tr>")


def line_of(text: str, address: str) -> str:
    """A row of a table whose first cell leads to an address."""
    return cut(text.partition("figures-table")[2], f'<a href="{address}', "</tr>")


MONTH = "2014-09"


def check_what_targets_show(leader: Client, plan: Plan) -> None:
    """A target's page is kept while the indicators that it names stay as they are: it shows nothing of any other."""
    special = Q(operand__isnull=False) | Q(tasks__milestones__counted_by__isnull=False)
    every = Target.objects.filter(plan=plan)
    for one in {*every.filter(special), *every.order_by("code")[::9]}:
        shown, address = (
            indicators_shown(plan.code, one.code),
            f"/plans/wenzhou-2014-quality/targets/{one.code}/?month={MONTH}",
        )
        before = made_anew(leader, address)
        with transaction.atomic():
            Attainment.objects.exclude(target__indicator__in=shown).delete()
            gone = Observation.objects.exclude(indicator__in=shown)
            gone.update(official=None, value=None, numerator=None, denominator=None, occurred_on=None)
            assert made_anew(leader, address) == before, one
            Attainment.objects.filter(target__indicator__in=shown).delete()
            assert made_anew(leader, address) != before, one
            transaction.set_rollback(True)


def made_anew(client: Client, address: str) -> str:
    """A page without what was kept of it, but for what its forms are signed with."""
    forget_cached_pages()
    return re.sub(r'csrfmiddlewaretoken" value="[^"]*', "", client.get(address).content.decode())


def test_every_page_every_file_and_the_api_agree(leader: Client, plan_2014: Plan) -> None:
    """One test, because making the demonstration takes longer than all that is looked at."""
    told = told_by_api(leader, month=MONTH)
    check_targets(leader, plan_2014, told)
    check_units(leader, plan_2014, told)
    check_files(leader, plan_2014, told)
    check_counties(leader, plan_2014)
    check_what_targets_show(leader, plan_2014)


def check_targets(leader: Client, plan_2014: Plan, told: Shown) -> None:
    assert len(told) == plan_2014.targets.count()
    overview, text, table = (
        page(leader, address, month=MONTH)
        for address in ("/", "/plans/wenzhou-2014-quality/text/", "/plans/wenzhou-2014-quality/comparison/")
    )
    for code, expected in told.items():
        target = page(leader, f"/plans/wenzhou-2014-quality/targets/{code}/", month=MONTH)
        check(expected, row_of(overview, code), ("overview", code))
        check(expected, cut(text, f'id="card-target-{code}"', "</dl>"), ("plan", code))
        check(expected, line_of(table, f"/plans/wenzhou-2014-quality/targets/{code}/"), ("comparison", code))
        check(expected, cut(target, "panel verdict", "</dl>"), ("target", code))
        if 'class="now" aria-current="true"' in target:
            check(expected, cut(target, 'class="now" aria-current="true"', "</tr>"), ("through the year", code))


def check_units(leader: Client, plan_2014: Plan, told: Shown) -> None:
    shown = 0
    for unit in Department.objects.all():
        text = page(leader, f"/plans/wenzhou-2014-quality/departments/{unit.code}/", month=MONTH)
        held = TargetAssignment.objects.filter(department=unit, target__plan=plan_2014)
        for code in held.values_list("target__code", flat=True):
            check(told[code], row_of(text, code), (unit.code, code))
            shown += 1
        counted = re.findall(r"</span>(\d+)</span>", cut(text, "<dd>", "</dd>"))
        assert sum(map(int, counted)) == held.count()
    assert shown == TargetAssignment.objects.filter(target__plan=plan_2014).count()


def check_files(leader: Client, plan_2014: Plan, told: Shown) -> None:
    names = {one.name: one.code for one in plan_2014.targets.all()}
    for kind in ("csv", "xlsx"):
        _note, headings, *lines = export(leader, kind, plan_2014.code, month=MONTH)
        figure, light = headings.index("本年累计"), headings.index("状态")
        assert len(lines) == len(told)
        for line in lines:
            shown, _signal = told[names[line[1]]]
            assert as_shown(line[figure]) == bare(shown), line
            assert line[light]


def bare(shown: str) -> str:
    """A figure without its unit and its thousands, without zeros at the end."""
    number = shown.split("\u00a0")[0].replace("\u202f", "")
    return number.rstrip("0").rstrip(".") if "." in number else number.replace("—", "")


def as_shown(cell: object) -> str:
    text = "" if cell is None else str(cell).split("\u00a0")[0]
    return text.rstrip("0").rstrip(".") if re.fullmatch(r"-?\d+\.\d+", text) else text


def check_counties(leader: Client, plan_2014: Plan) -> None:
    codes = list(plan_2014.region.parts.values_list("code", flat=True))[::3]
    judged = list(Target.objects.filter(plan=plan_2014, coverage="parts").values_list("code", flat=True))
    targets = {code: page(leader, f"/plans/wenzhou-2014-quality/targets/{code}/", month=MONTH) for code in judged}
    across = {
        code: page(leader, "/plans/wenzhou-2014-quality/comparison/", month=MONTH, target=code) for code in judged
    }
    for region in codes:
        told = told_by_api(leader, month=MONTH, region=region)
        county = page(leader, f"/plans/wenzhou-2014-quality/counties/{region}/", month=MONTH)
        own = page(leader, "/plans/wenzhou-2014-quality/comparison/", month=MONTH, region=region)
        assert set(told) == set(judged)
        for code, expected in told.items():
            address = f"/plans/wenzhou-2014-quality/targets/{code}/"
            check(expected, line_of(county, address), ("county", region, code))
            check(expected, line_of(own, address), ("comparison of the county", region, code))
            check(
                expected,
                line_of(across[code], f"/plans/wenzhou-2014-quality/counties/{region}/"),
                ("comparison of the target", region, code),
            )
            parts = targets[code].partition('id="parts"')[2]
            check(expected, line_of(parts, f"/plans/wenzhou-2014-quality/counties/{region}/"), ("target", region, code))


def test_an_earlier_day_is_the_same_on_each_page_and_in_the_api(leader: Client, plan_2014: Plan) -> None:
    day, query = date(2014, 8, 1), {"month": "2014-06", "as_of": "2014-08-01"}
    told = told_by_api(leader, month="2014-06", as_of=end_of_local_day(day).isoformat())
    fresh = attainments_official_then(Target.objects.filter(plan=plan_2014), plan_2014.region, end_of_local_day(day))
    assert {one.target.code: one.signal for one in fresh if one.month == Month(2014, 6)} == {
        code: signal for code, (_figure, signal) in told.items()
    }
    overview, text, table = (
        page(leader, address, **query)
        for address in ("/", "/plans/wenzhou-2014-quality/text/", "/plans/wenzhou-2014-quality/comparison/")
    )
    for number, (code, expected) in enumerate(told.items()):
        check(expected, row_of(overview, code), ("overview", code))
        check(expected, cut(text, f'id="card-target-{code}"', "</dl>"), ("plan", code))
        check(expected, line_of(table, f"/plans/wenzhou-2014-quality/targets/{code}/"), ("comparison", code))
        if number % 4 == 0:
            target = page(leader, f"/plans/wenzhou-2014-quality/targets/{code}/", **query)
            check(expected, cut(target, "panel verdict", "</dl>"), ("target", code))
    unit = page(leader, "/plans/wenzhou-2014-quality/departments/quality/", **query)
    for code in TargetAssignment.objects.filter(department__code="quality").values_list("target__code", flat=True):
        check(told[code], row_of(unit, code), ("department", code))
    for region in ("330302", "330381"):
        county = page(leader, f"/plans/wenzhou-2014-quality/counties/{region}/", **query)
        for code, expected in told_by_api(
            leader, month="2014-06", region=region, as_of=end_of_local_day(day).isoformat()
        ).items():
            check(expected, line_of(county, f"/plans/wenzhou-2014-quality/targets/{code}/"), ("county", region, code))
