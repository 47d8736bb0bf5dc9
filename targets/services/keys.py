"""Which figure is meant before it has an entry, and who may enter it."""

from collections.abc import Collection

from departments import access
from departments.models import User
from departments.permissions import Action
from targets.entry_rules.figures import Key
from targets.models import Indicator


def demand_entering(keys: Collection[Key], by: User) -> None:
    """PermissionDenied unless the person may enter figures for each indicator or region."""
    reached = access.demand(by, Action.ENTER_OBSERVATIONS)
    rows = Indicator.objects.filter(pk__in={key[0] for key in keys})
    reporting = {pk: unit for pk, *unit in rows.values_list("pk", "department_id", "department__region_id")}
    for indicator_id, region_id, _month in keys:
        department_id, seat_id = reporting.get(indicator_id, (None, None))
        if not reached.covers(department_id=department_id, region_id=region_id, seat_id=seat_id):
            raise access.refusal()
