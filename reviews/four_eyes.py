"""Triggers by which the database itself keeps authors from deciding about what they have typed.

A constraint compares the columns of one row; the authors of an entry stand in rows of their own, so triggers look. They
are made by the migrations that make the tables, from `rules_of` the entries of an app. That authors stay as they were
added is kept with everything else that only grows (`departments.append_only`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

APPROVED = "Nobody approves what they have typed."
FIXED = "The authors of an entry are those who typed it before it was handed in."


@dataclass(frozen=True, slots=True)
class Rule:
    """What the database refuses: when `event` happens to a row of `table` for which `when` holds, and `wrong` does."""

    name: str
    table: str
    event: str
    when: str
    wrong: str
    message: str

    def created(self, vendor: str) -> Iterator[str]:
        """The statements that make it; NEW and OLD are the row after and before."""
        if vendor == "postgresql":
            yield (
                f"CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {self.wrong} THEN "
                f"RAISE check_violation USING MESSAGE = '{self.message}'; END IF; "
                f"RETURN NEW; END $$"
            )
            yield (
                f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} FOR EACH ROW "
                f"WHEN ({self.when}) EXECUTE FUNCTION {self.name}()"
            )
        else:
            yield (
                f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} WHEN {self.when} AND {self.wrong} "
                f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
            )


def make(schema_editor: Any, rules: list[Rule]) -> None:
    """Makes the triggers of an app, in its migration."""
    vendor = schema_editor.connection.vendor
    for rule in rules:
        for statement in rule.created(vendor):
            schema_editor.execute(statement, params=None)


def rules_of(entries: str, authors: str, decisions: str, column: str) -> list[Rule]:
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
        Rule(
            f"{entries}_not_approved_by_authors",
            entries,
            "UPDATE OF approved_by_id",
            "NEW.approved_by_id IS NOT NULL",
            typed("NEW.id", "NEW.approved_by_id"),
            APPROVED,
        ),
        *(
            Rule(f"{decisions}_{name}", decisions, event, approving, typed(f"NEW.{column}", "NEW.by_id"), APPROVED)
            for name, event in (("not_by_authors", "INSERT"), ("never_by_authors", "UPDATE"))
        ),
        Rule(f"{authors}_in_time", authors, "INSERT", f"NEW.{column} IS NOT NULL", late, FIXED),
    ]
