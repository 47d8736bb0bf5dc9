"""The three ways that `docs/ways.md` tells, taken through the doors that people use: what its lists name is called, in
this order, and no package takes part that is named nowhere.

The worker is this very process: a message to it is a call after the commit. Nothing else is stood in for but the clock.
"""

import re
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path, PurePath
from types import CodeType, FrameType
from typing import NamedTuple

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from departments.models import User
from departments.permissions import Role
from imports.models import ImportBatch
from imports.tests.tables import uploaded
from pages.tests.house import APPS
from qualityplan.celery import app
from targets.models import Attainment, Draft, Revision
from targets.tests import factories as f
from tasks import clock
from tasks.models import SupervisionNotice
from tasks.tests import pressed

DOCUMENT = settings.BASE_DIR / "docs/ways.md"
NUMBERED = re.compile(r"^(\d+)\. .*", re.MULTILINE)
STEP = re.compile(r"\d+\. `(?P<file>[\w/]+\.py)`, `(?P<function>[\w.]+)`(?: \((?P<only>SQLite|PostgreSQL)\))?: .*")
ROOM = re.compile(r"^- `([\w/]+)`: ", re.MULTILINE)
OVERVIEW = "/plans/plan-2014/?month=2014-02"


class Call(NamedTuple):
    """A function of ours: its file, from the root, and its name there."""

    file: str
    function: str


# --- What is told -----------------------------------------------------------------------------------------------------


def section_of(beginning: str) -> str:
    """The section of the document whose title begins so."""
    (found,) = [
        part
        for part in re.split(r"^## ", DOCUMENT.read_text(encoding="utf-8"), flags=re.M)
        if part.startswith(beginning)
    ]
    return found.partition("\n")[2]


def steps_of(way: int) -> list[Call]:
    """The steps of a way, those that only another database takes left out."""
    told = [STEP.fullmatch(line[0]) for line in NUMBERED.finditer(section_of(f"{way}. "))]
    own = {None, connection.display_name}
    return [Call(step["file"], step["function"]) for step in told if step is not None and step["only"] in own]


def rooms_of_every_way() -> set[str]:
    return set(ROOM.findall(section_of("Rooms that every way passes")))


@pytest.mark.parametrize("way", [1, 2, 3])
def test_every_step_is_numbered_and_names_file_and_function(way: int) -> None:
    lines = list(NUMBERED.finditer(section_of(f"{way}. ")))
    assert len(lines) > 20
    assert [int(line[1]) for line in lines] == list(range(1, len(lines) + 1))
    assert [line[0] for line in lines if not STEP.fullmatch(line[0])] == []


def diagram_of(way: int) -> str:
    """The way from package to package, drawn from its list: each passage once, with the steps that take it."""
    steps = [
        step for line in NUMBERED.finditer(section_of(f"{way}. ")) if (step := STEP.fullmatch(line[0])) is not None
    ]
    packages = [str(PurePath(step["file"]).parent) for step in steps]
    passages: dict[tuple[str, str], list[int]] = {}
    for number, (here, there) in enumerate(pairwise(packages), start=2):
        if here != there:
            passages.setdefault((here, there), []).append(number)
    names = {package: f"p{number}" for number, package in enumerate(dict.fromkeys(packages), start=1)}
    nodes = [f"    {name}[{package}]" for package, name in names.items()]
    arrows = [
        f"    {names[here]} -->|{', '.join(map(str, numbers))}| {names[there]}"
        for (here, there), numbers in passages.items()
    ]
    return "\n".join(["```mermaid", "flowchart TD", *nodes, *arrows, "```"])


@pytest.mark.parametrize("way", [1, 2, 3])
def test_the_picture_of_a_way_is_drawn_from_its_list(way: int) -> None:
    """Who changes a list puts what this function draws in place of the picture."""
    assert diagram_of(way) in section_of(f"{way}. ")


# --- What is called ---------------------------------------------------------------------------------------------------


@contextmanager
def calls_noted() -> Iterator[list[Call]]:
    """Fills the list, at the end, with our functions in the order of their first calls, in whichever thread."""
    codes: dict[CodeType, None] = {}
    found: list[Call] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            codes.setdefault(frame.f_code)

    before, before_in_threads = sys.getprofile(), threading.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)
        threading.setprofile(before_in_threads)
        found += dict.fromkeys(call for code in codes if (call := call_of(code)) is not None)


def call_of(code: CodeType) -> Call | None:
    """None for what is not ours, and for tests. What stands within a function is the function."""
    path = PurePath(code.co_filename)
    inside = path.relative_to(settings.BASE_DIR) if path.is_relative_to(settings.BASE_DIR) else PurePath()
    name = code.co_qualname.partition(".<locals>")[0]
    ours = inside.parts[:1] and inside.parts[0] in APPS and "tests" not in inside.parts
    return Call(str(inside), name) if ours and "<" not in name else None


def package_of(call: Call) -> str:
    return str(PurePath(call.file).parent)


def complaints(steps: Sequence[Call], rooms: Iterable[str], calls: Sequence[Call]) -> list[str]:
    """What the list tells otherwise than it was."""
    places = {call: place for place, call in enumerate(calls)}
    on_way = [step for step in steps if step in places]
    listed, taking_part = {package_of(step) for step in steps}, {package_of(call) for call in calls}
    return [
        *(f"{step} is not called" for step in steps if step not in places),
        *(f"{two} is called before {one}" for one, two in pairwise(on_way) if places[one] >= places[two]),
        *(f"{package} takes part, and is named nowhere" for package in sorted(taking_part - listed - set(rooms))),
        *(f"{room} is told to take part in every way" for room in sorted(set(rooms) - taking_part)),
    ]


def assert_told(way: int, calls: Sequence[Call]) -> None:
    assert complaints(steps_of(way), rooms_of_every_way(), calls) == []


FIRST, SECOND, THIRD = Call("a/views.py", "take"), Call("a/b/services.py", "do"), Call("c/models.py", "Row.save")


@pytest.mark.parametrize(
    ("steps", "rooms", "number"),
    [
        ([FIRST, SECOND, THIRD], [], 0),
        ([FIRST, SECOND], ["c"], 0),
        ([FIRST, SECOND, Call("c/models.py", "Row.keep")], [], 1),
        ([SECOND, FIRST, THIRD], [], 1),
        ([FIRST, SECOND], [], 1),
        ([FIRST, SECOND, THIRD], ["d"], 1),
        ([FIRST, SECOND, SECOND, THIRD], [], 1),
    ],
)
def test_a_list_that_tells_it_otherwise_is_found(steps: list[Call], rooms: list[str], number: int) -> None:
    assert len(complaints(steps, rooms, [FIRST, SECOND, THIRD])) == number


# --- The ways ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def worker_here(transactional_db: None) -> Iterator[None]:
    """A service that has been running: its addresses are read, its formulas are applied; the worker is this process."""
    app.loader.import_default_modules()
    app.conf.update(task_always_eager=True, task_eager_propagates=True)
    Client().get("/healthz")
    f.recompute()
    yield
    app.conf.update(task_always_eager=False, task_eager_propagates=False)


def inside(user: User) -> Client:
    """A browser in which the person is logged in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.usefixtures("worker_here")
def test_from_a_value_in_a_file_to_a_light_on_a_page(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    houses = f.indicator("count", department=f.department())
    promise = f.target(houses, "at_least", 100)
    table = f"2014年进度\n指标,地区,单位,1月,2月,合计\n{houses.name},{f.region().name},户,5,7,12\n合计,,,5,7,12\n"
    office, leader = inside(f.coordinator()), inside(f.person(Role.LEADER))
    with calls_noted() as calls:
        office.post("/imports/", {"file": uploaded(table.encode(), "进度.csv")})
        office.post(f"/imports/{ImportBatch.objects.get().pk}/confirm/")
        page = leader.get(OVERVIEW).content.decode()
    light = Attainment.objects.get(target=promise, month=promise.plan.first_month.shifted(1))
    assert (light.signal, light.numerator) == ("red", 12)
    assert "light-red" in page
    assert_told(1, calls)


@pytest.mark.usefixtures("worker_here")
def test_from_a_cell_on_the_worksheet_to_the_etag() -> None:
    office = f.department()
    houses = f.indicator("count", department=office)
    f.target(houses, "at_least", 100)
    reporter, reviewer, leader = (
        inside(f.person(role, office)) for role in (Role.REPORTER, Role.REVIEWER, Role.LEADER)
    )
    address, cell = f"/worksheet/{office.code}/2014-02/", {"value": "12", "note": "集中开工"}
    known = leader.get(OVERVIEW).headers["ETag"]
    with calls_noted() as calls:
        reporter.post(f"{address}cell/", {"indicator": houses.pk, "region": f.region().pk, "version": 0, **cell})
        form = {f"{houses.pk}-{name}": text for name, text in cell.items()}
        reporter.post(address, {"do": "hand_in", f"{houses.pk}-version": Draft.objects.get().version, **form})
        reviewer.post(f"/revisions/{Revision.objects.get().pk}/approve/")
        page = leader.get(OVERVIEW, headers={"if-none-match": known})
    assert (page.status_code, "light-red" in page.content.decode()) == (200, True)
    assert page.headers["ETag"] != known
    assert leader.get(OVERVIEW, headers={"if-none-match": page.headers["ETag"]}).status_code == 304
    assert_told(2, calls)


@pytest.mark.usefixtures("worker_here")
def test_from_a_late_milestone_to_the_pdf_of_a_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: pressed.MONDAY)
    world = pressed.cast()
    job = app.tasks[settings.CELERY_BEAT_SCHEDULE["propose and escalate"]["task"]]
    coordinator, unit = inside(world.coordinator), inside(world.reporter)
    with calls_noted() as calls:
        job.delay()
        coordinator.get("/supervision/")
        address = f"/supervision/{SupervisionNotice.objects.get().pk}/"
        coordinator.post(f"{address}issue/")
        unit.get(address)
        paper = unit.post(f"{address}document/pdf/")
    assert paper.content.startswith(b"%PDF-")
    assert_told(3, calls)
