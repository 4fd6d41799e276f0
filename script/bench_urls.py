"""The addresses of the application and one more: the floor, against which script/bench compares every page."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from gymnasium.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def floor(request: HttpRequest) -> HttpResponse:
    """Signed in; session and user are read through the whole middleware, and nothing else."""
    return HttpResponse(f"<!doctype html><title>Пол</title><p>{request.user.short_name}</p>")


urlpatterns = [path("bench/floor/", floor, name="bench_floor"), *urlpatterns]
