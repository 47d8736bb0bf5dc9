"""All who typed a figure are its authors: kept with it, named, and kept from approving by the database itself."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from departments.models import AuditEvent, Notice, User
from departments.permissions import Role
from departments.tests.callers import asking
from plans.periods import Month
from targets.models import Draft, Revision, RevisionAuthor
from targets.reminding.reminders import figure_matters_of
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.reviewing import approve_revision, approve_revisions, return_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> SimpleNamespace:
    """A bureau of people who enter and review, and its ratio; `first` and `second` type a part of it each."""
    office = f.department()
    rate = f.indicator(department=office)
    people = [f.person(Role.REPORTER, office) for _one in range(4)]
    for person in people:
        person.memberships.create(department=office, role=Role.REVIEWER.value)
    first, second, third, other = (User.objects.get(pk=person.pk) for person in people)
    key = (rate.pk, f.region().pk, Month(2014, 6))
    return SimpleNamespace(first=first, second=second, third=third, other=other, key=key, rate=rate)


def saved(cast: SimpleNamespace, by: User, numerator: str, denominator: str) -> Draft:
    found = Draft.objects.first()
    typed = Typed(numerator=numerator, denominator=denominator, note="核对无误")
    return save_draft(cast.key, typed, version=found.version if found else 0, by=by)


def handed_in(cast: SimpleNamespace) -> Revision:
    """Typed by two, handed in by a third."""
    saved(cast, cast.first, "90", "100")
    saved(cast, cast.second, "90.0", "110")
    (made,) = hand_in([cast.key], by=cast.third)
    return made


def shares(revision: Revision) -> dict[User, list[str]]:
    return {one.user: one.parts for one in revision.authors.all()}


def test_both_who_typed_a_part_are_authors_and_who_hands_in_is_none(cast: SimpleNamespace) -> None:
    made = handed_in(cast)
    assert shares(made) == {cast.first: ["numerator"], cast.second: ["denominator"]}
    assert (made.author, made.handed_in_by) == (cast.first, cast.third)
    for author in (cast.first, cast.second):
        with pytest.raises(PermissionDenied, match="本人"), transaction.atomic():
            approve_revision(made, by=author)
        assert approve_revisions([made], by=author) == ([], [made])
    assert approve_revision(made, by=cast.third).approved_by == cast.third


def test_one_author_needs_no_rows(cast: SimpleNamespace) -> None:
    saved(cast, cast.first, "90", "100")
    saved(cast, cast.second, "90", "100")
    (made,) = hand_in([cast.key], by=cast.second)
    assert (made.all_authors, made.authors.count()) == ([cast.first], 0)


def test_a_correction_has_the_authors_whose_numbers_are_still_there(cast: SimpleNamespace) -> None:
    return_revision(handed_in(cast), by=cast.other, reason="分母有误")
    saved(cast, cast.third, "90", "120")
    (corrected,) = hand_in([cast.key], by=cast.other)
    assert shares(corrected) == {cast.third: ["denominator"], cast.first: ["numerator"]}
    assert approve_revision(corrected, by=cast.second).approved_by == cast.second


def test_all_who_have_to_do_with_it_hear_that_it_came_back(cast: SimpleNamespace) -> None:
    return_revision(handed_in(cast), by=cast.other, reason="分母有误")
    assert {one.user for one in Notice.objects.all()} == {cast.first, cast.second, cast.third}


def test_authors_are_named_in_the_audit_log_on_the_pages_and_by_the_api(client: Client, cast: SimpleNamespace) -> None:
    made = handed_in(cast)
    names = {str(cast.first), str(cast.second)}
    assert set(AuditEvent.objects.get(action="observations.submitted").detail["authors"].split(", ")) == names
    client.force_login(cast.other)
    queue = client.get("/reviews/").content.decode()
    assert f"{cast.first}、{cast.second}" in queue
    assert f"{cast.third} 提交" in queue
    approve_revision(made, by=cast.other)
    assert set(AuditEvent.objects.get(action="observation.approve").detail["authors"].split(", ")) == names
    page = client.get(f"/figures/{cast.rate.code}/{f.region().code}/2014-06/").content.decode()
    assert f"{cast.first}、{cast.second}" in page
    (sent,) = asking(cast.other)("/observations").json()["items"]
    assert set(sent["authors"]) == names


def test_nobody_is_asked_to_review_what_they_have_typed_a_part_of(cast: SimpleNamespace) -> None:
    handed_in(cast)
    day = timezone.localdate()
    found = figure_matters_of([cast.first, cast.second, cast.third], day)
    asked = {pk for pk, matters in found.items() if any(one.thing == "reviews" for one in matters)}
    assert asked == {cast.third.pk}


BY_HAND = {
    "approves what another handed in": (
        "UPDATE targets_revision SET state = 'approved', official_by = 'review', official_at = %(now)s, "
        "approved_by_id = %(second)s WHERE id = %(revision)s"
    ),
    "decides that it is approved": (
        "INSERT INTO targets_decision (revision_id, verb, by_id, at, reason) "
        "VALUES (%(revision)s, 'approve', %(second)s, %(now)s, '')"
    ),
    "makes another decision an approval": (
        "UPDATE targets_decision SET verb = 'approve', by_id = %(first)s WHERE revision_id = %(revision)s"
    ),
    "gives it another author": "UPDATE targets_revision SET author_id = %(third)s WHERE id = %(revision)s",
    "is no author any more": "UPDATE targets_revisionauthor SET user_id = %(other)s WHERE user_id = %(second)s",
    "makes somebody an author afterwards": (
        "INSERT INTO targets_revisionauthor (revision_id, user_id, parts) VALUES (%(revision)s, %(other)s, '[]')"
    ),
    "is taken from the authors": "DELETE FROM targets_revisionauthor WHERE user_id = %(second)s",
}


@pytest.mark.parametrize("what", BY_HAND)
def test_the_database_keeps_authors_and_their_approval_apart(what: str, cast: SimpleNamespace) -> None:
    made = handed_in(cast)
    people = {name: getattr(cast, name).pk for name in ("first", "second", "third", "other")}
    adapt: Any = connection.ops.adapt_datetimefield_value
    with pytest.raises(DatabaseError, match=r"typed|is never"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BY_HAND[what], people | {"revision": made.pk, "now": adapt(timezone.now())})
    assert RevisionAuthor.objects.count() == 2
