"""The page on which administrators read how the service is."""

import os
from datetime import timedelta
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from departments.permissions import Role
from imports.models import ImportBatch
from plans.periods import Month
from qualityplan.celery import app
from qualityplan.watching import alarms, failures, marks, notes, parts
from targets.models import DirtyKey, Source
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
SCHEMES: Any = ("light", "dark")


@pytest.fixture
def office(settings: Settings, tmp_path: Path) -> "StatusPage":
    settings.VAR_DIR = tmp_path
    client = Client()
    client.force_login(f.person(Role.ADMINISTRATOR))
    return StatusPage(client, tmp_path)


class StatusPage:
    """What an administrator reads."""

    def __init__(self, client: Client, folder: Path) -> None:
        self.client, self.folder = client, folder

    def read(self) -> str:
        answer = self.client.get("/system/")
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    def line(self, name: str) -> str:
        """What is said of a thing."""
        return self.read().split(f"<dt>{name}</dt>")[1].split("</dd>")[0]


def test_administrators_of_the_government_office_are_led_there_and_nobody_else(office: StatusPage) -> None:
    assert 'href="/system/"' in office.client.get("/notices/").content.decode()
    for other in (f.person(Role.LEADER), f.person(Role.ADMINISTRATOR, f.department())):
        client = Client()
        client.force_login(other)
        assert client.get("/system/").status_code == 403
        assert 'href="/system/"' not in client.get("/notices/").content.decode()


def test_what_was_never_done_is_said_with_what_to_do(office: StatusPage) -> None:
    assert "尚未备份。请设置备份" in office.line("备份")
    assert "尚未核查。定时器每晚自动核查" in office.line("审计链")
    assert "manage.py audit_attainment" in office.line("已存亮灯结果")
    assert "从未运行" in office.line("定时器（beat）")
    assert "无，没有已知故障" in office.line("告警")
    office.client.cookies["django_language"] = "en"
    assert "No backup has been made by this service yet. Set one up" in office.line("Backup")


def test_on_a_service_that_is_well_nothing_is_to_be_done(office: StatusPage, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    monkeypatch.setattr(parts, "worker_answers", lambda: True)
    monkeypatch.setattr(parts, "room_on_disk", lambda: parts.DiskRoom(50 * 1024**3, 100 * 1024**3))
    for part in (marks.WEB, marks.WORKER, marks.BEAT):
        marks.mark_started(part, now - timedelta(days=1))
    marks.mark_seen(marks.BEAT)
    for audit in notes.AUDITS:
        notes.note_audit(audit, faults=0)
    (office.folder / "backup.json").write_text(f'{{"made_at": "{now.isoformat()}", "bytes": 1048576}}')
    DirtyKey.objects.all().delete()
    assert "须处理" not in office.read()
    started = timezone.localtime(now - timedelta(days=1)).strftime("%Y-%m-%d %H:%M")
    assert f"正常，自 {started} 起运行" in office.line("后台进程（worker）")
    assert "最后一次检查到期事项" in office.line("定时器（beat）")
    assert "1.0 MB" in office.line("备份").replace("\xa0", " ")
    assert "没有发现问题" in office.line("审计链")


def test_what_stands_still_says_since_when_and_what_to_do(office: StatusPage, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = timezone.now() - timedelta(minutes=20)
    monkeypatch.setattr(parts, "worker_answers", lambda: False)
    for part in (marks.BEAT, marks.WORKER):
        marks.mark_seen(part, seen)
    at = timezone.localtime(seen).strftime("%Y-%m-%d %H:%M")
    for name in ("定时器（beat）", "后台进程（worker）"):
        assert f"没有应答。 最后一次正常：{at}。 请重新启动" in office.line(name)


def test_without_redis_nothing_is_said_of_the_worker(office: StatusPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    assert "请重新启动 Redis" in office.line("Redis")
    assert "Redis 未恢复前无法判断" in office.line("后台进程（worker）")


@pytest.mark.parametrize(("hours", "words"), [(25, ""), (27, "已超过一天，请立即备份")])
def test_a_backup_older_than_a_day_is_told(hours: int, words: str, office: StatusPage) -> None:
    made = timezone.now() - timedelta(hours=hours)
    (office.folder / "backup.json").write_text(f'{{"made_at": "{made.isoformat()}", "bytes": 10}}')
    said = office.line("备份")
    assert timezone.localtime(made).strftime("%Y-%m-%d %H:%M") in said
    assert ("已超过一天" in said) is bool(words)


def test_a_backup_that_failed_and_faults_of_an_audit_are_told(office: StatusPage) -> None:
    failed = timezone.now().isoformat()
    (office.folder / "backup.json").write_text(f'{{"made_at": null, "failed_at": "{failed}"}}')
    assert "尚无成功的备份" in office.line("备份")
    assert "的备份失败" in office.line("备份")
    notes.note_audit(notes.CHAIN, faults=3)
    assert "发现 3 处问题。 manage.py audit_chain 可列出" in office.line("审计链")


def test_what_has_waited_for_long_is_to_be_looked_at(office: StatusPage) -> None:
    indicator = f.indicator()
    DirtyKey.objects.all().delete()
    for minutes, wrong in ((5, False), (15, True)):
        DirtyKey.objects.create(
            indicator=indicator, month=Month(2014, 6), created_at=timezone.now() - timedelta(minutes=minutes)
        )
        assert ("须处理" in office.line("待重算亮灯的变更")) is wrong
    assert "2 项等待" in office.line("待重算亮灯的变更")


def test_jobs_and_imports_that_failed_lately_are_counted(office: StatusPage) -> None:
    assert "无。" in office.line("数据导入")
    failures.note_failed_job("imports.check", "ValueError")
    for failure in ("broken", "cancelled"):
        source = Source.objects.create(kind="import", by=f.person(Role.COORDINATOR))
        ImportBatch.objects.create(source=source, file_name="a.csv", state="failed", failure=failure)
    assert "imports.check × 1" in office.line("后台任务")
    assert "1 次中断" in office.line("数据导入")


def test_an_alarm_that_stands_and_a_full_disk_are_told(office: StatusPage, monkeypatch: pytest.MonkeyPatch) -> None:
    alarms.settle_alarm(alarms.BACKUP, alarms.Trouble(), timezone.now())
    said = office.read().split("<h2", 2)[1]
    assert "<dt>备份</dt>" in said
    assert "尚未消除" in said
    usage = SimpleNamespace(free=10 * 1024**2, total=100 * 1024**3)
    monkeypatch.setattr("qualityplan.watching.parts.shutil.disk_usage", lambda _path: usage)
    assert "空间不足，请尽快清理" in office.line("磁盘")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_is_read_on_a_phone_in_both_languages_and_schemes(
    language: str, office: StatusPage, browser: Browser, live_server: LiveServer, tmp_path: Path
) -> None:
    """Led there by the menu; with what is wrong and what is well on it."""
    marks.mark_seen(marks.BEAT)
    failures.note_failed_job("targets.judging.recompute", "OperationalError")
    alarms.settle_alarm(alarms.BACKUP, alarms.Trouble(), timezone.now())
    told = {one: value.value for one, value in office.client.cookies.items()} | {"django_language": language}
    found = []
    with browser.new_context(reduced_motion="reduce") as context:
        context.add_cookies([{"name": one, "value": value, "url": live_server.url} for one, value in told.items()])
        page = context.new_page()
        page.goto(f"{live_server.url}/notices/")
        page.locator("details.account summary").click()
        page.locator('.account-panel a[href="/system/"]').click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for scheme, width in product(SCHEMES, (390, 1366)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 844})
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found += [f"{width} too wide"] * wider
            found += [f"{scheme} {width} {fault['id']}" for fault in Axe().run(page).response["violations"]]
            folder = Path(os.environ.get("PICTURES", tmp_path))
            page.screenshot(path=folder / f"system-status-{width}-{language}-{scheme}.png", full_page=True)
    assert not found
