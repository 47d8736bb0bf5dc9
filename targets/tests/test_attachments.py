"""Files beside figures: who attaches, removes and reads them, what is refused, and that nothing is kept by halves."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.test import Client, override_settings
from django.utils import timezone

from departments.models import AuditEvent, User
from departments.permissions import Role
from plans.periods import Month
from reviews import files
from reviews.documents import RefusedFileError
from reviews.tests import papers
from targets import jobs
from targets.models import Attachment, Revision
from targets.services.attachments import attach, detach
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.locking import close_plan_month
from targets.services.reviewing import approve_revision, return_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
JUNE = Month(2014, 6)


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def cast() -> SimpleNamespace:
    office = f.department()
    houses = f.indicator("count", department=office)
    return SimpleNamespace(
        office=office,
        houses=houses,
        reporter=f.person(Role.REPORTER, office),
        colleague=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        stranger=f.person(Role.REPORTER, f.department(f.region("100200"))),
        key=(houses.pk, f.region().pk, JUNE),
    )


def paper(data: bytes = papers.PDF, name: str = "批复.pdf") -> Any:
    made = io.BytesIO(data)
    made.name = name
    return made


def kept(cast: SimpleNamespace, data: bytes = papers.PDF, name: str = "批复.pdf", by: User | None = None) -> Attachment:
    return attach(cast.key, paper(data, name), by=by or cast.reporter)


def handed_in(cast: SimpleNamespace, value: str = "300") -> Revision:
    save_draft(cast.key, Typed(value=value), version=0, by=cast.reporter)
    return hand_in([cast.key], by=cast.reporter)[0]


def stored(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def names(revision: Revision | None) -> list[str]:
    return [one.name for one in Attachment.objects.filter(revision=revision)]


# --- Attaching and removing -------------------------------------------------------------------------------------------


def test_a_file_is_kept_whole_under_a_name_that_says_nothing(cast: SimpleNamespace, media: Path) -> None:
    one = kept(cast, name="C:\\质量\\批复.PDF")
    path = stored(media)[0]
    assert path.read_bytes() == papers.PDF
    assert (one.name, one.kind, one.size, one.by) == ("批复.PDF", "pdf", len(papers.PDF), cast.reporter)
    assert path.suffix == ""
    assert path.stat().st_mode & 0o077 == 0
    assert AuditEvent.objects.get().detail["name"] == "批复.PDF"


def test_the_same_file_twice_is_kept_once(cast: SimpleNamespace, media: Path) -> None:
    assert kept(cast) == kept(cast, name="again.pdf")
    assert len(stored(media)) == 1


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "empty"), (papers.macro_workbook(), "macros"), (b"<html>", "markup"), (b"MZ\0", "unknown")]
)
def test_what_may_not_be_attached_is_not_kept(data: bytes, code: str, cast: SimpleNamespace, media: Path) -> None:
    with pytest.raises(RefusedFileError) as refused:
        kept(cast, data)
    assert refused.value.code == code
    assert not stored(media)
    assert not Attachment.objects.exists()


@override_settings(ATTACHMENT_MAX_BYTES=len(papers.PDF))
def test_the_largest_file_is_taken_and_a_larger_one_refused(cast: SimpleNamespace, media: Path) -> None:
    kept(cast)
    with pytest.raises(RefusedFileError, match="too_large"):
        kept(cast, papers.PDF + b"\n")
    assert len(stored(media)) == 1


def test_a_figure_has_ten_files_at_most_those_that_wait_among_them(cast: SimpleNamespace, media: Path) -> None:
    for number in range(6):
        kept(cast, papers.PDF + bytes([number]))
    handed_in(cast)
    for number in range(6, 10):
        kept(cast, papers.PDF + bytes([number]))
    with pytest.raises(RefusedFileError, match="too_many"):
        kept(cast, papers.PNG)
    assert len(stored(media)) == 10


def test_a_row_that_cannot_be_stored_leaves_no_file(
    cast: SimpleNamespace, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any, **_values: Any) -> None:
        raise RuntimeError("the disk of the database is full")

    monkeypatch.setattr("reviews.attaching.record", broken)
    with pytest.raises(RuntimeError):
        kept(cast)
    assert not stored(media)
    assert not Attachment.objects.exists()


def test_a_removed_file_is_gone_from_the_disk_once_that_is_certain(
    cast: SimpleNamespace, media: Path, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    one = kept(cast)
    with django_capture_on_commit_callbacks(execute=True):
        detach(one, by=cast.colleague)
        assert stored(media)
    assert not stored(media)
    assert AuditEvent.objects.filter(action="attachment.removed", actor=cast.colleague).count() == 1
    detach(one, by=cast.colleague)  # a second click
    assert AuditEvent.objects.filter(action="attachment.removed").count() == 1


def test_a_stranger_attaches_and_removes_nothing(cast: SimpleNamespace, media: Path) -> None:
    one = kept(cast)
    for person in (cast.stranger, cast.reviewer):
        with pytest.raises(PermissionDenied):
            kept(cast, papers.PNG, by=person)
        with pytest.raises(PermissionDenied):
            detach(one, by=person)
    assert len(stored(media)) == 1


def test_a_closed_month_takes_no_file_and_gives_none_back(cast: SimpleNamespace, media: Path) -> None:
    one = kept(cast)
    close_plan_month(f.plan(), JUNE, by=f.coordinator())
    with pytest.raises(ValidationError, match="封账"):
        kept(cast, papers.PNG)
    with pytest.raises(ValidationError, match="封账"):
        detach(one, by=cast.reporter)
    assert len(stored(media)) == 1


# --- With the figure --------------------------------------------------------------------------------------------------


def test_what_is_handed_in_belongs_to_the_entry_for_good(cast: SimpleNamespace) -> None:
    one = kept(cast)
    revision = handed_in(cast)
    assert names(revision) == ["批复.pdf"]
    assert names(None) == []
    with pytest.raises(ValidationError, match="不能移除"):
        detach(one, by=cast.reporter)


def test_a_returned_entrys_files_lie_beside_the_next_draft_without_being_copied(
    cast: SimpleNamespace, media: Path, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    kept(cast)
    first = handed_in(cast)
    return_revision(first, by=cast.reviewer, reason="请附清单")
    assert (names(first), names(None), len(stored(media))) == (["批复.pdf"], ["批复.pdf"], 1)
    with django_capture_on_commit_callbacks(execute=True):
        detach(Attachment.objects.of_drafts().get(), by=cast.reporter)
    assert len(stored(media)) == 1  # the returned entry still has it
    kept(cast, papers.PNG, "清单.png")
    assert names(handed_in(cast, "310")) == ["清单.png"]
    assert names(first) == ["批复.pdf"]


def test_an_entry_that_replaces_one_that_waits_has_its_files_too(cast: SimpleNamespace, media: Path) -> None:
    kept(cast)
    first = handed_in(cast)
    kept(cast)
    kept(cast, papers.PNG, "清单.png")
    second = handed_in(cast, "310")
    assert sorted(names(second)) == ["批复.pdf", "清单.png"]
    assert names(first) == ["批复.pdf"]
    assert names(handed_in(cast, "320")) == names(second)


def test_a_correction_of_an_approved_figure_starts_without_files(cast: SimpleNamespace) -> None:
    kept(cast)
    first = approve_revision(handed_in(cast), by=cast.reviewer)
    assert names(None) == []
    assert names(handed_in(cast, "310")) == []
    assert names(first) == ["批复.pdf"]


def test_a_refused_hand_in_leaves_the_files_with_the_draft(cast: SimpleNamespace) -> None:
    kept(cast)
    save_draft(cast.key, Typed(value="约300"), version=0, by=cast.reporter)
    with pytest.raises(Exception, match="refused"):
        hand_in([cast.key], by=cast.reporter)
    assert names(None) == ["批复.pdf"]


def test_the_database_keeps_no_attachment_without_content(cast: SimpleNamespace) -> None:
    one = kept(cast)
    for broken in ({"size": 0}, {"digest": ""}, {"file": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Attachment.objects.filter(pk=one.pk).update(**broken)


# --- What is left over ------------------------------------------------------------------------------------------------


def test_the_sweep_deletes_old_files_without_an_attachment_and_no_others(
    cast: SimpleNamespace, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = kept(cast)
    orphans = [files.store_file(b"left") for _each in range(3)]
    now = timezone.now()
    assert files.sweep_unattached_files(now) == 0
    monkeypatch.setattr(files, "SWEPT_AT_ONCE", 2)
    later = now + timedelta(days=2)
    assert (
        files.sweep_unattached_files(later),
        files.sweep_unattached_files(later),
        files.sweep_unattached_files(later),
    ) == (2, 1, 0)
    assert default_storage.exists(str(one.file))
    assert not any(default_storage.exists(path) for path in orphans)


def test_the_sweep_is_a_job_and_finds_nothing_where_nothing_is(media: Path) -> None:
    jobs.sweep_attachments()
    assert not stored(media)


# --- Reading ----------------------------------------------------------------------------------------------------------


def read(user: User, one: Attachment, query: str = "") -> Any:
    client = Client()
    client.force_login(user)
    return client.get(f"/attachments/{one.pk}/{query}")


def test_a_file_is_saved_by_the_browser_and_never_run(cast: SimpleNamespace) -> None:
    answer = read(cast.reporter, kept(cast))
    assert b"".join(answer.streaming_content) == papers.PDF
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%E6%89%B9%E5%A4%8D.pdf"
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert answer["Content-Security-Policy"].endswith("sandbox")
    assert "private" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("data", "name", "inline"),
    [
        (papers.PDF, "a.pdf", True),
        (papers.PNG, "a.png", True),
        (papers.JPEG, "a.jpg", True),
        (papers.xlsx(), "a.xlsx", False),
        (b"a,b\n", "a.csv", False),
        (b"text", "page.html", False),
    ],
)
def test_only_pictures_and_pdf_are_shown(data: bytes, name: str, inline: bool, cast: SimpleNamespace) -> None:
    answer = read(cast.reporter, kept(cast, data, name), "?show")
    assert answer["Content-Disposition"].startswith("inline" if inline else "attachment")
    assert "script-src" not in answer["Content-Security-Policy"]
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_draft_is_read_by_its_unit_alone_and_an_entry_by_whoever_sees_the_figure(cast: SimpleNamespace) -> None:
    one = kept(cast)
    leader, office = f.person(Role.LEADER), f.coordinator()
    county = f.person(Role.COUNTY, f.department(f.region()))

    def readers() -> list[int]:
        people = (cast.reporter, cast.colleague, office, county, cast.reviewer, leader, cast.stranger)
        return [read(person, one).status_code for person in people]

    assert readers() == [200, 200, 200, 200, 404, 404, 404]
    handed_in(cast)
    assert readers() == [200, 200, 200, 200, 200, 200, 404]
    assert Client().get(f"/attachments/{one.pk}/").status_code == 302


def test_a_file_that_was_lost_is_not_found(cast: SimpleNamespace, media: Path) -> None:
    one = kept(cast)
    stored(media)[0].unlink()
    assert read(cast.reporter, one).status_code == 404


def test_the_folder_is_served_at_no_address(cast: SimpleNamespace) -> None:
    one = kept(cast)
    client = Client()
    client.force_login(cast.reporter)
    for address in (f"/media/{one.file}", f"/static/{one.file}", f"/{one.file}"):
        assert client.get(address).status_code == 404
