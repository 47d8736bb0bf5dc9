"""Questions for rows by number: a number that no column holds belongs to no row.

Django knows that where one number is asked for; where several are (`id__in`, as anybody may write into an address of
the administration), SQLite's driver cannot even take it.
"""

from typing import Any

from django.db.models import ForeignKey, IntegerField
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import In


class _WithinRange:
    """Leaves out the numbers that are beyond the column."""

    lhs: Any
    rhs: Any
    rhs_is_direct_value: Any

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        """As Django's, of the numbers that the column can hold."""
        field = self.lhs.output_field
        field = getattr(field, "target_field", field)
        if self.rhs_is_direct_value() and isinstance(field, IntegerField):
            smallest, largest = connection.ops.integer_field_range(field.get_internal_type())
            self.rhs = [one for one in self.rhs if not isinstance(one, int) or smallest <= one <= largest]
        return super().process_rhs(compiler, connection)  # type: ignore[misc]  # a mixin of lookups


class IntegerIn(_WithinRange, In):
    """One of several numbers."""


class ForeignKeyIn(_WithinRange, RelatedIn):
    """Belongs to one of several rows."""


def register_integer_lookups() -> None:
    """From now on every model is asked so."""
    IntegerField.register_lookup(IntegerIn)
    ForeignKey.register_lookup(ForeignKeyIn)
