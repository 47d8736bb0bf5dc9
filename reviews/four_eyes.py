"""Triggers by which the database itself keeps authors from deciding about what they have typed.

A constraint compares the columns of one row; the authors of an entry stand in rows of their own, so triggers look. Each
app names its rules when it starts, those of its entries from `rules_of`; the triggers are made after every `migrate`
(`departments.database.triggers`). That authors stay as they were added is kept with everything else that only grows
(`departments.database.append_only`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from departments.database.triggers import Family, Trigger

APPROVED = "Nobody approves what they have typed."
FIXED = "The authors of an entry are those who typed it before it was handed in."


@dataclass(frozen=True, slots=True)
class FourEyesRule:
    """What the database refuses: when `event` happens to a row of `table` for which `when` holds, and `wrong` does."""

    name: str
    table: str
    event: str
    when: str
    wrong: str
    message: str

    def trigger(self, vendor: str) -> Trigger:
        """What makes it; NEW and OLD are the row after and before."""
        statements = self._on_postgresql() if vendor == "postgresql" else self._on_sqlite()
        return Trigger(self.table, self.name, list(statements))

    def _on_postgresql(self) -> Iterator[str]:
        yield (
            f"CREATE OR REPLACE FUNCTION @name() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {self.wrong} THEN "
            f"RAISE check_violation USING MESSAGE = '{self.message}'; END IF; "
            f"RETURN NEW; END $$"
        )
        yield (
            f"CREATE TRIGGER @name BEFORE {self.event} ON @table FOR EACH ROW "
            f"WHEN ({self.when}) EXECUTE FUNCTION @name()"
        )

    def _on_sqlite(self) -> Iterator[str]:
        yield (
            f"CREATE TRIGGER @name BEFORE {self.event} ON @table WHEN {self.when} AND {self.wrong} "
            f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
        )


_declared: dict[str, FourEyesRule] = {}


def declare_four_eyes_rules(*rules: FourEyesRule) -> None:
    """Each app names its own rules when it starts."""
    _declared.update({f"{rule.table} {rule.name}": rule for rule in rules})


def make_four_eyes_triggers(vendor: str) -> Iterator[Trigger]:
    """Those of every rule."""
    return (rule.trigger(vendor) for rule in _declared.values())


FAMILY = Family("four_eyes_", make_four_eyes_triggers)


def rules_of(entries: str, authors: str, decisions: str, column: str) -> list[FourEyesRule]:
    """The rules for the entries of an app: no approval by an author, and no author added after the hand-in."""

    def typed(entry: str, person: str) -> str:
        return (
            f"(EXISTS (SELECT 1 FROM {entries} e WHERE e.id = {entry} AND e.author_id = {person}) OR "
            f"EXISTS (SELECT 1 FROM {authors} a WHERE a.{column} = {entry} AND a.user_id = {person}))"
        )

    unapproved = f"EXISTS (SELECT 1 FROM {entries} e WHERE e.id = NEW.{column} AND e.official_at IS NULL)"
    handed_in = f"EXISTS (SELECT 1 FROM {decisions} d WHERE d.{column} = NEW.{column})"
    late = f"(NOT {unapproved} OR {handed_in})"
    approving = "NEW.verb = 'approve'"
    return [
        FourEyesRule(
            "not_approved_by_authors",
            entries,
            "UPDATE OF approved_by_id",
            "NEW.approved_by_id IS NOT NULL",
            typed("NEW.id", "NEW.approved_by_id"),
            APPROVED,
        ),
        *(
            FourEyesRule(name, decisions, event, approving, typed(f"NEW.{column}", "NEW.by_id"), APPROVED)
            for name, event in (("not_by_authors", "INSERT"), ("never_by_authors", "UPDATE"))
        ),
        FourEyesRule("authors_in_time", authors, "INSERT", f"NEW.{column} IS NOT NULL", late, FIXED),
    ]
