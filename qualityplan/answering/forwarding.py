"""Headers in which a proxy tells who asks: believed only with `TRUST_PROXY=1`, because anybody can send them.

A service that stands behind a proxy without that setting takes the proxy for everybody. Then five wrong passwords that
somebody types for a name lock its owner too, and fifty of all names lock everybody who comes for the first time.
"""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

View = Callable[[HttpRequest], HttpResponse]

LOOPBACK = ("127.", "localhost", "::1", "[::1]")
NOT_TRUSTED = (
    "requests come through a proxy, but TRUST_PROXY is 0: all people share the proxy's address, and the failures to "
    "log in of one lock out the others. Set TRUST_PROXY=1 if the proxy sets X-Forwarded-For and X-Forwarded-Proto "
    "itself / 请求经由代理到达，但 TRUST_PROXY 为 0：所有人共用代理的地址，一人登录失败会锁住其他人。"
    "如代理自行设置 X-Forwarded-For 和 X-Forwarded-Proto，请设 TRUST_PROXY=1"
)


def forwarding_middleware(get_response: View) -> View:
    """Says once in the life of a process that a proxy is in front which is not trusted."""
    told = settings.TRUST_PROXY

    def answer(request: HttpRequest) -> HttpResponse:
        nonlocal told
        if not told and "X-Forwarded-For" in request.headers:
            told = True
            logger.warning(NOT_TRUSTED)
        return get_response(request)

    return answer


def is_loopback(address: str) -> bool:
    """Whether only this machine itself reaches the address, which gunicorn listens on."""
    return address.startswith(LOOPBACK)


def check_proxy(**_given: object) -> list[CheckMessage]:
    """`check --deploy` warns where a proxy must be in front, for people come by https to a service that listens on
    this machine alone, and is not trusted."""
    if not settings.HTTPS or settings.TRUST_PROXY or not is_loopback(settings.BIND):
        return []
    said = (
        "HTTPS=1 and the service listens on this machine alone, so a proxy must be in front; but TRUST_PROXY is 0. "
        "Every request would be led to https again and again, and all people would share one address. / "
        "HTTPS=1 且服务只监听本机，前面必有代理，但 TRUST_PROXY 为 0：请求会被反复跳转到 https，且所有人共用一个地址。"
    )
    hint = "Let the proxy set X-Forwarded-For and X-Forwarded-Proto (deploy/nginx), then set TRUST_PROXY=1."
    return [Warning(said, hint=hint, id="qualityplan.W001")]
