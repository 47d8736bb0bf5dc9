"""A proxy in front that is not trusted is told of: the failures of one person would lock out all without a word."""

import pytest
from django.test import Client, override_settings

FORWARDED = {"X-Forwarded-For": "10.9.9.9", "X-Forwarded-Proto": "https"}
WORDS = "TRUST_PROXY is 0"


def warnings_of(client: Client, caplog: pytest.LogCaptureFixture, headers: dict[str, str]) -> int:
    caplog.clear()
    for _time in range(3):
        client.get("/healthz", headers=headers)
    return sum(WORDS in line and "请设 TRUST_PROXY=1" in line for line in caplog.messages)


def test_a_proxy_that_is_not_trusted_is_told_once_in_the_life_of_a_process(caplog: pytest.LogCaptureFixture) -> None:
    client = Client()
    assert warnings_of(client, caplog, FORWARDED) == 1
    assert warnings_of(client, caplog, FORWARDED) == 0


def test_no_address_stands_in_the_warning(caplog: pytest.LogCaptureFixture) -> None:
    Client().get("/healthz", headers=FORWARDED)
    assert "10.9.9.9" not in caplog.text


def test_nothing_is_told_without_a_proxy(caplog: pytest.LogCaptureFixture) -> None:
    assert warnings_of(Client(), caplog, {}) == 0


@override_settings(TRUST_PROXY=True)
def test_nothing_is_told_behind_a_trusted_proxy(caplog: pytest.LogCaptureFixture) -> None:
    assert warnings_of(Client(), caplog, FORWARDED) == 0
