"""What people have done about figures that are due: typed, attached, handed in, returned, closed the month.

A worksheet shows this work and what its plan says. Pages are kept under the version of the plan
(`plans.page_cache.plan_context`) and under the work, so the work is read once, as plain tuples, and the page is made
from the same values under which it is kept (`plans.page_cache.cached_pages`).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from plans.periods import Month
from reviews.workflow import ReviewState, ReviewVerb
from targets.entering.entry_grid import TEXTS, HandedInEntry
from targets.models import Attachment, Decision, Draft, MonthLock, Revision

_DRAFT = tuple(column.attname for column in Draft._meta.concrete_fields if column.name != "typists")
_TYPED_FOR = _DRAFT.index("indicator_id")
_ATTACHMENT = tuple(column.attname for column in Attachment._meta.concrete_fields)
_HANDED_IN = ("pk", "author__display_name", "author__username", "state", "created_at", *TEXTS)


Values = tuple[Any, ...]  # the stubs give no types for columns that are named by a list
"""The columns of a row, in the order of the names above."""


class Work(NamedTuple):
    """The work on the figures of some indicators in one region and month.

    `closed` maps an indicator to the title of a plan that asks for its figure and has closed the month. `handed_in`
    holds the latest entry of each figure; `reasons` says why an entry was returned, by the entry's id. The rows of
    `attached` and `handed_in` begin with the indicator's id.
    """

    indicators: Sequence[int]
    region_id: int
    month: Month
    closed: Mapping[int, str]
    typed: Sequence[Values]
    attached: Sequence[Values]
    handed_in: Sequence[Values]
    reasons: Mapping[int, str]

    @property
    def locked(self) -> bool:
        """Whether none of the figures may change any more."""
        return bool(self.closed) and len(self.closed) == len(self.indicators)

    def by_indicator(self) -> dict[int, tuple[object, ...]]:
        """All values about each figure, by its indicator."""
        found: dict[int, list[object]] = {
            indicator_id: [self.closed.get(indicator_id)] for indicator_id in self.indicators
        }
        for draft in self.typed:
            found[draft[_TYPED_FOR]].append(draft)
        for about in (*self.attached, *self.handed_in):
            found[about[0]].append(about)
        for latest in self.handed_in:
            found[latest[0]].append(self.reasons.get(latest[1]))
        return {indicator_id: tuple(values) for indicator_id, values in found.items()}

    def only(self, indicators: Collection[int]) -> "Work":
        """The same about some of the figures."""
        return self._replace(
            indicators=[indicator_id for indicator_id in self.indicators if indicator_id in indicators],
            closed={indicator_id: title for indicator_id, title in self.closed.items() if indicator_id in indicators},
            typed=[draft for draft in self.typed if draft[_TYPED_FOR] in indicators],
            attached=[attachment for attachment in self.attached if attachment[0] in indicators],
            handed_in=[entry for entry in self.handed_in if entry[0] in indicators],
        )

    def drafts(self) -> dict[int, Draft]:
        """What has been typed, by indicator."""
        drafts = [Draft.from_db(None, _DRAFT, values) for values in self.typed]
        return {draft.indicator_id: draft for draft in drafts}

    def attachments(self) -> dict[tuple[int, int | None], list[Attachment]]:
        """What lies beside the drafts (no revision) and beside each entry, by indicator."""
        beside: dict[tuple[int, int | None], list[Attachment]] = defaultdict(list)
        for indicator_id, *values in self.attached:
            attachment = Attachment.from_db(None, _ATTACHMENT, values)
            beside[indicator_id, attachment.revision_id].append(attachment)
        return beside

    def entries(self, attachments: Mapping[tuple[int, int | None], Sequence[Attachment]]) -> dict[int, HandedInEntry]:
        """The latest entry of each figure that was handed in, by indicator."""
        found = {}
        for key, pk, name, username, *entry in self.handed_in:
            found[key] = HandedInEntry(
                name or username, self.reasons.get(pk, ""), attachments.get((key, pk), ()), *entry
            )
        return found


def work_on(asked: Mapping[int, Collection[int]], titles: Mapping[int, str], region_id: int, month: Month) -> Work:
    """About the indicators that are asked for, each by which plans (their ids, of which `titles` has the titles). Read
    in four queries, five if anything was returned."""
    key = {"indicator__in": list(asked), "region": region_id, "month": month}
    of_key = {f"observation__{name}": value for name, value in key.items()}
    typed = Draft.objects.filter(**key).order_by("pk").values_list(*_DRAFT)
    attached = Attachment.objects.filter(**of_key).values_list("observation__indicator_id", *_ATTACHMENT)
    entries = Revision.objects.filter(**of_key).order_by("id")
    latest = {entry[0]: entry for entry in entries.values_list("observation__indicator_id", *_HANDED_IN)}
    reasons = _return_reasons([entry[1] for entry in latest.values() if entry[4] == ReviewState.RETURNED.value])
    closed = _closed(asked, titles, month)
    return Work(list(asked), region_id, month, closed, list(typed), list(attached), list(latest.values()), reasons)


def _closed(asked: Mapping[int, Collection[int]], titles: Mapping[int, str], month: Month) -> dict[int, str]:
    """Indicator → the title of the first plan that asks for it and has closed the month."""
    locks = MonthLock.objects.closing({month}).filter(plan__in=titles).select_related("plan").order_by()
    closed = {lock.plan_id for lock in locks if lock.closes(month)}
    first = {indicator: next((pk for pk in plans if pk in closed), None) for indicator, plans in asked.items()}
    return {indicator: titles[pk] for indicator, pk in first.items() if pk is not None}


def _return_reasons(revisions: Collection[int]) -> dict[int, str]:
    """Why each was returned; a query only if any was."""
    found = Decision.objects.filter(revision__in=revisions, verb=ReviewVerb.RETURN.value).order_by("-id")
    return dict(found.values_list("revision_id", "reason")) if revisions else {}
