"""Entering, leaving, accepting the rules."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import SignInForm
from accounts.rules import RULES_VERSION
from accounts.services import accept_rules, sign_in, sign_out


@sensitive_post_parameters("password")
@login_not_required
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """The sign-in page; whoever is signed in already goes on to where they wanted."""
    target = safe_next(request)
    if request.method == "GET" and request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        sign_in(request, form.user)
        return redirect(target)
    return TemplateResponse(request, "accounts/login.html", {"form": form, "next": target})


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """«Выйти»."""
    sign_out(request)
    return redirect("accounts:login")


@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """The rules, to accept before anything else opens and to read again later."""
    accepted = request.user.rules_version == RULES_VERSION
    if request.method == "POST" and request.POST.get("accept"):
        accept_rules(user=request.user)
        return redirect("home")
    return TemplateResponse(request, "accounts/rules.html", {"version": RULES_VERSION, "accepted": accepted})


def safe_next(request: HttpRequest) -> str:
    """Where the person wanted to go: an address of our own, else the home page."""
    target = request.POST.get("next") or request.GET.get("next") or "/"
    allowed = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if allowed else "/"
