"""What `manage.py check` says of the settings by which people log in: what is missing, and what is not safe."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from departments.credentials import ways

WANTED_ADMINISTRATORS = 2
"""How many people must be able to come in when the city's log-in is away."""


@register(Tags.security)
def check_log_in_settings(**_options: object) -> list[CheckMessage]:
    """Half of a way in is none: nobody is led there, and this says what is missing."""
    told = (*_problems_of_service(), *_problems_of_directory(), *_problems_of_own_passwords())
    return [Error(sentence, id="departments.E001") for sentence in told]


@register(Tags.security, deploy=True)
def check_log_in_is_encrypted(**_options: object) -> list[CheckMessage]:
    """Passwords and answers can be read by nobody on the way."""
    told = []
    if settings.OIDC_SERVER.startswith("http:"):
        told.append("OIDC_SERVER is not encrypted: use https://. / OIDC_SERVER 未加密，请使用 https://。")
    if settings.LDAP_URL.startswith("ldap:") and not settings.LDAP_START_TLS:
        told.append(
            "LDAP_URL is not encrypted, and passwords can be read on the way: use ldaps:// or LDAP_START_TLS=1. / "
            "LDAP_URL 未加密，密码在途中可被读取，请使用 ldaps:// 或 LDAP_START_TLS=1。"
        )
    return [Warning(sentence, id="departments.W001") for sentence in told]


@register(Tags.database)
def check_somebody_can_come_in_emergency(
    *, databases: Collection[str] | None = None, **_options: object
) -> list[CheckMessage]:
    """Where own passwords open nothing else, two administrators have a second factor for the emergency."""
    if not databases or not ways.single_log_in_is_required() or _ready_for_emergency() >= WANTED_ADMINISTRATORS:
        return []
    told = (
        "LOCAL_LOGIN=0: fewer than two administrators have a second factor for emergencies. Let two of them log in at "
        "/accounts/login/emergency/ and set it up. / LOCAL_LOGIN=0：已启用双重验证、可应急登录的管理员不足两名。"
        "请两名管理员在 /accounts/login/emergency/ 登录并启用双重验证。"
    )
    return [Warning(told, id="departments.W002")]


def _ready_for_emergency() -> int:
    # Models are not loaded yet when the checks are registered.
    from allauth.mfa.models import Authenticator

    from departments.models import Membership
    from departments.permissions import Role

    factors = Authenticator.objects.filter(type=Authenticator.Type.TOTP)
    held = Membership.objects.filter(role=Role.ADMINISTRATOR.value, user__is_active=True)
    return held.filter(user__in=factors.values("user")).values("user").distinct().count()


def _problems_of_service() -> Iterator[str]:
    yield from _half(ways.SERVICE_NEEDS)
    yield from _not_an_address("OIDC_SERVER", "https", "http")
    yield from _no_file("OIDC_CA_FILE")


def _problems_of_directory() -> Iterator[str]:
    yield from _half(ways.DIRECTORY_NEEDS, ("LDAP_BIND_DN", "LDAP_BIND_PASSWORD", "LDAP_CA_FILE"))
    yield from _half(("LDAP_BIND_DN", "LDAP_BIND_PASSWORD"))
    yield from _not_an_address("LDAP_URL", "ldaps", "ldap")
    yield from _no_file("LDAP_CA_FILE")
    if settings.LDAP_URL and not ways.directory_can_be_asked():
        yield (
            "LDAP_URL: what speaks LDAP is not installed. Run make ldap (Debian: gcc python3-dev libldap-dev "
            "libsasl2-dev). / 已设置 LDAP_URL，但未安装 LDAP 组件，请运行 make ldap。"
        )
    if settings.LDAP_START_TLS and settings.LDAP_URL.startswith("ldaps:"):
        yield "LDAP_START_TLS belongs to ldap://, ldaps:// needs it not. / LDAP_START_TLS 只用于 ldap://。"
    if not _is_filter(settings.LDAP_FILTER):
        yield (
            "LDAP_FILTER must be one filter in brackets, like (objectClass=person). / "
            "LDAP_FILTER 须是一个带括号的过滤条件，如 (objectClass=person)。"
        )
    if not settings.LDAP_STAFF_NUMBER.replace("-", "").isalnum():
        yield "LDAP_STAFF_NUMBER must name an attribute, like uid. / LDAP_STAFF_NUMBER 须是属性名，如 uid。"


def _problems_of_own_passwords() -> Iterator[str]:
    if not settings.LOCAL_LOGIN and not ways.service_is_set() and not ways.directory_is_set():
        yield (
            "LOCAL_LOGIN=0: there is no other way in, so own passwords still count. Set OIDC_… or LDAP_…, see "
            "docs/login.md. / LOCAL_LOGIN=0，但没有其他登录方式，本系统密码仍然有效。请设置 OIDC_… 或 LDAP_…。"
        )


def _half(needs: Iterable[str], others: Iterable[str] = ()) -> Iterator[str]:
    """Where some are given, but not all that are needed."""
    given = [name for name in (*needs, *others) if getattr(settings, name)]
    missing = [name for name in needs if not getattr(settings, name)]
    if given and missing:
        named, lacking = ", ".join(given), ", ".join(missing)
        yield f"{named} needs {lacking} as well. / 已设置 {named}，还须设置 {lacking}。"


def _not_an_address(name: str, *schemes: str) -> Iterator[str]:
    address = getattr(settings, name)
    place = urlsplit(address)
    if address and (place.scheme not in schemes or not place.hostname):
        yield f"{name} must be like {schemes[0]}://host. / {name} 须形如 {schemes[0]}://主机。"


def _no_file(name: str) -> Iterator[str]:
    path = getattr(settings, name)
    if path and not Path(path).is_file():
        yield f"{name}: there is no file {path}. / {name}：文件 {path} 不存在。"


def _is_filter(text: str) -> bool:
    """Whether the brackets close where the text ends, and not before."""
    depth = 0
    for number, sign in enumerate(text, start=1):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth <= 0 and number < len(text):
            return False
    return text.startswith("(") and depth == 0
