"""A full disk, or one that takes nothing: it is said, nothing torn stays, and no file goes whose row may be there."""

import errno
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from departments.permissions import Role
from departments.tests.callers import sending
from imports.models import ImportBatch
from imports.services.receiving import receive_import_file
from imports.tests.tables import csv_bytes, uploaded
from plans.periods import Month
from reviews.documents import RefusedFileError
from reviews.tests import papers
from targets.models import Attachment, Draft
from targets.services.attachments import attach
from targets.services.drafting import Typed, save_draft
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
FULL = [errno.ENOSPC, errno.EROFS, errno.EDQUOT]
JUNE = Month(2014, 6)


class FullDisk(FileSystemStorage):
    """Writes a part of each file, and then there is no room."""

    code = errno.ENOSPC

    def _save(self, name: str, content: Any) -> str:
        if self.code != errno.EROFS:
            super()._save(name, ContentFile(content.read()[:5]))  # type: ignore[misc]  # of the storage's own, which the stubs leave out
        raise OSError(self.code, "disk")


@pytest.fixture
def cast(settings: Settings, tmp_path: Path) -> SimpleNamespace:
    settings.MEDIA_ROOT = tmp_path
    office = f.department()
    houses = f.indicator("count", department=office)
    f.plan()
    client = Client()
    reporter = f.person(Role.REPORTER, office)
    client.force_login(reporter)
    return SimpleNamespace(
        houses=houses,
        reporter=reporter,
        client=client,
        key=(houses.pk, f.region().pk, JUNE),
        sheet=f"/worksheet/{office.code}/2014-06/",
        media=tmp_path,
    )


@pytest.fixture(params=FULL, ids=errno.errorcode.get)
def full(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk of the attachments."""
    monkeypatch.setattr(FullDisk, "code", request.param)
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": f"{__name__}.FullDisk"}}


def left(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.is_file()]


def test_a_file_that_finds_no_room_is_refused_and_what_was_typed_stays(cast: SimpleNamespace, full: None) -> None:
    save_draft(cast.key, Typed(value="5", note="核对无误"), version=0, by=cast.reporter)
    sent = {"indicator": cast.houses.pk, "region": f.region().pk, "file": SimpleUploadedFile("批复.pdf", papers.PDF)}
    answer = cast.client.post(f"{cast.sheet}attach/", sent)
    assert answer.status_code == 507
    assert "磁盘已满或不可写入" in answer.json()["message"]
    assert Draft.objects.get().value == "5"
    assert not Attachment.objects.exists()
    assert not left(cast.media)


def test_without_a_script_the_row_says_so_and_keeps_what_was_typed(cast: SimpleNamespace, full: None) -> None:
    pk = cast.houses.pk
    typed = {f"{pk}-value": "7", f"{pk}-note": "核对无误", f"{pk}-version": "0", "do": "save"}
    answer = cast.client.post(cast.sheet, typed | {f"{pk}-files": SimpleUploadedFile("批复.pdf", papers.PDF)})
    assert "磁盘已满或不可写入" in answer.content.decode()
    assert Draft.objects.get().value == "7"
    assert not Attachment.objects.exists()
    assert not left(cast.media)


def torn(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """The disk gives out when an upload is brought onto it."""

    def refuse(_number: int) -> None:
        raise OSError(code, "disk")

    monkeypatch.setattr("imports.batches.uploads.os.fsync", refuse)


@pytest.mark.parametrize("code", FULL)
def test_an_upload_that_finds_no_room_is_refused_on_the_page_and_by_the_api(
    code: int, cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    torn(monkeypatch, code)
    table = csv_bytes([(cast.houses.code, "100100", "2014-06", "7")])
    answer = cast.client.post("/imports/", {"file": uploaded(table)})
    assert answer.status_code == 507
    assert "磁盘已满或不可写入" in answer.content.decode()
    sent = sending(cast.reporter)(table)
    assert (sent.status_code, sent.json()["errors"][0]["code"]) == (507, "no_room")
    assert not ImportBatch.objects.exists()
    assert not left(cast.media)


def test_a_disk_that_fills_up_anywhere_else_is_told_as_what_it_is(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("targets.views.desk.render", refuse)
    cast.client.raise_request_exception = False
    answer = cast.client.get("/desk/")
    assert answer.status_code == 507
    assert "服务器磁盘已满" in answer.content.decode()
    monkeypatch.setattr("targets.views.desk.render", lambda *_: 1 / 0)
    assert cast.client.get("/desk/").status_code == 500


class LostError(OperationalError):
    """The connection went while the answer to COMMIT was awaited."""


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit is done, and its answer is lost."""
    enter, leave, within = transaction.Atomic.__enter__, transaction.Atomic.__exit__, []

    def begin(self: Any) -> None:
        enter(self)
        within.append(self)

    def lose(self: Any, kind: Any, value: Any, traceback: Any) -> None:
        leave(self, kind, value, traceback)
        within.pop()
        if kind is None and not within:
            raise LostError

    monkeypatch.setattr(transaction.Atomic, "__enter__", begin)
    monkeypatch.setattr(transaction.Atomic, "__exit__", lose)


def test_a_file_whose_row_may_be_there_is_never_deleted(cast: SimpleNamespace, lost: None) -> None:
    with pytest.raises(LostError):
        attach(cast.key, paper_of(b""), by=cast.reporter)
    assert len(left(cast.media)) == 1
    assert all(default_storage.exists(str(one.file)) for one in Attachment.objects.all())


def test_an_upload_whose_batch_may_be_there_is_never_deleted(cast: SimpleNamespace, lost: None) -> None:
    with pytest.raises(LostError):
        receive_import_file(uploaded(csv_bytes([(cast.houses.code, "100100", "2014-06", "7")])), by=cast.reporter)
    assert len(left(cast.media)) == 1


def test_a_file_whose_row_is_refused_goes_at_once(cast: SimpleNamespace) -> None:
    for number in range(10):
        attach(cast.key, paper_of(str(number).encode()), by=cast.reporter)
    with pytest.raises(RefusedFileError):
        attach(cast.key, paper_of(b"11"), by=cast.reporter)
    assert len(left(cast.media)) == 10


def paper_of(more: bytes) -> Any:
    made = io.BytesIO(papers.PDF + more)
    made.name = "批复.pdf"
    return made
