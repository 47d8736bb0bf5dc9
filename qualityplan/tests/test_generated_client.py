"""Whoever generates a client from the service's description can do everything with it: every operation, over HTTP."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from departments.models import ApiToken, User
from departments.permissions import Role
from imports.batches.applying import write_confirmed_batch
from imports.batches.checking import check_import_batch
from imports.tests.people import row
from imports.tests.tables import csv_bytes
from qualityplan.building.openapi import described_service
from targets.models import Revision
from targets.tests import factories as f
from tasks.models import Task

PACKAGE = "plan_client"
DOCUMENT = described_service()
OPERATIONS = {
    operation["operationId"]: operation for methods in DOCUMENT["paths"].values() for operation in methods.values()
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The client, generated anew; no warning of the generator is let pass, and it asks no network."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_text(json.dumps(DOCUMENT), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps({"post_hooks": []}), encoding="utf-8")
    options = ["--path", "openapi.json", "--config", "config.json", "--output-path", PACKAGE, "--meta", "none"]
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    with importable(folder):
        yield PACKAGE


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Packages of the folder can be imported in here, and are forgotten after."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]


class GeneratedClient:
    """The client with somebody's token; it notes which operations it has done."""

    def __init__(self, package: str, address: str, user: User) -> None:
        self.package, self.done = package, set[str]()
        self.models, self.types = import_module(f"{package}.models"), import_module(f"{package}.types")
        self.client = import_module(f"{package}.client").AuthenticatedClient(
            base_url=address, token=ApiToken.issue(user)[1], raise_on_unexpected_status=True
        )

    def __call__(self, name: str, *place: object, **sent: object) -> Any:
        """The answer to an operation, as an object of the client; it has the status of a success."""
        module = import_module(f"{self.package}.api.{OPERATIONS[name]['tags'][0]}.{name}")
        answer = module.sync_detailed(*place, client=self.client, **sent)
        expected = next(status for status in OPERATIONS[name]["responses"] if str(status).startswith("2"))
        assert answer.status_code == int(expected), answer.content
        self.done.add(name)
        return answer.parsed

    def hand_over(self, data: bytes) -> int:
        """The import of a file that was checked."""
        file = self.types.File(payload=io.BytesIO(data), file_name="figures.csv", mime_type="text/csv")
        taken = self("create_import", body=self.models.CreateImportFileParams(file=file))
        assert taken.state == "uploaded"
        check_import_batch(taken.id)
        return int(taken.id)


@pytest.mark.django_db(transaction=True)
def test_a_generated_client_drives_every_operation(package: str, live_server: LiveServer) -> None:
    office = f.department()
    made = f.target(f.indicator(department=office), threshold=92)
    f.judged_anew(made)
    f.official(f.entry(made.indicator, "2014-06", 95, 100))
    Task.objects.create(
        plan=made.plan, clause=made.clause, code="1", title="任务", quote=made.clause.text, due="2014-12-31"
    )
    houses = f.target(f.indicator("count", department=office), threshold=400).indicator
    ask = GeneratedClient(package, live_server.url, f.coordinator())
    plan, place = made.plan.code, made.plan.region.code
    with ask.client:
        assert office.code in [unit.code for unit in ask("list_departments", limit=1000).items]
        assert place in [region.code for region in ask("list_regions").items]
        assert [found.first_month for found in ask("list_plans").items] == ["2014-01"]
        assert ask("list_clauses", plan).items[0].parent is None
        assert {found.code for found in ask("list_indicators").items} == {made.indicator.code, houses.code}
        assert made.code in [found.code for found in ask("list_targets", plan).items]
        assert ask("list_tasks", plan, month="2014-06").items[0].code == "1"
        judged = ask("list_attainments", plan, month="2014-06", region=place).items
        assert ("met", "95") in [(found.verdict, found.actual) for found in judged]
        assert ask("list_attainments_of_target", plan, made.code, limit=1).count >= 1
        assert ask("list_observations", from_="2014-01", to="2014-12").items[0].numerator == "95"
        figure = {"indicator": houses.code, "region": place, "month": "2014-06", "value": "12"}
        sent = ask.models.SendObservationsObservationsIn.from_dict({"observations": [figure], "mode": "submit"})
        kept = ask("send_observations", body=sent, idempotency_key="june").observations[0]
        assert (kept.state, kept.revision) == ("submitted", Revision.objects.latest("pk").pk)
        first = ask.hand_over(csv_bytes([row(houses, "2014-01", 40)]))
        assert ask("get_import", first).rows.new == 1
        assert ask("confirm_import", first).state == "applying"
        write_confirmed_batch(first)
        assert ask("undo_import", first).state == "undone"
        second = ask.hand_over(csv_bytes([row(houses, "2014-02", "many"), row(houses, "2014-03", 5)]))
        assert ask("get_import", second).errors[0].code == "not_a_number"
        how = ask.models.ConfirmIn(skip_rejected=True)
        assert ask("confirm_import", second, body=how).state == "applying"
        write_confirmed_batch(second)
        assert ask("undo_import", second, body=ask.models.UndoIn(reason="wrong file")).state == "undone"
        assert ask("cancel_import", ask.hand_over(csv_bytes([row(houses, "2014-04", 6)]))).state == "failed"
    assert ask.done == set(OPERATIONS)


@pytest.mark.django_db(transaction=True)
def test_a_generated_client_understands_a_refusal(package: str, live_server: LiveServer) -> None:
    ask = GeneratedClient(package, live_server.url, f.person(Role.LEADER))
    with ask.client:
        listed = import_module(f"{package}.api.plans.list_clauses")
        refused = listed.sync_detailed("no-such-plan", client=ask.client)
    assert refused.status_code == 404
    assert [fault.code for fault in refused.parsed.errors] == ["not_found"]
