"""Passwords that are easy to guess with a Russian keyboard are refused in words."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User

MARIA = User(username="orlova", last_name="Орлова", first_name="Мария", patronymic="Сергеевна")


@pytest.mark.parametrize(
    "password",
    [
        "йцукен12345",
        "qwerty123456",  # the same keys in the other layout
        "пароль12345",
        "gfhjkm12345",  # «пароль» typed in the Latin layout
        "Орлова-самая-лучшая",
        "jhkjdf-the-best-one",  # «орлова» typed in the Latin layout
        "короткий",
        "1234567890",
        "password123",
    ],
)
def test_an_easy_password_is_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password, MARIA)


@pytest.mark.parametrize("password", ["Зелёный чайник на крыше", "сорок-два-кота 7", "tr0mbone on the hill"])
def test_a_phrase_in_any_alphabet_is_taken(password):
    validate_password(password, MARIA)
