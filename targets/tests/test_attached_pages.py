"""Files on the pages: on the worksheet with and without its script, in the queue, in the history."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from departments.models import User
from departments.permissions import Role
from plans.page_cache.cached_pages import forget_cached_pages
from plans.periods import Month
from reviews.tests import papers
from targets.models import Attachment, Draft, Indicator, Revision
from targets.services.attachments import attach
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.locking import close_plan_month
from targets.services.reviewing import approve_revision, return_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
JUNE = Month(2014, 6)


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def cast() -> SimpleNamespace:
    """A bureau with two counts, and the form of its worksheet."""
    office = f.department()
    houses, brands = f.indicator("count", department=office), f.indicator("count", department=office)
    f.target(houses, "at_least", 1000)
    return SimpleNamespace(
        office=office,
        houses=houses,
        brands=brands,
        reporter=f.person(Role.REPORTER, office),
        colleague=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        stranger=f.person(Role.REPORTER),
        key=(houses.pk, f.region().pk, JUNE),
        address=f"/worksheet/{office.code}/2014-06/",
    )


def by(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def paper(data: bytes = papers.PDF, name: str = "批复.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def sent(cast: SimpleNamespace, user: User, file: Any, indicator: Indicator | None = None, **data: Any) -> Any:
    """What the worksheet's script sends."""
    fields = {"indicator": (indicator or cast.houses).pk, "region": f.region().pk, "file": file} | data
    return by(user).post(f"{cast.address}attach/", fields)


def form(cast: SimpleNamespace, *, do: str = "hand_in", version: int = 0, **fields: Any) -> dict[str, Any]:
    """What the page's form sends for the first row: `form(cast, value="300", files=[…])`."""
    pk = cast.houses.pk
    row = {"note": "", "version": version} | fields
    return {"do": do, f"{cast.brands.pk}-note": "", f"{cast.brands.pk}-version": 0} | {
        f"{pk}-{name}": value for name, value in row.items()
    }


def posted(cast: SimpleNamespace, user: User | None = None, **fields: Any) -> Any:
    return by(user or cast.reporter).post(cast.address, form(cast, **fields))


def handed_in(cast: SimpleNamespace, value: str = "300") -> Revision:
    save_draft(cast.key, Typed(value=value), version=0, by=cast.reporter)
    return hand_in([cast.key], by=cast.reporter)[0]


def names(**wanted: Any) -> list[str]:
    return [one.name for one in Attachment.objects.filter(**wanted)]


# --- With the script --------------------------------------------------------------------------------------------------


def test_a_file_that_is_sent_is_told_with_its_name_size_and_address(cast: SimpleNamespace) -> None:
    told = sent(cast, cast.reporter, paper()).json()
    one = Attachment.objects.get()
    assert (told["id"], told["name"], told["href"]) == (one.pk, "批复.pdf", f"/attachments/{one.pk}/")
    page = by(cast.colleague).get(cast.address).content.decode()
    assert told["href"] in page
    assert told["size"] in page


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (paper(b"", "空.pdf"), "空"),
        (paper(b"<svg/>", "图.svg"), "图.svg"),
        (paper(papers.macro_workbook(), "表.xlsx"), "宏"),
        (paper(papers.archive({"a.txt": "x"}), "包.zip"), "压缩包"),
        (None, "空"),
    ],
)
def test_a_file_that_is_refused_says_why(file: Any, said: str, cast: SimpleNamespace) -> None:
    answer = sent(cast, cast.reporter, file or "")
    assert answer.status_code == 422
    assert said in answer.json()["message"]
    assert not Attachment.objects.exists()


@override_settings(ATTACHMENT_MAX_BYTES=1024 * 1024)
def test_a_file_that_is_too_large_says_how_large_it_may_be(cast: SimpleNamespace) -> None:
    answer = sent(cast, cast.reporter, paper(papers.PDF + bytes(1024 * 1024)))
    assert "1 MB" in answer.json()["message"]


def test_a_closed_month_and_what_is_not_understood_are_told(cast: SimpleNamespace) -> None:
    assert sent(cast, cast.reporter, paper(), region="x").status_code == 422
    assert sent(cast, cast.reporter, paper(), f.indicator("count")).status_code == 404
    one = sent(cast, cast.reporter, paper()).json()
    close_plan_month(f.plan(), JUNE, by=f.coordinator())
    answer = sent(cast, cast.reporter, paper(papers.PNG))
    assert (answer.status_code, "封账" in answer.json()["message"]) == (423, True)
    answer = by(cast.reporter).post(f"/attachments/{one['id']}/remove/")
    assert (answer.status_code, "封账" in answer.json()["message"]) == (423, True)
    page = by(cast.reporter).get(cast.address).content.decode()
    assert one["href"] in page
    assert 'type="file"' not in page


def test_strangers_and_reviewers_neither_attach_nor_remove(cast: SimpleNamespace) -> None:
    one = sent(cast, cast.reporter, paper()).json()
    for user in (cast.stranger, cast.reviewer):
        assert sent(cast, user, paper(papers.PNG)).status_code == 403
        assert by(user).post(f"/attachments/{one['id']}/remove/").status_code in (403, 404)
    assert Attachment.objects.count() == 1


def test_a_removed_file_is_gone_and_a_second_click_finds_nothing(cast: SimpleNamespace) -> None:
    address = f"/attachments/{sent(cast, cast.reporter, paper()).json()['id']}/remove/"
    assert by(cast.colleague).post(address).status_code == 200
    assert by(cast.colleague).post(address).status_code == 404
    assert by(cast.reporter).get(address).status_code == 405


def test_what_is_handed_in_is_not_removed(cast: SimpleNamespace) -> None:
    one = sent(cast, cast.reporter, paper()).json()
    handed_in(cast)
    answer = by(cast.reporter).post(f"/attachments/{one['id']}/remove/")
    assert (answer.status_code, "不能移除" in answer.json()["message"]) == (422, True)


# --- Without the script -----------------------------------------------------------------------------------------------


def test_one_form_keeps_the_figure_and_its_files_and_hands_both_in(cast: SimpleNamespace) -> None:
    files = [paper(), paper(papers.PNG, "现场.png")]
    assert posted(cast, value="300", files=files).status_code == 302
    assert names(revision=Revision.objects.get()) == ["批复.pdf", "现场.png"]


def test_files_are_saved_and_removed_without_handing_in(cast: SimpleNamespace) -> None:
    posted(cast, do="save", value="300", files=[paper(), paper(papers.PNG, "现场.png")])
    assert names(revision=None) == ["批复.pdf", "现场.png"]
    first = Attachment.objects.earliest("pk")
    posted(cast, do="save", version=1, value="300", attachment=first.pk, remove=first.pk)
    assert names() == ["现场.png"]
    assert not Revision.objects.exists()


def test_a_refused_file_hands_nothing_in_and_loses_nothing(cast: SimpleNamespace) -> None:
    answer = posted(cast, value="300", files=[paper(), paper(b"<html>", "网页.html")])
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "网页.html" in text
    assert 'value="300"' in text
    assert names(revision=None) == ["批复.pdf"]
    assert Draft.objects.get().value == "300"
    assert not Revision.objects.exists()


def test_the_same_form_twice_hands_figure_and_file_in_once(cast: SimpleNamespace) -> None:
    for _click in range(2):
        posted(cast, value="300", files=[paper()])
    assert names(revision=Revision.objects.get(state="submitted")) == ["批复.pdf"]


# --- A row of which only a file is new --------------------------------------------------------------------------------


def test_a_file_without_a_figure_stays_beside_the_row(cast: SimpleNamespace) -> None:
    assert posted(cast, files=[paper()]).status_code == 302
    assert not Revision.objects.exists()
    assert names(revision=None) == ["批复.pdf"]
    assert "附件已上传，尚未提交" in by(cast.reporter).get(cast.address).content.decode()


def test_the_file_that_a_reviewer_asked_for_is_handed_in_with_the_same_figure(cast: SimpleNamespace) -> None:
    return_revision(handed_in(cast), by=cast.reviewer, reason="请附批复")
    one = sent(cast, cast.reporter, paper()).json()
    posted(cast, value="300", attachment=one["id"])
    again = Revision.objects.get(state="submitted")
    assert (again.value, names(revision=again)) == (300, ["批复.pdf"])


def test_a_file_alone_takes_along_the_figure_that_waits(cast: SimpleNamespace) -> None:
    first = handed_in(cast)
    one = sent(cast, cast.reporter, paper()).json()
    assert posted(cast, attachment=one["id"]).status_code == 302
    again = Revision.objects.get(state="submitted")
    assert (again.value, again.pk > first.pk, names(revision=again)) == (300, True, ["批复.pdf"])


def test_a_file_alone_beside_an_approved_figure_needs_a_reason(cast: SimpleNamespace) -> None:
    approve_revision(handed_in(cast), by=cast.reviewer)
    one = sent(cast, cast.reporter, paper()).json()
    assert posted(cast, attachment=one["id"]).status_code == 422
    explained = form(cast, version=1, value="300", attachment=one["id"]) | {"reason": "补充批复"}
    assert by(cast.reporter).post(cast.address, explained).status_code == 302
    again = Revision.objects.get(state="submitted")
    assert (again.value, again.reason, names(revision=again)) == (300, "补充批复", ["批复.pdf"])


def test_a_colleagues_file_is_not_sent_along_with_other_rows(cast: SimpleNamespace) -> None:
    handed_in(cast)
    sent(cast, cast.colleague, paper())
    posted(cast)  # a form that was opened before the colleague's file came
    assert Revision.objects.count() == 1
    assert names(revision=None) == ["批复.pdf"]


def test_a_returned_figure_with_its_old_files_is_not_handed_in_unchanged(cast: SimpleNamespace) -> None:
    sent(cast, cast.reporter, paper())
    return_revision(handed_in(cast), by=cast.reviewer, reason="口径不符")
    posted(cast, value="300", attachment=Attachment.objects.get(revision=None).pk)
    assert Revision.objects.count() == 1


# --- Queue and history ------------------------------------------------------------------------------------------------


def test_the_reviewer_and_the_history_show_what_was_handed_in(cast: SimpleNamespace) -> None:
    sent(cast, cast.reporter, paper())
    sent(cast, cast.reporter, paper(papers.xlsx(), "清单.xlsx"))
    handed_in(cast)
    history = f"/figures/{cast.houses.code}/{f.region().code}/2014-06/"
    pdf, table = Attachment.objects.order_by("pk")
    for address in ("/reviews/", history):
        page = by(cast.reviewer).get(address).content.decode()
        assert f'href="/attachments/{pdf.pk}/?show"' in page
        assert f'href="/attachments/{table.pk}/"' in page
        assert "清单.xlsx" in page


def test_the_pages_take_as_many_queries_for_many_files_as_for_few(cast: SimpleNamespace) -> None:
    history = f"/figures/{cast.houses.code}/{f.region().code}/2014-06/"

    def queries() -> list[int]:
        counts = []
        for user, address in ((cast.reporter, cast.address), (cast.reviewer, "/reviews/"), (cast.reporter, history)):
            client = by(user)
            forget_cached_pages()  # the header too is made anew each time
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append(len(captured))
        return counts

    def fill(rows: int) -> None:
        for indicator in [cast.houses, *(f.indicator("count", department=cast.office) for _row in range(rows))]:
            key = (indicator.pk, f.region().pk, JUNE)
            for content in (b"1", b"2"):
                attach(key, paper(papers.PDF + content), by=cast.reporter)
            save_draft(key, Typed(value="6"), version=0, by=cast.reporter)
            hand_in([key], by=cast.reporter)
            attach(key, paper(papers.PDF + b"3"), by=cast.reporter)

    fill(1)
    few = queries()
    fill(12)
    assert queries() == few


def test_handing_in_files_takes_as_many_queries_for_many_rows_as_for_one(cast: SimpleNamespace) -> None:
    def queries(number: int) -> int:
        keys = [(f.indicator("count", department=cast.office).pk, f.region().pk, JUNE) for _row in range(number)]
        for _round in range(2):  # the second time each replaces what waits
            for key in keys:
                attach(key, paper(papers.PDF + bytes([_round])), by=cast.reporter)
                save_draft(key, Typed(value="6"), version=0, by=cast.reporter)
            with CaptureQueriesContext(connection) as captured:
                hand_in(keys, by=cast.reporter)
        return len(captured)

    assert queries(1) == queries(8)
