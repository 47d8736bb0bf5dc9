"""The way from a browser to the service: asked as a browser does, and as somebody who forges headers."""

import http.client
import json
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from qualityplan.installation import arriving
from qualityplan.installation.findings import Finding, holds, look, mend

FORGED = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http"}
"""What a browser may send: an address that is nobody's (RFC 5737), and a lie about the way it has come."""
SOON = 30 * 24 * 3600
"""Seconds before its end at which a certificate should be renewed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, where it leads, and what has arrived if the service said so."""

    status: int
    location: str
    secure: bool = False
    address: str = ""
    forwarded_for: str = ""
    certificate_ends: float = 0.0


def try_way(url: str, authority: str | None) -> list[Finding]:
    """All that is found on the way to the service at `url`; `authority` is the file of a CA that this machine does not
    know by itself. ValueError where the address is not one of https, or the file holds no certificate."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError(f"--url 须为 https://域名 / --url must be https://NAME: {url}")
    trusted = trusted_roots(authority)
    try:
        plain = request_through(parts.hostname, parts.port, trusted, {})
        forged = request_through(parts.hostname, parts.port, trusted, FORGED)
    except ssl.SSLCertVerificationError as error:
        return [refused_certificate(error)]
    except (OSError, http.client.HTTPException) as error:
        return [mend(f"无法访问 {url}：{error}", f"{url} cannot be reached: {error}")]
    found = [check_certificate(plain)]
    if refused := check_answer(plain):
        return [*found, refused]
    return [*found, check_secure(plain, forged), check_forwarded(plain), check_forged(forged)]


def trusted_roots(authority: str | None) -> ssl.SSLContext:
    """The roots that this machine trusts, and the one in the file."""
    context = ssl.create_default_context()
    try:
        if authority:
            context.load_verify_locations(authority)
    except OSError as error:
        said = f"--ca 须为 PEM 格式的根证书文件 / --ca must be a root certificate, PEM: {authority} ({error.strerror})"
        raise ValueError(said) from None
    return context


def request_through(host: str, port: int | None, trusted: ssl.SSLContext, headers: dict[str, str]) -> Answer:
    """One request for what arrives."""
    line = http.client.HTTPSConnection(host, port, context=trusted, timeout=15)
    try:
        line.request("GET", arriving.ADDRESS, headers={arriving.HEADER: arriving.make_token(), **headers})
        ends = certificate_end(line)
        answer = line.getresponse()
        told = json.loads(answer.read()) if answer.status == 200 else {}
        return Answer(answer.status, answer.headers.get("Location", ""), certificate_ends=ends, **told)
    finally:
        line.close()


def certificate_end(line: http.client.HTTPSConnection) -> float:
    """When the certificate ends, in seconds since 1970."""
    certificate = line.sock.getpeercert() or {}
    return float(ssl.cert_time_to_seconds(str(certificate["notAfter"])))


def refused_certificate(error: ssl.SSLCertVerificationError) -> Finding:
    """This machine, and so every browser, refuses the certificate."""
    said = error.verify_message
    return mend(
        f"证书不被信任：{said}；请检查证书链、域名和有效期，并把本市根证书装入系统（或用 --ca 指定）",
        f"The certificate is not trusted: {said}; look at its chain, name and dates, and let the system know the "
        "root of the city (or name it with --ca)",
    )


def check_certificate(answer: Answer) -> Finding:
    """The certificate holds, and for a while."""
    days = int((answer.certificate_ends - time.time()) / 86400)
    if answer.certificate_ends - time.time() < SOON:
        return look(f"证书 {days} 天后到期", f"The certificate ends in {days} days")
    return holds(f"证书有效，{days} 天后到期", f"The certificate holds, for {days} days")


def check_answer(answer: Answer) -> Finding | None:
    """Why the service has not said what arrives; None if it has."""
    if answer.status == 200:
        return None
    if answer.status in (301, 302, 307, 308) and answer.location.startswith("https:"):
        return mend(
            "请求被反复跳转到 https：服务不知道它经 https 到达；请设 TRUST_PROXY=1，并由代理设置 X-Forwarded-Proto",
            "The request is led to https again and again, as the service does not learn that it came so; set "
            "TRUST_PROXY=1 and let the proxy set X-Forwarded-Proto",
        )
    reasons = {
        400: ("域名不在 ALLOWED_HOSTS 中", "the name is not in ALLOWED_HOSTS"),
        404: ("该地址背后不是本服务，或其 SECRET_KEY 不同", "it is not this service, or has another SECRET_KEY"),
    }
    chinese, english = reasons.get(answer.status, ("服务未运行，或代理指向别处", "the service does not run"))
    return mend(f"代理应答 {answer.status}：{chinese}", f"The proxy answers {answer.status}: {english}")


def check_secure(plain: Answer, forged: Answer) -> Finding:
    """The service learns that people come by https, whatever their browsers say."""
    if not plain.secure:
        return mend(
            "服务不知道请求经 https 到达；请设 TRUST_PROXY=1，并由代理设置 X-Forwarded-Proto",
            "The service does not learn that requests come by https; set TRUST_PROXY=1 and let the proxy set "
            "X-Forwarded-Proto",
        )
    if not forged.secure:
        return mend(
            "代理放行了伪造的 X-Forwarded-Proto；代理必须覆盖它（deploy/nginx）",
            "A forged X-Forwarded-Proto gets through; the proxy must overwrite it (deploy/nginx)",
        )
    return holds("服务知道请求经 https 到达", "The service learns that requests come by https")


def check_forwarded(plain: Answer) -> Finding:
    """The service learns the address of each person."""
    came = [part for part in plain.forwarded_for.split(",") if part.strip()]
    if came and not settings.TRUST_PROXY:
        return mend(
            "前面有代理，但 TRUST_PROXY=0：所有人共用一个地址，一人登录失败会锁住其他人；请设 TRUST_PROXY=1",
            "There is a proxy, but TRUST_PROXY is 0: all people share one address, and one person's failures lock out "
            "the others; set TRUST_PROXY=1",
        )
    if settings.TRUST_PROXY and len(came) < settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return mend(
            f"X-Forwarded-For 有 {len(came)} 个地址，PROXIES={settings.ALLAUTH_TRUSTED_PROXY_COUNT}；"
            "请检查代理是否设置该头，以及 PROXIES 是否等于代理个数",
            f"X-Forwarded-For has {len(came)} addresses and PROXIES is {settings.ALLAUTH_TRUSTED_PROXY_COUNT}; let "
            "each proxy set it, and PROXIES be their number",
        )
    return holds(f"服务看到的客户端地址：{plain.address}", f"The service sees this client at {plain.address}")


def check_forged(forged: Answer) -> Finding:
    """Nobody chooses the address under which his failures are counted."""
    if forged.address == FORGED["X-Forwarded-For"]:
        return mend(
            "伪造的 X-Forwarded-For 被采信；PROXIES 过大，或代理未覆盖、追加该头",
            "A forged X-Forwarded-For is believed; PROXIES is too large, or the proxy neither overwrites nor appends",
        )
    return holds("伪造的 X-Forwarded-For 不起作用", "A forged X-Forwarded-For is of no use")
