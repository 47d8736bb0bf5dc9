"""What arrives of a request that has come through the proxies: told to the command that checks the installation alone.

The command makes a token with SECRET_KEY, which holds for a minute. Without one the address does not exist.
"""

from allauth.account.adapter import get_adapter
from django.core import signing
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

HEADER = "X-Install-Check"
ADDRESS = "/installation/arrived"
VALID = 60
"""Seconds for which a token opens the address."""
SALT = "qualityplan.installation"


def make_token() -> str:
    """A token that the service of the same SECRET_KEY knows for its own."""
    return signing.dumps("arrived", salt=SALT)


def is_own_token(token: str) -> bool:
    """Whether the token was made with this key within the last minute."""
    try:
        return bool(signing.loads(token, salt=SALT, max_age=VALID) == "arrived")
    except signing.BadSignature:
        return False


@never_cache
@require_safe
def arrived(request: HttpRequest) -> JsonResponse:
    """Whether the service takes the request for one by https, which address it counts failures under, and the header
    as it came."""
    if not is_own_token(request.headers.get(HEADER, "")):
        raise Http404
    return JsonResponse(
        {
            "secure": request.is_secure(),
            "address": get_adapter().get_client_ip(request),
            "forwarded_for": request.headers.get("X-Forwarded-For", ""),
        }
    )
