"""Every door gives the same verdict: on the same value, on a closed month, on whoever would approve an own figure."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from departments.models import Membership, User
from departments.permissions import Role
from departments.tests.callers import asking, posting, sending
from imports.batches.applying import write_confirmed_batch
from imports.batches.checking import check_import_batch
from imports.services.deciding import confirm_import, undo_import
from imports.services.whole import import_observations
from imports.tests.people import brought
from imports.tests.tables import csv_bytes, uploaded
from plans.periods import Month
from reviews.tests import papers
from targets.entry_rules.figures import Problem
from targets.messages import problem_sentence
from targets.models import Attachment, Draft, Indicator, Observation, Revision
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.locking import close_plan_month
from targets.services.reviewing import approve_revision, return_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
JUNE = Month(2014, 6)
NOTE = "核对无误"


@pytest.fixture
def cast(settings: Settings, tmp_path: Path) -> SimpleNamespace:
    """A bureau with one indicator of each kind, and its people; `both` enters and reviews."""
    settings.MEDIA_ROOT = tmp_path / "media"
    office = f.department()
    f.plan()
    made = SimpleNamespace(
        office=office,
        count=f.indicator("count", department=office, minimum=0, maximum=500_000),
        rate=f.indicator(department=office, minimum=0, maximum=100),
        event=f.indicator("event", department=office),
        reporter=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        both=f.person(Role.REPORTER, office),
        coordinator=f.person(Role.COORDINATOR, office),
        administrator=f.person(Role.ADMINISTRATOR),
        sheet=f"/worksheet/{office.code}/2014-06/",
    )
    Membership.objects.create(user=made.both, department=office, role=Role.REVIEWER.value)
    return made


def by(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def key(indicator: Indicator) -> tuple[int, int, Month]:
    return indicator.pk, f.region().pk, JUNE


def handed_in(indicator: Indicator, author: User, value: str = "5") -> Revision:
    save_draft(key(indicator), Typed(value=value, note=NOTE), version=0, by=author)
    return hand_in([key(indicator)], by=author)[0]


# --- The same value ---------------------------------------------------------------------------------------------------

Verdict = tuple[list[str], tuple[str, ...]]
"""Codes of the problems, or the figures that are kept."""
PARTS = ("numerator", "denominator")


def figures(row: Revision | Observation) -> tuple[str, ...]:
    return tuple(format(one.normalize(), "f") for one in (row.value, row.numerator, row.denominator) if one is not None)


def through_the_form(cast: SimpleNamespace, indicator: Indicator, fields: dict[str, str]) -> Verdict:
    data = {f"{indicator.pk}-{name}": text for name, text in fields.items()}
    data |= {f"{indicator.pk}-note": NOTE, f"{indicator.pk}-version": "0", "do": "hand_in"}
    answer = by(cast.reporter).post(cast.sheet, data)
    if answer.status_code == 302:
        return [], figures(Revision.objects.get())
    rows = {row.indicator.pk: row for row in answer.context["sheet"].rows}
    return [problem.code for problem in rows[indicator.pk].problems], ()


def through_a_cell(cast: SimpleNamespace, indicator: Indicator, fields: dict[str, str]) -> list[str]:
    """What the grid says beside the row, in words."""
    data = fields | {"indicator": str(indicator.pk), "region": str(f.region().pk), "version": "0", "note": NOTE}
    answer = by(cast.reporter).post(f"{cast.sheet}cell/", data)
    assert answer.status_code == 200
    return [one["text"] for one in answer.json()["problems"]]


def through_an_import(cast: SimpleNamespace, indicator: Indicator, fields: dict[str, str]) -> Verdict:
    cells = [fields.get(name, "") for name in ("value", *PARTS)]
    row = (indicator.code, "100100", "2014-06", *cells, NOTE, fields.get("occurred_on", ""))
    batch = import_observations(uploaded(csv_bytes([row])), by=cast.coordinator)
    if batch.errors:
        return [error["code"] for error in batch.errors], ()
    return [], figures(Observation.objects.get())


def through_a_file_for_review(cast: SimpleNamespace, indicator: Indicator, fields: dict[str, str]) -> Verdict:
    cells = [fields.get(name, "") for name in ("value", *PARTS)]
    row = (indicator.code, "100100", "2014-06", *cells, NOTE, fields.get("occurred_on", ""))
    batch = brought(cast.reporter, row)
    if batch.errors:
        return [error["code"] for error in batch.errors], ()
    confirm_import(batch, by=cast.reporter)
    write_confirmed_batch(batch.pk)
    return [], figures(Revision.objects.get())


def through_the_api(cast: SimpleNamespace, indicator: Indicator, fields: dict[str, str], mode: str) -> Verdict:
    row = {"indicator": indicator.code, "region": "100100", "month": "2014-06", "note": NOTE, **fields}
    answer = posting(cast.reporter)("/observations", {"observations": [row], "mode": mode})
    if answer.status_code == 422:
        return [error["code"] for error in answer.json()["errors"]], ()
    if mode == "draft":
        hand_in([key(indicator)], by=cast.reporter)
    return [], figures(Revision.objects.get())


def undone(door: Callable[[], Any]) -> Any:
    """What the door says; afterwards everything is as before."""
    with transaction.atomic():
        found = door()
        transaction.set_rollback(True)
    return found


KEPT: list[tuple[str, dict[str, str], tuple[str, ...]]] = [
    ("count", {"value": "300"}, ("300",)),
    ("count", {"value": "0"}, ("0",)),
    ("count", {"value": "-0"}, ("0",)),
    ("count", {"value": "３００"}, ("300",)),
    ("count", {"value": "1.5万"}, ("15000",)),
    ("count", {"value": "１．５ 万"}, ("15000",)),
    ("count", {"value": "1,243"}, ("1243",)),
    ("count", {"value": "1 243.50"}, ("1243.5",)),
    ("count", {"value": " +7 "}, ("7",)),
    ("count", {"value": "0.123456"}, ("0.123456",)),
    ("rate", {"numerator": "1 160", "denominator": "１２４３"}, ("1160", "1243")),
    ("rate", {"numerator": "100", "denominator": "100"}, ("100", "100")),
    ("rate", {"numerator": "0", "denominator": "0"}, ("0", "0")),
    ("event", {"value": "1", "occurred_on": "2014年6月27日"}, ("1",)),
    ("event", {"value": "1", "occurred_on": "2014/6/7"}, ("1",)),
]
REFUSED: list[tuple[str, dict[str, str], list[str]]] = [
    ("count", {"value": "—"}, ["value_missing"]),
    ("count", {"value": "无"}, ["value_missing"]),
    ("count", {"value": "#DIV/0!"}, ["error_cell"]),
    ("count", {"value": "1e5"}, ["not_a_number"]),
    ("count", {"value": "nan"}, ["not_a_number"]),
    ("count", {"value": "Infinity"}, ["not_a_number"]),
    ("count", {"value": "约300"}, ["not_a_number"]),
    ("count", {"value": "1,5"}, ["not_a_number"]),
    ("count", {"value": "1.5万%"}, ["not_a_number"]),
    ("count", {"value": "=1+1"}, ["not_a_number"]),
    ("count", {"value": "-1"}, ["below_minimum"]),
    ("count", {"value": "500000.000001"}, ["above_maximum"]),
    ("count", {"value": "0.1234567"}, ["too_many_digits"]),
    ("count", {"value": "1234567890"}, ["too_many_digits"]),
    ("count", {"value": "5", "numerator": "1", "denominator": "2"}, ["parts_of_no_ratio"]),
    ("rate", {"numerator": "101", "denominator": "100"}, ["above_maximum"]),
    ("rate", {"numerator": "-1", "denominator": "100"}, ["below_minimum"]),
    ("rate", {"numerator": "1", "denominator": "0"}, ["zero_denominator"]),
    ("rate", {"numerator": "1", "denominator": "-2"}, ["negative_denominator"]),
    ("rate", {"numerator": "90"}, ["part_missing"]),
    ("rate", {"numerator": "92.5％", "denominator": "100"}, ["percentage_as_part"]),
    ("rate", {"numerator": "#N/A", "denominator": "约100"}, ["error_cell", "not_a_number"]),
    ("rate", {"value": "92.5"}, ["ratio_given_as_value", "part_missing", "part_missing"]),
    ("event", {"value": "2"}, ["event_is_0_or_1"]),
    ("event", {"value": "1", "occurred_on": "2014-07-01"}, ["day_after_month"]),
    ("event", {"value": "0", "occurred_on": "2014-06-01"}, ["day_without_event"]),
    ("event", {"value": "1", "occurred_on": "2014-W26-5"}, ["not_a_day"]),
]


def verdicts(cast: SimpleNamespace, kind: str, fields: dict[str, str]) -> dict[str, Verdict]:
    indicator = getattr(cast, kind)
    return {
        "form": undone(lambda: through_the_form(cast, indicator, fields)),
        "import": undone(lambda: through_an_import(cast, indicator, fields)),
        "import for a review": undone(lambda: through_a_file_for_review(cast, indicator, fields)),
        "API, handed in": undone(lambda: through_the_api(cast, indicator, fields, "submit")),
        "API, as a draft": undone(lambda: through_the_api(cast, indicator, fields, "draft")),
    }


@pytest.mark.parametrize(("kind", "fields", "kept"), KEPT, ids=str)
def test_what_one_door_keeps_every_door_keeps_alike(
    kind: str, fields: dict[str, str], kept: tuple[str, ...], cast: SimpleNamespace
) -> None:
    found = verdicts(cast, kind, fields)
    assert found == dict.fromkeys(found, ([], kept))
    assert undone(lambda: through_a_cell(cast, getattr(cast, kind), fields)) == []


@pytest.mark.parametrize(("kind", "fields", "codes"), REFUSED, ids=str)
def test_what_one_door_refuses_every_door_refuses_for_the_same_reason(
    kind: str, fields: dict[str, str], codes: list[str], cast: SimpleNamespace
) -> None:
    found = verdicts(cast, kind, fields)
    assert found == dict.fromkeys(found, (codes, ()))
    said = undone(lambda: through_a_cell(cast, getattr(cast, kind), fields))
    beginnings = [problem_sentence(Problem(code, "", (("found", "?"), ("bound", "?")))).split("?")[0] for code in codes]
    assert len(said) == len(codes)
    assert all(text.startswith(beginning) for text, beginning in zip(said, beginnings, strict=True))


# --- A closed month ---------------------------------------------------------------------------------------------------


def everything() -> list[Any]:
    """All that could have changed."""
    return [
        sorted(Draft.objects.values_list("pk", "value", "version")),
        sorted(Revision.objects.values_list("pk", "value", "state", "approved_by")),
        sorted(Observation.objects.values_list("pk", "value", "official"), key=str),
    ]


def imported_by_command(cast: SimpleNamespace, file: Path) -> str:
    with pytest.raises(CommandError) as refused:
        call_command("import_observations", str(file), by=cast.coordinator.username)
    return str(refused.value)


def imported_on_the_page(cast: SimpleNamespace) -> Any:
    """What the page says of the file once a worker has looked at it."""
    return by(cast.coordinator).get(f"/imports/{brought(cast.coordinator, data=cast.table).pk}/")


def imported_by_the_api(cast: SimpleNamespace) -> Any:
    pk = sending(cast.reporter)(cast.table).json()["id"]
    check_import_batch(pk)
    return asking(cast.reporter, **{"Accept-Language": "zh-hans"})(f"/imports/{pk}")


LOCKED: dict[str, Callable[[SimpleNamespace], Any]] = {
    "form": lambda cast: by(cast.reporter).post(cast.sheet, cast.typed | {"do": "save"}),
    "handing in": lambda cast: by(cast.reporter).post(cast.sheet, cast.typed | {"do": "hand_in"}),
    "preview": lambda cast: by(cast.reporter).post(f"{cast.sheet}preview/", cast.typed),
    "grid cell": lambda cast: by(cast.reporter).post(
        f"{cast.sheet}cell/",
        {"indicator": cast.count.pk, "region": f.region().pk, "version": 1, "value": "7", "note": NOTE},
    ),
    "review of one": lambda cast: by(cast.reviewer).post(f"/revisions/{cast.waiting.pk}/approve/", follow=True),
    "review of many": lambda cast: by(cast.reviewer).post(
        "/reviews/approve/", {"revision": [cast.waiting.pk]}, follow=True
    ),
    "withdrawal": lambda cast: by(cast.reviewer).post(
        f"/revisions/{cast.official.pk}/withdraw/", {"reason": "重复"}, follow=True
    ),
    "import page": imported_on_the_page,
    "import by the API": imported_by_the_api,
    "API, as a draft": lambda cast: posting(cast.reporter)("/observations", cast.sent | {"mode": "draft"}),
    "API, handed in": lambda cast: posting(cast.reporter)("/observations", cast.sent | {"mode": "submit"}),
    "API of a coordinator": lambda cast: posting(cast.coordinator)("/observations", cast.sent | {"mode": "submit"}),
}


@pytest.fixture
def closed(cast: SimpleNamespace) -> SimpleNamespace:
    """June is closed; a draft, a figure that waits and one that is official are left in it."""
    more = [f.indicator("count", department=cast.office) for _one in range(2)]
    cast.waiting = handed_in(more[0], cast.reporter)
    cast.official = approve_revision(handed_in(more[1], cast.reporter), by=cast.reviewer)
    save_draft(key(cast.count), Typed(value="5", note=NOTE), version=0, by=cast.reporter)
    close_plan_month(f.plan(), JUNE, by=cast.coordinator)
    pk, code = cast.count.pk, cast.count.code
    cast.typed = {f"{pk}-value": "7", f"{pk}-note": NOTE, f"{pk}-version": "1"}
    cast.table = csv_bytes([(code, "100100", "2014-06", "7")])
    row = {"indicator": code, "region": "100100", "month": "2014-06", "value": "7", "note": NOTE, "version": 1}
    cast.sent = {"observations": [row]}
    return cast


@pytest.mark.parametrize("door", LOCKED)
def test_a_closed_month_refuses_through_every_door_and_says_so(door: str, closed: SimpleNamespace) -> None:
    before = everything()
    answer = LOCKED[door](closed)
    assert answer.status_code in (200, 409, 423)
    assert "封账" in (answer.content.decode() if "json" not in answer.headers["Content-Type"] else str(answer.json()))
    assert everything() == before


def test_a_closed_month_refuses_the_command_that_imports(closed: SimpleNamespace, tmp_path: Path, capsys: Any) -> None:
    before = everything()
    (tmp_path / "6.csv").write_bytes(closed.table)
    assert imported_by_command(closed, tmp_path / "6.csv")
    assert "封账" in capsys.readouterr().err
    assert everything() == before


# --- Own figures ------------------------------------------------------------------------------------------------------


def test_an_own_figure_is_approved_neither_by_its_page_nor_among_many(cast: SimpleNamespace) -> None:
    own = handed_in(cast.count, cast.both)
    assert by(cast.both).post(f"/revisions/{own.pk}/approve/").status_code == 403
    assert by(cast.both).post("/reviews/approve/", {"revision": [own.pk]}, follow=True).status_code == 200
    own.refresh_from_db()
    assert (own.state, own.approved_by) == ("submitted", None)
    assert by(cast.reviewer).post(f"/revisions/{own.pk}/approve/").status_code == 302
    own.refresh_from_db()
    assert (own.state, own.approved_by) == ("approved", cast.reviewer)


def filled_in(cast: SimpleNamespace, user: User, do: str, version: int = 0, **files: Any) -> Any:
    """The worksheet's form, sent by somebody in whose browser the figure stands."""
    fields = {"value": "5", "note": NOTE, "version": version, **files}
    sent = {f"{cast.count.pk}-{name}": one for name, one in fields.items()}
    return by(user).post(cast.sheet, sent | {"do": do})


def typed_in_the_form(cast: SimpleNamespace) -> None:
    filled_in(cast, cast.typist, "save")


def typed_in_a_cell(cast: SimpleNamespace) -> None:
    fields = {"value": "5", "note": NOTE, "version": 0, "indicator": cast.count.pk, "region": f.region().pk}
    assert by(cast.typist).post(f"{cast.sheet}cell/", fields).status_code == 200


def sent_as_a_draft(cast: SimpleNamespace) -> None:
    row = {"indicator": cast.count.code, "region": "100100", "month": "2014-06", "value": 5, "note": NOTE}
    assert posting(cast.typist)("/observations", {"observations": [row], "mode": "draft"}).status_code == 201


def returned_once(cast: SimpleNamespace) -> None:
    """The typist's figure stands in the form again when it comes back."""
    return_revision(handed_in(cast.count, cast.typist), by=cast.reviewer, reason="请附证明")


def brought_in_a_file(cast: SimpleNamespace) -> None:
    """It waits, and is taken along by whoever attaches a file to it."""
    batch = brought(cast.typist, (cast.count.code, "100100", "2014-06", "5", "", "", NOTE))
    confirm_import(batch, by=cast.typist)
    write_confirmed_batch(batch.pk)


def waiting_again(cast: SimpleNamespace) -> None:
    """A colleague's file took its place, and was undone."""
    handed_in(cast.count, cast.typist)
    batch = brought(cast.reporter, (cast.count.code, "100100", "2014-06", "6", "", "", NOTE))
    confirm_import(batch, by=cast.reporter)
    write_confirmed_batch(batch.pk)
    undo_import(batch, by=cast.reporter, reason="误传")


TYPED = [typed_in_the_form, typed_in_a_cell, sent_as_a_draft, returned_once, brought_in_a_file, waiting_again]


@pytest.fixture
def three(cast: SimpleNamespace) -> SimpleNamespace:
    """Three who enter and review: one types, one attaches, one hands in."""
    for name in ("typist", "attacher", "carrier"):
        person = f.person(Role.REPORTER, cast.office)
        Membership.objects.create(user=person, department=cast.office, role=Role.REVIEWER.value)
        setattr(cast, name, User.objects.get(pk=person.pk))
    return cast


@pytest.mark.parametrize("approver", ["attacher", "carrier"])
@pytest.mark.parametrize("typed", TYPED, ids=lambda way: way.__name__)
def test_who_typed_approves_by_no_door_what_one_colleague_attached_to_and_another_handed_in(
    typed: Callable[[SimpleNamespace], None], approver: str, three: SimpleNamespace
) -> None:
    typed(three)
    filled_in(three, three.attacher, "save", int(Draft.objects.exists()), files=uploaded(papers.PDF, "批复.pdf"))
    shown = {"attachment": [one.pk for one in Attachment.objects.filter(revision__isnull=True)]}
    filled_in(three, three.carrier, "hand_in", int(Draft.objects.exists()), **shown)
    made = Revision.objects.get(state="submitted")
    assert made.attachments.get().by == three.attacher
    assert (made.all_authors, made.handed_in_by) == ([three.typist], three.carrier)
    for address in (f"/revisions/{made.pk}/approve/", "/reviews/approve/"):
        answer = by(three.typist).post(address, {"revision": [made.pk]}, follow=True)
        assert "不得由本人审核" in answer.content.decode() or "由本人填写或修改过" in answer.content.decode()
    assert "本人填写或修改过其中内容" in by(three.typist).get("/reviews/").content.decode()
    assert Revision.objects.get(pk=made.pk).state == "submitted"
    by(getattr(three, approver)).post("/reviews/approve/", {"revision": [made.pk]})
    assert Revision.objects.get(pk=made.pk).approved_by == getattr(three, approver)


@pytest.mark.parametrize("who", ["reporter", "reviewer", "both", "administrator"])
def test_an_import_is_no_way_round_the_review(who: str, cast: SimpleNamespace) -> None:
    table = csv_bytes([(cast.count.code, "100100", "2014-06", "5")])
    with pytest.raises(PermissionDenied):
        import_observations(uploaded(table), by=getattr(cast, who))
    enters = who in ("reporter", "both")
    answer = by(getattr(cast, who)).post("/imports/", {"file": uploaded(table)})
    assert answer.status_code == (302 if enters else 403)
    assert not Revision.objects.exists()


@pytest.mark.parametrize("who", ["reporter", "both"])
def test_what_a_bureau_imports_waits_for_a_colleague(who: str, cast: SimpleNamespace) -> None:
    batch = brought(getattr(cast, who), (cast.count.code, "100100", "2014-06", "5"))
    confirm_import(batch, by=getattr(cast, who))
    write_confirmed_batch(batch.pk)
    made = Revision.objects.get()
    assert (made.state, made.official_by, made.approved_by) == ("submitted", "", None)
    assert by(getattr(cast, who)).post(f"/revisions/{made.pk}/approve/").status_code == 403


def test_what_is_imported_names_no_approver(cast: SimpleNamespace) -> None:
    import_observations(uploaded(csv_bytes([(cast.count.code, "100100", "2014-06", "5")])), by=cast.coordinator)
    made = Revision.objects.get()
    assert (made.state, made.official_by, made.approved_by) == ("approved", "import", None)


@pytest.mark.parametrize("who", ["reporter", "both", "coordinator"])
def test_what_is_sent_waits_for_a_colleague_whoever_sends_it(who: str, cast: SimpleNamespace) -> None:
    row = {"indicator": cast.count.code, "region": "100100", "month": "2014-06", "value": 5}
    assert posting(getattr(cast, who))("/observations", {"observations": [row], "mode": "submit"}).status_code == 201
    assert (Revision.objects.get().state, Revision.objects.get().approved_by) == ("submitted", None)
    approving = {"observations": [row | {"state": "approved"}], "mode": "submit"}
    assert posting(getattr(cast, who))("/observations", approving).status_code == 422


def test_the_database_itself_refuses_an_author_as_approver(cast: SimpleNamespace) -> None:
    own = handed_in(cast.count, cast.both)
    changes = {"state": "approved", "official_by": "review", "official_at": timezone.now(), "approved_by": cast.both}
    with pytest.raises(IntegrityError):
        Revision.objects.filter(pk=own.pk).update(**changes)


# --- The administration -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["revision", "observation", "draft", "attainment", "source", "monthlock"])
def test_the_administration_has_no_door_to_figures(model: str, cast: SimpleNamespace) -> None:
    waiting = handed_in(cast.count, cast.both)
    before, client, pk = everything(), by(cast.administrator), waiting.pk
    crafted = {"state": "approved", "value": "9", "official": pk, "approved_by": cast.administrator.pk, "post": "yes"}
    crafted |= {"action": "delete_selected", "_selected_action": [pk, waiting.observation_id], "confirm": "yes"}
    for end in ("", "add/", f"{pk}/", f"{pk}/change/", f"{pk}/delete/", f"{pk}/history/", "import/", "process_import/"):
        address = f"/admin/targets/{model}/{end}"
        assert client.get(address).status_code in (302, 404), address
        assert client.post(address, crafted).status_code in (302, 403, 404), address
        assert client.post(address, crafted, follow=True).status_code == 404, address
    assert everything() == before
