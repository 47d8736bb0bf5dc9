"""What was recognised is shown, can be corrected, and is remembered for the department's next file of the form."""

from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from departments.models import AuditEvent, User
from departments.permissions import Role
from imports.batches.checking import check_import_batch
from imports.batches.marking import mark_errors_of_batch, marked_workbook
from imports.models import ImportBatch, RememberedMapping, StagedRow
from imports.showing.correction import Correction
from imports.tests.people import brought, counts
from imports.tests.tables import csv_bytes
from imports.tests.writing import as_xlsx, with_hidden_rows
from targets.models import Indicator
from targets.tests import factories

pytestmark = pytest.mark.django_db
FORM = ("名目", "哪里", "何时", "多少", "颜色")
ANSWERS = {
    "0-c0-meaning": "indicator",
    "0-c1-meaning": "region",
    "0-c2-meaning": "month",
    "0-c3-meaning": "value",
    "0-c4-meaning": "ignored",
}


@pytest.fixture
def houses() -> Indicator:
    made = factories.indicator("count")
    made.name = "危房改造"
    made.save()
    return made


@pytest.fixture
def coordinator(client: Client) -> User:
    user = factories.coordinator()
    client.force_login(user)
    return user


def row(month: str, value: object = 40) -> tuple[object, ...]:
    return "危房改造", factories.region().code, month, value, "红"


def odd_file(*rows: tuple[object, ...], form: tuple[str, ...] = FORM) -> bytes:
    return csv_bytes(rows, headings=form)


def answers(batch: ImportBatch, **given: Any) -> dict[str, Any]:
    """What the page sends if nothing is changed in it, with what is given in place of it."""
    correction = Correction(ImportBatch.objects.get(pk=batch.pk))
    sent: dict[str, Any] = {"seen": correction.seen, "remember": "on"}
    for form in correction.forms:
        inputs = [form.heading, *(one.form for one in form.columns), *(one.form for one in form.sheets)]
        for one in inputs:
            for field in one:
                if field.name == "harmless":
                    sent[field.html_name] = list(field.value())
                elif field.name not in ("skipped", "with_hidden") and (value := field.value()) is not None:
                    sent[field.html_name] = str(value)
    return sent | given


def post(client: Client, batch: ImportBatch, **given: Any) -> Any:
    return client.post(reverse("imports_mapping", args=[batch.pk]), answers(batch, **given))


def corrected(client: Client, batch: ImportBatch, **given: Any) -> ImportBatch:
    """Corrected on the page, and checked again as a worker does it."""
    assert post(client, batch, **given).status_code == 302
    batch.refresh_from_db()
    assert batch.state == "uploaded"
    check_import_batch(batch.pk)
    batch.refresh_from_db()
    return batch


def page(client: Client, batch: ImportBatch, name: str = "batch") -> str:
    return str(client.get(reverse(f"imports_{name}", args=[batch.pk])).content.decode())


def test_a_form_that_is_not_recognised_is_shown_with_its_own_rows(
    client: Client, coordinator: User, houses: Indicator
) -> None:
    batch = brought(coordinator, data=odd_file(row("2014-01")))
    assert batch.state == "rejected"
    assert reverse("imports_mapping", args=[batch.pk]) in page(client, batch)
    shown = page(client, batch, "mapping")
    assert all(text in shown for text in (*FORM, "危房改造", "2014-01"))


def test_what_the_columns_mean_is_said_and_the_file_checked_again(
    client: Client, coordinator: User, houses: Indicator
) -> None:
    batch = corrected(client, brought(coordinator, data=odd_file(row("2014-01"))), **ANSWERS)
    assert (batch.state, counts(batch), batch.errors) == ("ready", (1, 1, 0, 0, 0), [])
    assert AuditEvent.objects.filter(action="observations.import_corrected").count() == 1


def test_it_is_remembered_for_the_next_file_of_the_form(client: Client, coordinator: User, houses: Indicator) -> None:
    corrected(client, brought(coordinator, data=odd_file(row("2014-01"))), **ANSWERS)
    colleague = factories.person(Role.COORDINATOR, coordinator.held[0].department)
    next_one = brought(colleague, data=odd_file(row("2014-02"), row("2014-03")))
    assert (next_one.state, next_one.new, next_one.remembered) == ("ready", 2, RememberedMapping.objects.get())
    assert coordinator.display_name in page(client, next_one)
    assert brought(colleague, data=odd_file(row("2014-04"), form=(*FORM[:4], "大小"))).state == "rejected"


def test_another_department_does_not_get_it(client: Client, coordinator: User, houses: Indicator) -> None:
    corrected(client, brought(coordinator, data=odd_file(row("2014-01"))), **ANSWERS)
    assert brought(factories.person(Role.REPORTER), data=odd_file(row("2014-02"))).state == "rejected"


def test_unless_it_is_not_to_be_remembered(client: Client, coordinator: User, houses: Indicator) -> None:
    batch = brought(coordinator, data=odd_file(row("2014-01")))
    assert corrected(client, batch, **ANSWERS, remember="").state == "ready"
    assert not RememberedMapping.objects.exists()
    assert brought(coordinator, data=odd_file(row("2014-02"))).state == "rejected"


def test_what_is_remembered_can_be_forgotten(client: Client, coordinator: User, houses: Indicator) -> None:
    corrected(client, brought(coordinator, data=odd_file(row("2014-01"))), **ANSWERS)
    batch = brought(coordinator, data=odd_file(row("2014-02")))
    client.post(reverse("imports_forget", args=[batch.pk]))
    check_import_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.remembered) == ("rejected", None)
    assert not RememberedMapping.objects.exists()


def test_it_can_be_corrected_once_more(client: Client, coordinator: User, houses: Indicator) -> None:
    wrong = ANSWERS | {"0-c3-meaning": "note", "0-c4-meaning": "value"}
    batch = corrected(client, brought(coordinator, data=odd_file(row("2014-01"))), **wrong)
    assert batch.state == "rejected"
    right = {"0-c3-meaning": "value", "0-c4-meaning": "ignored"}
    assert corrected(client, batch, **right).state == "ready"
    assert brought(coordinator, data=odd_file(row("2014-02"))).state == "ready"


def test_the_month_of_a_sheet_is_said_and_not_remembered(client: Client, coordinator: User, houses: Indicator) -> None:
    form, place = ("指标", "地区", "数值"), factories.region().code
    batch = brought(coordinator, data=csv_bytes([(houses.code, place, 7)], headings=form))
    batch = corrected(client, batch, **{"0-s0-month": "2014年5月", "0-s0-indicator": houses.name})
    assert str(StagedRow.objects.get(batch=batch).month) == "2014-05"
    next_one = brought(coordinator, data=csv_bytes([(houses.code, place, 8)], headings=form))
    assert [error["code"] for error in next_one.errors] == ["column_missing"]


def test_sheets_of_one_form_have_their_own_months_and_can_be_left_aside(
    client: Client, coordinator: User, houses: Indicator
) -> None:
    table = [("指标", "地区", "数值"), (houses.code, factories.region().code, 7)]
    batch = brought(coordinator, data=as_xlsx({"甲": table, "乙": table, "丙": table}), name="x.xlsx")
    said = {"0-s0-month": "2014-01", "0-s1-month": "2014-02", "0-s2-skipped": "on"}
    batch = corrected(client, batch, **said)
    assert [(one.sheet, str(one.month)) for one in StagedRow.objects.filter(batch=batch).order_by("number")] == [
        ("甲", "2014-01"),
        ("乙", "2014-02"),
    ]
    assert "丙" in page(client, batch)


def test_other_rows_are_the_headings(client: Client, coordinator: User, houses: Indicator) -> None:
    rows = [("指标", "月份", "数值"), (houses.code, "2014-01", 4)]
    data = csv_bytes([("甲", "乙"), *[("", "")] * 40, *rows], headings=("温州", "市"))
    batch = brought(coordinator, data=data)
    assert batch.state == "rejected"
    batch = corrected(client, batch, **{"0-rows": "43", "0-s0-region": factories.region().name})
    assert [error["code"] for error in batch.errors] == ["words_unknown"] * 4
    batch = corrected(client, batch, **{"0-s0-harmless": ["甲", "乙", "温州", "市"]})
    assert (batch.state, batch.new) == ("ready", 1)


def test_words_that_are_not_known_are_asked_once_for_files_of_a_form(
    client: Client, coordinator: User, houses: Indicator
) -> None:
    def titled(title: str) -> bytes:
        return csv_bytes([("指标", "地区", "数值"), (houses.code, factories.region().code, 7)], headings=(title,))

    batch = brought(coordinator, data=titled("2014年1月绿色通道统计表"))
    (error,) = batch.errors
    assert (batch.state, error["cell"], error["details"]["found"]) == ("rejected", "A1", "绿色通道")
    asked = client.get(reverse("imports_mapping", args=[batch.pk])).content.decode()
    assert "这些字词不影响数据" in asked
    assert 'value="绿色通道"' in asked
    assert corrected(client, batch, **{"0-s0-harmless": ["绿色通道"]}).state == "ready"
    assert brought(coordinator, data=titled("2014年2月绿色通道统计表")).state == "ready"
    assert brought(coordinator, data=titled("2014年3月黄色通道统计表")).state == "rejected"


def test_only_what_was_asked_can_be_called_harmless(client: Client, coordinator: User, houses: Indicator) -> None:
    rows = [("指标", "地区", "数值"), (houses.code, factories.region().code, 7)]
    batch = brought(coordinator, data=csv_bytes(rows, headings=("2014年1月绿色通道",)))
    assert post(client, batch, **{"0-s0-harmless": ["别的"]}).status_code == 422


def test_hidden_rows_count_when_somebody_says_so_for_this_file(
    client: Client, coordinator: User, houses: Indicator
) -> None:
    rows = [("指标", "地区", "月份", "数值"), (houses.code, factories.region().code, "2014-01", 7)]
    data = with_hidden_rows(as_xlsx({"Sheet1": rows}), 2)
    batch = brought(coordinator, data=data, name="x.xlsx")
    assert [error["code"] for error in batch.errors] == ["rows_hidden"]
    assert corrected(client, batch, **{"0-s0-with_hidden": "on"}).state == "ready"
    assert brought(coordinator, data=data, name="x.xlsx").state == "rejected"


def test_columns_side_by_side_are_of_the_month_that_is_said(
    client: Client, coordinator: User, houses: Indicator
) -> None:
    data = csv_bytes([(factories.region().code, 4, 5)], headings=("地区", "头一个", "第二个"))
    said = {"0-c1-meaning": "value", "0-c1-only": "2014-01 · 危房改造"}
    said |= {"0-c2-meaning": "value", "0-c2-only": "危房改造 · 2014年2月"}
    batch = corrected(client, brought(coordinator, data=data), **said)
    assert [str(one.month) for one in StagedRow.objects.filter(batch=batch)] == ["2014-01", "2014-02"]


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "a column twice": ({"0-c4-meaning": "value"}, "已是同样的内容"),
    "no value": ({"0-c3-meaning": "ignored"}, "没有数值列"),
    "half a ratio": ({"0-c3-meaning": "numerator"}, "有分子而没有分母"),
    "the other half": ({"0-c3-meaning": "denominator"}, "有分母而没有分子"),
    "no month": ({"0-c2-meaning": "ignored"}, "未说明数据属于哪个月份"),
    "a column of which nothing is said": ({"0-c4-meaning": ""}, "请说明该列的内容"),
    "no meaning of ours": ({"0-c4-meaning": "__class__"}, "0-c4"),
    "an indicator that is none": ({"0-s0-indicator": "危房修理"}, "危房改造"),
    "a region that is none": ({"0-s0-region": "火星"}, "火星"),
    "no month at all": ({"0-s0-month": "那天"}, "2014-06"),
    "headings nowhere": ({"0-rows": "x"}, "3-4"),
    "headings before the first row": ({"0-rows": "0"}, "3-4"),
    "headings the wrong way round": ({"0-rows": "3-1"}, "3-4"),
    "headings below the figures": ({"0-rows": "7"}, "第 7 行以下没有数据行"),
    "headings of a thousand rows": ({"0-rows": "1-1000"}, "3-4"),
    "a column of names for one month": ({"0-c0-only": "2014-01"}, "只有数据列"),
    "a column for something unknown": ({"0-c3-only": "火星"}, "火星"),
    "a column for two months": ({"0-c3-only": "2014-01 · 2014-02"}, "2014-02"),
    "everything left aside": ({"0-s0-skipped": "on"}, "至少保留一个"),
    "a file that looks otherwise by now": ({"seen": "0"}, "重新校验"),
    "very long text": ({"0-s0-indicator": "长" * 1000}, "0-s0"),
}


@pytest.mark.parametrize(("given", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_meant_is_refused_with_a_sentence(
    given: dict[str, str], said: str, client: Client, coordinator: User, houses: Indicator
) -> None:
    batch = brought(coordinator, data=odd_file(row("2014-01")))
    answer = post(client, batch, **{**ANSWERS, **given})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    batch.refresh_from_db()
    assert batch.state == "rejected"
    assert not RememberedMapping.objects.exists()


@pytest.mark.parametrize("data", [{}, {"seen": "x"}, {"0-c0-meaning": ["a", "b"]}, {"999-c0-meaning": "value"}])
def test_a_form_that_is_not_ours_changes_nothing(
    data: dict[str, Any], client: Client, coordinator: User, houses: Indicator
) -> None:
    batch = brought(coordinator, data=odd_file(row("2014-01")))
    assert client.post(reverse("imports_mapping", args=[batch.pk]), data).status_code == 422
    batch.refresh_from_db()
    assert (batch.state, batch.mapping) == ("rejected", {"sheets": {}})


def test_whoever_may_not_confirm_does_not_correct(client: Client, coordinator: User, houses: Indicator) -> None:
    reporter = factories.person(Role.REPORTER)
    batch = brought(reporter, data=odd_file(row("2014-01")))
    assert post(client, batch, **ANSWERS).status_code == 403
    assert reverse("imports_mapping", args=[batch.pk]) not in page(client, batch)
    client.post(reverse("imports_forget", args=[batch.pk]))
    batch.refresh_from_db()
    assert batch.state == "rejected"


def test_an_import_that_is_over_is_not_corrected(client: Client, coordinator: User, houses: Indicator) -> None:
    batch = brought(coordinator, data=odd_file(row("2014-01")))
    client.post(reverse("imports_cancel", args=[batch.pk]))
    assert client.get(reverse("imports_mapping", args=[batch.pk])).status_code == 302
    assert client.post(reverse("imports_mapping", args=[batch.pk]), {}).status_code == 302
    client.post(reverse("imports_forget", args=[batch.pk]))
    batch.refresh_from_db()
    assert batch.state == "failed"


def test_hostile_headings_and_sheet_names_are_kept_and_shown_harmlessly(
    client: Client, coordinator: User, houses: Indicator
) -> None:
    evil = "列<script>\u200b\u2028" + "长" * 500
    batch = brought(coordinator, data=csv_bytes([row("2014-01")], headings=(evil, *FORM[1:])))
    assert batch.recognition
    for name in ("batch", "mapping"):
        assert "\u200b" not in page(client, batch, name).split('id="errors"')[0]
        assert "&lt;script&gt;" in page(client, batch, name)


def test_pages_ask_as_much_for_many_sheets_as_for_one(client: Client, coordinator: User, houses: Indicator) -> None:
    table = [("指标", "地区", "数值", "甲"), (houses.code, factories.region().code, 7, "乙")]
    asked = []
    for number in (0, 1, 30):  # the first time what follows from the plans' promises is read
        batch = brought(coordinator, data=as_xlsx({f"表{one}": table for one in range(number or 1)}), name="x.xlsx")
        for name in ("batch", "mapping"):
            with CaptureQueriesContext(connection) as queries:
                page(client, batch, name)
            asked.append(len(queries))
    assert asked[2:4] == asked[4:]


def test_what_was_marked_before_a_correction_is_marked_anew(
    client: Client, coordinator: User, houses: Indicator
) -> None:
    batch = brought(coordinator, data=odd_file(row("2014-01", "viel")))
    mark_errors_of_batch(batch.pk)
    batch = corrected(client, batch, **ANSWERS)
    assert marked_workbook(batch) is None
    mark_errors_of_batch(batch.pk)
    path = marked_workbook(batch)
    assert path is not None
    assert openpyxl.load_workbook(path).worksheets[0].max_row == 2
