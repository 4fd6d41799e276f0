"""The request of somebody who has signed in: every page but the few public ones gets this."""

from django.http import HttpRequest

from accounts.models import User


class SignedInRequest(HttpRequest):
    """A name for type checkers only; LoginRequiredMiddleware makes it true."""

    user: User  # type: ignore[assignment]
