"""The application with the tests' clock, for the server that browser tests drive."""

from django.urls import get_resolver
from django.utils import timezone

from gymnasium.wsgi import application
from tests.clock import DEMO_MORNING, started_at

__all__ = ["application"]

timezone.now = started_at(DEMO_MORNING)
_ = get_resolver().url_patterns  # the views too are loaded now and not at the first request
