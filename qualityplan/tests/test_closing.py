"""Closing a month and writing its figures exclude each other, at every door; each on a connection of its own."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from inspect import isfunction
from io import StringIO
from itertools import chain
from pathlib import Path
from pkgutil import iter_modules
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.permissions import Role
from departments.tests.callers import posting
from imports.batches.applying import write_confirmed_batch
from imports.batches.checking import check_import_batch
from imports.batches.messages import errors_of
from imports.models import ImportBatch
from imports.services.deciding import confirm_import, undo_import
from imports.tests.people import brought, row
from plans.periods import Month
from reviews.tests import papers
from targets.judging.loading import Loader, SeriesKey, official_at, official_now
from targets.messages import problem_sentence
from targets.models import (
    Attachment,
    Decision,
    Draft,
    Indicator,
    MonthLock,
    Observation,
    Quota,
    Revision,
    Step,
    Target,
)
from targets.services import locking
from targets.services.attachments import attach, detach
from targets.services.drafting import EntriesRefusedError, Typed, hand_in, save_draft
from targets.services.locking import close_plan_month, reopen_plan_month
from targets.services.official import make_official
from targets.services.quotas import TargetDivision, divide_targets, set_quotas
from targets.services.reviewing import approve_revision, approve_revisions, withdraw_revision
from targets.tests import factories as f
from targets.tests.test_admin import form_of, inline
from targets.tests.test_same_instant import meanwhile
from tasks.models import ProgressReport, ReportAttachment, ReportDecision, ReportDraft, SignOff
from tasks.services.attachments import attach_to_report, detach_from_report
from tasks.services.deciding import approve_report
from tasks.services.places import ReportPlace
from tasks.services.reporting import hand_in_report, save_report
from tasks.services.signing import sign_off
from tasks.tests import cast as work

__all__ = ["meanwhile"]
pytestmark = pytest.mark.postgres_only
JUNE = Month(2014, 6)
Door = Callable[[], Any]


@pytest.fixture
def cast(settings: Any, tmp_path: Path) -> SimpleNamespace:
    settings.MEDIA_ROOT = tmp_path
    office = f.department()
    f.plan()
    houses = f.indicator("count", department=office, region_rule="sum")
    task = work.a_task(lead=office)
    return SimpleNamespace(
        folder=tmp_path,
        task=task,
        place=ReportPlace(task, office, JUNE),
        houses=houses,
        reporter=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        coordinator=f.coordinator(),
        key=(houses.pk, f.region().pk, JUNE),
    )


def paper() -> SimpleUploadedFile:
    return SimpleUploadedFile("批复.pdf", papers.PDF)


def submitted(cast: SimpleNamespace) -> Revision:
    return f.handed_in(f.entry(cast.houses, "2014-06", 300), by=cast.reporter)


def approved(cast: SimpleNamespace) -> Revision:
    return approve_revision(submitted(cast), by=cast.reviewer)


# --- The doors: what is there before, and what somebody then does -----------------------------------------------------


def saving(cast: SimpleNamespace) -> Door:
    return lambda: save_draft(cast.key, Typed(value="300"), version=0, by=cast.reporter)


def handing_in(cast: SimpleNamespace) -> Door:
    saving(cast)()
    return lambda: hand_in([cast.key], by=cast.reporter)


def attaching(cast: SimpleNamespace) -> Door:
    return lambda: attach(cast.key, paper(), by=cast.reporter)


def detaching(cast: SimpleNamespace) -> Door:
    there = attach(cast.key, paper(), by=cast.reporter)
    return lambda: detach(there, by=cast.reporter)


def approving(cast: SimpleNamespace) -> Door:
    there = submitted(cast)
    return lambda: approve_revision(there, by=cast.reviewer)


def approving_a_lot(cast: SimpleNamespace) -> Door:
    there = submitted(cast)
    return lambda: approve_revisions([there], by=cast.reviewer)


def correcting(cast: SimpleNamespace) -> Door:
    approved(cast)
    save_draft(cast.key, Typed(value="310"), version=0, by=cast.reporter)
    (there,) = hand_in([cast.key], by=cast.reporter, reason="更正")
    return lambda: approve_revision(there, by=cast.reviewer)


def withdrawing(cast: SimpleNamespace) -> Door:
    there = approved(cast)
    return lambda: withdraw_revision(there, by=cast.reviewer, reason="重复")


def making_official(cast: SimpleNamespace) -> Door:
    offered = [f.entry(cast.houses, "2014-06", 300)]
    return lambda: make_official(offered, source=f.source(cast.coordinator), by=cast.coordinator)


def importing(cast: SimpleNamespace, by: str = "coordinator") -> Door:
    batch = brought(getattr(cast, by), row(cast.houses, "2014-05", 290), row(cast.houses, "2014-06", 300))
    confirm_import(batch, by=getattr(cast, by))
    return lambda: write_confirmed_batch(batch.pk)


def importing_for_review(cast: SimpleNamespace) -> Door:
    return importing(cast, "reporter")


def undoing(cast: SimpleNamespace, by: str = "coordinator") -> Door:
    who = getattr(cast, by)
    batch = brought(who, row(cast.houses, "2014-06", 300))
    confirm_import(batch, by=who)
    assert write_confirmed_batch(batch.pk)
    return lambda: undo_import(batch, by=who, reason="误传")


def undoing_what_waits(cast: SimpleNamespace) -> Door:
    return undoing(cast, "reporter")


def sending(cast: SimpleNamespace) -> Door:
    f.target(cast.houses, "at_least", 400)
    figure = {"indicator": cast.houses.code, "region": f.region().code, "month": "2014-06", "value": "300"}
    post = posting(cast.reporter)
    return lambda: post("/observations", {"observations": [figure | {"note": "核对"}], "mode": "submit"})


def divided(cast: SimpleNamespace) -> tuple[Any, dict[int, Decimal]]:
    county = f.region("100101", f.region())
    return f.target(cast.houses, "at_least", 400, coverage="quotas"), {county.pk: Decimal(400)}


def setting_quotas(cast: SimpleNamespace) -> Door:
    target, rows = divided(cast)
    return lambda: set_quotas(
        target=target, rows=rows, from_month=Month(2014, 3), source="", reason="", by=cast.coordinator
    )


def dividing(cast: SimpleNamespace) -> Door:
    target, rows = divided(cast)
    parts = [TargetDivision(target, rows)]
    return lambda: divide_targets(f.plan(), parts, from_month=Month(2014, 3), source="", by=cast.coordinator)


def loading_quotas(cast: SimpleNamespace) -> Door:
    target, _rows = divided(cast)
    fields = {"target": [target.plan.code, target.code], "region": ["100101"], "from_month": "2014-03"}
    file = cast.folder / "quotas.json"
    file.write_text(json.dumps([{"model": "targets.quota", "fields": fields | {"threshold": "400"}}]))
    return lambda: call_command("load_fixtures", str(file), stdout=StringIO())


def administering_quotas(cast: SimpleNamespace) -> Door:
    target, rows = divided(cast)
    client = Client()
    client.force_login(f.person(Role.ADMINISTRATOR))
    fields = {"region": next(iter(rows)), "threshold": "400", "from_month": "2014-03", "source": "1号"}
    return lambda: inline(client, target, "quotas", **fields)


def promised(cast: SimpleNamespace) -> tuple[Client, Target]:
    client = Client()
    client.force_login(f.person(Role.ADMINISTRATOR))
    return client, f.target(cast.houses, "at_least", 400)


def loading_a_target(cast: SimpleNamespace) -> Door:
    _client, target = promised(cast)
    fields = {"plan": [target.plan.code], "code": target.code, "threshold": "300"}
    file = cast.folder / "targets.json"
    file.write_text(json.dumps([{"model": "targets.target", "fields": fields}]))
    return lambda: call_command("load_fixtures", str(file), stdout=StringIO())


def administering_a_target(cast: SimpleNamespace) -> Door:
    client, target = promised(cast)
    address = f"/admin/targets/target/{target.pk}/change/"
    return lambda: client.post(address, form_of(client, address) | {"threshold": "300"})


def changing_a_rule(cast: SimpleNamespace) -> Door:
    client, target = promised(cast)
    address = f"/admin/targets/target/{target.pk}/change/"
    change = {"threshold": "300", "holds_from": str(JUNE), "change_reason": "调整任务"}
    return lambda: client.post(address, form_of(client, address) | change)


def deleting_a_target(cast: SimpleNamespace) -> Door:
    client, target = promised(cast)
    return lambda: client.post(f"/admin/targets/target/{target.pk}/delete/", {"post": "yes"})


def adding_a_step(cast: SimpleNamespace) -> Door:
    client, target = promised(cast)
    return lambda: inline(client, target, "steps", due="2014-09-30", threshold="300")


def administering_an_indicator(cast: SimpleNamespace) -> Door:
    client, target = promised(cast)
    address = f"/admin/targets/indicator/{target.indicator_id}/change/"
    return lambda: client.post(address, form_of(client, address) | {"direction": "lower"})


def saving_a_report(cast: SimpleNamespace) -> Door:
    return lambda: save_report(cast.place, work.said(), version=0, by=cast.reporter)


def handing_in_a_report(cast: SimpleNamespace) -> Door:
    saving_a_report(cast)()
    return lambda: hand_in_report(cast.place, by=cast.reporter)


def approving_a_report(cast: SimpleNamespace) -> Door:
    there = work.handed_in(cast.place, cast.reporter)
    return lambda: approve_report(there, by=cast.reviewer)


def attaching_to_a_report(cast: SimpleNamespace) -> Door:
    return lambda: attach_to_report(cast.place, paper(), by=cast.reporter)


def detaching_from_a_report(cast: SimpleNamespace) -> Door:
    there = attach_to_report(cast.place, paper(), by=cast.reporter)
    return lambda: detach_from_report(there, by=cast.reporter)


def signing_off(cast: SimpleNamespace) -> Door:
    approving_a_report(cast)()
    return lambda: sign_off(cast.task, JUNE, by=cast.reviewer)


DOORS = {
    "save_draft": saving,
    "hand_in": handing_in,
    "attach": attaching,
    "detach": detaching,
    "approve_revision": approving,
    "approve, a correction": correcting,
    "approve_revisions": approving_a_lot,
    "withdraw_revision": withdrawing,
    "make_official": making_official,
    "make_official_from": importing,
    "submit_from": importing_for_review,
    "retract_source": undoing,
    "send_back_all": undoing_what_waits,
    "POST /observations": sending,
    "set_quotas": setting_quotas,
    "divide_targets": dividing,
    "load_fixtures": loading_quotas,
    "administration": administering_quotas,
    "load_fixtures, a target": loading_a_target,
    "administration, a target": administering_a_target,
    "administration, a rule from a month on": changing_a_rule,
    "administration, deleting": deleting_a_target,
    "administration, a step": adding_a_step,
    "administration, an indicator": administering_an_indicator,
    "save_report": saving_a_report,
    "hand_in_report": handing_in_a_report,
    "approve_report": approving_a_report,
    "attach_to_report": attaching_to_a_report,
    "detach_from_report": detaching_from_a_report,
    "sign_off": signing_off,
}
ALSO = {
    "save_drafts": "save_draft",
    "discard_draft": "detach",
    **dict.fromkeys(("check_change", "former_rule", "keep_former"), "administration, a rule from a month on"),
}
"""Services that are doors through others."""
HARMLESS = {
    "targets.services": {
        *("close_plan_month", "reopen_plan_month", "mark_dirty", "formulas_changed"),
        "reporters_changed",  # who reports, not what
        *("ask_about_data", "answer_data_question"),  # about figures, which stay as they are
        "return_revision",  # what waits in a closed month may still be returned: nothing official changes
    },
    "tasks.services": {
        *("issue_feed", "revoke_feed"),
        # Of a plan that is not in force.
        *("propose_next_year", "keep_draft_row", "keep_clause", "leave_out", "discard_draft_plan"),
        *("publish_draft_plan", "remove_plan"),  # of plans, not of months
        *("close_task", "reopen_task"),  # of tasks, not of months
        "split_into_milestones",  # asks where a promise gets its light from a milestone, and only then
        "return_report",  # as `return_revision`
        # What is said about promises and asked of units, not what was reached.
        *("propose_notice", "issue_notice", "receive_notice", "answer_notice", "return_notice_for_rework"),
        *("verify_notice", "reject_notice", "withdraw_notice", "edit_notice", "close_notice", "_escalated"),
        *("write_comment", "answer_comment", "press_comment", "urge_notice"),
    },
}


def verbs(package: str) -> Iterator[str]:
    """Every function of the services in this package that is atomic."""
    place = import_module(package)
    for module in (import_module(f"{package}.{found.name}") for found in iter_modules(place.__path__)):
        for name, function in vars(module).items():
            if isfunction(function) and function.__module__ == module.__name__ and hasattr(function, "__wrapped__"):
                yield name


@pytest.mark.parametrize("package", HARMLESS)
def test_every_service_is_known_to_be_a_door_or_none(package: str) -> None:
    """Whoever adds a service says here that it writes nothing of a month, or has it held against closing below."""
    found = set(verbs(package))
    assert len(found) > 20
    assert found - HARMLESS[package] <= DOORS.keys() | ALSO.keys()


WRITES = re.compile(
    r"^\s*(?:INSERT INTO|UPDATE|DELETE FROM|SELECT .* FOR (?:NO KEY )?UPDATE).*"
    r"(?:targets_(?:observation|revision|decision|draft|attachment|quota|target|targetversion|step|indicator|dirtykey)|tasks_(?:progressreport|report|signoff))",
    re.DOTALL,
)


@pytest.fixture(params=DOORS)
def make(request: pytest.FixtureRequest, cast: SimpleNamespace) -> Door:
    """What makes one of the doors anew, with all that is there before."""
    if DOORS[request.param] in (importing, importing_for_review, undoing, undoing_what_waits):
        request.getfixturevalue("deaf_worker")
    return lambda: DOORS[request.param](cast)


@pytest.mark.django_db
def test_a_door_holds_the_month_before_it_locks_or_writes_anything(make: Door) -> None:
    door = make()
    with CaptureQueriesContext(connection) as captured:
        door()
    statements = [one["sql"] for one in captured]
    held = next(place for place, sql in enumerate(statements) if f"lock_shared({locking.LOCKS}" in sql)
    begun = next(place for place, sql in enumerate(statements) if WRITES.match(sql.replace('"', "")))
    assert held < begun


@pytest.mark.django_db(transaction=True)
def test_closing_and_a_door_wait_for_each_other(
    make: Door, cast: SimpleNamespace, meanwhile: Callable[..., Any]
) -> None:
    """Whoever begins while the month is being closed is refused and changes nothing; closing that begins while somebody
    writes comes after all of it."""
    door, before = make(), stored()
    refused = meanwhile(lambda: close_plan_month(f.plan(), JUNE, by=cast.coordinator), door)
    assert "封账" in said(refused)
    assert stored() == before
    reopen_plan_month(f.plan(), JUNE, by=cast.coordinator, reason="更正")
    closing = meanwhile(
        make() if refused is False else door, lambda: close_plan_month(f.plan(), JUNE, by=cast.coordinator)
    )
    assert isinstance(closing, MonthLock)
    assert all(at < closing.locked_at for at in moments())
    assert figures_of(official_at(closing.locked_at), cast) == figures_of(official_now, cast)
    assert stored() != before


@pytest.mark.django_db(transaction=True)
def test_closing_that_waits_too_long_closes_nothing_and_says_so(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "PATIENCE", 0.5)
    told: list[Any] = []

    def closing() -> None:
        try:
            close_plan_month(f.plan(), JUNE, by=cast.coordinator)
        except ValidationError as refused:
            told.append(refused)
        finally:
            connections.close_all()

    thread = Thread(target=closing)
    with transaction.atomic():
        saving(cast)()
        thread.start()
        thread.join(timeout=20)
    assert [one.code for one in told] == ["busy"]
    assert "请稍后" in told[0].messages[0]
    assert not MonthLock.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_month_is_not_held_where_it_would_not_stay_so() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        locking.keep_open([JUNE])


def said(outcome: Any) -> str:
    """The refusal in words, however the door tells it."""
    if isinstance(outcome, EntriesRefusedError):
        return " ".join(problem_sentence(one) for found in outcome.problems.values() for one in found)
    if outcome is False:  # the file is checked again, and its row is told
        (batch,) = ImportBatch.objects.all()
        check_import_batch(batch.pk)
        batch.refresh_from_db()
        return " ".join(map(str, errors_of(batch)))
    return " ".join(outcome.messages) if isinstance(outcome, ValidationError) else _shown(outcome)


def _shown(outcome: Any) -> str:
    if isinstance(outcome, CommandError):
        return str(outcome)
    return outcome.content.decode() if outcome.headers["Content-Type"].startswith("text/html") else str(outcome.json())


def stored() -> list[Any]:
    """Everything of the months, whatever it says."""
    models = (Observation, Revision, Decision, Draft, Attachment, Quota, Target, Step, Indicator)
    of_tasks = (ProgressReport, ReportDecision, ReportDraft, ReportAttachment, SignOff)
    return [list(model.objects.order_by("pk").values()) for model in (*models, *of_tasks)]


def moments() -> list[datetime]:
    revisions = Revision.objects.values_list("official_at", "ended_at")
    decisions = Decision.objects.values_list("at", flat=True)
    reports = ProgressReport.objects.values_list("official_at", "ended_at")
    return [at for at in (*chain(*revisions), *decisions, *chain(*reports)) if at is not None]


def figures_of(loader: Loader, cast: SimpleNamespace) -> list[Any]:
    return list(loader([SeriesKey(cast.houses.pk, f.region().pk, 2014)]))
