"""Is the age usual for the grade? A warning only: the school decides."""

from __future__ import annotations

from datetime import date

USUAL = range(5, 9)
"""Full years at the start of the year less the grade: a child of six and a half to eight goes to grade 1."""


def years_old(birth_date: date, day: date) -> int:
    """Full years on the day."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def unusual_age(birth_date: date, grade: int, year_start: date) -> str:
    """«На 01.09.2026 исполнилось 15, а класс 1-й…», or an empty string where the age is usual."""
    age = years_old(birth_date, year_start)
    if age - grade in USUAL:
        return ""
    return (
        f"Возраст необычен для {grade}-го класса: на {year_start:%d.%m.%Y} полных лет {age}, "
        f"обычно от {USUAL.start + grade} до {USUAL.stop - 1 + grade}. Проверьте дату рождения и класс."
    )
