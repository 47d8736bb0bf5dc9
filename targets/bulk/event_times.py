"""When what is done to a figure happens: after all that has happened to it, whatever the clock says.

What was official when is told by moments. A clock that was set back would let two revisions of one figure be official
at once, or one be over before it began. So each act comes at least a microsecond after the last one on its figure, and
after its month was last closed or reopened; the end of a revision is the beginning of the next.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

from plans.periods import Month
from targets.bulk.copy_rows import SqlValue
from targets.models import Decision, MonthLock, Observation, Revision

NEXT = timedelta(microseconds=1)
OBSERVATIONS, REVISIONS, DECISIONS, LOCKS = (
    model._meta.db_table for model in (Observation, Revision, Decision, MonthLock)
)


@dataclass(frozen=True, slots=True)
class Moments:
    """The moment of an act for each observation: that of the clock, or by its id the one that is `later`."""

    usual: datetime
    later: Mapping[int, datetime]

    def of(self, observation_id: int) -> datetime:
        """When the act happens to one of them."""
        return self.later.get(observation_id, self.usual)


def moments_of(observation_ids: Collection[int]) -> Moments:
    """The moments of something that is done now to these observations, which are locked; one query."""
    usual = timezone.now()
    if not observation_ids:
        return Moments(usual, {})
    ids = ",".join(str(int(observation_id)) for observation_id in observation_ids)
    return Moments(usual, later_than(usual, f"SELECT id, month FROM {OBSERVATIONS} WHERE id IN ({ids})"))


def moment_of_month(month: Month) -> datetime:
    """When something is done now to all figures of a month, of which nobody writes any meanwhile: one query."""
    usual = timezone.now()
    later = later_than(usual, f"SELECT id, month FROM {OBSERVATIONS} WHERE month = %s", [month.key])
    return max([usual, *later.values()])


def moment_after(moments: Iterable[datetime]) -> datetime:
    """Now, or just after the last of these moments if the clock has not come so far."""
    return max([timezone.now(), *(moment + NEXT for moment in moments)])


def later_than(usual: datetime, known: str, parameters: Sequence[SqlValue] = ()) -> dict[int, datetime]:
    """The next moment of those observations to which something has happened at `usual` or later; none as long as the
    clock runs on. `known` is a query of their ids and months."""
    at = connection.ops.adapt_datetimefield_value(usual)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH known(id, month) AS ({known}) {_LATEST}", [*parameters, *[at] * _LATEST.count("%s")])
        return {row[0]: max(map(moment_from_database, filter(None, row[1:]))) + NEXT for row in cursor.fetchall()}


_LATEST = (
    "SELECT happened.id, max(happened.first), max(happened.last) FROM ("
    f"SELECT k.id, r.official_at AS first, r.ended_at AS last FROM known k JOIN {REVISIONS} r "
    "ON r.observation_id = k.id WHERE r.official_at >= %s OR r.ended_at >= %s UNION ALL "
    f"SELECT k.id, d.at, NULL FROM known k JOIN {REVISIONS} r ON r.observation_id = k.id "
    f"JOIN {DECISIONS} d ON d.revision_id = r.id WHERE d.at >= %s UNION ALL "
    f"SELECT k.id, l.locked_at, l.reopened_at FROM known k JOIN {LOCKS} l ON l.month = k.month "
    "WHERE l.locked_at >= %s OR l.reopened_at >= %s) happened GROUP BY happened.id"
)


def moment_from_database(value: datetime | str) -> datetime:
    """SQLite gives back text, in UTC."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def histories_out_of_order() -> list[tuple[int, int, Month]]:
    """The figures (indicator, region, month) whose history runs backwards: revisions that ended before they were
    official, two that were official at once, steps of an entry that came before the one before."""
    with connection.cursor() as cursor:
        cursor.execute(_OUT_OF_ORDER)
        return [(indicator, region, Month.from_key(month)) for indicator, region, month in cursor.fetchall()]


_OUT_OF_ORDER = (
    "WITH official AS (SELECT observation_id, official_at, ended_at, "
    "lead(official_at) OVER (PARTITION BY observation_id ORDER BY official_at, id) AS next_at "
    f"FROM {REVISIONS} WHERE official_at IS NOT NULL), "
    "steps AS (SELECT revision_id, at, lag(at) OVER (PARTITION BY revision_id ORDER BY id) AS before_at "
    f"FROM {DECISIONS}) "
    f"SELECT o.indicator_id, o.region_id, o.month FROM {OBSERVATIONS} o WHERE o.id IN ("
    "SELECT observation_id FROM official WHERE ended_at <= official_at OR next_at < coalesce(ended_at, next_at) "
    "OR next_at <= official_at OR (next_at IS NOT NULL AND ended_at IS NULL) UNION "
    f"SELECT r.observation_id FROM steps s JOIN {REVISIONS} r ON r.id = s.revision_id WHERE s.at <= s.before_at) "
    "ORDER BY 1, 2, 3"
)
