"""The settings that make the service safe: its keys, its names, and what is for trying alone."""

import os
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from qualityplan.installation.findings import Finding, holds, look, mend

LEAST_LENGTH, LEAST_SIGNS = 50, 5
"""Those of Django: a shorter key, or one of fewer different signs, can be guessed."""


def check_secret_key() -> Finding:
    """The key is long enough to sign with."""
    key = settings.SECRET_KEY
    if len(key) < LEAST_LENGTH or len(set(key)) < LEAST_SIGNS:
        return mend(
            "SECRET_KEY 过短，可被猜出；请用 openssl rand -hex 32 重新生成",
            "SECRET_KEY is too short and can be guessed; make one with: openssl rand -hex 32",
        )
    return holds("SECRET_KEY 已设置", "SECRET_KEY is set")


def check_place_of_secret_key() -> Finding:
    """A copy of VAR_DIR must not hold the key that opens what else it holds."""
    path = settings.VAR_DIR / "env"
    kept = path.read_text(encoding="utf-8") if path.is_file() else ""
    if settings.SECRET_KEY in kept:
        return mend(
            f"SECRET_KEY 存放在 {path}，备份 VAR_DIR 会一并带走；请移到 /etc/plan-monitor/plan-monitor.env",
            f"SECRET_KEY lies in {path}, and goes along with a copy of VAR_DIR; "
            "move it to /etc/plan-monitor/plan-monitor.env",
        )
    return holds("SECRET_KEY 不在 VAR_DIR 内", "SECRET_KEY lies outside VAR_DIR")


def check_audit_key() -> Finding:
    """Seals have a key of their own, which stays when the other one is changed."""
    if settings.AUDIT_KEY == settings.SECRET_KEY:
        return look(
            "未单独设置 AUDIT_KEY，更换 SECRET_KEY 后以前的封印将无法核验；请在首次启动前设置并另存",
            "AUDIT_KEY is not set: seals cannot be checked once SECRET_KEY changes; set it before the first start, and "
            "keep a copy",
        )
    return holds("AUDIT_KEY 已单独设置", "AUDIT_KEY is set")


def check_debug() -> Finding:
    """No page shows the inside of the service."""
    if settings.DEBUG:
        return mend("DEBUG 已开启，出错页面会泄露内部信息；请设 DEBUG=0", "DEBUG is on; set DEBUG=0")
    return holds("DEBUG 已关闭", "DEBUG is off")


def check_demo() -> Finding:
    """No account has a password that many know."""
    if settings.DEMO:
        return mend("DEMO 已开启，存在演示账号；请设 DEMO=0", "DEMO is on, with accounts of its own; set DEMO=0")
    return holds("DEMO 已关闭", "DEMO is off")


def check_https() -> Finding:
    """Passwords do not go over the network as they are typed."""
    if not settings.HTTPS:
        return mend("HTTPS=0，口令以明文传输；请设 HTTPS=1", "HTTPS=0: passwords travel readable; set HTTPS=1")
    return holds("HTTPS 已开启", "HTTPS is on")


def check_names() -> Finding:
    """People reach the service by its own name, and by no other one."""
    names = set(settings.ALLOWED_HOSTS)
    if "*" in names:
        return mend(
            "ALLOWED_HOSTS 含 *，任何域名都被接受；请只写本系统域名", "ALLOWED_HOSTS takes any name; name yours"
        )
    if not names - {"localhost", "127.0.0.1", "[::1]"}:
        return mend(
            "ALLOWED_HOSTS 只有本机，用户无法访问；请写上域名", "ALLOWED_HOSTS names this machine alone; add yours"
        )
    wanted = {origin.partition("://")[2].partition(":")[0] for origin in settings.CSRF_TRUSTED_ORIGINS}
    if not wanted:
        return mend(
            "CSRF_TRUSTED_ORIGINS 未设置，邮件中的链接将指向本机；请设 https://域名",
            "CSRF_TRUSTED_ORIGINS is not set, and links in mails lead to this machine; set https://NAME",
        )
    return holds(f"域名：{', '.join(sorted(names))}", f"Names: {', '.join(sorted(names))}")


def check_time_zone() -> Finding:
    """Deadlines are days of this time zone."""
    try:
        ZoneInfo(settings.TIME_ZONE)
    except ZoneInfoNotFoundError:
        return mend(
            f"系统缺少时区 {settings.TIME_ZONE}；请安装 tzdata", f"No time zone {settings.TIME_ZONE}; install tzdata"
        )
    return holds(f"时区：{settings.TIME_ZONE}", f"Time zone: {settings.TIME_ZONE}")


def check_user() -> Finding:
    """Files that a command of root writes are closed to the service."""
    if os.geteuid() == 0:
        return look(
            "正以 root 执行；请用 deploy/plan-monitor install_check，以服务用户检查目录权限",
            "This runs as root; use deploy/plan-monitor install_check, which tries the folders as the service's user",
        )
    return holds("以普通用户执行", "This runs as a user without rights")
