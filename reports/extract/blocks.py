"""The parts of a sheet that may be chosen (domain.md §5). The one list of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models


class Block(models.TextChoices):
    """In the order in which they stand on the sheet."""

    MARKS = "marks", "отметки"
    ABSENCES = "absences", "пропуски"
    CONTROL_WORKS = "control_works", "контрольные работы"
    HOMEWORK = "homework", "домашние задания"
    ADVICE = "advice", "рекомендации учителей"
    TIMETABLE = "timetable", "расписание"
    TEACHERS = "teachers", "педагоги"
    VACATIONS = "vacations", "каникулы"


ALL_BLOCKS: tuple[str, ...] = tuple(Block.values)


def known_blocks(names: Iterable[str]) -> tuple[str, ...]:
    """The blocks named, in the order of the sheet; an empty tuple, which stands for all of them, also where all are
    named."""
    chosen = tuple(name for name in ALL_BLOCKS if name in set(names))
    return () if chosen == ALL_BLOCKS else chosen
