"""A subject teacher's first page: own lessons of today, own courses. Plain values out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from django.db.models import Q

from attendance.facts import checked_lessons
from journal.calendar import load_calendar, year_of
from journal.lessons import teacher_lessons
from journal.models import BellPeriod, Course, Teacher
from reports.today import room_words


@dataclass(frozen=True, slots=True)
class TeacherLesson:
    number: int
    title: str
    audience: str
    room: str
    topic: str
    change: str
    starts: time | None
    ends: time | None
    is_now: bool
    course_id: int
    is_checked: bool


@dataclass(frozen=True)
class TeacherPage:
    """`day` is today or, without school today, the next school day of any grade."""

    now: datetime
    day: date | None
    lessons: list[TeacherLesson]
    courses: list[Course]

    @property
    def is_today(self) -> bool:
        return self.day == self.now.date()

    @property
    def hours(self) -> Decimal:
        return sum((course.hours_per_week for course in self.courses), Decimal(0))


def teacher_page(teacher: Teacher, now: datetime) -> TeacherPage:
    """The page of this moment. The number of queries does not depend on the number of courses."""
    today = now.date()
    year = year_of(today)
    if year is None:
        return TeacherPage(now, None, [], [])
    calendar = load_calendar(year)
    grades = range(1, 12)
    day: date | None = today
    if not any(calendar.is_school_day(today, grade) for grade in grades):
        day = min(filter(None, (calendar.school_day_after(today, grade) for grade in grades)), default=None)
    bells = {bell.number: bell for bell in BellPeriod.objects.filter(schedule="основное")}
    in_force = Q(plan__date_from__lte=today) & (Q(plan__date_to=None) | Q(plan__date_to__gte=today))
    courses = Course.objects.filter(Q(school_class__year=year) | Q(group__year=year) | in_force, teacher=teacher)
    rows = teacher_lessons(teacher, day, calendar) if day else []
    checked = checked_lessons({course.pk for course, _ in rows}, today)
    return TeacherPage(
        now=now,
        day=day,
        lessons=[_row(teacher, course, place, bells.get(place.number), now, checked) for course, place in rows],
        courses=sorted(courses.for_lists().with_audience(), key=lambda course: (course.subject.name, course.audience)),
    )


def _row(
    teacher: Teacher, course: Course, place, bell: BellPeriod | None, now: datetime, checked: set[tuple[int, int]]
) -> TeacherLesson:
    change = ""
    if course.teacher_id != teacher.pk:
        change = f"замена за {course.teacher.short_name}" if course.teacher else "замена"
    elif place.substitute:
        change = f"вас замещает {place.substitute}"
    return TeacherLesson(
        number=place.number,
        title=course.subject.name,
        audience=course.audience,
        room=room_words(place.room),
        topic=place.topic,
        change=change,
        starts=bell.starts if bell else None,
        ends=bell.ends if bell else None,
        is_now=bell is not None and place.date == now.date() and bell.starts <= now.time() <= bell.ends,
        course_id=course.pk,
        is_checked=(course.pk, place.number) in checked,
    )
