"""Whatever changes shows on the worksheet at the next look, in the reader's language and escaped."""

import io
import re
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from departments.models import User
from departments.permissions import Role
from plans.page_cache.cached_pages import forget_cached_pages
from plans.periods import Month
from reviews.tests import papers
from targets.entering.work_done import Work
from targets.entering.worksheet import UnitWorksheet, outline_of, put_work
from targets.models import Attachment, Draft, ReportingDuty, Revision
from targets.services.attachments import attach, detach
from targets.services.dirty import promises_changed
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.locking import close_plan_month
from targets.services.reviewing import approve_revision, return_revision
from targets.services.reviewing import withdraw_revision as take_back
from targets.tests import factories as f

pytestmark = pytest.mark.django_db

JUNE = Month(2014, 6)


@pytest.fixture
def cast() -> SimpleNamespace:
    """A bureau with one rate, its reporter and reviewer, and figures of last year and last month."""
    office = f.department()
    rate = f.indicator(department=office, numerator_name="合格", denominator_name="抽检")
    made = SimpleNamespace(
        rate=rate,
        promise=f.target(rate, "at_least", 92),
        reporter=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        key=(rate.pk, f.region().pk, JUNE),
        address=f"/worksheet/{office.code}/2014-06/",
    )
    f.official(f.entry(rate, "2013-06", 901, 1000), f.entry(rate, "2014-05", 951, 1000))
    return made


def typed(cast: SimpleNamespace, numerator: str = "937", note: str = "核过") -> None:
    save_draft(cast.key, Typed(numerator=numerator, denominator="1000", note=note), version=0, by=cast.reporter)


def entered(cast: SimpleNamespace) -> Revision:
    typed(cast)
    return hand_in([cast.key], by=cast.reporter)[0]


def with_file(cast: SimpleNamespace) -> Attachment:
    file = io.BytesIO(papers.PDF)
    file.name = "证明.pdf"
    return attach(cast.key, file, by=cast.reporter)


def a_draft(cast: SimpleNamespace) -> str:
    typed(cast)
    return 'value="937"'


def an_oddity(cast: SimpleNamespace) -> str:
    typed(cast, "951", "")
    return 'class="oddity"'


def a_mistake(cast: SimpleNamespace) -> str:
    typed(cast, "约九百")
    return "has-problems"


def an_entry(cast: SimpleNamespace) -> str:
    entered(cast)
    return 'class="handed-in handed-in-submitted"'


def a_return(cast: SimpleNamespace) -> str:
    return_revision(entered(cast), by=cast.reviewer, reason='数字<有误> & "请核"')
    return escape('数字<有误> & "请核"')


def an_approval(cast: SimpleNamespace) -> str:
    approve_revision(entered(cast), by=cast.reviewer)
    return 'class="handed-in handed-in-approved"'


def a_withdrawal(cast: SimpleNamespace) -> str:
    take_back(approve_revision(entered(cast), by=cast.reviewer), by=cast.reviewer, reason="重复")
    return 'class="handed-in handed-in-withdrawn"'


def a_file(cast: SimpleNamespace) -> str:
    with_file(cast)
    return "证明.pdf"


def a_closed_month(cast: SimpleNamespace) -> str:
    close_plan_month(f.plan(), JUNE, by=f.coordinator())
    return " disabled>"


def a_threshold(cast: SimpleNamespace) -> str:
    cast.promise.threshold = Decimal("97.125")
    cast.promise.save()
    promises_changed([cast.promise])
    f.recompute()
    return "≥\u00a097.125"


def a_name(cast: SimpleNamespace) -> str:
    cast.rate.name = "改名<后>"
    cast.rate.save()
    return "改名&lt;后&gt;"


def last_years_correction(cast: SimpleNamespace) -> str:
    f.official(f.entry(cast.rate, "2013-06", 887, 1000))
    return ">88.7<"


def another_login_name(cast: SimpleNamespace) -> str:
    entered(cast)
    User.objects.filter(pk=cast.reporter.pk).update(username="wangwu", display_name="")
    return "wangwu"


CHANGES = (
    a_draft,
    an_oddity,
    a_mistake,
    an_entry,
    a_return,
    an_approval,
    a_withdrawal,
    a_file,
    a_closed_month,
    a_threshold,
    a_name,
    last_years_correction,
    another_login_name,
)


def inside(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def look(cast: SimpleNamespace, client: Client | None = None) -> str:
    """The page as the reporter or somebody else sees it, but for what its forms are signed with."""
    answer = (client or inside(cast.reporter)).get(cast.address)
    assert answer.status_code == 200
    return re.sub(r'csrfmiddlewaretoken" value="[^"]*', "", answer.content.decode())


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_is_seen_at_the_next_look(change: Callable[..., str], cast: SimpleNamespace) -> None:
    before = look(cast)
    said = change(cast)
    after = look(cast)
    assert said not in before
    assert said in after
    assert look(cast) == after, "as it was kept"
    forget_cached_pages()
    assert look(cast) == after, "as it is made"


def test_a_page_that_was_seen_before_is_not_made_again(cast: SimpleNamespace) -> None:
    entered(cast)
    client = inside(cast.reporter)
    look(cast, client)
    with CaptureQueriesContext(connection) as captured:
        known = client.get(cast.address)
    assert not [one for one in captured if "targets_indicator" in one["sql"] or "targets_attainment" in one["sql"]]
    tag = {"if-none-match": known.headers["ETag"]}
    assert client.get(cast.address, headers=tag).status_code == 304
    typed(cast, "938")
    assert client.get(cast.address, headers=tag).status_code == 200


def test_a_figure_that_the_unit_is_not_asked_for_any_more_is_gone_at_once(cast: SimpleNamespace) -> None:
    assert cast.rate.name in look(cast)
    ReportingDuty.objects.create(indicator=cast.rate, department=cast.rate.department, until=Month(2014, 5))
    assert cast.rate.name not in look(cast)


def test_what_is_typed_while_the_page_is_made_is_not_kept_with_it(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*asked: Any) -> UnitWorksheet:
        typed(cast)
        return outline_of(*asked)

    monkeypatch.setattr("targets.entering.kept_worksheet.outline_of", slowly)
    look(cast)
    monkeypatch.undo()
    assert 'value="937"' in look(cast)
    Draft.objects.all().delete()
    assert 'value="937"' not in look(cast)


def test_only_the_rows_that_are_different_are_made_again(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = f.indicator(department=cast.rate.department)
    look(cast)
    made = []

    def watched(sheet: UnitWorksheet, work: Work) -> None:
        put_work(sheet, work)
        made.append([row.indicator for row in sheet.rows])

    monkeypatch.setattr("targets.entering.kept_worksheet.put_work", watched)
    typed(cast)
    assert 'value="937"' in look(cast)
    assert made == [[cast.rate]]
    f.official(f.entry(other, "2014-05", 913, 1000))
    assert ">91.3<" in look(cast)
    assert made[1:] == [[other]]
    other.name = "改名"
    other.save()
    assert "改名" in look(cast)
    assert made[2:] == [[cast.rate, other]], "what is asked for and promised may show in any row"


def test_a_unit_of_which_nothing_is_asked_is_told_so_each_time(cast: SimpleNamespace) -> None:
    unit = f.department()
    client = inside(f.person(Role.REPORTER, unit))
    for _look in range(2):
        answer = client.get(f"/worksheet/{unit.code}/2014-06/")
        assert answer.status_code == 200
        assert "该单位本月无应报数据。" in answer.content.decode()


def test_a_colleague_keeps_what_was_typed_in_a_browser_apart(cast: SimpleNamespace) -> None:
    people = cast.reporter, f.person(Role.REPORTER, cast.rate.department)
    stores = {re.findall(r'data-store="([^"]+)"', look(cast, inside(one)))[0] for one in people}
    assert len(stores) == 2


def test_on_a_full_disk_the_page_is_made(cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*args: object, **kwargs: object) -> None:
        raise OSError("No space left on device")

    client = inside(cast.reporter)
    made = look(cast, client)
    for name in ("get_many", "set_many"):
        monkeypatch.setattr(caches["shared"], name, down)
    assert look(cast, client) == made


def test_a_file_that_was_removed_is_gone(cast: SimpleNamespace) -> None:
    client = Client()
    client.force_login(cast.reporter)
    made = with_file(cast)
    assert "证明.pdf" in client.get(cast.address).content.decode()
    detach(made, by=cast.reporter)
    assert "证明.pdf" not in client.get(cast.address).content.decode()


def test_the_rows_are_in_the_readers_language_at_once(cast: SimpleNamespace) -> None:
    entered(cast)
    client = Client()
    client.force_login(cast.reporter)
    assert "waiting for review" not in client.get(cast.address).content.decode()
    client.cookies["django_language"] = "en"
    assert "waiting for review" in client.get(cast.address).content.decode()


def test_what_people_typed_is_never_taken_for_markup(cast: SimpleNamespace) -> None:
    wild = '"><script>alert(1)</script>'
    save_draft(cast.key, Typed(numerator=wild, denominator="1000", note=wild), version=0, by=cast.reporter)
    cast.reporter.display_name = "<b>王"
    cast.reporter.save()
    client = Client()
    client.force_login(cast.reporter)
    page = client.get(cast.address).content.decode()
    assert wild not in page
    assert page.count(escape(wild)) >= 2
    assert "<b>王" not in page
