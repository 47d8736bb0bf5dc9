"""The printed notice: what it says, in the form of an official document, as Word and as PDF."""

import re
import sys
import zlib
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from departments.models import AuditEvent
from reviews.tests import papers
from tasks.models import SupervisionNotice, SupervisionRules
from tasks.papers.notice import paper_of
from tasks.papers.pdf import as_pdf
from tasks.papers.word import as_docx
from tasks.rules.supervising import SupervisionState
from tasks.services import supervision as services
from tasks.tests import pressed as p

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> SimpleNamespace:
    return p.cast()


def test_the_paper_says_who_asks_whom_for_what_by_when(world: SimpleNamespace) -> None:
    paper = paper_of(p.notice(world, SupervisionState.ISSUED))
    assert (paper.letterhead, paper.number, paper.signer, paper.day) == (
        "市政府督办通知",
        "督〔2014〕1号",
        "市政府",
        "2014年6月9日",
    )
    assert paper.addressees == f"{world.lead.name}、{world.support.name}"
    assert paper.paragraphs == [
        "请抓紧办理并反馈。",
        f"主办单位：{world.lead}。协办单位：{world.support}。",
        "请收到本通知后即签收，并在3个工作日内（2014年6月12日前）反馈办理情况。",
    ]


def test_letterhead_and_signature_are_the_offices(world: SimpleNamespace) -> None:
    SupervisionRules.objects.create(plan=world.plan, letterhead="质量强市办文件", signer="质量强市办")
    paper = paper_of(p.notice(world, SupervisionState.ISSUED))
    assert (paper.letterhead, paper.signer) == ("质量强市办文件", "质量强市办")


@pytest.mark.parametrize(("letterhead", "size"), [("市政府督办通知", 36), ("长" * 14, 31), ("长" * 40, 22)])
def test_the_letterhead_fits_its_line(world: SimpleNamespace, letterhead: str, size: int) -> None:
    SupervisionRules.objects.create(plan=world.plan, letterhead=letterhead)
    paper = paper_of(p.notice(world, SupervisionState.ISSUED))
    assert paper.letterhead_size == size
    document = Document(BytesIO(as_docx(paper)))
    assert document.paragraphs[0].runs[0].font.size == Pt(size)


def test_the_paper_keeps_the_limit_of_its_issue_whatever_came_after(world: SimpleNamespace) -> None:
    assert "2014年6月12日" in paper_of(p.notice(world, SupervisionState.CLOSED)).paragraphs[-1]
    back = p.notice(world, SupervisionState.REWORK)
    SupervisionNotice.objects.filter(pk=back.pk).update(due="2014-07-30")
    back.refresh_from_db()
    assert "2014年6月12日" in paper_of(back).paragraphs[-1]


@pytest.mark.parametrize(
    ("names", "lines"),
    [
        ([], []),
        (["任务分解表.pdf"], ["附件：任务分解表"]),
        (["任务分解表.pdf", "方案.v2.pdf"], ["附件：1.任务分解表", "2.方案.v2"]),
    ],
)
def test_what_goes_with_the_notice_is_named_below_its_text(
    world: SimpleNamespace, settings: Any, tmp_path: Path, names: list[str], lines: list[str]
) -> None:
    settings.MEDIA_ROOT = tmp_path
    sent = [SimpleUploadedFile(name, papers.PDF + name.encode()) for name in names]
    notice = services.issue_notice(p.notice(world), by=world.coordinator, now=p.MONDAY, files=sent)
    services.urge_notice(
        notice, by=world.coordinator, now=p.MONDAY, files=[SimpleUploadedFile("催办函.pdf", papers.PDF)]
    )
    paper = paper_of(notice)
    assert [one.text for one in paper.annexes] == lines
    written = {one.text: one.paragraph_format for one in Document(BytesIO(as_docx(paper))).paragraphs}
    assert {text for text in written if text.startswith("附件")} == set(lines[:1])
    for one in paper.annexes:
        assert written[one.text].left_indent == Pt(16 * one.left)
        assert written[one.text].first_line_indent == -Pt(16 * one.hanging)
    assert all(one.left - one.hanging in (2, 5) for one in paper.annexes)
    assert as_pdf(paper).startswith(b"%PDF-")


def test_the_word_file_has_the_measures_of_the_standard(world: SimpleNamespace) -> None:
    document = Document(BytesIO(as_docx(paper_of(p.notice(world, SupervisionState.ISSUED)))))
    page = document.sections[0]
    sizes = (page.page_width, page.page_height, page.top_margin, page.left_margin)
    assert [round(one.mm) for one in sizes if one is not None] == [210, 297, 37, 28]
    assert page.page_width is not None
    assert page.left_margin is not None
    assert page.right_margin is not None
    assert round((page.page_width - page.left_margin - page.right_margin) / Mm(1)) == 156
    body = next(one for one in document.paragraphs if one.text == "请抓紧办理并反馈。")
    run = body.runs[0]
    assert (run.font.size, body.paragraph_format.first_line_indent) == (Pt(16), Pt(32))
    assert eastern(run) == "仿宋_GB2312"
    assert "PAGE" in page.footer._element.xml
    texts = [one.text for one in document.paragraphs]
    assert "督〔2014〕1号" in texts
    assert texts[-1] == "2014年6月9日"


def test_every_run_of_the_word_file_names_a_chinese_font(world: SimpleNamespace) -> None:
    document = Document(BytesIO(as_docx(paper_of(p.notice(world, SupervisionState.ISSUED)))))
    runs = [run for one in document.paragraphs for run in one.runs]
    assert all(eastern(run) for run in runs)


def test_the_pdf_is_an_a4_page_with_embedded_fonts(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ISSUED, demand="<b>不是</b>标记 & 原样")
    said = unpacked(as_pdf(paper_of(notice)))
    assert said.count(b"/MediaBox [0 0 595.27559") == 1
    assert b"/FontFile" in said


def eastern(run: Any) -> str | None:
    """The font of a run's Chinese letters."""
    name: str | None = run._r.rPr.rFonts.get(qn("w:eastAsia"))
    return name


def unpacked(pdf: bytes) -> bytes:
    """What the file holds, its compressed parts unpacked."""
    packed = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    return pdf + b"".join(zlib.decompressobj().decompress(one) for one in packed if one[:1] == b"x")


def post(world: SimpleNamespace, notice: SupervisionNotice, kind: str) -> Any:
    client = Client()
    client.force_login(world.reporter)
    return client.post(f"/supervision/{notice.pk}/document/{kind}/")


@pytest.mark.parametrize(("kind", "start"), [("docx", b"PK"), ("pdf", b"%PDF-")])
def test_whoever_sees_a_notice_takes_it_away_and_that_is_recorded(
    world: SimpleNamespace, kind: str, start: bytes
) -> None:
    answer = post(world, p.notice(world, SupervisionState.ISSUED), kind)
    assert answer.content.startswith(start)
    assert f"1%E5%8F%B7.{kind}" in answer["Content-Disposition"]
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.detail["format"]) == ("supervision.exported", kind)


def test_a_proposal_has_no_document_and_there_is_no_third_kind(world: SimpleNamespace) -> None:
    client = Client()
    client.force_login(world.coordinator)
    assert client.post(f"/supervision/{p.notice(world).pk}/document/docx/").status_code == 404
    assert post(world, p.notice(world, SupervisionState.ISSUED), "odt").status_code == 404


def test_without_the_systems_libraries_the_page_says_what_to_do_and_word_still_works(
    world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Missing:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")

    for name in [one for one in sys.modules if one.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    notice = p.notice(world, SupervisionState.ISSUED)
    client = Client()
    client.force_login(world.reporter)
    answer = client.post(f"/supervision/{notice.pk}/document/pdf/", follow=True)
    assert "apt-get install libpango-1.0-0" in answer.content.decode()
    assert not AuditEvent.objects.filter(action="supervision.exported").exists()
    assert post(world, notice, "docx").status_code == 200


def test_a_long_notice_runs_over_several_pages(world: SimpleNamespace) -> None:
    notice = p.notice(
        world, SupervisionState.ISSUED, demand="\n".join(["请逐项说明整改措施、责任人和完成时限。" * 5] * 15)
    )
    assert unpacked(as_pdf(paper_of(notice))).count(b"/MediaBox") > 1
