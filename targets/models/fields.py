"""Numbers as they are derived: a number that is stored exactly, however long, and many numbers together."""

import json
from decimal import Decimal

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext_lazy as _


class ExactDecimalField(models.Field):
    """A decimal number of any length, for derived figures: `numeric` on PostgreSQL, text on SQLite, whose only
    numbers with a fraction are binary floats. Not for sorting or arithmetic in SQL.
    """

    description = _("an exact decimal number")

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "numeric" if connection.vendor == "postgresql" else "text"

    def from_db_value(
        self, value: Decimal | str | None, expression: object, connection: BaseDatabaseWrapper
    ) -> Decimal | None:
        return value if value is None or isinstance(value, Decimal) else Decimal(value)

    def to_python(self, value: object) -> Decimal | None:
        return value if value is None or isinstance(value, Decimal) else Decimal(str(value))

    def get_db_prep_value(
        self, value: Decimal | None, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Decimal | str | None:
        if value is None or connection.vendor == "postgresql":
            return value
        return format(value, "f")


class NumbersField(models.Field):
    """Whole numbers, kept as the text of a JSON list. They are written by the hundred thousand and never searched, so
    the database need not take the text apart, which took it a third of the time.
    """

    description = _("whole numbers")

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "text"

    def from_db_value(self, value: str, expression: object, connection: BaseDatabaseWrapper) -> list[int]:
        numbers: list[int] = json.loads(value)
        return numbers

    def get_prep_value(self, value: object) -> str:
        return json.dumps(value)


class MonthSetField(models.Field):
    """A set of months as bits, in Python a whole number of any length: `numeric` on PostgreSQL, text on SQLite, for a
    plan may have more months than their whole numbers have bits. Not for arithmetic in SQL.
    """

    description = _("a set of months")

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "numeric" if connection.vendor == "postgresql" else "text"

    def from_db_value(self, value: Decimal | str, expression: object, connection: BaseDatabaseWrapper) -> int:
        return int(value)

    def get_db_prep_value(self, value: int, connection: BaseDatabaseWrapper, prepared: bool = False) -> int | str:
        return value if connection.vendor == "postgresql" else str(value)
