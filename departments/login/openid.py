"""Log-in by the city's service (OpenID Connect), by allauth; what it leaves open is closed here.

allauth keeps state and PKCE and compares issuer and audience. Here are added: the nonce, the signature of every answer
(allauth trusts the connection), that the service is the one that the settings name, and that nobody may put wishes of
an own into the way there (allauth takes scopes and parameters from the address). Nothing that the service tells is
stored: no account of it, no token, no e-mail address.
"""

import logging
from collections.abc import Mapping

import jwt
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.decorators import rate_limit
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException, Session

from departments.credentials import ways
from departments.login.recognising import UnrecognisedError, recognise
from departments.models import User
from departments.services.accounts import record

logger = logging.getLogger(__name__)

CITY = "city"
CLOCKS_APART = 30
"""Seconds by which the clocks of the service and of ours may differ."""
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""By a key that the service alone has: never by a secret that both know, and never by none."""
Claims = Mapping[str, object]
FAILURES = (
    OAuth2Error,
    RequestException,
    jwt.PyJWTError,
    ImproperlyConfigured,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What happens where the service is away, or answers what no service should: allauth looks at each value only when it
needs the value."""


class Connection(OpenIDConnectOAuth2Adapter):
    """What is asked of the service, and what of its answer is believed."""

    @property
    def openid_config(self) -> Mapping[str, str]:
        """What the service tells of itself, as the one that the settings name."""
        told: Mapping[str, str] = super().openid_config
        if told["issuer"].rstrip("/") != settings.OIDC_SERVER.rstrip("/"):
            raise OAuth2Error("another issuer")
        return told

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("openid_callback"))

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, *, response: Mapping[str, str]
    ) -> SocialLogin:
        """What the signed token says; the service is asked for more only where the staff number is not in it."""
        claims = self._decode_id_token(app, response["id_token"])
        told = {"id_token": claims}
        if settings.OIDC_STAFF_NUMBER not in claims:
            told["userinfo"] = self._fetch_user_info(token.token)
            if told["userinfo"]["sub"] != claims["sub"]:
                raise OAuth2Error("told of somebody else")
        return self.get_provider().sociallogin_from_response(request, told)

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, object]:
        """What the service has signed, for this service of ours, in time. allauth would not look at the signature of
        what it has fetched itself."""
        told = self.openid_config
        with get_adapter().get_requests_session() as session:
            answer = session.get(told["jwks_uri"])
            answer.raise_for_status()
        key = _key_of(id_token, answer.json())
        wanted = {"algorithms": ALGORITHMS, "audience": app.client_id, "issuer": told["issuer"]}
        claims: dict[str, object] = jwt.decode(
            id_token, key.key, **wanted, leeway=CLOCKS_APART, options={"require": ["exp", "iat", "sub"]}
        )
        return claims


def _key_of(id_token: str, published: dict[str, object]) -> jwt.PyJWK:
    """The key that the token names; where it names none, the only one."""
    name = jwt.get_unverified_header(id_token).get("kid")
    keys = [key for key in jwt.PyJWKSet.from_dict(published).keys if key.public_key_use in (None, "sig")]
    (key,) = [key for key in keys if name in (None, key.key_id)]
    return key


class CityProvider(OpenIDConnectProvider):
    """The one service, as the settings name it."""

    oauth2_adapter_class = Connection


class ServiceAdapter(DefaultSocialAccountAdapter):
    """What allauth asks of the project: which service there is, whom it means, and what is said when it fails."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> CityProvider:
        """From the settings alone: none is kept in the database."""
        app = SocialApp(
            provider=CityProvider.id,
            provider_id=CITY,
            name=settings.OIDC_NAME,
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings={
                "server_url": settings.OIDC_SERVER,
                "oauth_pkce_enabled": True,
                "scope": ["openid", "profile"],
            },
        )
        return CityProvider(request, app=app)

    def get_requests_session(self) -> Session:
        """Waits five seconds for an answer, as allauth does; believes the city's own authority if one is named."""
        session: Session = super().get_requests_session()
        session.verify = settings.OIDC_CA_FILE or True
        return session

    def authenticate_by_email(self, sociallogin: SocialLogin) -> None:
        """E-mail addresses mean nothing."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Finds the person whom the answer means, if it is the answer to what was asked."""
        claims: dict[str, Claims] = sociallogin.account.extra_data
        asked, told = str(sociallogin.state.get("nonce", "")), str(claims["id_token"].get("nonce", ""))
        if not asked or not constant_time_compare(asked, told):
            raise OAuth2Error("another nonce")
        try:
            person = recognise(_staff_number(claims), ways.Way.SERVICE)
        except UnrecognisedError as refused:
            raise ImmediateHttpResponse(show_refusal(request, refused.messages[0], status=403)) from refused
        if request.user.is_authenticated:
            raise ImmediateHttpResponse(_confirm(request, sociallogin, person))
        sociallogin.user = person

    def on_authentication_error(
        self, request: HttpRequest, provider: CityProvider, exception: Exception | None = None, **details: object
    ) -> None:
        """The service says no, or its answer is not believed; allauth's own page would be a page in its own words."""
        raise ImmediateHttpResponse(_tell_failure(request, exception))


def _staff_number(claims: Mapping[str, Claims]) -> str:
    """As the token says it, else as the service tells it beside; a number may be written as one."""
    for told in claims.values():
        value = told.get(settings.OIDC_STAFF_NUMBER)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value).strip()
    return ""


def _confirm(request: HttpRequest, sociallogin: SocialLogin, person: User) -> HttpResponse:
    """Who is logged in has shown once more who it is, as by the password; nobody becomes somebody else so."""
    if person != request.user:
        sentence = _("You are logged in here as somebody else. Log out here first, then log in again.")
        return show_refusal(request, sentence, status=403)
    record_authentication(request, person, "socialaccount", reauthenticated=True)
    return redirect(sociallogin.get_redirect_url(request) or "mfa_index")


def _tell_failure(request: HttpRequest, failure: Exception | None) -> HttpResponse:
    """The log tells the kind of the failure, whose text may hold what is secret."""
    logger.warning("city's log-in failed", extra={"failure": type(failure).__name__})
    if isinstance(failure, RequestException):
        return show_refusal(request, _away(), status=503)
    # Not where nothing came but an address that anybody may have called.
    if failure is not None:
        record("account.log_in_refused", by=None, way=ways.Way.SERVICE.value)
    sentence = _("The city's log-in did not let you in, or its answer could not be believed. Please log in once more.")
    return show_refusal(request, sentence, status=403)


def _away() -> str:
    return _("The city's log-in does not answer. Try again in a few minutes, or ask your administrator.")


def show_refusal(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    """A page that says why nobody came in, with the way back."""
    return render(request, "account/refused.html", {"sentence": sentence}, status=status)


@require_POST
@never_cache
@rate_limit(action="login")
def begin_at_service(request: HttpRequest) -> HttpResponse:
    """Leads to the city's service; whoever is logged in already shows there once more who it is."""
    _demand_service()
    nonce = get_random_string(32)
    wishes = {"nonce": nonce} | ({"prompt": "login"} if request.user.is_authenticated else {})
    provider = get_adapter(request).get_provider(request, CITY)
    try:
        return provider.redirect(
            request, AuthProcess.LOGIN, next_url=get_next_redirect_url(request), auth_params=wishes, nonce=nonce
        )
    except FAILURES as failure:
        logger.warning("city's log-in away", extra={"failure": type(failure).__name__})
        return show_refusal(request, _away(), status=503)


@require_safe
@never_cache
def come_from_service(request: HttpRequest) -> HttpResponse:
    """Back from the city's service, with its answer."""
    _demand_service()
    try:
        return OAuth2CallbackView.adapter_view(Connection(request, CITY))(request)
    except FAILURES as failure:
        return _tell_failure(request, failure)


def _demand_service() -> None:
    if not ways.service_is_set():
        raise Http404
