"""The plan's own words as a page: nothing lost, every promise marked by its light."""

import html
import re

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Department
from departments.permissions import Role
from plans.models import Clause, Plan
from plans.page_cache.cached_pages import forget_cached_pages
from plans.periods import Month
from targets.judging.recompute import recompute_all
from targets.models import Attainment, Target, TargetAssignment
from targets.tests.factories import department, entry, indicator, official, person, plan, target
from tasks.models import Assignment, Task

pytestmark = pytest.mark.django_db

BODY = (settings.BASE_DIR / "fixtures" / "2014-wenzhou.txt").read_text(encoding="utf-8").split("\n\n", 1)[1]


REAL = "/plans/wenzhou-2014-quality/text/"


def page(client: Client, address: str = "/plans/plan-2014/text/", **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def article(text: str) -> str:
    """What a reader reads and copies: the text of the document without its elements."""
    found = re.search(r"<article[^>]*>(.*?)</article>", text, re.DOTALL)
    assert found is not None
    return html.unescape(re.sub(r"<[^>]+>", "", found[1]))


def test_a_person_who_is_not_logged_in_is_sent_to_log_in(client: Client) -> None:
    assert client.get("/plans/plan-2014/text/")["Location"] == "/accounts/login/?next=/plans/plan-2014/text/"


def test_a_plan_that_is_not_judged_yet_can_be_read_and_says_what_to_do(leader: Client) -> None:
    promise = target(indicator(), threshold=92)
    text = page(leader)
    assert "recompute_attainment" in text
    assert article(text) == promise.clause.text


def test_a_year_without_a_plan_is_not_found(leader: Client) -> None:
    plan()
    assert leader.get("/plans/plan-1999/text/").status_code == 404


def test_the_year_of_a_plan_shows_it(leader: Client) -> None:
    plan(2013)
    newest = plan(2014)
    Plan.objects.filter(code="plan-2013").update(title="旧计划")
    assert "旧计划" in page(leader, "/plans/plan-2013/text/")
    assert newest.title in page(leader)


def test_the_page_gives_the_document_back_character_for_character(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    assert article(page(leader, REAL)) + "\n" == BODY
    assert article(page(leader, REAL, q="质量")) + "\n" == BODY, "searched, too"


def test_signs_of_html_in_the_document_stay_text(leader: Client) -> None:
    promise = target(indicator(), threshold=92)
    words = "一、<b>达到92%以上</b> & \"其他\" 'x'"
    Clause.objects.filter(pk=promise.clause_id).update(text=words)
    Target.objects.filter(pk=promise.pk).update(quote="<b>达到92%以上</b>")
    text = page(leader)
    assert article(text) == words
    assert "<b>" not in text


def test_every_target_and_task_is_marked_in_its_light(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    text = page(leader, REAL)
    pinned = {
        code: light for light, code in re.findall(r'class="pin light-(\w+)"[^>]*data-cards="target-([\w-]+)"', text)
    }
    stored = Attainment.objects.filter(target__plan=plan_2014, region=plan_2014.region, month=Month(2014, 1))
    assert pinned == dict(stored.values_list("target__code", "signal"))
    tasks = re.findall(r'class="pin pin-task light-\w+"[^>]*data-cards="task-([\w-]+)"', text)
    assert tasks == list(plan_2014.tasks.order_by("order").values_list("code", flat=True))


def test_the_quoted_words_are_those_marked(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    text = page(leader, REAL)
    for one in plan_2014.targets.all():
        marked = re.findall(
            rf'<span class="promise [^>]*data-cards="[^"]*\btarget-{one.code}\b[^"]*">(.*?)</span>', text
        )
        assert "".join(marked) == one.quote


def test_words_of_several_promises_show_the_most_urgent_light(leader: Client) -> None:
    rates = [indicator(), indicator()]
    for rate in rates:
        target(rate, threshold=92)
    official(entry(rates[0], "2014-06", 99, 100), entry(rates[1], "2014-06", 10, 100))
    text = page(leader)
    assert text.count('class="promise promise-red"') == 1
    assert 'class="promise promise-green"' not in text
    assert text.count('class="pin light-') == 2


def test_a_card_tells_actual_threshold_light_units_and_update(leader: Client) -> None:
    rate, unit = indicator(), department()
    promise = target(rate, threshold=92)
    TargetAssignment.objects.create(target=promise, department=unit, role="lead")
    official(entry(rate, "2014-06", 95, 100))
    card = page(leader).split(f'id="card-target-{promise.code}"')[1].split("</dl>")[0]
    for words in (promise.name, "95.00\u00a0%", "≥\u00a092\u00a0%", "light-green", unit.short_name):
        assert words in card
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", card)
    assert f"/plans/plan-2014/targets/{promise.code}/?month=2014-06" in card


def test_a_task_that_is_a_part_of_its_clause_is_marked_there(leader: Client) -> None:
    document = plan()
    clause = document.clauses.get(path="一")
    Task.objects.create(plan=document, code="t", title="任务", clause=clause, quote="百分之九十二", due="2014-12-31")
    text = page(leader)
    assert (
        '<span class="part-of-work part-of-work-grey" data-cards="task-t">百分之九十二</span><a class="pin pin-task'
        in text
    )
    assert 'class="passage depth-0"' in text


def test_the_rail_counts_the_lights_of_each_chapter(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    rail = page(leader, REAL).split('<ol class="parts">')[1].split("</ol>")[0]
    chapters = re.findall(r'<li class="part-0">(.*?)</li>', rail, re.DOTALL)
    numbers = [sum(map(int, re.findall(r"</span>(\d+)</span>", chapter))) for chapter in chapters]
    assert [sum(numbers), len(numbers)] == [plan_2014.targets.count(), 3]
    assert re.findall(r"#clause-(\d+)", rail)[0] == str(plan_2014.clauses.get(path="一").order)


def test_another_month_shows_the_lights_of_then(leader: Client) -> None:
    rate = indicator()
    target(rate, threshold=92)
    official(entry(rate, "2014-01", 10, 100), entry(rate, "2014-02", 2000, 2000))
    assert 'class="promise promise-red"' in page(leader, month="2014-01")
    assert 'class="promise promise-green"' in page(leader, month="2014-02")


@pytest.mark.parametrize("month", ["2014-13", "2015-01", "junk"])
def test_a_month_that_is_none_gives_the_default_and_a_message(leader: Client, month: str) -> None:
    target(indicator(), threshold=92)
    assert "alert-warning" in page(leader, month=month)


def test_words_looked_for_are_marked_and_counted(leader: Client) -> None:
    target(indicator(), threshold=92)
    text = page(leader, q="九")
    assert text.count('<mark class="hit">九</mark>') == 1
    assert 'href="#clause-1"' in text.split('class="found"')[1].split("</div>")[0]


@pytest.mark.parametrize("wanted", ["没有这样的话", "<script>", "a" * 500, "   "])
def test_words_that_do_not_stand_there_break_nothing(leader: Client, wanted: str) -> None:
    target(indicator(), threshold=92)
    text = page(leader, q=wanted)
    assert 'class="hit"' not in text
    assert "<script>" not in text


def test_the_search_stays_when_the_month_is_changed_and_the_other_way_round(leader: Client) -> None:
    target(indicator(), threshold=92)
    text = page(leader, q="九", month="2014-03")
    months, found = (
        text.split('class="months"')[1].split("</form>")[0],
        text.split('class="find"')[1].split("</form>")[0],
    )
    assert '<input type="hidden" name="q" value="九">' in months
    assert '<input type="hidden" name="month" value="2014-03">' in found


def test_every_role_reads_the_plan(client: Client) -> None:
    target(indicator(), threshold=92)
    recompute_all()
    for role in Role:
        client.force_login(person(role))
        assert 'class="promise promise-grey"' in page(client)


def test_nothing_on_the_page_breaks_the_content_security_policy(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    text = page(leader, REAL)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)


def queries_of(client: Client) -> int:
    page(client)
    forget_cached_pages()  # made anew: a kept page would ask the same however much it shows
    with CaptureQueriesContext(connection) as captured:
        page(client)
    return len(captured)


def more() -> None:
    """One more target with a figure and a unit, and one more task with a unit."""
    rate, document = indicator(), plan()
    promise, unit, number = target(rate, threshold=92), department(), Task.objects.count()
    official(entry(rate, "2014-06", 95, 100))
    TargetAssignment.objects.create(target=promise, department=unit, role="lead")
    clause = document.clauses.get(path="一")
    task = Task.objects.create(
        plan=document, code=f"t{number}", title="任务", clause=clause, quote=clause.text, due="2014-12-31"
    )
    Assignment.objects.create(task=task, department=unit, role="lead")


def test_ten_times_the_promises_take_no_further_query(leader: Client) -> None:
    more()
    few = queries_of(leader)
    for _ in range(9):
        more()
    assert queries_of(leader) == few <= 16
    assert Department.objects.count() > 9
