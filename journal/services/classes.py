"""Classes of a year and who leads them: adding, renaming, appointing. The office's work."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.audit import Action, record_event
from accounts.models import User
from journal.models import AcademicYear, ClassTeacher, SchoolClass, Teacher
from journal.services.changes import plain

DAY = timedelta(days=1)


class CannotChange(Exception):
    """The words say why and what to do; `field` is where the person looks."""

    def __init__(self, words: str, field: str | None = None) -> None:
        super().__init__(words)
        self.field = field


@transaction.atomic
def add_class(*, year: AcademicYear, grade: int, letter: str, by: User) -> SchoolClass:
    """A new class of the year; CannotChange where it exists."""
    _check_free(year, grade, letter)
    row = _once(lambda: SchoolClass.objects.create(year=year, grade=grade, letter=letter), year, grade, letter)
    _record("класс заведён", row, {"name": (None, row.name), "year": (None, year.name)}, by, row.pk)
    return row


@transaction.atomic
def rename_class(*, school_class: SchoolClass, letter: str, by: User) -> None:
    """Another letter for the class, in this year only; its past and its pupils stay. CannotChange where it exists."""
    row = SchoolClass.objects.select_related("year").select_for_update(of=("self",)).get(pk=school_class.pk)
    if row.letter == letter:
        return
    _check_free(row.year, row.grade, letter)
    old = row.name
    row.letter = letter
    _once(lambda: row.save(update_fields=["letter"]), row.year, row.grade, letter)
    _record("класс переименован", row, {"name": (old, row.name)}, by, row.pk)


@transaction.atomic
def appoint(
    *,
    school_class: SchoolClass,
    teacher: Teacher,
    date_from: date,
    date_to: date | None,
    is_acting: bool,
    ends_former: bool,
    by: User,
) -> ClassTeacher:
    """The teacher leads the class from a day (to a day). With `ends_former` the one who leads it now stops the day
    before; without it two appointments on one day are refused."""
    year = school_class.year
    for day, field in ((date_from, "date_from"), (date_to, "date_to")):
        if day and not year.date_from <= day <= year.roll_ends_on:
            words = f"с {year.date_from:%d.%m.%Y} по {year.roll_ends_on:%d.%m.%Y}"
            raise CannotChange(f"{day:%d.%m.%Y} вне учебного года {year}. Укажите день {words}.", field)
    SchoolClass.objects.select_for_update().get(pk=school_class.pk)
    rows = ClassTeacher.objects.filter(school_class=school_class, is_acting=is_acting).select_related("teacher")
    rows = rows.filter(Q(date_to=None) | Q(date_to__gte=date_from))
    if date_to:
        rows = rows.filter(date_from__lte=date_to)
    for standing in rows.order_by("date_from"):
        if not (ends_former and standing.date_from < date_from):
            until = f" по {standing.date_to:%d.%m.%Y}" if standing.date_to else ""
            who = "замещает" if is_acting else "классный руководитель"
            raise CannotChange(
                f"В эти дни уже {who}: {standing.teacher.short_name}, с {standing.date_from:%d.%m.%Y}{until}. "
                "Измените даты или завершите прежнее назначение.",
                "date_from",
            )
        end_appointment(row=standing, date_to=date_from - DAY, by=by)
    row = ClassTeacher.objects.create(
        school_class=school_class, teacher=teacher, date_from=date_from, date_to=date_to, is_acting=is_acting
    )
    fields = {"teacher": (None, teacher.full_name), "date_from": (None, date_from), "date_to": (None, date_to)}
    _record("замещение назначено" if is_acting else "классный руководитель назначен", row, fields, by, school_class.pk)
    return row


@transaction.atomic
def end_appointment(*, row: ClassTeacher, date_to: date, by: User) -> None:
    """The last day of the appointment; CannotChange where it would end before it began or reach into the next one."""
    row = ClassTeacher.objects.select_related("teacher").select_for_update(of=("self",)).get(pk=row.pk)
    if date_to < row.date_from:
        raise CannotChange(f"Назначение начинается {row.date_from:%d.%m.%Y}: закончить его раньше нельзя.", "date_to")
    following = ClassTeacher.objects.filter(
        school_class=row.school_class_id, is_acting=row.is_acting, date_from__gt=row.date_from, date_from__lte=date_to
    )
    if following.exists():
        raise CannotChange("Дальше класс ведёт уже другой учитель. Укажите более ранний день.", "date_to")
    old, row.date_to = row.date_to, date_to
    row.save(update_fields=["date_to"])
    fields = {"teacher": (row.teacher.full_name,) * 2, "date_to": (old, date_to)}
    _record("срок классного руководства", row, fields, by, row.school_class_id)


def _check_free(year: AcademicYear, grade: int, letter: str) -> None:
    if SchoolClass.objects.filter(year=year, grade=grade, letter=letter).exists():
        raise _taken(year, grade, letter)


def _taken(year: AcademicYear, grade: int, letter: str) -> CannotChange:
    return CannotChange(f"Класс {grade}{letter} в {year} учебном году уже есть. Выберите другую букву.", "letter")


def _once(write: Any, year: AcademicYear, grade: int, letter: str) -> Any:
    """Two people at once: the constraint lets one through, the other reads the same words."""
    try:
        with transaction.atomic():
            return write()
    except IntegrityError:
        raise _taken(year, grade, letter) from None


def _record(subject: str, row: Any, fields: dict[str, tuple[Any, Any]], by: User, class_id: int) -> None:
    record_event(
        Action.CHANGE,
        subject,
        by=by,
        class_id=class_id,
        object_type=row._meta.model_name,
        object_id=row.pk,
        old={name: plain(name, old) for name, (old, _) in fields.items()},
        new={name: plain(name, new) for name, (_, new) in fields.items()},
    )
