"""Forms of signing in and of one's own password."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User


class SignInForm(forms.Form):
    """Login and password; the fields are called so by contract (design.md §3)."""

    login = forms.CharField(
        label="Логин",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )
    password = forms.CharField(
        label="Пароль", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    user: User | None = None

    def __init__(self, request: HttpRequest, *args, **kwargs) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean(self) -> dict:
        data = super().clean() or {}
        if "login" in data and "password" in data:
            login = data["login"].strip().lower()
            self.user = authenticate(self.request, username=login, password=data["password"])
            if self.user is None:
                # One sentence for a wrong login, a wrong password and a blocked account: nothing to guess by.
                raise forms.ValidationError(
                    "Логин или пароль не подошли. Проверьте раскладку клавиатуры и Caps Lock. "
                    "Забыли пароль — обратитесь к классному руководителю или администратору."
                )
            if self.user.one_time_expired(timezone.now()):
                self._refuse_expired(self.user.one_time_until)
        return data

    def _refuse_expired(self, until: datetime | None) -> None:
        """Who has the right one-time password may know why it does not open any more: nobody else learns it."""
        self.user = None
        raise forms.ValidationError(
            f"Одноразовый пароль действовал до {timezone.localtime(until):%d.%m.%Y} и больше не открывает вход. "
            "Новый листок с паролем выдаст классный руководитель или администратор."
        )


class OwnPasswordForm(PasswordChangeForm):
    """Django's own form; only the words of the old password differ when it is the one-time one."""

    def __init__(self, user: User, *args, **kwargs) -> None:
        super().__init__(user, *args, **kwargs)
        if user.must_change_password:
            self.fields["old_password"].label = "Одноразовый пароль"

    def clean(self) -> dict:
        data = super().clean()
        if data.get("new_password1") and data.get("new_password1") == data.get("old_password"):
            self.add_error("new_password1", "Новый пароль должен отличаться от прежнего.")
        return data
