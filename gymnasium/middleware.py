"""Middleware that concerns the installation, not the school."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class ProxyAddressMiddleware:
    """Puts the visitor's address into REMOTE_ADDR when our own proxies stand in front.

    Every proxy appends the address it was called from to X-Forwarded-For, so with N proxies of ours the N-th
    entry from the right is the first that a visitor cannot invent.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        count = settings.TRUSTED_PROXIES
        if count:
            addresses = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
            if len(addresses) >= count and addresses[-count].strip():
                request.META["REMOTE_ADDR"] = addresses[-count].strip()
        return self.get_response(request)
