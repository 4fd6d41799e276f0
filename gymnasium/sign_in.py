"""What the lock-out of guessed passwords needs to know about our sign-in form."""

from django.http import HttpRequest


def attempted_login(request: HttpRequest, credentials: dict | None = None) -> str | None:
    """The account somebody tries to enter, always spelled the same.

    axes asks with the credentials of a backend, with those of Django's signal and with neither; reading only
    one of them would file attempts without an account, and then the address of the whole school is locked.
    """
    for source in (credentials or {}, request.POST):
        value = source.get("username") or source.get("login")
        if value:
            return str(value).strip().casefold()[:150]
    return None
