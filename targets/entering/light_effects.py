"""What entries would do to lights: each light now, and as it would be if the entries were official.

The lights come from `attainments_if`; nothing is judged here. The queue of reviews and the preview of an import show
this comparison.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from departments.models import Region, User
from plans.periods import Month
from targets.entry_rules.figures import Entry
from targets.judging.recompute import attainments_if
from targets.models import Attainment, Target
from targets.reading.selectors import would_be_seen
from targets.wording.explanation import attainment_texts_of
from targets.wording.lights import Light, light_of_attainment


@dataclass(frozen=True, slots=True)
class LightEffect:
    """A target's light in a region now, and as it would be if all entries of the group were official."""

    target: Target
    region: Region
    now: Light | None
    then: Light
    actual_now: str
    actual_then: str

    @property
    def differs(self) -> bool:
        """Whether the entries would change the light."""
        return self.now is None or (self.now.colour, self.now.shape) != (self.then.colour, self.then.shape)


def effects_of_entries(entries: Sequence[Entry], user: User) -> list[LightEffect]:
    """The lights that entries decide together and the person sees, as of the latest of their months, in the plan's
    order."""
    would = would_be_seen(user, attainments_if(entries)) if entries else []
    return sorted(
        effects_of_attainments(would),
        key=lambda effect: (effect.target.order, effect.target.code, effect.region.code),
    )


def effects_of_attainments(would: Sequence[Attainment]) -> list[LightEffect]:
    """Each attainment that would be stored, with its target, beside the attainment that is stored now; two queries."""
    regions = Region.objects.in_bulk({attainment.region_id for attainment in would})
    now = _stored_attainments(would)
    return [_effect(then, now.get(_key(then)), regions[then.region_id]) for then in would]


def _stored_attainments(would: Sequence[Attainment]) -> dict[tuple[int, int, Month], Attainment]:
    found = Attainment.objects.filter(
        target_id__in={attainment.target_id for attainment in would},
        region_id__in={attainment.region_id for attainment in would},
        month__in={attainment.month for attainment in would},
    )
    return {_key(attainment): attainment for attainment in found}


def _key(attainment: Attainment) -> tuple[int, int, Month]:
    return attainment.target_id, attainment.region_id, attainment.month


def _effect(then: Attainment, now: Attainment | None, region: Region) -> LightEffect:
    target = then.target
    if now is not None:
        now.target = target
    return LightEffect(
        target,
        region,
        light_of_attainment(now) if now is not None else None,
        light_of_attainment(then),
        attainment_texts_of(now).actual if now is not None else "",
        attainment_texts_of(then).actual,
    )
