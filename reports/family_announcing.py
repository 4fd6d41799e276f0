"""What the family's cabinet needs to announce an absence: what was announced, which lessons there are to choose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time

from attendance.announcements import Told, of_pupil
from journal.calendar import Calendar
from journal.lessons import pupil_lessons
from journal.models import BellPeriod
from reports.family import Child


@dataclass(frozen=True, slots=True)
class LessonToChoose:
    """A lesson of the day that may be announced; without a timetable only its number is known."""

    number: int
    title: str
    starts: time | None = None
    ends: time | None = None


def announcements(child: Child, calendar: Calendar | None) -> list[Told]:
    """What was announced about the child in this school year, the newest days first. Three queries."""
    if child.school_class is None or calendar is None:
        return []
    stays = [stay for stay, _ in child.stays]
    return of_pupil(child.pupil.pk, calendar, child.school_class.grade, stays, child.today)


def lessons_of_day(child: Child, day: date, calendar: Calendar) -> list[LessonToChoose]:
    """The child's own lessons of the day by name; none where the timetable does not know them. Three queries."""
    school_class = child.class_on(day)
    if school_class is None:
        return []
    lessons = pupil_lessons(child.pupil, school_class, day, day, calendar)
    own = lessons.own(child.pupil.pk, day)
    return [LessonToChoose(place.number, lessons.courses[place.course_id].subject.name) for place in own]


def lessons_to_choose(child: Child, day: date, calendar: Calendar) -> list[LessonToChoose]:
    """The same with times, or bare numbers by the bells where the timetable is not known; none on a day off."""
    if child.school_class is None or not calendar.is_school_day(day, child.school_class.grade):
        return []
    bells = {bell.number: bell for bell in BellPeriod.objects.filter(schedule="основное")}
    own = lessons_of_day(child, day, calendar) or [LessonToChoose(n, "") for n in sorted(bells) or range(1, 9)]
    return [
        replace(lesson, starts=bells[lesson.number].starts, ends=bells[lesson.number].ends)
        if lesson.number in bells
        else lesson
        for lesson in own
    ]
