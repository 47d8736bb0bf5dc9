"""Passwords that must be changed, and a database that itself refuses to change or lose what the audit log says."""

from typing import Any

from django.db import migrations, models

POSTGRESQL = """
CREATE FUNCTION departments_auditevent_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < clock_timestamp() - interval '183 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'An audit event is never changed, and kept for 183 days.';
END $$;
CREATE TRIGGER departments_auditevent_kept BEFORE UPDATE OR DELETE ON departments_auditevent
    FOR EACH ROW EXECUTE FUNCTION departments_auditevent_kept();
"""

# DELETE stays possible on SQLite: emptying a table, as `flush` does, is the same there as deleting its rows.
SQLITE = """
CREATE TRIGGER departments_auditevent_kept BEFORE UPDATE ON departments_auditevent
BEGIN
    SELECT RAISE(ABORT, 'An audit event is never changed.');
END
"""

UNDO = {
    "postgresql": "DROP TRIGGER departments_auditevent_kept ON departments_auditevent;"
    " DROP FUNCTION departments_auditevent_kept();",
    "sqlite": "DROP TRIGGER departments_auditevent_kept",
}


def keep(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute({"postgresql": POSTGRESQL, "sqlite": SQLITE}[schema_editor.connection.vendor], params=None)


def let_go(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(UNDO[schema_editor.connection.vendor], params=None)


class Migration(migrations.Migration):
    dependencies = [("departments", "0001_initial")]

    operations = [
        migrations.AlterModelManagers(name="user", managers=[]),
        migrations.AddField(
            model_name="user",
            name="must_change_password",
            field=models.BooleanField(
                default=False,
                help_text="The password was set by somebody else; the person chooses an own one at the next log-in.",
                verbose_name="must change the password",
            ),
        ),
        migrations.RunPython(keep, let_go),
    ]
