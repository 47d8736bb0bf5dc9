"""Questions for rows by number: a number that no column holds belongs to no row.

Django knows that where one number is asked for; where several are (`id__in`, as anybody may write into an address of
the administration), SQLite's driver cannot even take it.
"""

from typing import TYPE_CHECKING

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import ForeignKey, IntegerField
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    Base = In
else:
    Base = object  # a mixin: the lookup of Django comes beside it


class _WithinRange(Base):
    """Leaves out the numbers that are beyond the column."""

    def process_rhs(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str | int, ...]]:
        """As Django's, of the numbers that the column can hold."""
        field = self.lhs.output_field
        field = getattr(field, "target_field", field)
        if self.rhs_is_direct_value() and isinstance(field, IntegerField):
            smallest, largest = connection.ops.integer_field_range(field.get_internal_type())
            self.rhs = [number for number in self.rhs if not isinstance(number, int) or smallest <= number <= largest]
        return super().process_rhs(compiler, connection)


class IntegerIn(_WithinRange, In):
    """The lookup for one of several numbers."""


class ForeignKeyIn(_WithinRange, RelatedIn):
    """The lookup for a row that belongs to one of several rows."""


def register_integer_lookups() -> None:
    """Registers these lookups for the whole numbers and references of every model."""
    IntegerField.register_lookup(IntegerIn)
    ForeignKey.register_lookup(ForeignKeyIn)
