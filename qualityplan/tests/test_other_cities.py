"""Nobody is shown anything of another city, by any address of the pages, and nobody changes anything there.

Every address × every role of a city and of its county: asked for what is the own city's, the county's own plan's, and
another city's. An address that is not listed fails in `test_permissions`.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from departments.models import Membership, User
from departments.permissions import PERMISSIONS, Action, Role
from departments.tests.cities import province
from plans.models import Plan
from qualityplan.tests.cities import Possession, Whole, whole_city
from qualityplan.tests.test_permissions import GUARDED
from targets.models import Attachment, DataQuestion, MonthLock, Revision
from tasks.models import Comment, ProgressReport, SupervisionNotice, Task
from tasks.services import supervision
from tasks.services.supervision import NoticeProposal

pytestmark = pytest.mark.django_db
OF_DRAFTS = {"years_publish", "years_discard", "draft_edit", "draft_add", "draft_row", "draft_remove"}
OFFICES = (Role.COORDINATOR, Role.LEADER, Role.ADMINISTRATOR)


@pytest.fixture
def cities() -> tuple[Whole, Whole]:
    """Wenzhou and Lishui in one province, with all that they have."""
    above = province()
    return whole_city("温州", above), whole_city("丽水", above)


def arguments(name: str, whole: Whole, things: Possession) -> dict[str, object]:
    """What stands in an address, so that it leads to these things."""
    ((_text, wanted),) = get_resolver().reverse_dict.getlist(name)[0][0]
    found = known(name, whole, things)
    return {one: found[one] for one in wanted}


def known(name: str, whole: Whole, things: Possession) -> dict[str, object]:
    return {
        "plan_code": whole.draft.code if name in OF_DRAFTS else things.plan.code,
        "code": code_of(name, whole, things),
        "month": "2014-06",
        "unit": things.unit.code,
        "indicator": things.indicator.code,
        "region": things.plan.region.code,
        "kind": "docx" if name == "supervision_document" else "clause" if name in OF_DRAFTS else "task",
        "pk": number_of(name, whole, things),
        "deed": "unlock",
        "proposed": 1,
    }


def code_of(name: str, whole: Whole, things: Possession) -> str:
    if name.startswith("target"):
        return things.target.code
    if name == "county":
        return whole.city.county.code
    by_unit = name.startswith(("worksheet", "timeliness")) or name == "department"
    return things.unit.code if by_unit else things.task.code


def number_of(name: str, whole: Whole, things: Possession) -> int:
    """The number of the thing that the address is about."""
    numbered: dict[str, Model] = {
        "revision": things.waiting,
        "attachment": things.attached,
        "task_report": things.report,
        "task_attachment": things.report.attachments.get(),
        "supervision_attachment": things.enclosed,
        "supervision": things.notice,
        "comment": things.comment,
        "data_question": things.question,
        "imports": things.batch,
        "screen": things.screen,
        "person": whole.people[Role.REPORTER],
    }
    if name in OF_DRAFTS:
        return whole.draft_clause
    found = [one for start, one in numbered.items() if name.startswith(start)]
    return found[-1 if name == "supervision_document" else 0].pk if found else 1


def asked(user: User, name: str, whole: Whole, things: Possession) -> SimpleNamespace:
    """What the address answers: by GET, or by POST where only that is served."""
    client = Client()
    client.force_login(user)
    address = reverse(name, kwargs=arguments(name, whole, things))
    answer: Any = client.get(address)
    if answer.status_code == 405:
        answer = client.post(address)
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return SimpleNamespace(status=answer.status_code, text=text.decode(errors="replace"), address=address)


def of_something(name: str) -> bool:
    """Whether the address names something that belongs to a city."""
    ((_text, wanted),) = get_resolver().reverse_dict.getlist(name)[0][0]
    return bool(wanted) and name not in ("notice_read",)


def everybody(whole: Whole) -> Iterator[tuple[str, User]]:
    """The people of a city, and those of its county."""
    for role, user in whole.people.items():
        yield f"city's {role.value}", user
    for role, user in whole.countys.items():
        yield f"county's {role.value}", user


def let_in(name: str, whole: Whole) -> Iterator[tuple[str, User]]:
    """Those of a city and its county whose role opens the door; `test_permissions` sees to the others."""
    for who, user in everybody(whole):
        if any(Role(one.role) in PERMISSIONS[action] for action in GUARDED[name] for one in user.held):
            yield who, user


def test_what_is_another_citys_is_not_there_for_anybody(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    for things in (there.own, there.county):
        before = state_of(things)
        for name in filter(of_something, GUARDED):
            for who, user in let_in(name, here):
                found = asked(user, name, there, things)
                assert found.status == 404, (name, who, found.status)
                told = found.text.replace(typed(name, there, things), "")
                assert not [mark for mark in there.marks if mark in told], (name, who)
        assert state_of(things) == before


def typed(name: str, whole: Whole, things: Possession) -> str:
    """The code of a plan in the address, which a page may repeat to whoever has typed it."""
    return str(arguments(name, whole, things).get("plan_code", ""))


def state_of(things: Possession) -> list[object]:
    """All that could have been changed."""
    return [
        Revision.objects.get(pk=things.waiting.pk).state,
        Attachment.objects.filter(pk=things.attached.pk).exists(),
        ProgressReport.objects.get(pk=things.report.pk).state,
        SupervisionNotice.objects.get(pk=things.notice.pk).state,
        Comment.objects.get(pk=things.comment.pk).answered_at,
        DataQuestion.objects.get(pk=things.question.pk).answered_at,
        DataQuestion.objects.count(),
        Task.objects.get(pk=things.task.pk).closed_on,
        MonthLock.objects.filter(plan=things.plan).count(),
        Plan.objects.count(),
    ]


WANTING_MORE = {
    "target_verify",
    "timeliness_export",
    "supervision_edit",
    "imports_marked",
    "person_roles",
    "person_role_decided",
    "county",
    "target_quotas",
}
"""Addresses that lead to nothing of the own city either, without a month, a kind of file, a proposal, a department, a
role that waits, a figure of the county, a target that is divided."""


def test_the_own_addresses_lead_to_the_own_things_and_show_no_other_city(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    missing = set()
    for name in GUARDED:
        statuses = set()
        for who, user in let_in(name, here):
            found = asked(user, name, here, here.own)
            statuses.add(found.status)
            assert not [mark for mark in there.marks if mark in found.text], (name, who)
        missing |= {name} if statuses <= {403, 404} and of_something(name) else set()
    assert missing == WANTING_MORE


def test_a_draft_and_a_proposal_are_there_for_the_own_office_alone(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    for things, office in ((here.own, here.people), (here.county, here.countys)):
        said = NoticeProposal(plan=things.plan, title="建议", demand="请办理。", task=things.task, lead=things.unit)
        proposed = supervision.propose_notice(said, by=office[Role.COORDINATOR], now=timezone.now())
        for who, user in (*everybody(here), *everybody(there)):
            client = Client()
            client.force_login(user)
            for address in ("", "edit/"):
                found = client.get(f"/supervision/{proposed.pk}/{address}").status_code
                own = user == office[Role.COORDINATOR]
                assert found in ((200,) if own else (403, 404)), (who, address, found)
    for who, user in (*everybody(here), *everybody(there)):
        for name in ("draft_edit", "draft_add", "draft_row", "draft_remove"):
            found = asked(user, name, here, here.own).status
            assert found in ((200,) if user == here.people[Role.ADMINISTRATOR] else (403, 404)), (who, name, found)


# --- A county's own plan ----------------------------------------------------------------------------------------------

ACTING = {
    Action.LOCK_MONTHS,
    Action.ISSUE_SUPERVISION,
    Action.VERIFY_SUPERVISION,
    Action.CLOSE_SUPERVISION,
    Action.CLOSE_TASKS,
    Action.COMMENT,
    Action.VIEW_DATA_QUALITY,
    Action.ASK_ABOUT_DATA,
}
"""What is done for the plans of exactly the own region."""


def test_whoever_looks_after_the_city_sees_the_countys_plan_and_does_not_run_it(cities: tuple[Whole, Whole]) -> None:
    here, _there = cities
    before = state_of(here.county)
    for name in ("overview", "plan_text", "target", "task", "tasks", "comparison", "departments", "years"):
        for role in OFFICES:
            assert asked(here.people[role], name, here, here.county).status == 200, (name, role)
    for name in (one for one, actions in GUARDED.items() if of_something(one) and ACTING & set(actions)):
        for role in OFFICES:
            found = asked(here.people[role], name, here, here.county)
            looks = name in ("months", "task_split") and role is Role.COORDINATOR
            assert found.status in ((200, 403) if looks else (403, 404)), (name, role, found.status)
    assert state_of(here.county) == before


def test_the_countys_own_office_runs_its_plan(cities: tuple[Whole, Whole]) -> None:
    here, _there = cities
    for name in ("month_lock", "supervision_urge", "comment_press", "supervision_write", "months"):
        found = asked(here.countys[Role.COORDINATOR], name, here, here.county)
        assert found.status in (200, 302), (name, found.status)
    assert MonthLock.objects.filter(plan=here.county.plan).exists()
    assert not MonthLock.objects.filter(plan=here.own.plan).exists()


def test_the_countys_office_does_not_run_the_citys_plan(cities: tuple[Whole, Whole]) -> None:
    here, _there = cities
    before = state_of(here.own)
    for name in filter(of_something, GUARDED):
        for role in OFFICES:
            found = asked(here.countys[role], name, here, here.own)
            assert found.status in (403, 404), (name, role, found.status)
    assert state_of(here.own) == before


def test_a_bureau_of_the_city_does_not_see_the_countys_plan_unless_it_is_named(cities: tuple[Whole, Whole]) -> None:
    here, _there = cities
    reporter = here.people[Role.REPORTER]
    for name in ("overview", "plan_text", "target", "task", "tasks", "timeliness", "comparison", "screen"):
        assert asked(reporter, name, here, here.county).status == 404, name
    here.county.task.assignments.create(department=here.city.bureau, role="support")
    assert asked(reporter, "task", here, here.county).status == 200


def test_another_countys_own_plan_is_not_seen_by_a_county(cities: tuple[Whole, Whole]) -> None:
    """The complaint that began it: a county saw another county's own plan, figure and red light."""
    here, there = cities
    other = here.people[Role.COUNTY]
    for name in ("overview", "target", "task", "figure", "attachment", "supervision_notice"):
        assert asked(other, name, there, there.county).status == 404, name


def test_a_person_of_two_cities_sees_both_and_acts_where_the_role_is_held(cities: tuple[Whole, Whole]) -> None:
    here, there = cities
    user = here.people[Role.LEADER]
    Membership.objects.create(user=user, department=there.city.bureau, role=Role.REPORTER.value)
    user = User.objects.get(pk=user.pk)
    assert asked(user, "overview", there, there.own).status == 200
    assert asked(user, "comment_add", there, there.own).status == 403
    assert asked(user, "comment_add", here, here.own).status == 422
