"""What log-in takes from inside of allauth, which promises nothing about it.

The lock (`departments.credentials.lockout`), the codes (`departments.credentials.codes`) and the form of codes rest on
functions that allauth may move or change in any release; so does the log-in by a city's service
(`departments.login.openid`). A test that fails here says what has to be looked at before that release is taken.
"""

import inspect
from collections.abc import Callable
from importlib import import_module

import pytest
from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.core.internal.ratelimit import get_ip
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.totp.internal import auth
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.test import RequestFactory
from django.utils import timezone

from departments.credentials import lockout
from departments.login.adapter import AccountAdapter

USED = [
    ("allauth.core.internal.ratelimit", "get_ip", "(request)"),
    ("allauth.core.internal.httpkit", "get_client_ip", "(request)"),
    (
        "allauth.account.internal.flows.login",
        "record_authentication",
        "(request, user, method, **extra_data)",
    ),
    ("allauth.core.internal.cryptokit", "compare_user_code", "(*, actual, expected)"),
    ("allauth.mfa.totp.internal.auth", "yield_hotp_counters_from_time", "()"),
    ("allauth.mfa.totp.internal.auth", "hotp_value", "(secret, counter)"),
    ("allauth.mfa.totp.internal.auth", "format_hotp_value", "(value)"),
]
"""Module, function, and what the function takes."""


def takes(function: Callable[..., object]) -> str:
    """What a function takes, without the types."""
    signature = inspect.signature(function)
    plain = [given.replace(annotation=inspect.Parameter.empty) for given in signature.parameters.values()]
    return str(signature.replace(parameters=plain, return_annotation=inspect.Signature.empty))


@pytest.mark.parametrize(("module", "name", "taken"), USED, ids=[name for _module, name, _taken in USED])
def test_function_that_log_in_calls_is_where_it_was(module: str, name: str, taken: str) -> None:
    try:
        function = getattr(import_module(module), name)
    except (ImportError, AttributeError):
        pytest.fail(f"allauth has moved {module}.{name}, which log-in calls.")
    assert takes(function) == taken, f"allauth has changed what {module}.{name} takes."


def test_address_of_the_lock_is_the_one_that_our_adapter_tells() -> None:
    assert isinstance(get_adapter(), AccountAdapter)
    assert get_ip(RequestFactory().get("/", REMOTE_ADDR="192.0.2.7")) == "192.0.2.7"
    assert get_ip(RequestFactory().get("/", REMOTE_ADDR="")) == "unknown"


def test_allauth_takes_back_a_guess_that_was_right(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter, guess = AccountAdapter(), lockout.Guess(timezone.now(), {})
    taken_back: list[lockout.Guess] = []
    monkeypatch.setattr(lockout.Guess, "rollback", lambda counted: taken_back.append(counted))
    adapter._login_failed_rl_usage = guess
    adapter._rollback_login_failed_rl_usage()
    assert taken_back == [guess], "allauth has changed how it takes back a guess that was counted."


@pytest.mark.parametrize("name", ["pre_authenticate", "authenticate", "authentication_failed"])
def test_allauth_asks_the_adapter_with_the_credentials(name: str) -> None:
    assert takes(getattr(DefaultAccountAdapter, name)) == "(self, request, **credentials)"


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("complete_login", "(self, request, app, token, **kwargs)"),
        ("get_callback_url", "(self, request, app)"),
        ("_fetch_user_info", "(self, access_token)"),
    ],
)
def test_allauth_asks_the_citys_service_by_what_we_replace_and_call(name: str, taken: str) -> None:
    assert takes(getattr(OpenIDConnectOAuth2Adapter, name)) == taken


def test_stage_of_the_second_factor_has_the_name_by_which_it_is_left_out() -> None:
    assert "allauth.mfa.stages.AuthenticateStage" in DefaultAccountAdapter().get_login_stages()


def test_form_of_codes_tells_that_a_code_was_refused() -> None:
    assert takes(AuthenticateForm._emit_authentication_failed) == "(self, authenticator)"


def test_codes_are_those_of_the_standard() -> None:
    # RFC 4226, appendix D: the secret "12345678901234567890" and the counter 1.
    assert auth.format_hotp_value(auth.hotp_value("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1)) == "287082"
