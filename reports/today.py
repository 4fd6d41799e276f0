"""The class teacher's «Сегодня»: one look over the day of a class (design.md §5.1). Plain values out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Min, QuerySet

from attendance.announced import Announced, announced_on
from attendance.announcements import lessons_words
from attendance.answered import notes_of, split
from attendance.conflicts import Conflict, conflicts
from attendance.documents import ending_until
from attendance.models import (
    ABSENCE_REASONS,
    LETTERS,
    WHOLE_DAY,
    Absence,
    AbsenceDocument,
    RollCall,
    RollCallReminder,
)
from attendance.queries import marks_by_day
from attendance.services.reminders import latest_reminder
from attendance.signals import Signal, signals, window
from journal.calendar import Calendar, load_calendar
from journal.lessons import ClassLessons, LessonPlace, class_lessons
from journal.models import BellPeriod, ControlWork, Course, Lesson, Pupil, SchoolClass
from reports.extract.due import PaperDue, paper_due

CONFLICT_DAYS = timedelta(days=14)
YEAR_START = timedelta(weeks=6)


@dataclass(frozen=True, slots=True)
class Absentee:
    """Who is not at school, or not at some lessons, today."""

    pupil: Pupil
    reason: str
    letter: str
    numbers: tuple[int, ...]

    @property
    def css(self) -> str:
        return f"is-{self.reason}"

    @property
    def where(self) -> str:
        """«уроки 1, 2», or nothing for the whole day."""
        if not self.numbers:
            return ""
        return f"{'уроки' if len(self.numbers) > 1 else 'урок'} {', '.join(map(str, self.numbers))}"


@dataclass(frozen=True, slots=True)
class AnnouncedToday:
    """Whom a family announced for today, while nothing is marked."""

    pupil: Pupil
    said: Announced

    @property
    def where(self) -> str:
        return lessons_words(self.said.lessons)


@dataclass(frozen=True, slots=True)
class LessonRow:
    """The lessons of the class at one place of the day: one, or one a group."""

    number: int
    title: str
    details: tuple[str, ...]
    changes: tuple[str, ...]
    is_cancelled: bool
    starts: time | None
    ends: time | None
    is_now: bool


@dataclass(frozen=True)
class Today:
    """Everything of the page."""

    school_class: SchoolClass
    now: datetime
    day: date | None
    why_no_school: str
    pupils: int
    roll_call: RollCall | None
    is_late: bool
    reminder: RollCallReminder | None
    absent: list[Absentee]
    lessons: list[LessonRow]
    control_works: list[ControlWork]
    signals: list[Signal]
    """Those that nobody has taken note of."""
    conflicts: list[Conflict]
    documents: list[AbsenceDocument]
    paper: list[PaperDue]
    unconfirmed: int
    unconfirmed_since: date | None
    announced: list[AnnouncedToday]

    @property
    def is_year_start(self) -> bool:
        """The weeks in which the class is put in order: the page leads to «Начало года»."""
        return self.now.date() < self.school_class.year.date_from + YEAR_START

    @property
    def is_school_day(self) -> bool:
        return self.day == self.now.date()

    @property
    def whole_day(self) -> list[Absentee]:
        return [row for row in self.absent if not row.numbers]

    @property
    def chips(self) -> list[tuple[str, str, int]]:
        """(colour class, letter, pupils absent the whole day) for Б, У, Н."""
        counts = Counter(row.reason for row in self.whole_day)
        return [(f"is-{reason}", LETTERS[reason], counts[reason]) for reason in ABSENCE_REASONS]

    @property
    def attention(self) -> int:
        """How many things wait for the teacher."""
        return len(self.signals) + len(self.conflicts)


def today_page(school_class: SchoolClass, now: datetime) -> Today:
    """The day of the class. The number of queries does not depend on its size."""
    today = now.date()
    calendar = load_calendar(school_class.year)
    grade = school_class.grade
    no_school = calendar.why_no_school(today, grade)
    day = calendar.school_day_after(today, grade) if no_school else today
    # The year to date: chronic absence needs its lessons. Measured in November: a third more time.
    start, end = window(today, calendar)
    lessons = class_lessons(school_class, start, max(end, day or end), calendar)
    pupils = [pupil for pupil in lessons.pupils if lessons.on_roll(pupil.pk, today)]
    ids = [pupil.pk for pupil in pupils]
    marks = marks_by_day(ids, start, today)
    roll_call = RollCall.objects.filter(school_class=school_class, date=today).select_related("taken_by").first()
    unconfirmed = Absence.objects.filter(pupil__in=ids, is_confirmed=False, date__gte=school_class.year.date_from)
    waiting = unconfirmed.aggregate(count=Count("pk"), since=Min("date"))
    return Today(
        school_class=school_class,
        now=now,
        day=day,
        why_no_school=no_school,
        pupils=len(pupils),
        roll_call=roll_call,
        is_late=not no_school and roll_call is None and now.time() > calendar.school.roll_call_until,
        reminder=latest_reminder(school_class, today) if not no_school and roll_call is None else None,
        absent=absentees(pupils, {pk: days[today] for pk, days in marks.items() if today in days}),
        lessons=lesson_rows(school_class, lessons, day, now) if day else [],
        control_works=_control_works(school_class, day) if day else [],
        signals=split(signals(lessons, marks, today, calendar, grade), notes_of(ids, start)).open,
        conflicts=conflicts(pupils, marks, today - CONFLICT_DAYS, today),
        documents=_documents(ids, today, calendar, grade),
        paper=paper_due(ids, today, calendar, grade),
        unconfirmed=waiting["count"],
        unconfirmed_since=waiting["since"],
        announced=[] if no_school else announced_today(pupils, marks, today),
    )


def announced_today(
    pupils: Iterable[Pupil], marks: dict[int, dict[date, dict[int, str]]], today: date
) -> list[AnnouncedToday]:
    """Whom the families announced for today and who is not marked yet, in the order of the list. One query."""
    found = list(pupils)
    said = announced_on([pupil.pk for pupil in found], today)
    waiting = [pupil for pupil in found if pupil.pk in said and today not in marks.get(pupil.pk, {})]
    return [AnnouncedToday(pupil, said[pupil.pk]) for pupil in waiting]


def absentees(pupils: Iterable[Pupil], marks: dict[int, dict[int, str]]) -> list[Absentee]:
    """First who is away the whole day, then who misses lessons; a row a pupil and reason, in the order of the list."""
    whole, parts = [], []
    for pupil in pupils:
        of_day = marks.get(pupil.pk, {})
        reason = of_day.get(WHOLE_DAY, "")
        if reason in ABSENCE_REASONS:
            whole.append(Absentee(pupil, reason, LETTERS[reason], ()))
            continue
        for reason in ABSENCE_REASONS:
            if numbers := tuple(sorted(number for number, found in of_day.items() if found == reason)):
                parts.append(Absentee(pupil, reason, LETTERS[reason], numbers))
    return [*whole, *parts]


def lesson_rows(school_class: SchoolClass, lessons: ClassLessons, day: date, now: datetime) -> list[LessonRow]:
    """The lessons of the class on the day, with substitutions and cancelled ones. Two queries."""
    bells = {bell.number: bell for bell in BellPeriod.objects.filter(schedule="основное")}
    cancelled = Lesson.objects.filter(
        course__in=Course.objects.of_class(school_class).values("pk"), date=day, is_cancelled=True
    ).select_related("course__subject", "course__group", "course__teacher")
    found: dict[tuple[int, str, bool], list[tuple[Course, LessonPlace | None]]] = {}
    for place in lessons.of_day(day):
        course = lessons.courses[place.course_id]
        found.setdefault((place.number, course.subject.name, False), []).append((course, place))
    for row in cancelled:
        found.setdefault((row.number, row.course.subject.name, True), []).append((row.course, None))
    rows = []
    for (number, title, is_cancelled), parts in sorted(found.items(), key=lambda item: item[0]):
        bell = bells.get(number)
        rows.append(
            LessonRow(
                number=number,
                title=title,
                details=tuple(_detail(course, place) for course, place in parts),
                changes=tuple(f"замена: {place.substitute}" for _, place in parts if place and place.substitute),
                is_cancelled=is_cancelled,
                starts=bell.starts if bell else None,
                ends=bell.ends if bell else None,
                is_now=bell is not None and day == now.date() and bell.starts <= now.time() <= bell.ends,
            )
        )
    return rows


def _detail(course: Course, place: LessonPlace | None) -> str:
    """«1 группа: Шилова З. М., каб. 21»."""
    who = course.teacher.short_name if course.teacher else "учитель не назначен"
    room = f", {room_words(place.room)}" if place and place.room else ""
    return f"{course.group.name}: {who}{room}" if course.group else f"{who}{room}"


def room_words(room: str) -> str:
    """«каб. 21» for a number; a room with a name of its own («спортзал») stands as it is."""
    return f"каб. {room}" if room[:1].isdigit() else room


def _control_works(school_class: SchoolClass, day: date) -> list[ControlWork]:
    """From the day to the end of its week."""
    week_end = day + timedelta(days=6 - day.weekday())
    courses = Course.objects.of_class(school_class).values("pk")
    rows: QuerySet[ControlWork] = ControlWork.objects.filter(course__in=courses, date__range=(day, week_end))
    return list(rows.select_related("course__subject", "course__group").order_by("date", "course__subject__name"))


def _documents(pupil_ids: Iterable[int], today: date, calendar: Calendar, grade: int) -> list[AbsenceDocument]:
    """Documents that end within the next school days: after them the pupil is expected back."""
    rows = AbsenceDocument.objects.in_force().filter(
        pupil__in=list(pupil_ids), date_from__lte=today, date_to__range=(today, ending_until(today, calendar, grade))
    )
    return list(rows.select_related("pupil").order_by("date_to", "pupil__sort_name"))
