"""How old pupils are: what cannot be, what is unusual for a grade, what is worth a look in September. One home."""

from __future__ import annotations

from datetime import date

from journal.text import plural

YOUNGEST, OLDEST = 5, 21
"""Years on 1 September of anybody who studies at school."""


def age_on(birth_date: date, day: date) -> int:
    """Full years on the day."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def is_pupils_age(age: int) -> bool:
    """Whether a person of this age can be a pupil at all."""
    return YOUNGEST <= age <= OLDEST


def is_unusual(age: int, grade: int) -> bool:
    """Whether it is worth a second look at the birth date: grade 1 is begun at 6 to 8, few stay behind for years."""
    return not grade + 4 <= age <= grade + 9


def is_rare(age: int, grade: int) -> bool:
    """Whether «Начало года» asks to compare the birth date with the document: closer than `is_unusual`, because a list
    is looked through once, while a note on the card stands there all year."""
    return not grade + 5 <= age <= grade + 7


def unusual_age(birth_date: date, grade: int, year_start: date, class_name: str) -> str:
    """«15 лет в 1А — необычно, проверьте дату рождения», or an empty string for a usual age."""
    age = age_on(birth_date, year_start)
    return (
        f"{age} {plural(age, 'год,года,лет')} в {class_name} — необычно, проверьте дату рождения"
        if is_unusual(age, grade)
        else ""
    )
