"""Pages that belong to the installation: health, errors, the locked sign-in."""

import logging
import sys

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.db import Error, InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template import loader
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)

_migrated = False


@never_cache
@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 `ok` when the database answers and all migrations are applied, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        ready = _migrations_applied()
    except Error:
        logger.warning("healthz: the database does not answer", exc_info=True)
        ready = False
    return HttpResponse("ok" if ready else "unavailable", content_type="text/plain", status=200 if ready else 503)


def _migrations_applied() -> bool:
    # Applied migrations stay applied while this code runs, so only "not yet" is asked again.
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


@login_not_required
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Django admin sends strangers here: there is one sign-in for all, and to who is no operator it does not exist."""
    if request.user.is_authenticated and not admin.site.has_permission(request):
        raise Http404
    return redirect(f"{reverse('accounts:login')}?{request.GET.urlencode()}")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error_page(400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error_page(403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error_page(404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _error_page(403)


def too_large(request: HttpRequest) -> HttpResponse:
    return _error_page(413)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or a polite 503 when it is the database that is away: it comes back without us."""
    if database_is_away(sys.exc_info()[1]):
        response = _error_page(503)
        response["Retry-After"] = "10"
        return response
    return _error_page(500)


def database_is_away(error: BaseException | None) -> bool:
    """Whether an error says "no database now" rather than "wrong query"."""
    if isinstance(error, InterfaceError):
        return True
    # SQLite reports a missing table or column, a mistake of ours, as OperationalError too.
    return isinstance(error, OperationalError) and not str(error).startswith("no such ")


def sign_in_locked(request: HttpRequest, original_response: HttpResponse, credentials: dict) -> HttpResponse:
    """The answer of the sign-in page after too many wrong passwords."""
    return _error_page(429)


def _error_page(status: int) -> HttpResponse:
    # Without the request: an error page asks neither the session nor the database.
    body = loader.render_to_string(f"{status}.html")
    return HttpResponse(body, status=status, headers={"Cache-Control": "no-store"})
