"""The database: reachable by both roles, each with its rights, new enough, and with the same idea of time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import ConnectionHandler

from departments.database import roles
from qualityplan.installation.findings import Finding, holds, look, mend
from qualityplan.settings import database

SECONDS_APART = 5.0
"""How far the clocks of service and database may be apart."""


@contextmanager
def connected(address: str) -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own to the database at this address."""
    handler = ConnectionHandler({"default": database(address)})
    try:
        yield handler["default"]
    finally:
        handler.close_all()


def ask(link: BaseDatabaseWrapper, question: str) -> str:
    """The one value that is answered, as a text."""
    with link.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])


def check_database() -> Finding:
    """The service reaches its database."""
    try:
        with connected(settings.DATABASE_URL) as link:
            ask(link, "SELECT 1")
    except DatabaseError as error:
        return mend(
            f"服务无法连接数据库，请检查 DATABASE_URL 和 pg_hba.conf：{str(error).strip()}",
            f"The service does not reach the database; look at DATABASE_URL and pg_hba.conf: {str(error).strip()}",
        )
    return holds("服务可以连接数据库", "The service reaches the database")


def check_version() -> Finding:
    """PostgreSQL, of a version that Django knows."""
    if connection.vendor != "postgresql":
        return look(
            "使用 SQLite，只适合试用；正式运行请用 PostgreSQL（DATABASE_URL）",
            "SQLite is for trying; run the service on PostgreSQL (DATABASE_URL)",
        )
    with connected(settings.DATABASE_URL) as link:
        number, least = int(ask(link, "SHOW server_version_num")) // 10_000, link.features.minimum_database_version
    if least and number < least[0]:
        return mend(
            f"PostgreSQL {number} 过旧，需 {least[0]} 以上", f"PostgreSQL {number} is too old; {least[0]} is needed"
        )
    return holds(f"PostgreSQL {number}", f"PostgreSQL {number}")


def check_roles() -> Finding:
    """The service cannot drop what keeps the history."""
    if connection.vendor != "postgresql":
        return look("SQLite 没有角色之分", "SQLite has no roles")
    if roles.owns_tables(settings.SERVICE_ROLE):
        return mend(
            f"服务角色 {settings.SERVICE_ROLE} 拥有数据表，可删除保护历史的触发器；请分设两个角色（deploy/README.md）",
            f"The role {settings.SERVICE_ROLE} of the service owns the tables and could drop the triggers that "
            "keep the history; make two roles (deploy/README.md)",
        )
    return holds("服务使用低权限角色", "The service has the lesser role")


def check_owner() -> Finding:
    """Whoever migrates is named, and reaches the database."""
    address = settings.MIGRATION_DATABASE_URL
    if not address:
        return look(
            "本次未提供 MIGRATION_DATABASE_URL；升级数据库结构的命令须以 root 执行",
            "MIGRATION_DATABASE_URL is not given now; commands that migrate are to be run as root",
        )
    try:
        with connected(address) as link:
            ask(link, "SELECT 1")
    except DatabaseError as error:
        return mend(
            f"表所有者无法连接数据库，请检查 MIGRATION_DATABASE_URL：{str(error).strip()}",
            f"The owner does not reach the database; look at MIGRATION_DATABASE_URL: {str(error).strip()}",
        )
    return holds("表所有者可以连接数据库", "The owner reaches the database")


def check_migrations() -> Finding:
    """The tables are those of this release."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return mend(
            f"有 {len(missing)} 项数据库结构升级未执行；请执行 systemctl restart plan-monitor-migrate",
            f"{len(missing)} migrations are missing; run systemctl restart plan-monitor-migrate",
        )
    return holds("数据库结构已是最新", "The tables are those of this release")


def check_encoding() -> Finding:
    """Chinese can be stored."""
    if connection.vendor != "postgresql":
        return holds("SQLite 使用 UTF-8", "SQLite stores UTF-8")
    encoding = ask(connection, "SHOW server_encoding")
    if encoding != "UTF8":
        return mend(
            f"数据库编码为 {encoding}，须为 UTF8；请用 ENCODING 'UTF8' 重建数据库",
            f"The database is encoded in {encoding}; make it anew with ENCODING 'UTF8'",
        )
    return holds("数据库编码为 UTF-8", "The database is encoded in UTF-8")


def check_zone_of_database() -> Finding:
    """Moments are stored with their time zone, whichever the server has been given."""
    if connection.vendor != "postgresql":
        return holds("SQLite 按 UTC 存储时间", "SQLite stores moments in UTC")
    if (zone := ask(connection, "SHOW TimeZone")) != "UTC":
        return mend(
            f"数据库连接的时区为 {zone}，应为 UTC；请检查连接池或角色的 TimeZone 设置",
            f"The connection's time zone is {zone} and not UTC; look at the pooler, or at the role's TimeZone",
        )
    return holds("数据库连接按 UTC 传递时间", "Moments travel to the database in UTC")


def seconds_apart() -> float:
    """How far this machine's clock is ahead of the database's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        return datetime.now(UTC).timestamp() - float(cursor.fetchone()[0])


def check_clock() -> Finding:
    """Deadlines and the order of entries are the same for service and database."""
    if connection.vendor != "postgresql":
        return holds("数据库使用本机时钟", "The database has this machine's clock")
    apart = seconds_apart()
    if abs(apart) > SECONDS_APART:
        return mend(
            f"本机与数据库时钟相差 {apart:.0f} 秒；请用 chrony 对时",
            f"The clocks of this machine and of the database are {apart:.0f} seconds apart; set them with chrony",
        )
    return holds(f"本机与数据库时钟相差 {apart:.1f} 秒", f"The clocks are {apart:.1f} seconds apart")
