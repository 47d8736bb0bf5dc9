"""A city's log-in service to log in by, in tests: a real one (OpenID Connect), on a port of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.test import Client

from qualityplan.running import processes
from qualityplan.tests.servers import free_port, wait_for

BEGIN = "/accounts/login/city/"


@contextmanager
def city_service(people: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """Knows the people by the names they log in with there, and what it tells of each; gives its address."""
    known = [f"--user-claims={json.dumps({'sub': name, **told})}" for name, told in people.items()]
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", f"--port={port}", "--require-nonce", *known]
    process = processes.start_process(command, output=subprocess.DEVNULL)
    try:
        wait_for(port, process, "oidc-provider-mock")
        yield f"http://127.0.0.1:{port}"
    finally:
        processes.stop_process(process)


def lead(client: Client, next_page: str = "", **extra: Any) -> str:
    """The address at the service to which the button leads."""
    answer = client.post(BEGIN, {"next": next_page} if next_page else {}, **extra)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"])


def asked(address: str) -> dict[str, str]:
    """What is asked of the service in the address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def agree(address: str, name: str) -> str:
    """Logs in at the service; the address back, with its answer."""
    answer = requests.post(address, data={"sub": name}, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def come(client: Client, name: str, next_page: str = "") -> Any:
    """Logs in by the service, from the button to the answer here."""
    return client.get(agree(lead(client, next_page), name))
