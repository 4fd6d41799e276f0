"""Logins and one-time passwords that the school hands out on paper.

A password is twelve digits in groups of four, «4829-6573-8246»: it is read aloud over the telephone without spelling,
needs no keyboard layout and no capital letters, and has no 0 and 1, which look like letters. Eight digits to the
twelfth power are 36 bits: ten tries in a quarter of an hour (AXES_*) find nothing in the days it is good for.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from accounts.models import User

DIGITS = "23456789"
GROUPS, IN_GROUP = 3, 4
LONGEST_NAME = 20
_SPELLINGS = "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya"
_LATIN = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", _SPELLINGS.split(), strict=True))


def new_password() -> str:
    """Twelve random digits in three groups."""
    return "-".join("".join(secrets.choice(DIGITS) for _ in range(IN_GROUP)) for _ in range(GROUPS))


def new_logins(surnames: Iterable[str]) -> list[str]:
    """A free login for each surname: it in Latin letters and three digits, «shcherbakova472». One query, as a rule."""
    stems = [_stem(surname) for surname in surnames]
    found: dict[int, str] = {}
    for digits in (3, 3, 5, 7):
        drawn = {
            place: stem + "".join(secrets.choice(DIGITS) for _ in range(digits))
            for place, stem in enumerate(stems)
            if place not in found
        }
        if not drawn:
            break
        taken = {*found.values(), *User.objects.filter(username__in=drawn.values()).values_list("username", flat=True)}
        for place, login in drawn.items():
            if login not in taken:
                taken.add(login)
                found[place] = login
    if len(found) < len(stems):
        raise RuntimeError("no free login was found")
    return [found[place] for place in range(len(stems))]


def latin(text: str) -> str:
    """«Щербакова» → «shcherbakova»: for logins and e-mail."""
    return "".join(_LATIN.get(letter, letter) for letter in text.casefold()).replace("_", "")


def _stem(surname: str) -> str:
    return "".join(letter for letter in latin(surname) if "a" <= letter <= "z")[:LONGEST_NAME] or "family"
