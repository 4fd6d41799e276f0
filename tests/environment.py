"""The environment of a test run. A pytest plugin, because settings are read before any conftest.py."""

import os

os.environ.setdefault("DEBUG", "1")  # plain static files and development keys; Django's tests switch DEBUG off
os.environ.setdefault("TASKS", "immediate")
# Playwright's loop runs in the thread of the tests, and Django then refuses the ORM there without need.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
