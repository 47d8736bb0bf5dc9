"""A row that somebody edited, in the audit log: the changed fields as they were before and as they are after."""

from decimal import Decimal
from typing import Any

from django.db import models

from departments.models import AuditEvent, User
from departments.services.accounts import record


def record_row(before: models.Model | None, after: models.Model | None, *, by: User | None) -> AuditEvent | None:
    """Records that a row was added (no `before`), changed or deleted (no `after`); None where no field differs. Inside
    the transaction of the change, and before a deletion."""
    row = after if after is not None else before
    if row is None:
        return None
    told = _difference(before, after, row)
    if before is not None and after is not None and not told:
        return None
    action = "row.added" if before is None else "row.deleted" if after is None else "row.changed"
    return record(action, by=by, subject=row, name=str(row), **told)


def _difference(
    before: models.Model | None, after: models.Model | None, row: models.Model
) -> dict[str, dict[str, object]]:
    """The values of the fields that differ, before and after; of a new or deleted row the fields that hold anything."""
    fields = [field for field in row._meta.concrete_fields if not field.primary_key and _differs(before, after, field)]
    states = {"before": before, "after": after}
    return {
        when: {field.name: value_for_log(state, field) for field in fields}
        for when, state in states.items()
        if state is not None and fields
    }


def _differs(before: models.Model | None, after: models.Model | None, field: models.Field) -> bool:
    values = [getattr(state, field.attname) for state in (before, after) if state is not None]
    return values[0] != values[1] if len(values) == 2 else values[0] not in (None, "")


# Untyped: a Field, though whoever asks a model for a field by its name is told that it may be a relation from elsewhere
def value_for_log(row: models.Model, field: Any) -> object:
    """A value as JSON holds it: what is referred to by its name, a number without idle digits."""
    value = getattr(row, field.attname)
    if value is None or (isinstance(value, bool | int | list) and not field.is_relation):
        return value
    if field.is_relation:
        return str(getattr(row, field.name))
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
