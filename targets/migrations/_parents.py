"""PostgreSQL: the foreign keys of the tables that are written by the hundred thousand are kept once a statement.

PostgreSQL asks for the parent of every single row, which took two thirds of the time in which figures were written
(measured by benchmarks/imports.py). Here one trigger a statement asks once for each different parent, with the same
answer and the same error, at once and not at the end of the transaction.

A parent that goes is looked after from its side: whoever deletes one waits until nobody writes children, so that none
can be written in between. That is slow, and rare: none of these parents is ever deleted in daily work.

SQLite keeps its own foreign keys.
"""

PARENTS = {
    "targets_observation": {
        "indicator_id": "targets_indicator",
        "region_id": "departments_region",
        "official_id": "targets_revision",
    },
    "targets_revision": {
        "observation_id": "targets_observation",
        "source_id": "targets_source",
        "author_id": "departments_user",
        "approved_by_id": "departments_user",
    },
    "targets_decision": {"revision_id": "targets_revision", "by_id": "departments_user"},
    "targets_dirtykey": {"indicator_id": "targets_indicator", "region_id": "departments_region"},
}
"""Table → its foreign keys, and the tables that they point to"""

DROP_FOREIGN_KEYS = """
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = '{child}'::regclass LOOP
        EXECUTE format('ALTER TABLE {child} DROP CONSTRAINT %I', one.conname);
    END LOOP;
END $$
"""

# One row is looked up by the index, so are many: a plan that was made for many must not read a whole table for one.
CHECK_PARENTS = """
CREATE FUNCTION {child}_parents() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    {checks}
    RETURN NULL;
END $$;
CREATE TRIGGER {child}_parents_of_inserted AFTER INSERT ON {child} REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION {child}_parents();
CREATE TRIGGER {child}_parents_of_updated AFTER UPDATE ON {child} REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION {child}_parents();
"""

OF_THEIR_OWN = ("official_id", "observation_id", "revision_id")
"""Foreign keys of which nearly every row has another: to look for the different ones takes longer than it saves."""

CHECK_PARENT = """
    IF EXISTS (
        SELECT FROM (SELECT {distinct} {column} AS id FROM arrived) a
        WHERE a.id IS NOT NULL AND NOT EXISTS (SELECT FROM {parent} p WHERE p.id = a.id)
    ) THEN
        RAISE foreign_key_violation USING MESSAGE = '{child}.{column} points to no row of {parent}';
    END IF;
"""

# As the owner of the tables: the role of the service may not lock those whose rows it may not delete.
KEEP_PARENTS = """
CREATE FUNCTION {parent}_children() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM gone) THEN
        RETURN NULL;
    END IF;
    LOCK TABLE {children} IN SHARE ROW EXCLUSIVE MODE;
    {checks}
    RETURN NULL;
END $$;
CREATE TRIGGER {parent}_children_of_deleted AFTER DELETE ON {parent} REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION {parent}_children();

CREATE FUNCTION {parent}_children_of_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {checks_of_all}
    RETURN NULL;
END $$;
CREATE TRIGGER {parent}_children_of_truncated AFTER TRUNCATE ON {parent}
    FOR EACH STATEMENT EXECUTE FUNCTION {parent}_children_of_all();

CREATE FUNCTION {parent}_id_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE foreign_key_violation USING MESSAGE = 'the id of a row of {parent} never changes';
END $$;
CREATE TRIGGER {parent}_id_kept AFTER UPDATE OF id ON {parent}
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION {parent}_id_kept();
"""

KEEP_PARENT = """
    IF EXISTS (SELECT FROM {source}) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a row of {child} still points to {parent} ({column})';
    END IF;
"""


def pointing_at(parent):
    """The tables and columns that point to a table."""
    return [(child, column) for child, keys in PARENTS.items() for column, one in keys.items() if one == parent]


def check_parents(child):
    """The triggers that look for the parents of what is written."""
    checks = [
        CHECK_PARENT.format(
            child=child, column=column, parent=one, distinct="" if column in OF_THEIR_OWN else "DISTINCT"
        )
        for column, one in PARENTS[child].items()
    ]
    return CHECK_PARENTS.format(child=child, checks="".join(checks))


def keep_parents(parent):
    """The triggers that refuse to lose a parent."""
    pairs = pointing_at(parent)

    def checks(source):
        return "".join(
            KEEP_PARENT.format(
                source=source.format(child=child, column=column), child=child, parent=parent, column=column
            )
            for child, column in pairs
        )

    return KEEP_PARENTS.format(
        parent=parent,
        children=", ".join(sorted({child for child, _column in pairs})),
        checks=checks("gone g JOIN {child} c ON c.{column} = g.id"),
        checks_of_all=checks("{child} c WHERE c.{column} IS NOT NULL"),
    )


def keep_by_statement(apps, schema_editor):
    """Takes effect when the migration ends: Django makes the foreign keys of new tables only then."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for child in PARENTS:
        schema_editor.deferred_sql += [DROP_FOREIGN_KEYS.format(child=child), check_parents(child)]
    parents = sorted({one for keys in PARENTS.values() for one in keys.values()})
    schema_editor.deferred_sql += [keep_parents(parent) for parent in parents]
