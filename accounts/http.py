"""The request of somebody who has signed in: every page but the few public ones gets this."""

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.models import User


class SignedInRequest(HttpRequest):
    """A name for type checkers only; LoginRequiredMiddleware makes it true."""

    user: User  # type: ignore[assignment]


def session_print(request: HttpRequest) -> str:
    """Sixteen letters that tell this sign-in from every other, and from which its key cannot be found; «» for a
    stranger. What a person did in one sign-in carries it, so that the last actions can be taken back."""
    key = request.session.session_key
    return salted_hmac("accounts.session_print", key, algorithm="sha256").hexdigest()[:16] if key else ""
