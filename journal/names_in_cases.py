"""Names in the genitive and the dative: «Выписка по успеваемости Иванова Ивана», «Кому: Петровой Анне».

pytrovich declines by the rules of Russian names; what it cannot know a person writes on the card once
(`name_genitive`, `name_dative`), and that stands. Initials are never declined.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from journal.models import Sex
from journal.services.guardians import sex_for

# Surnames that no case changes, besides those in -о, -е, -и, -у, -ых, -их.
_FRENCH = {"дюма", "золя", "петипа", "гюго", "моруа"}
_PARTICLES = {
    "оглы", "оглу", "кызы", "гызы", "угли", "заде",
    "ван", "фон", "де", "да", "ди", "дер", "тер", "аль", "эль",
}  # fmt: skip


def genitive(person: Any, *, kinship: str = "") -> str:
    """«Иванова Ивана Петровича»: the full name, or what was written on the card instead."""
    return person.name_genitive or _declined(person, "GENITIVE", kinship)


def dative(person: Any, *, kinship: str = "") -> str:
    """«Петровой Анне Ивановне»."""
    return person.name_dative or _declined(person, "DATIVE", kinship)


def sex_of(person: Any, kinship: str = "") -> str:
    """The sex as entered; else by kinship, else by the patronymic; empty where nothing tells it."""
    if known := sex_for(person.sex, kinship) if kinship else person.sex:
        return known
    patronymic = person.patronymic.casefold()
    if patronymic.endswith(("ич", "оглы", "оглу", "угли")):
        return Sex.MALE
    return Sex.FEMALE if patronymic.endswith(("вна", "чна", "кызы", "гызы")) else ""


def _declined(person: Any, case: str, kinship: str) -> str:
    sex = sex_of(person, kinship)
    if not sex:
        return person.full_name  # better as in the passport than wrongly declined
    parts = (("LASTNAME", person.last_name), ("FIRSTNAME", person.first_name), ("MIDDLENAME", person.patronymic))
    return " ".join(_part(name, kind, case, sex) for kind, name in parts if name)


def _part(name: str, kind: str, case: str, sex: str) -> str:
    """Each word and each half of a double name by itself."""
    return " ".join("-".join(_word(half, kind, case, sex) for half in word.split("-")) for word in name.split())


def _word(word: str, kind: str, case: str, sex: str) -> str:
    small = word.casefold()
    if small in _PARTICLES or len(word.rstrip(".")) < 2 or not re.fullmatch(r"[А-Яа-яЁё'’]+", word):
        return word
    if kind == "LASTNAME" and (small in _FRENCH or re.search(r"(?:[оеёэиыую]|[иы]х)$", small)):
        return word
    # A woman's surname that ends in a consonant stays: Анна Ковальчук.
    if kind == "LASTNAME" and sex == Sex.FEMALE and not small.endswith(("а", "я")):
        return word
    if kind == "FIRSTNAME" and sex == Sex.FEMALE and not small.endswith(("а", "я", "ь")):
        return word
    maker, kinds, genders, cases = _petrovich()
    gender = genders.MALE if sex == Sex.MALE else genders.FEMALE
    return maker.make(getattr(kinds, kind), gender, getattr(cases, case), word)


@cache
def _petrovich() -> tuple[Any, Any, Any, Any]:
    from pytrovich.enums import Case, Gender, NamePart
    from pytrovich.maker import PetrovichDeclinationMaker

    return PetrovichDeclinationMaker(), NamePart, Gender, Case
