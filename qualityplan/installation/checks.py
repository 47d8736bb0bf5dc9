"""All checks, in the order in which they are told."""

from qualityplan.installation import databases, keys, machine, services
from qualityplan.installation.findings import Check, Finding, find

CHECKS: tuple[Check, ...] = (
    keys.check_user,
    keys.check_secret_key,
    keys.check_place_of_secret_key,
    keys.check_audit_key,
    keys.check_debug,
    keys.check_demo,
    keys.check_https,
    keys.check_names,
    keys.check_time_zone,
    databases.check_database,
    databases.check_version,
    databases.check_owner,
    databases.check_roles,
    databases.check_encoding,
    databases.check_zone_of_database,
    databases.check_migrations,
    databases.check_clock,
    services.check_broker,
    services.check_guard_of_broker,
    services.check_mail,
    machine.check_room,
    machine.check_folders,
    machine.check_static,
    machine.check_translations,
    machine.check_pdf,
)


def check_all() -> list[Finding]:
    """What each finds."""
    return [find(check) for check in CHECKS]
