"""The operator's first page: what the school has loaded, and what is missing for a start. Plain values out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q

from accounts.models import User
from journal.calendar import year_of
from journal.models import (
    AcademicYear,
    ClassTeacher,
    Course,
    Enrolment,
    Guardian,
    Lesson,
    SchoolClass,
    Teacher,
    TimetableSlot,
)
from reports.models import ImportBatch

RECENT = 5


@dataclass(frozen=True, slots=True)
class Missing:
    """Something without which the school cannot work well: what, how many, what to do about it."""

    what: str
    todo: str
    names: str = ""


@dataclass(frozen=True)
class OperatorPage:
    year: AcademicYear | None
    counts: list[tuple[str, int]]
    missing: list[Missing]
    batches: list[ImportBatch]


def operator_page(today: date) -> OperatorPage:
    """Counts, gaps and the last imports. The number of queries does not depend on the school's size."""
    year = year_of(today)
    batches = list(ImportBatch.objects.select_related("owner").defer("preview", "answers")[:RECENT])
    if year is None:
        first = Missing("Учебный год не заведён", "Он появится при первом импорте или в администрировании.")
        return OperatorPage(None, _counts(None, today), [first], batches)
    return OperatorPage(year, _counts(year, today), _missing(year, today), batches)


def _counts(year: AcademicYear | None, today: date) -> list[tuple[str, int]]:
    logins = User.objects.filter(is_active=True).aggregate(
        staff=Count("pk", filter=Q(teacher__isnull=False) | Q(is_deputy=True) | Q(is_operator=True)),
        guardians=Count("pk", filter=Q(guardian__isnull=False)),
        pupils=Count("pk", filter=Q(pupil__isnull=False)),
    )
    return [
        ("классов", SchoolClass.objects.filter(year=year).count() if year else 0),
        ("учеников", Enrolment.objects.on_roll(today).count()),
        ("представителей", Guardian.objects.count()),
        ("учителей", Teacher.objects.count()),
        ("сотрудников с логином", logins["staff"]),
        ("родителей с логином", logins["guardians"]),
        ("учеников с логином", logins["pupils"]),
    ]


def _missing(year: AcademicYear, today: date) -> list[Missing]:
    classes = SchoolClass.objects.filter(year=year).order_by("grade", "letter")
    led = ClassTeacher.objects.active_on(today).filter(school_class=OuterRef("pk")).select_related(None).order_by()
    slots = TimetableSlot.objects.filter(course__school_class=OuterRef("pk"))
    held = Lesson.objects.filter(course__school_class=OuterRef("pk"))
    found: list[Missing] = []
    rows = list(classes.annotate(is_led=Exists(led), has_lessons=Exists(slots) | Exists(held)))
    if not rows:
        found.append(Missing("Классов ещё нет", "Загрузите список учеников."))
    if no_teacher := [row.name for row in rows if not row.is_led]:
        found.append(Missing("Классы без классного руководителя", "Назначьте в администрировании.", _some(no_teacher)))
    if no_lessons := [row.name for row in rows if not row.has_lessons]:
        found.append(Missing("Классы без расписания", "Загрузите файл расписания aSc (XML).", _some(no_lessons)))
    if count := Course.objects.filter(school_class__year=year, teacher=None).count():
        found.append(Missing(f"Курсы без учителя: {count}", "Загрузите список сотрудников или назначьте."))
    without_login = Teacher.objects.filter(user=None).count()
    if without_login:
        found.append(Missing(f"Учителя без входа: {without_login}", "Создайте им входы в администрировании."))
    if not year.is_approved:
        found.append(
            Missing(
                f"Календарь {year} помечен «проект»", "Проверьте периоды и каникулы в «Настройках», затем утвердите."
            )
        )
    return found


def _some(names: list[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (f" и ещё {len(names) - most}" if len(names) > most else "")
