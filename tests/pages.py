"""What tests of pages share: coming in without the form, and the words a person reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.test import Client

if TYPE_CHECKING:  # conftest.py imports this module before the models are ready
    from accounts.models import User


def enter(client: Client, user: User) -> Client:
    """The client, signed in as the user without asking for a password."""
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def words_of(response: HttpResponse) -> str:
    """The page below its heading as a person reads it: no tags, spaces single."""
    body = response.content.decode().split("</header>")[1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))
