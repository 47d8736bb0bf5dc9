"""Plans side by side for tests, and what their common page says."""

import csv
import html
import io
import re
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from departments.models import Department, Region, User
from departments.permissions import Role
from departments.tests.markup import markup_of
from plans.models import Clause, Plan
from plans.tests.factories import plan_of_year
from targets.models import Target, TargetAssignment
from targets.tests.factories import department, entry, indicator, official, person, region, target
from tasks.models import SupervisionNotice
from tasks.services import supervision
from tasks.services.supervision import NoticeProposal

ROW = re.compile(r"<tr>\s*<th scope=\"row\">(.*?)</tr>", re.DOTALL)


def page(client: Client, **query: str) -> str:
    """What a browser shows at the first address."""
    answer = client.get("/", query)
    assert answer.status_code == 200
    return markup_of(answer)


def rows(text: str) -> list[list[str]]:
    """The lines of the page: plan, red, yellow, green, grey, turn, time, data, behind, supervision."""
    body = re.sub(r'<span class="visually-hidden">.*?</span>', "", text.partition('table class="portfolio"')[2])
    lines = [re.split(r"<td[^>]*>", row) for row in ROW.findall(body)]
    return [[" ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in line] for line in lines]


def titles(text: str) -> list[str]:
    """The first words of the plans, in their order."""
    return [row[0].split()[0] for row in rows(text)]


def document(code: str, title: str, place: Region | None = None, **fields: Any) -> Plan:
    """A plan in force with a clause to promise in."""
    year = fields.pop("year", 2014)
    made = plan_of_year(year, code=code, title=title, region=place or region(), **fields)
    Clause.objects.create(plan=made, path="一", order=1, text="一、目标达到百分之九十二以上。")
    return made


def rate(plan: Plan, *shares: int, year: int = 2014) -> Target:
    """A target of 92 % whose share of good ones to date is as given, in per cent, month by month."""
    measured = indicator()
    promise = target(measured, threshold=92, plan=plan, warning_margin=5)
    entries, before = [], 0
    for number, share in enumerate(shares, 1):
        good = share * number - before
        entries.append(entry(measured, f"{year}-{number:02}", good, 100, place=plan.region))
        before = share * number
    official(*entries)
    return promise


def lead(promise: Target, *units: Department) -> None:
    """The units lead the target."""
    for unit in units:
        TargetAssignment.objects.create(target=promise, department=unit, role="lead")


def pressed(promise: Target, *, overdue: bool = False, issued: bool = True) -> SupervisionNotice:
    """A notice of supervision about a target, led by a unit of its own."""
    by, now = person(Role.COORDINATOR), timezone.now()
    said = NoticeProposal(plan=promise.plan, title="督办", demand="请办理。", target=promise, lead=department())
    made = supervision.propose_notice(said, by=by, now=now)
    if issued:
        made = supervision.issue_notice(made, by=by, now=now)
    if overdue:
        SupervisionNotice.objects.filter(pk=made.pk).update(due=timezone.localdate() - timedelta(days=1))
    return made


def exported(client: Client, kind: str, **data: str) -> list[list[Any]]:
    """The lines of the file, the first two of which say what it is and name the columns."""
    answer = client.post("/portfolio/export/", {"format": kind, **data})
    assert answer.status_code == 200
    assert f".{kind}" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    if kind == "csv":
        assert answer.content.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    return [list(row) for row in load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)]


def inside(user: User) -> Client:
    """A browser in which the person is logged in and has the cookie by which forms are signed."""
    client = Client()
    client.force_login(user)
    client.get("/notices/")
    return client
