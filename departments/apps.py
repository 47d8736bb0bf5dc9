"""Who: departments, regions, people and what they may do."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class DepartmentsConfig(AppConfig):
    name = "departments"
    verbose_name = _("Departments")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from departments.auditing import chain, chain_wording
        from departments.database import append_only, lookups, roles, triggers
        from departments.database.append_only import AppendOnly
        from departments.login import checks, signals  # noqa: F401 - register checks, connect the receivers
        from departments.models import AuditEvent, Link
        from departments.models.audit import KEPT
        from departments.notices import matters
        from departments.services import account_notices
        from pages import spreadsheets

        lookups.register_integer_lookups()
        spreadsheets.register_workbook_stamp(chain.printed)
        matters.register_wordings(account_notices.WORDINGS, account_notices.HEADINGS)
        matters.register_wordings(chain_wording.WORDINGS, chain_wording.HEADINGS)
        append_only.declare_append_only(
            AppendOnly(AuditEvent, moments=("at",), days=KEPT.days),
            AppendOnly(Link, changing=("let_go",), moments=("linked_at",)),
        )
        triggers.register_trigger_family(append_only.FAMILY)
        connection_created.connect(append_only.teach_sqlite_connection, dispatch_uid="history")
        pre_migrate.connect(triggers.remove_triggers_before_migrating, sender=self, dispatch_uid="triggers")
        post_migrate.connect(triggers.renew_triggers, sender=self, dispatch_uid="triggers")
        post_migrate.connect(roles.give_after_migrating, sender=self, dispatch_uid="roles")
