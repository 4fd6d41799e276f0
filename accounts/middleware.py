"""What holds for every page of a signed-in person: nothing is cached, sessions end in time, rules come first."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.rules import RULES_VERSION

Handler = Callable[[HttpRequest], HttpResponse]

IDLE_SECONDS = 30 * 60
# The time of the last request is written at most this often: a page then costs no write of the session.
TOUCH_SECONDS = 60

STARTED, SEEN, STAFF = "started", "seen", "staff"


class NoStoreMiddleware:
    """Pages of personal data stay out of every cache (design.md §3). Static files never come this way."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class SessionClockMiddleware:
    """Staff is signed out after 30 idle minutes and 12 hours in all; families after the 12 hours (design.md §9)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = request.session
        if STARTED in session:
            now = int(time.time())
            idle = now - session.get(SEEN, session[STARTED])
            if now - session[STARTED] > settings.SESSION_COOKIE_AGE or (session.get(STAFF) and idle > IDLE_SECONDS):
                logout(request)
            # The page asking by itself for news must not keep an empty chair signed in.
            elif idle > TOUCH_SECONDS and request.headers.get("X-Background") != "1":
                session[SEEN] = now
        return self.get_response(request)


class RulesMiddleware:
    """A one-time password is changed and the rules are accepted before anything else opens (domain.md §9)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and (user.must_change_password or user.rules_version != RULES_VERSION):
            allowed = {reverse(f"accounts:{name}") for name in ("logout", "password", "rules")}
            if request.path not in {*allowed, "/healthz"}:
                return redirect("accounts:password" if user.must_change_password else "accounts:rules")
        return self.get_response(request)
