"""A whole folder into an empty database, and once more."""

from collections import Counter
from datetime import date

import pytest

from accounts.models import AuditEvent
from attendance.models import Absence, AbsenceChange
from attendance.queries import totals_by_pupil
from journal.calendar import load_calendar
from journal.lessons import class_lessons
from journal.models import (
    AcademicYear,
    ClassTeacher,
    Course,
    Enrolment,
    GroupMembership,
    Guardian,
    Guardianship,
    Homework,
    Lesson,
    Mark,
    Movement,
    PeriodMark,
    Pupil,
    School,
    SchoolClass,
    Teacher,
    TimetableSlot,
)
from tests import samples
from tests.imports import load, load_school

pytestmark = pytest.mark.django_db

TABLES = [
    AcademicYear, SchoolClass, ClassTeacher, Teacher, Pupil, Enrolment, Movement, Guardian, Guardianship, Course,
    GroupMembership, TimetableSlot, Lesson, Homework, Mark, PeriodMark, Absence, AbsenceChange, AuditEvent,
]  # fmt: skip


def contents_of_tables():
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in TABLES}


def test_a_folder_fills_an_empty_database():
    preview = load_school()

    assert preview.errors == []
    assert {model.__name__: model.objects.count() for model in TABLES} == {
        "AcademicYear": 1, "SchoolClass": 2, "ClassTeacher": 2, "Teacher": 3, "Pupil": 9, "Enrolment": 9,
        "Movement": 9, "Guardian": 8, "Guardianship": 9, "Course": 5, "GroupMembership": 6, "TimetableSlot": 10,
        "Lesson": 9, "Homework": 5, "Mark": 18, "PeriodMark": 17, "Absence": 9, "AbsenceChange": 9, "AuditEvent": 1,
    }  # fmt: skip
    assert School.load().director == "Совин Пётр Иванович"


def test_a_second_run_changes_nothing():
    load_school()
    before = contents_of_tables()

    preview = load_school()

    assert (preview.changes, preview.errors, preview.questions) == (0, [], [])
    assert contents_of_tables() == before


def test_files_one_by_one_give_the_same_as_all_at_once():
    for file in samples.folder():
        if file[0].startswith(("ученики", "сотрудники")):
            load(file)
    for file in samples.folder():
        load(file)
    assert (Pupil.objects.count(), Mark.objects.count(), GroupMembership.objects.count()) == (9, 18, 6)
    assert ClassTeacher.objects.count() == 2


def test_missed_days_and_lessons_follow_from_the_letters():
    load_school()
    school_class = SchoolClass.objects.get(grade=7)
    start, end = date(2026, 9, 1), date(2026, 9, 30)
    lessons = class_lessons(school_class, start, end, load_calendar(school_class.year))
    totals = totals_by_pupil(lessons, start, end, School.load())
    names = {pupil.pk: pupil.last_name for pupil in lessons.pupils}
    found = {names[pk]: (dict(t.days), dict(t.lessons), t.late) for pk, t in totals.items()}

    assert found["Берёзкин"] == ({"ill": 2}, {"ill": 4}, 0), "a day with one own lesson, missed, is a missed day"
    assert found["Воробьёв"] == ({}, {"unexcused": 3}, 0)
    assert found["Дятлов"] == ({}, {"excused": 1}, 0)
    assert found["Гусева"] == ({}, {}, 1)
    assert found["Аистова"] == ({}, {}, 0)


def test_marks_stand_where_they_stood():
    load_school()
    algebra = Lesson.objects.filter(course__subject__name="Алгебра", date=samples.MON_14)
    marks = Mark.objects.filter(lesson__in=algebra).order_by("pupil__sort_name", "position")
    assert list(marks.values_list("pupil__last_name", "position", "value")) == [
        ("Аистова", 1, "4"), ("Аистова", 2, "5"), ("Берёзкин", 1, "4"), ("Воробьёв", 1, "4"), ("Гусева", 1, "."),
        ("Дятлов", 1, "зач"), ("Ежова", 1, "н/а"),
    ]  # fmt: skip
    assert {mark.kind.name for mark in marks} == {"ответ на уроке"}
    assert Absence.objects.get(pupil__last_name="Воробьёв", date=samples.MON_14).reason == "unexcused"


def test_homework_is_due_at_the_next_lesson():
    load_school()
    first = Homework.objects.get(lesson__course__subject__name="Алгебра", lesson__date=samples.MON_7)
    assert (first.text, first.due_on) == ("§ 1", samples.WED_9)


def test_subgroups_are_those_of_the_journal_from_the_first_of_september():
    load_school()
    members = GroupMembership.objects.order_by("group__name", "pupil__sort_name")
    assert list(members.values_list("group__name", "pupil__last_name")) == [
        ("1 группа", "Аистова"), ("1 группа", "Берёзкин"), ("1 группа", "Воробьёв"),
        ("2 группа", "Гусева"), ("2 группа", "Дятлов"), ("2 группа", "Ежова"),
    ]  # fmt: skip
    assert set(members.values_list("date_from", "date_to")) == {(date(2026, 9, 1), None)}


def test_one_mother_of_two_children_is_one_person():
    load_school()
    mother = Guardian.objects.get(last_name="Берёзкина")
    assert set(mother.guardianships.values_list("pupil__first_name", flat=True)) == {"Фёдор", "Лада"}


def test_a_guardian_named_only_in_the_second_list_is_added():
    load_school()
    sparrow = Pupil.objects.get(last_name="Воробьёв")
    assert Counter(sparrow.guardianships.values_list("kinship", flat=True)) == {"mother": 1, "grandmother": 1}
    assert Guardian.objects.get(first_name="Клавдия").phone_mobile == "+7 8652 67-46-30"


def test_lists_complete_each_other():
    load_school()
    stork = Pupil.objects.get(last_name="Аистова")
    assert (stork.address, stork.snils, stork.file_number) == ("г. Город, ул. Лесная, д. 4", "11223344595", "А-4")
    assert stork.sort_name == "аистова вера петровна"


def test_the_import_is_recorded():
    load_school()
    event = AuditEvent.objects.get()
    assert event.action == AuditEvent.Action.IMPORT
    assert event.new["counts"]["pupil"] == {"new": 9}
