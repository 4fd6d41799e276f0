"""Handing lessons of the timetable from one course to another, from a day on. What was held stays where it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Max, Q

from journal.models import ControlWork, Course, Lesson, TimetableSlot

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SlotPart:
    """A place of the timetable from a day on."""

    weekday: int
    number: int
    room: str
    first: date
    last: date | None


def last_written(courses: Collection[Course], day: date) -> date | None:
    """The last day, not before `day`, on which a lesson of the courses is written in the journal. One query."""
    rows = Lesson.objects.filter(course__in=courses, date__gte=day, is_cancelled=False)
    return rows.aggregate(last=Max("date"))["last"]


def slots_from(courses: Collection[Course], day: date) -> list[SlotPart]:
    """Places of the timetable that the courses have on the day or later, cut to begin with it. One query."""
    rows = TimetableSlot.objects.filter(Q(date_to=None) | Q(date_to__gte=day), course__in=courses)
    return [
        SlotPart(row.weekday, row.number, row.room, max(row.date_from, day), row.date_to)
        for row in rows.order_by("weekday", "number", "pk")
    ]


def end_slots(courses: Collection[Course], day: date) -> None:
    """The last day of the courses in the timetable is the one before `day`; places that would begin later go."""
    rows = TimetableSlot.objects.filter(course__in=courses)
    rows.filter(date_from__gte=day).delete()
    rows.filter(Q(date_to=None) | Q(date_to__gte=day)).update(date_to=day - DAY)


def give_slots(parts: Iterable[SlotPart], courses: Iterable[Course]) -> None:
    """Each of the courses takes all of these places. One query."""
    slots = [
        TimetableSlot(
            course=course,
            weekday=part.weekday,
            number=part.number,
            room=part.room,
            date_from=part.first,
            date_to=part.last,
        )
        for course in courses
        for part in parts
    ]
    TimetableSlot.objects.bulk_create(slots)


def carry_cancelled(old: Collection[Course], new: Iterable[Course], day: date) -> None:
    """Lessons that were cancelled ahead stay cancelled for the courses that take them over. Two queries."""
    rows = Lesson.objects.filter(course__in=old, date__gte=day, is_cancelled=True)
    places = sorted(set(rows.values_list("date", "number")))
    Lesson.objects.bulk_create(
        [Lesson(course=course, date=on, number=number, is_cancelled=True) for course in new for on, number in places],
        ignore_conflicts=True,
    )


def carry_control_works(old: Collection[Course], new: Iterable[Course], day: date) -> int:
    """Control works ahead go to the courses that take the lessons over, or the families would lose sight of them: the
    row itself to the first course, a copy to each other one. Of works of one day (each group had its own) the first
    goes along, the others stay with their closed group. How many went; two queries, and two a work."""
    first, *others = new
    taken = set(ControlWork.objects.filter(course=first, date__gte=day).values_list("date", flat=True))
    moved = 0
    for work in ControlWork.objects.filter(course__in=old, date__gte=day).order_by("date", "pk"):
        if work.date in taken:
            continue
        moved += 1
        taken.add(work.date)
        work.course = first
        work.save(update_fields=["course"])
        copies = [
            ControlWork(
                course=course,
                date=work.date,
                title=work.title,
                level=work.level,
                approved_reason=work.approved_reason,
            )
            for course in others
        ]
        ControlWork.objects.bulk_create(copies, ignore_conflicts=True)
    return moved
