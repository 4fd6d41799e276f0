"""Middleware that concerns the installation, not the school."""

from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from gymnasium.views import bad_request, too_large


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
            if len(addresses) >= count and is_address(addresses[-count].strip()):
                request.META["REMOTE_ADDR"] = addresses[-count].strip()
        return self.get_response(request)


def is_address(text: str) -> bool:
    """Whether it is an address that the audit trail can hold: proxies also send «unknown»."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


class SaneRequestMiddleware:
    """Refuses what no page here sends, before anything reads it: files that would fill the disk of the server, and
    zero bytes in a query or a cookie, at which PostgreSQL's driver stops with an error."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with suppress(ValueError):  # without a length that can be understood Django reads nothing
            if int(request.META.get("CONTENT_LENGTH") or 0) > settings.BODY_MAX_SIZE:
                return too_large(request)
        if "%00" in request.META.get("QUERY_STRING", "") or "\\000" in request.META.get("HTTP_COOKIE", ""):
            return bad_request(request)
        return self.get_response(request)
