"""The site of `deploy/nginx`, run by a real nginx in front of the real service: what arrives, what is kept out."""

import http.client
import json
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path

import pytest
from django.conf import settings

from conftest import database_url
from qualityplan.tests.firstview import gunicorn
from qualityplan.tests.proxies import DEPLOY, NAME, Proxy, nginx
from qualityplan.tests.servers import free_port

pytestmark = pytest.mark.django_db

SITE = (DEPLOY / "nginx/plan-monitor.conf").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def proxy(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """nginx in front of the service; with DEBUG, because no static files are collected for a test."""
    service = gunicorn(HTTPS="1", TRUST_PROXY="1", ALLOWED_HOSTS=NAME, DATABASE_URL=database_url(), DEBUG="1")
    with service as port, nginx(tmp_path_factory.mktemp("nginx"), port) as running:
        yield running


@pytest.fixture(scope="module")
def proxy_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """nginx while the service is being started."""
    with nginx(tmp_path_factory.mktemp("nobody"), free_port()) as running:
        yield running


@contextmanager
def asked(
    proxy: Proxy, path: str, *, source: str = "127.0.0.1", method: str = "GET", body: bytes = b"", **headers: str
) -> Iterator[HTTPResponse]:
    """The answer through the proxy, asked from this address of this machine."""
    context = ssl.create_default_context(cafile=str(proxy.authority.root))
    line = http.client.HTTPSConnection(
        "localhost", proxy.secure_port, context=context, source_address=(source, 0), timeout=30
    )
    line.request(method, path, body or None, {name.replace("_", "-"): value for name, value in headers.items()})
    yield line.getresponse()
    line.close()


def test_a_page_is_answered_over_tls_with_the_headers_of_the_service_once(proxy: Proxy) -> None:
    with asked(proxy, "/accounts/login/") as answer:
        assert answer.status == 200
        for name in ("Content-Security-Policy", "Strict-Transport-Security", "X-Frame-Options", "Referrer-Policy"):
            assert len(answer.headers.get_all(name, [])) == 1, name
        assert "preload" not in answer.headers["Strict-Transport-Security"]
        assert answer.headers["Server"] == "nginx"


def test_pages_are_compressed(proxy: Proxy) -> None:
    with asked(proxy, "/accounts/login/", Accept_Encoding="gzip") as answer:
        assert answer.headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("probe", ["/healthz", "/readyz", "/metrics", "/healthz/", "/metrics/x"])
def test_probes_are_for_the_monitoring_alone(proxy: Proxy, probe: str) -> None:
    with asked(proxy, probe, source="127.0.0.2") as answer:
        assert answer.status == 403
    with asked(proxy, probe) as answer:
        assert answer.status != 403


def test_whoever_comes_without_tls_is_led_to_the_configured_name(proxy: Proxy) -> None:
    line = http.client.HTTPConnection("127.0.0.1", proxy.open_port, timeout=30)
    line.request("GET", "/plans/", headers={"Host": "elsewhere.example"})
    answer = line.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"{proxy.url}/plans/")
    line.close()


def test_private_addresses_and_what_was_searched_for_stay_out_of_the_log(proxy: Proxy, proxy_of_nobody: Proxy) -> None:
    for house, shown in ((proxy, "/accounts/login/"), (proxy_of_nobody, "/502.html")):
        for path in (
            "/screen/secretkey/",
            "/calendar/secretkey.ics",
            "//screen/secretkey/",
            "/people/?name=secretname",
        ):
            with asked(house, path, Referer=f"{house.url}/screen/secretkey/"):
                pass
        with asked(house, "/accounts/login/"):
            pass
        assert shown in house.logged()
        assert "secret" not in house.logged()


def test_a_body_as_large_as_the_service_takes_passes_and_a_larger_one_is_refused_in_words(proxy: Proxy) -> None:
    (limit,) = re.findall(r"client_max_body_size (\d+)m;", SITE)
    assert int(limit) == settings.UPLOAD_MAX_BYTES // 1024 // 1024 + 5
    with asked(proxy, "/imports/", method="POST", body=b"x" * settings.UPLOAD_MAX_BYTES) as answer:
        assert answer.status != 413
    with asked(proxy, "/imports/", method="POST", Content_Length=str(56 * 1024 * 1024)) as answer:
        text = answer.read().decode()
        assert answer.status == 413
        assert "文件过大" in text
        assert "split the file" in text
    with asked(proxy, "/api/v1/observations", method="POST", Content_Length=str(56 * 1024 * 1024)) as answer:
        assert answer.status == 413
        assert json.load(answer)["errors"][0]["code"] == "too_large"


def test_while_the_service_is_started_people_and_systems_are_told(proxy_of_nobody: Proxy) -> None:
    with asked(proxy_of_nobody, "/") as answer:
        text = answer.read().decode()
        assert (answer.status, answer.headers["Retry-After"]) == (502, "10")
        assert "服务正在启动" in text
        assert "Try again in a minute" in text
    with asked(proxy_of_nobody, "/api/v1/plans") as answer:
        assert answer.status == 503
        assert json.load(answer)["errors"][0]["code"] == "service_away"


def test_the_pages_of_the_proxy_need_nothing_else(proxy_of_nobody: Proxy) -> None:
    for page in Path(DEPLOY / "nginx/pages").glob("*.html"):
        assert not re.search(r"<(style|script|img|link)|style=|https?://", page.read_text(encoding="utf-8"))
