"""Does anything get lost while parts of the service are killed, frozen and restarted, and its clock steps back?

    python benchmarks/torture.py [--minutes 10] [--clients 12] [--seed 1]

Starts a PostgreSQL, a Redis, the web server, worker and beat of its own, and so many clients who enter figures, hand
them in, approve and return them, bring files and undo them, close months and open them again, over the network alone.
Meanwhile one part after the other is killed, frozen or restarted at random, and the clock of the web server steps back
by an hour and right again. Then everything stands again, and what was acknowledged is held against the database:
nothing may be lost or doubled, nothing may have changed in a closed month, no request may have failed while web server
and database stood, and `audit_attainment` and `audit_chain` find nothing. Exit code 1 otherwise, with each fault named.
"""

import argparse
import io
import itertools
import random
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.tormented.clients import CONTESTED, Client, Coordinator, Reporter, Reviewer, Unit
from benchmarks.tormented.house import House, furnished, tormented
from benchmarks.tormented.ledger import (
    SERVER_ERROR,
    Name,
    Span,
    changed_while_closed,
    failed,
    lost_drafts,
    lost_or_doubled,
)
from qualityplan.running.processes import wait_until

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from departments.models import User
    from targets.models import Source

CAST = ("reporter", "reviewer", "reporter", "coordinator")
"""Who works for one unit; so many units as the clients need."""
REST_WITHIN = 180.0
SHOWN = 50


def hire(house: House, clients: int, seed: int) -> list[Client]:
    """The plan of a city with three promises for each unit, and its people with their log-ins and tokens."""
    from django.conf import settings

    from departments.permissions import Role
    from targets.tests import factories as f

    settings.ALLOWED_HOSTS = ["*"]  # of Django's client, by which people log in
    f.plan()
    number = itertools.count(1_000).__next__
    offices = -(-clients // len(CAST))
    people: list[Client] = []
    for office in range(offices):
        unit = f.department()
        measured = [f.indicator("count", department=unit) for _number in range(3)]
        f.judged_anew(*(f.target(one, "at_least", 5_000) for one in measured))
        codes = [(one.code, one.pk) for one in measured]
        described = Unit(unit.code, unit.region_id, codes)
        for place, role in enumerate(CAST[: clients - len(people)]):
            person = f.person(Role(role), unit)
            common = (house.ports["web"], *ways_in(person), described, random.Random(seed * 1000 + len(people)), number)
            if role == "reporter":
                people.append(Reporter(*common, place=place))
            elif role == "reviewer":
                people.append(Reviewer(*common))
            else:
                people.append(Coordinator(*common, months=CONTESTED[office::offices]))
    return people


def ways_in(person: "User") -> tuple[dict[str, str], str]:
    """The cookies of a log-in, and a token."""
    from benchmarks.pages import cookies_of
    from departments.models import ApiToken

    pairs = (one.split("=", 1) for one in cookies_of(person.username).split("; "))
    return dict(pairs), ApiToken.issue(person)[1]


def used(house: House, people: Sequence[Client], seconds: float, seed: int) -> list[Span]:
    """Everybody works while everything is tormented; then what is left open is looked up."""
    over = threading.Event()
    threads = [threading.Thread(target=one.live, args=[over]) for one in people]
    for thread in threads:
        thread.start()
    try:
        spans = tormented(house, seconds, random.Random(seed))
    finally:
        over.set()
        for thread in threads:
            thread.join()
    return spans


def at_rest() -> bool:
    """Nothing waits for a worker."""
    from imports.models import ImportBatch
    from imports.workflow import BUSY
    from targets.models import DirtyKey

    return not DirtyKey.objects.exists() and not ImportBatch.objects.filter(state__in=BUSY).exists()


def found() -> Counter[Name]:
    """What is there of everything that can be acknowledged. What an undoing hands in or makes official again has a
    source of its own, without a file: these are no new figures."""
    from imports.models import ImportBatch
    from targets.models import Decision, MonthLock, Revision

    there: Counter[Name] = Counter()
    sent = Revision.objects.exclude(source__kind="import", source__pk__in=undone_sources())
    there.update(("figure", f"{value:.0f}") for value in sent.values_list("value", flat=True))
    steps = Decision.objects.filter(verb__in=("approve", "return"), by__memberships__role="reviewer")
    there.update((verb, str(pk)) for verb, pk in steps.values_list("verb", "revision_id"))
    for batch in ImportBatch.objects.all():
        there["upload", batch.file_name] += 1
        there["confirm", str(batch.pk)] += batch.confirmed_at is not None or batch.renewed
        there["undo", str(batch.pk)] += batch.state == "undone"
        there["cancel", str(batch.pk)] += batch.failure == "cancelled"
    for lock in MonthLock.objects.all():
        there["lock", str(lock.month)] += 1
        there["reopen", str(lock.month)] += lock.reopened_at is not None
    return +there


def undone_sources() -> "QuerySet[Source]":
    """Sources that no file has brought."""
    from imports.models import ImportBatch
    from targets.models import Source

    return Source.objects.filter(kind="import").exclude(pk__in=ImportBatch.objects.values("source"))


def drafts() -> dict[str, str]:
    """What each draft says."""
    from targets.models import Draft

    return {f"{one.indicator.code} {one.month}": one.value for one in Draft.objects.select_related("indicator")}


def audited(command: str) -> list[str]:
    """What an audit has found."""
    from django.core.management import CommandError, call_command

    said = io.StringIO()
    try:
        call_command(command, stdout=said, stderr=said)
    except CommandError as error:
        return [f"{command}: {line}" for line in [*said.getvalue().splitlines(), str(error)]]
    return []


def faults(house: House, people: Sequence[Client], spans: Sequence[Span]) -> Iterator[str]:
    """Everything that is not as it was promised."""
    acts = [act for one in people for act in one.acts]
    yield from house.died
    yield from (surprise for one in people for surprise in one.surprises)
    yield from lost_or_doubled((act for act in acts if act.what != "draft"), found())
    yield from lost_drafts((act for act in acts if act.what == "draft"), drafts())
    yield from changed_while_closed(closed for one in people if isinstance(one, Coordinator) for closed in one.closed)
    yield from failed((answer for one in people for answer in one.answers), spans)
    for command in ("audit_attainment", "audit_chain"):
        yield from audited(command)


def told_of_failures(people: Sequence[Client], spans: Sequence[Span]) -> Counter[tuple[int, str]]:
    """The answers that were failures, by their status and what was away meanwhile."""
    failures = [answer for one in people for answer in one.answers if answer.status >= SERVER_ERROR]
    causes = ((one.status, {span.who for span in spans if span.meets(one)}) for one in failures)
    return Counter((status, ", ".join(sorted(who)) or "nothing") for status, who in causes)


def tell(people: Sequence[Client], spans: Sequence[Span]) -> None:
    """What was done, and what was done to the service."""
    done = Counter((act.what, act.known) for one in people for act in one.acts)
    print(f"{'':12}{'acknowledged':>14}{'unknown':>10}")
    for what in sorted({what for what, _known in done}):
        print(f"{what:12}{done[what, True]:14}{done[what, False]:10}")
    statuses = Counter(answer.status // 100 for one in people for answer in one.answers)
    kinds = ", ".join(f"{f'{kind}xx' if kind else 'no answer'} {count}" for kind, count in sorted(statuses.items()))
    print(f"{statuses.total()} requests: {kinds}")
    for (status, who), count in sorted(told_of_failures(people, spans).items()):
        print(f"  {status} while away: {who}: {count}")
    away = [span for span in spans if span.who == "redis"]
    without = sum(any(span.meets(answer) for span in away) for one in people for answer in one.answers)
    print(f"requests while only Redis was away: {without}")
    looked = sum(len(one.closed) for one in people if isinstance(one, Coordinator))
    print(f"closed months looked at again: {looked}")
    torments = Counter((span.who, span.how) for span in spans)
    print("torments: " + ", ".join(f"{who} {how} {count}" for (who, how), count in sorted(torments.items())))


def report(house: House, options: argparse.Namespace) -> int:
    """One run, one table, the number of faults."""
    from django.db import connection

    people = hire(house, options.clients, options.seed)
    house.start("web", "worker", "beat")
    connection.close()
    spans = used(house, people, options.minutes * 60, options.seed)
    rested = wait_until(at_rest, REST_WITHIN, pause=1.0)
    for one in people:
        one.settle()
    tell(people, spans)
    named = list(faults(house, people, spans))
    if not rested:
        named.append("left: something still waits for a worker")
    for fault in named[:SHOWN]:
        print(fault)
    print(f"{len(named)} faults")
    return len(named)


def main() -> None:
    """Hires, torments, compares, prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="qualityplan-torture-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with furnished(folder) as house:
            import logging

            logging.disable(logging.INFO)
            number = report(house, options)
    raise SystemExit(bool(number))


if __name__ == "__main__":
    main()
