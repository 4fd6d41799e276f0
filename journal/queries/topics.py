"""Topics and homework of a course, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from journal.models import Course, Lesson


@dataclass(frozen=True, slots=True)
class Task:
    text: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A lesson with what was done and given; `substitute` led it instead of the course's teacher."""

    lesson_id: int
    date: date
    number: int
    topic: str
    substitute: str
    is_cancelled: bool
    tasks: tuple[Task, ...]


def topics_of(course: Course) -> list[TopicRow]:
    """Every lesson of which something is known. Two queries."""
    rows = Lesson.objects.filter(course=course).select_related("substitute").prefetch_related("homework")
    return [
        TopicRow(
            lesson_id=row.pk,
            date=row.date,
            number=row.number,
            topic=row.topic,
            substitute=row.substitute.short_name if row.substitute else "",
            is_cancelled=row.is_cancelled,
            tasks=tuple(Task(task.text, task.due_on) for task in row.homework.all()),
        )
        for row in rows.order_by("-date", "-number")
    ]
