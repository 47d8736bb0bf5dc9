"""The manual as pages of the product: who reads it, in which language, what the search finds and what it refuses."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from celery.signals import before_task_publish
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django.fixtures import Settings

from departments.models import User
from departments.permissions import Role
from qualityplan.manual import chapters, paper
from qualityplan.manual.chapters import ORDER, parse_chapter, read_manual
from qualityplan.manual.jobs import make_manual
from qualityplan.manual.searching import LONGEST, search_manual
from targets.tests import factories as f
from tasks.papers.pdf import MissingError

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Client:
    """Somebody who has logged in and holds no role yet."""
    client = Client()
    client.force_login(User.objects.create_user("reader"))
    return client


@pytest.fixture
def woken() -> Iterator[list[str]]:
    """The languages for which a worker was woken."""
    languages: list[str] = []

    def note(body: tuple[list[str], object, object], **_: object) -> None:
        languages.extend(body[0])

    before_task_publish.connect(note, sender=make_manual.name, weak=False)
    yield languages
    before_task_publish.disconnect(note, sender=make_manual.name)


def read(client: Client, address: str, language: str = "zh-hans") -> str:
    """The text of a page, white space made alike."""
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def found(client: Client, typed: str) -> str:
    return read(client, reverse("help", query={"q": typed}))


# --- Reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_chapter_is_read_in_the_readers_language(language: str, reader: Client) -> None:
    every = read(reader, "/help/", language)
    for chapter in read_manual(language):
        assert f'<a href="/help/{chapter.name}/">{escape(chapter.title)}</a>' in every
        assert "<h1 id=" in (page := read(reader, f"/help/{chapter.name}/", language))
        assert escape(chapter.title) in page


@pytest.mark.parametrize("role", list(Role))
def test_every_role_reads_the_manual_from_a_link_on_its_pages(role: Role) -> None:
    f.target(f.indicator(), "at_least", 92)
    client = Client()
    client.force_login(f.person(role))
    assert 'href="/help/' in read(client, "/notices/")
    assert read(client, "/help/lights/")


def test_whoever_has_not_logged_in_is_led_to_the_log_in() -> None:
    for address in ("/help/", "/help/lights/"):
        assert Client().get(address).headers["Location"].startswith("/accounts/login/")


def test_chapters_lead_to_those_before_and_after_them(reader: Client) -> None:
    first, second = read(reader, f"/help/{ORDER[0]}/"), read(reader, f"/help/{ORDER[1]}/")
    assert 'rel="prev"' not in first
    assert f'rel="next" href="/help/{ORDER[1]}/"' in first
    assert f'rel="prev" href="/help/{ORDER[0]}/"' in second


@pytest.mark.parametrize("name", ["unknown", "lights-2", "LIGHTS"])
def test_a_chapter_that_is_not_there_is_told(name: str, reader: Client) -> None:
    assert reader.get(f"/help/{name}/").status_code == 404


def test_the_contents_lead_to_the_headings(reader: Client) -> None:
    chapter = read_manual("zh-hans")[0]
    page = read(reader, f"/help/{chapter.name}/")
    for section in chapter.contents:
        assert f'<a href="#{section.anchor}">{section.title}</a>' in page
        assert f'<h2 id="{section.anchor}">' in page


def test_html_in_a_chapter_is_text() -> None:
    chapter = parse_chapter("sample", "# Title\n\nFor <b>all</b>.\n\n<script>go()</script>\n\n[x](javascript:go)")
    assert "<script>" not in chapter.html
    assert "&lt;script&gt;" in chapter.html
    assert "href" not in chapter.html


def test_a_chapter_without_title_and_first_paragraph_is_refused() -> None:
    for written in ("Text.", "# Title\n\n- an item", "## Title\n\nText."):
        with pytest.raises(ValueError, match="begins with"):
            parse_chapter("sample", written)


# --- Searching --------------------------------------------------------------------------------------------------------


def test_chinese_is_found_within_a_sentence_and_marked(reader: Client) -> None:
    page = found(reader, "完成率的分子")
    assert "没有同时含有这些词的段落" in page
    assert "<mark>时序进度</mark>" in found(reader, "时序进度")


def test_words_stand_in_any_order_and_in_capitals_or_not() -> None:
    chapter = parse_chapter("sample", "# Title\n\nFirst.\n\n## Fruit\n\nApples and PEARS.\n\n## Roots\n\nCarrots.")
    for words in (["pears", "apples"], ["fruit"], ["FRUIT", "pears"]):
        (place,) = search_manual([chapter], words)
        assert place.section.anchor == "fruit"
    assert search_manual([chapter], ["apples", "carrots"]) == []


def test_a_title_with_the_word_comes_before_a_text_with_it() -> None:
    chapter = parse_chapter("sample", "# Title\n\nFirst.\n\n## Fruit\n\nNo roots.\n\n## Roots\n\nCarrots.")
    assert [place.section.title for place in search_manual([chapter], ["roots"])] == ["Roots", "Fruit"]


def test_no_word_shows_all_chapters(reader: Client) -> None:
    for typed in ("", "   "):
        page = found(reader, typed)
        assert "manual-found" not in page
        assert 'href="/help/lights/"' in page


def test_too_long_a_search_is_told(reader: Client) -> None:
    assert f"最多 {LONGEST} 个字符" in found(reader, "灯" * (LONGEST + 1))
    assert "查找的内容过长" not in found(reader, "灯" * LONGEST)


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", '"><img src=x>', "[(*", "\\", "%00", "{{ user }}"])
def test_a_hostile_search_finds_nothing_and_is_shown_as_text(typed: str, reader: Client) -> None:
    page = found(reader, typed)
    assert "没有同时含有这些词的段落" in page
    assert f'value="{escape(typed)}"' in page


# --- From a page to its chapter ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "address", "chapter"),
    [
        (Role.LEADER, "/plans/plan-2014/", "leadership"),
        (Role.COORDINATOR, "/plans/plan-2014/months/", "coordinating"),
        (Role.REPORTER, "/desk/", "reporting"),
        (Role.REVIEWER, "/reviews/", "reviewing"),
        (Role.REPORTER, "/imports/", "importing"),
        (Role.ADMINISTRATOR, "/system/", "operations"),
    ],
)
def test_the_sign_above_a_page_leads_to_its_chapter(role: Role, address: str, chapter: str) -> None:
    f.target(f.indicator(), "at_least", 92)
    client = Client()
    client.force_login(f.person(role))
    assert f'class="bell help" href="/help/{chapter}/"' in read(client, address)


def test_a_page_without_a_chapter_leads_to_all(reader: Client) -> None:
    assert 'class="bell help" href="/help/"' in read(reader, "/help/lights/")


# --- As a file --------------------------------------------------------------------------------------------------------


@pytest.fixture
def one_chapter(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A short manual, which is laid out at once, and where its files are kept."""
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(chapters, "ORDER", ("counties",))
    return tmp_path / "manual"


def test_the_file_is_made_by_a_worker_and_kept(one_chapter: Path, reader: Client, woken: list[str]) -> None:
    assert "正在生成 PDF 文件" in reader.get("/help/pdf/", follow=True).content.decode()
    assert woken == ["zh-hans"]
    make_manual("zh-hans")
    answer = reader.get("/help/pdf/")
    assert b"".join(answer).startswith(b"%PDF-")
    assert quote("计划监测使用手册") in answer["Content-Disposition"]
    assert woken == ["zh-hans"]


def test_each_language_has_its_file_and_a_changed_text_a_new_one(
    one_chapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_chapter.mkdir()
    earlier, other = one_chapter / "0-zh.pdf", one_chapter / "0-en.pdf"
    earlier.touch()
    other.touch()
    monkeypatch.setattr(paper, "lay_out", lambda page, _style: page.encode())
    made = paper.make_manual_pdf("zh-hans")
    assert sorted(one_chapter.iterdir()) == sorted([made, other])
    assert "县（市、区）" in made.read_text()
    assert paper.path_of_manual("en") != made


def test_links_of_the_file_lead_within_it(one_chapter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chapters, "ORDER", ORDER)
    monkeypatch.setattr(paper, "lay_out", lambda page, _style: page.encode())
    page = paper.make_manual_pdf("en").read_text()
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))
    assert 'href="/' not in page


def test_without_the_systems_libraries_readers_and_administrators_are_told(
    one_chapter: Path, reader: Client, woken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise MissingError

    monkeypatch.setattr("qualityplan.manual.views.load_weasyprint", missing)
    monkeypatch.setattr(paper, "lay_out", missing)
    page = reader.get("/help/pdf/", follow=True).content.decode()
    assert "缺少系统组件" in page
    assert "libpango" in page
    assert woken == []
    with pytest.raises(CommandError, match=r"缺少系统组件.* / This server cannot make PDF files"):
        call_command("manual_pdf")
    assert not list(one_chapter.iterdir())
