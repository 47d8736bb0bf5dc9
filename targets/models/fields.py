"""A number that is stored exactly, however long."""

from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class ExactDecimalField(models.Field):
    """A decimal number of any length, for derived figures: `numeric` on PostgreSQL, text on SQLite, whose only
    numbers with a fraction are binary floats. Not for sorting or arithmetic in SQL.
    """

    description = _("an exact decimal number")

    def db_type(self, connection: Any) -> str:
        return "numeric" if connection.vendor == "postgresql" else "text"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        return value if value is None or isinstance(value, Decimal) else Decimal(value)

    def to_python(self, value: Any) -> Decimal | None:
        return value if value is None or isinstance(value, Decimal) else Decimal(str(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None or connection.vendor == "postgresql":
            return value
        return format(value, "f")
