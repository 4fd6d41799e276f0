"""Days that change kind: what stands on them when a vacation moves, a day becomes off, the week gets longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from django.db.models import Count, F, Q

from attendance.models import Absence, ClosedMonth
from journal.calendar import Calendar, days_between
from journal.models import AcademicYear, ControlWork, Course, Lesson, TimetableSlot
from reports.school.preview import NOTHING, Line, Preview, days_words, grades_words, shorten

GRADES = range(1, 12)


class Turn(Enum):
    """What becomes of a day for a grade."""

    LOST = "перестанут быть учебными"
    GAINED = "станут учебными"
    MOVED = "пойдут по расписанию другого дня недели"


Turns = dict[tuple[date, int], Turn]
"""(day, grade) → what becomes of it; only what changes."""


@dataclass
class Standing:
    """What stands on the days of one turn."""

    days: set[date] = field(default_factory=set)
    grades: set[int] = field(default_factory=set)
    slots: int = 0
    held: int = 0
    marks: int = 0
    letters: int = 0
    controls: int = 0
    named: list[str] = field(default_factory=list)


def turns(old: Calendar, new: Calendar) -> Turns:
    """Which days change for which grades between two calendars of one year."""
    first = min(old.year.date_from, new.year.date_from)
    last = max(old.year.date_to, new.year.date_to)
    found: Turns = {}
    for day in days_between(first, last):
        moved = old.timetable_weekday(day) != new.timetable_weekday(day)
        for grade in GRADES:
            was, now = old.is_school_day(day, grade), new.is_school_day(day, grade)
            if was != now:
                found[day, grade] = Turn.GAINED if now else Turn.LOST
            elif was and moved:
                found[day, grade] = Turn.MOVED
    return found


def days_preview(old: Calendar, new: Calendar) -> Preview:
    """Lessons, marks and letters on the days that change kind. Nine queries, whatever the sizes; none where no day
    changes."""
    changed = turns(old, new)
    if not changed:
        return NOTHING
    found = _standing(changed, old, new)
    lines: list[Line] = []
    named: list[str] = []
    for turn in Turn:
        if turn in found:
            lines += _lines(turn, found[turn])
            named += found[turn].named if turn != Turn.GAINED else []
    months = ClosedMonth.objects.filter(month__in={day.replace(day=1) for day, _ in changed})
    if closed := [f"{row.month:%m.%Y}" for row in months.order_by("month")]:
        lines.append(Line(f"Эти дни лежат в закрытых месяцах: {', '.join(closed)}. Их итоги могут измениться.", True))
    heading = "Проведённые уроки с отметками, которые это затронет" if named else ""
    return Preview(tuple(lines), named_heading=heading, named=shorten(named))


def _lines(turn: Turn, found: Standing) -> list[Line]:
    where = f"{days_words(found.days)} (дней: {len(found.days)}), {grades_words(found.grades)}"
    lines = [Line(f"{turn.value.capitalize()}: {where}.")]
    written = f"проведённых уроков {found.held}, отметок {found.marks}, букв пропусков {found.letters}"
    if turn == Turn.GAINED:
        lines.append(Line(f"Добавится уроков по расписанию: {found.slots}. Уже записано: {written}."))
        return lines
    touched = bool(found.held or found.marks or found.letters or found.controls)
    control = f", контрольных работ {found.controls}" if found.controls else ""
    lines.append(Line(f"На них уроков по расписанию {found.slots}, {written}{control}.", is_warning=touched))
    if turn == Turn.LOST and touched:
        lines.append(
            Line(
                "Записи не удаляются, но уроки и отметки этих дней не будут видны в журнале, пока день снова не станет "
                "учебным. Если уроки были проведены, день лучше оставить учебным.",
                is_warning=True,
            )
        )
    return lines


def _standing(changed: Turns, old: Calendar, new: Calendar) -> dict[Turn, Standing]:
    found: dict[Turn, Standing] = defaultdict(Standing)
    for (day, grade), turn in changed.items():
        found[turn].days.add(day)
        found[turn].grades.add(grade)
    days = sorted({day for day, _ in changed})
    grades = _course_grades(old.year)

    def turns_of(course_id: int, day: date) -> set[Turn]:
        """A group of several grades may be touched in some of them only: it is counted once a turn."""
        return {changed[day, grade] for grade in grades.get(course_id, ()) if (day, grade) in changed}

    for course_id, weekday, since, until in _slots(days):
        for day in days:
            if since <= day and (until is None or day <= until):
                for turn in turns_of(course_id, day):
                    calendar = new if turn == Turn.GAINED else old
                    found[turn].slots += calendar.timetable_weekday(day) == weekday
    for row in _lessons(days):
        for turn in turns_of(row.course_id, row.date):
            found[turn].held += 1
            found[turn].marks += row.number_of_marks
            if row.number_of_marks:
                found[turn].named.append(_named(row))
    for course_id, day in ControlWork.objects.filter(date__in=days).values_list("course_id", "date"):
        for turn in turns_of(course_id, day):
            found[turn].controls += 1
    for day, grade, count in _letters(days):
        if touched := changed.get((day, grade)):
            found[touched].letters += count
    return found


def _course_grades(year: AcademicYear) -> dict[int, set[int]]:
    """Course → grades that attend it. Three queries."""
    of_class = Course.objects.filter(school_class__year=year).values_list("pk", "school_class__grade")
    of_group = Course.objects.filter(group__year=year).values_list("pk", "group__classes__grade")
    of_plan = Course.objects.filter(plan__pupil__enrolments__school_class__year=year).values_list(
        "pk", "plan__pupil__enrolments__school_class__grade"
    )
    found: dict[int, set[int]] = defaultdict(set)
    for rows in (of_class, of_group, of_plan):
        for pk, grade in rows.order_by().distinct():
            if grade is not None:
                found[pk].add(grade)
    return found


def _slots(days: list[date]) -> Iterable[tuple[int, int, date, date | None]]:
    rows = TimetableSlot.objects.filter(Q(date_to=None) | Q(date_to__gte=days[0]), date_from__lte=days[-1])
    return rows.order_by().values_list("course_id", "weekday", "date_from", "date_to")


def _lessons(days: list[date]) -> Iterable:
    rows = Lesson.objects.filter(date__in=days, is_cancelled=False).annotate(number_of_marks=Count("marks"))
    with_audience = rows.select_related("course__subject", "course__school_class", "course__group")
    return with_audience.prefetch_related("course__group__classes").order_by("date", "number")


def _named(row) -> str:
    """«26.10, 7Б: Алгебра, 2 урок, отметок 5». Of a plan no pupil is named: whose marks they are is no matter here."""
    course = row.course
    audience = "индивидуальный план" if course.plan_id else course.audience
    lesson = f"{course.subject.name}, {row.number} урок"
    return f"{row.date:%d.%m}, {audience}: {lesson}, отметок {row.number_of_marks}"


def _letters(days: list[date]) -> Iterable[tuple[date, int, int]]:
    """(day, grade of the pupil's class of that day, letters)."""
    tie = "pupil__enrolments__"
    still = Q(**{f"{tie}date_to": None}) | Q(**{f"{tie}date_to__gte": F("date")})
    rows = Absence.objects.filter(still, date__in=days, **{f"{tie}date_from__lte": F("date")}).order_by()
    return rows.values_list("date", f"{tie}school_class__grade").annotate(n=Count("pk"))
