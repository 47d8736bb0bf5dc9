"""What monitoring and administrators are told of the service."""

from ipaddress import ip_address

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from departments import access
from departments.permissions import Action
from qualityplan.watching.exposition import write_metrics
from qualityplan.watching.status import read_status


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, from the addresses that the settings name; nobody else learns that there is anything. 200 without
    the database too, which `qualityplan_up` tells: of another answer Prometheus would read nothing."""
    if not _may_measure(request):
        return HttpResponseNotFound()
    return HttpResponse(write_metrics(), content_type=CONTENT_TYPE_LATEST)


def _may_measure(request: HttpRequest) -> bool:
    """Whether the address that the proxy tells, or that asks without one, is among those of the setting."""
    try:
        address = ip_address(get_adapter().get_client_ip(request))
    except (ValueError, ImproperlyConfigured):  # unknown, or told by fewer proxies than there are
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in settings.METRICS_ALLOW)


@require_safe
@access.requires(Action.VIEW_SYSTEM)
def system_status(request: HttpRequest) -> HttpResponse:
    """How the service is, in words."""
    return render(request, "qualityplan/system_status.html", {"sections": read_status(timezone.now())})
