"""Passwords that a Russian keyboard makes easy to guess: «йцукен12», «пароль…», own names in the wrong layout."""

from __future__ import annotations

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from accounts.models import User

_EN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_RU = "йцукенгшщзхъфывапролджэячсмитьбюё"
_TO_LATIN = str.maketrans(_RU, _EN)
_TO_CYRILLIC = str.maketrans(_EN, _RU)
_OBVIOUS = ("пароль", "йцукен", "фывапр", "ячсмит", "гимназия", "школа", "ученик", "учитель", "родитель", "123456")


def spellings(text: str) -> set[str]:
    """The text as typed and as the same keys give it in the other layout."""
    folded = text.casefold().replace("ё", "е")
    return {folded, folded.translate(_TO_LATIN), folded.translate(_TO_CYRILLIC).replace("ё", "е")}


class RussianPasswordValidator:
    """Refuses obvious words and own names, in either keyboard layout, whatever digits stand around them."""

    def validate(self, password: str, user: User | None = None) -> None:
        written = spellings(password)
        core = {text.strip("0123456789!?.-_ ") for text in written}
        if any(word in text and len(text) - len(word) < 6 for word in _OBVIOUS for text in written):
            raise ValidationError("Такой пароль угадывают первым. Возьмите несколько слов, которые знаете только вы.")
        common = CommonPasswordValidator().passwords
        if any(text in common for text in written | core):
            raise ValidationError("Этот пароль слишком распространён. Придумайте другой.")
        for name in self._names(user):
            if any(name in text for text in written):
                raise ValidationError("В пароле не должно быть вашего имени, фамилии или логина.")

    def get_help_text(self) -> str:
        return "Не меньше 10 знаков; можно по-русски и с пробелами. Без имён и простых слов вроде «пароль»."

    @staticmethod
    def _names(user: User | None) -> set[str]:
        if user is None:
            return set()
        names = (user.username, user.last_name, user.first_name, user.patronymic)
        return {name.casefold().replace("ё", "е") for name in names if len(name) >= 4}
