"""The pages where somebody logs in, confirms it, and logs out; what they do is allauth's and Django's."""

from urllib.parse import urlsplit

from allauth.account import views as account
from allauth.account.utils import passthrough_next_redirect_url
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.generic.base import ContextMixin, View

from departments.credentials import ways
from departments.credentials.ways import Way

STILL_IN = gettext_noop(
    "You are logged out here, and still logged in at the city's log-in. On a shared computer, log out there too."
)


class ServicePage(ContextMixin, View):
    """A page from which a button leads to the city's service, if there is one."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Browsers follow a form to no other origin than those that the page names."""
        answer = super().dispatch(request, *args, **kwargs)
        if ways.service_is_set():
            place = urlsplit(settings.OIDC_SERVER)
            answer._csp_update = {"form-action": [f"{place.scheme}://{place.netloc}"]}  # type: ignore[attr-defined]  # django-csp's own way
        return answer

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """What the page offers."""
        offered = super().get_context_data(**kwargs)
        return offered | {
            "service": (settings.OIDC_NAME or _("the city's log-in")) if ways.service_is_set() else "",
            "by_directory": ways.directory_is_set(),
            "by_password": ways.password_is_asked_for(self.request),
            "came_by_service": ways.way_of(self.request.session) is Way.SERVICE,
        }


class LogInPage(ServicePage, account.LoginView):
    """By the city's service, or by name and password."""


class EmergencyPage(account.LoginView):
    """By the own password and the second factor, for administrators, when the city's log-in is away."""

    template_name = "account/emergency.html"

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Where own passwords count anyway there is no second door."""
        if ways.single_log_in_is_required():
            return super().dispatch(request, *args, **kwargs)
        return redirect(passthrough_next_redirect_url(request, reverse("login"), REDIRECT_FIELD_NAME))


class ConfirmPage(ServicePage, account.ReauthenticateView):
    """Who is logged in shows once more who it is."""


class LogOut(LogoutView):
    """Here, and not at the city's service, which would let the next one at this computer in as the same person."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        way = ways.way_of(request.session)
        answer = super().post(request, *args, **kwargs)
        if way is Way.SERVICE:
            messages.info(request, _(STILL_IN))
        return answer
