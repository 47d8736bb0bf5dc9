"""What a target's year will come to, drawn and told."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from reports.tests.target_pages import page
from targets.models import Target
from targets.tests.factories import entry, indicator, official, target

pytestmark = pytest.mark.django_db


def houses(*months: int, threshold: int = 100, comparator: str = "at_least") -> Target:
    measured = indicator("count")
    promise = target(measured, comparator, threshold if comparator != "none" else None)
    official(*(entry(measured, f"2014-{number:02}", value) for number, value in enumerate(months, 1)))
    return promise


def chart_of(text: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(
        re.findall(r'<script id="chart-data" type="application/json">(.*?)</script>', text)[0]
    )
    return data


def test_the_outlook_says_figure_range_and_whether_the_target_would_be_met(leader: Client) -> None:
    text = page(leader, houses(30, 10, 20, 40)).partition('class="outlook"')[2].partition("</p>")[0]
    assert all(words in text for words in ("按目前进度推算", "300\u00a0户", "220–380\u00a0户", "预计可以达标", "12月"))


@pytest.mark.parametrize(("threshold", "words"), [(300, "能否达标尚不确定"), (400, "预计难以达标")])
def test_the_outlook_may_be_open_or_poor(leader: Client, threshold: int, words: str) -> None:
    assert words in page(leader, houses(30, 10, 20, 40, threshold=threshold))


def test_no_outlook_for_fewer_than_three_months_or_what_must_not_occur(leader: Client) -> None:
    for promise in (houses(30, 10), houses(0, 0, 0, 0, comparator="none")):
        text = page(leader, promise)
        assert 'class="outlook"' not in text
        assert all(month["outlook"] is None for month in chart_of(text)["months"])


def test_chart_and_table_hold_pace_last_year_and_outlook_alike(leader: Client) -> None:
    promise = houses(30, 10, 20, 40, threshold=1200)
    official(entry(promise.indicator, "2013-01", 7), entry(promise.indicator, "2013-04", 8))
    text = page(leader, promise)
    months = chart_of(text)["months"]
    assert [month["pace"] for month in months[:3]] == [100.0, 200.0, 300.0]
    assert [month["lastYear"] for month in months[:5]] == [7.0, 7.0, 7.0, 15.0, 15.0]
    assert months[3]["outlook"] is None
    assert months[11]["outlook"] == [220.0, 300.0, 380.0]
    table = text.partition("year-table")[2].partition("</table>")[0]
    for month in months:
        told = [month["paceText"], month["lastYearText"], *(month["outlookText"] or [])]
        assert all(one in table for one in told)
    assert len(re.findall(r"<tr(?: class=\"now\"[^>]*)?><th scope=\"row\"", table)) == 12
