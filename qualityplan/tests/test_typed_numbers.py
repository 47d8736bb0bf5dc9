"""One reading of typed numbers at every door: worksheet, file and API understand and refuse the same texts.

The table is that of the scripts of the pages, which `test_scripts.py` tries on them.
"""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from departments.permissions import Role
from departments.tests.callers import posting
from imports.batches.applying import write_confirmed_batch
from imports.services.deciding import confirm_import
from imports.tests.people import brought, row
from qualityplan.tests.test_scripts import CASES
from targets.models import Draft, Observation, Revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
NUL = "\0"
"""No form may hold it, which the guard of all pages refuses, and no spreadsheet writes it."""
READ = {text: Decimal(number) for text, number in CASES["read"]}
NOTHING = frozenset(CASES["nothing"])
REFUSED = frozenset((*CASES["refused"], *CASES["too_fine"]))
TEXTS = [text for text in (*READ, *sorted(NOTHING | REFUSED)) if NUL not in text]


@pytest.fixture
def cast() -> SimpleNamespace:
    """A reading for each text, which may be anything; who reports them all, and a coordinator."""
    office, plan = f.department(), f.plan()
    readings = {text: f.indicator("level", department=office) for text in TEXTS}
    for text, indicator in readings.items():
        indicator.unit = "%" if text.rstrip().endswith(("%", "％")) else "户"
        indicator.save()
        f.target(indicator, threshold=92, plan=plan)
    reporter, coordinator = f.person(Role.REPORTER, office), f.coordinator()
    return SimpleNamespace(office=office, readings=readings, reporter=reporter, coordinator=coordinator)


def test_the_api_reads_the_table_of_numbers(cast: SimpleNamespace) -> None:
    def sent(texts: list[str]) -> Any:
        figure = {"region": f.region().code, "month": "2014-06", "note": "x"}
        figures = [figure | {"indicator": cast.readings[text].code, "value": text} for text in texts]
        return posting(cast.reporter)("/observations", {"observations": figures, "mode": "submit"})

    answer = sent(TEXTS)
    told = {TEXTS[fault["row"] - 1]: fault["code"] for fault in answer.json()["errors"]}
    assert answer.status_code == 422
    assert {text for text, code in told.items() if code == "value_missing"} == NOTHING
    assert {text for text, code in told.items() if code != "value_missing"} == REFUSED - {"5" + NUL}
    assert sent(list(READ)).status_code == 201
    assert handed_in(cast) == READ


def test_the_api_reads_no_number_around_a_sign_that_cannot_be_stored(cast: SimpleNamespace) -> None:
    figure = {"indicator": cast.readings["0"].code, "region": f.region().code, "month": "2014-06", "value": "5" + NUL}
    answer = posting(cast.reporter)("/observations", {"observations": [figure], "mode": "draft"})
    assert [fault["code"] for fault in answer.json()["errors"]] == ["not_a_number"]
    assert not Draft.objects.exists()


def test_the_worksheet_reads_the_table_of_numbers(cast: SimpleNamespace) -> None:
    client = Client()
    client.force_login(cast.reporter)

    def sent(texts: list[str], version: int) -> Any:
        fields = {text: {"value": text, "note": "x", "version": version} for text in texts}
        named = {f"{cast.readings[text].pk}-{name}": said for text, row in fields.items() for name, said in row.items()}
        return client.post(f"/worksheet/{cast.office.code}/2014-06/", {"do": "hand_in"} | named)

    rows = {row.indicator.pk: row for row in sent(TEXTS, 0).context["sheet"].rows}
    assert not Revision.objects.exists()
    empty = {text for text in NOTHING if not text.strip()}  # a row without a figure, of which nothing is asked
    wrong = {text for text in TEXTS if rows[cast.readings[text].pk].problems}
    assert wrong == (NOTHING | REFUSED) - {"5" + NUL} - empty
    Draft.objects.exclude(indicator__in=[cast.readings[text] for text in READ]).delete()
    sent(list(READ), 1)
    assert handed_in(cast) == READ


def handed_in(cast: SimpleNamespace) -> dict[str, Decimal | None]:
    """The numbers of the entries, by the text that was typed."""
    found = dict(Revision.objects.values_list("observation__indicator", "value"))
    return {text: found[indicator.pk] for text, indicator in cast.readings.items() if indicator.pk in found}


def test_a_file_reads_the_table_of_numbers(cast: SimpleNamespace) -> None:
    batch = brought(
        cast.coordinator,
        *(row(indicator, "2014-06", text, note="x") for text, indicator in cast.readings.items()),
    )
    wrong = {TEXTS[int(str(error["row"])) - 2] for error in batch.errors}
    assert wrong == (NOTHING | REFUSED) - {"5" + NUL}
    write_confirmed_batch(confirm_import(batch, by=cast.coordinator, skip_rejected=True, reason="").pk)
    found = dict(Observation.objects.values_list("indicator", "value"))
    assert {text: found[cast.readings[text].pk] for text in READ} == READ


@pytest.mark.parametrize("month", ["1900-01", "2013-12", "2015-01", "2099-01"])
def test_a_month_of_no_plan_is_refused_with_a_sentence(month: str) -> None:
    indicator = f.indicator("level", department=f.department())
    f.target(indicator, threshold=92)
    figure = {"indicator": indicator.code, "region": f.region().code, "month": month, "value": "1"}
    answer = posting(f.coordinator())("/observations", {"observations": [figure], "mode": "draft"})
    assert answer.status_code == 422
    assert [(fault["column"], fault["code"]) for fault in answer.json()["errors"]] == [("month", "no_plan")]
    assert month[:4] in answer.json()["errors"][0]["message"]
    assert not Draft.objects.exists()
