"""Planning of staff, and of classes in a year that has none yet."""

from __future__ import annotations

import re
from datetime import timedelta

from journal.models import ClassTeacher, SchoolClass, Teacher
from journal.text import normalise
from reports.imports.read.errors import Place
from reports.imports.read.rows import FileContent, StaffRow

from .planner import Context

TEACHES = re.compile(r"учител|педагог|преподавател|воспитател|тьютор|логопед", re.IGNORECASE)


def plan_classes(context: Context, contents: list[FileContent]) -> None:
    """Classes of a year without classes are made from the lists of pupils, or else from the timetable.

    In a year that has classes an unknown one is an error: usually a slip of the keyboard.
    """
    register = context.register
    if register.had_classes:
        return
    places: dict[str, Place] = {}
    for content in contents:
        for row in content.pupils:
            places.setdefault(row.class_name, row.place)
    if not places:
        for content in contents:
            for name in content.timetable.classes if content.timetable else ():
                places.setdefault(name, Place(content.name))
    for name, place in places.items():
        grade = re.match(r"\d+", name)
        assert grade  # parse_class lets nothing else through
        school_class = SchoolClass(year=context.year, grade=int(grade[0]), letter=name[grade.end() :])
        register.classes[name] = context.staged.add(school_class)
        context.see(school_class, "class", name, place)


def plan_staff(context: Context, contents: list[FileContent]) -> None:
    """Teachers and class teachers. Those who neither teach nor lead a class need only a login, made by the operator."""
    others = 0
    for content in contents:
        for row in content.staff:
            if row.class_name or TEACHES.search(row.position):
                _plan_member(context, row)
                continue
            others += 1
            if row.position.casefold() == "директор":
                _plan_director(context, row)
        if content.staff and others:
            context.note(
                Place(content.name),
                f"Не ведут уроков: {others}. Учителями они не записаны.",
                "Логины администрации заводит оператор.",
            )


def _plan_member(context: Context, row: StaffRow) -> None:
    before = len(context.preview.errors)
    teacher = context.teacher(row.name, row.place)
    if teacher is None:
        if len(context.preview.errors) > before:
            return
        teacher = context.new_teacher(row.name, row.place, row.position, row.email)
    else:
        for field, value in (("position", row.position), ("email", row.email)):
            if value:
                context.staged.set(teacher, field, value)
        if row.name.middle:
            context.staged.set(teacher, "patronymic", teacher.patronymic or row.name.middle)
        context.see(teacher, "teacher", teacher.full_name, row.place)
    if row.class_name:
        plan_class_teacher(context, row.class_name, teacher, row.place, replaces=True)


def plan_class_teacher(context: Context, class_name: str, teacher: Teacher, place: Place, *, replaces: bool) -> None:
    """The class teacher of a class; somebody else leads it until yesterday where the file may replace them."""
    school_class = context.school_class(class_name, place)
    if school_class is None:
        return
    if replaces and not context.agrees(("class_teacher", class_name), teacher.full_name, place):
        return
    rows = context.register.class_teachers[id(school_class)]
    current = next((row for row in rows if row.date_to is None), None)
    begins = context.year.date_from
    if current is not None:
        if current.teacher is teacher or (teacher.pk and current.teacher_id == teacher.pk):
            context.see(current, "class_teacher", f"{class_name}: {teacher.full_name}", place)
            return
        if not replaces:
            context.note(place, f"{class_name}: классный руководитель в файле {teacher.full_name}, "
                         f"в журнале {current.teacher.full_name}. Оставлено как в журнале.")  # fmt: skip
            return
        if current.pk is None:
            context.error(place, f"У класса {class_name} в файлах два классных руководителя.", "Оставьте одного.")
            return
        begins = max(context.today, current.date_from + timedelta(days=1))
        context.staged.set(current, "date_to", begins - timedelta(days=1))
        context.see(current, "class_teacher", f"{class_name}: {current.teacher.full_name}", place)
    row = context.staged.add(ClassTeacher(school_class=school_class, teacher=teacher, date_from=begins))
    rows.append(row)
    context.see(row, "class_teacher", f"{class_name}: {teacher.full_name}", place)


def _plan_director(context: Context, row: StaffRow) -> None:
    school = context.calendar.school
    stands = normalise(school.director)
    # The same person in other letters, or without the patronymic, is no news.
    if stands != normalise(str(row.name)) and not stands.startswith(f"{normalise(str(row.name))} "):
        context.staged.set(school, "director", str(row.name)[:150])
    context.see(school, "school", school.name, row.place)
