"""Journals, summary sheets and timetables against a school that already lives."""

from datetime import date

import pytest

from attendance.models import Absence, AbsenceChange, ClosedMonth, Reason
from journal.models import (
    AcademicYear,
    ClassTeacher,
    Enrolment,
    Lesson,
    Mark,
    PeriodMark,
    Pupil,
    Teacher,
    Term,
    TimetableSlot,
)
from journal.queries.history import history_of
from reports.imports.service import NotApplied
from tests import samples
from tests.factories import make_user
from tests.imports import TODAY, load, load_school, look, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def school(db):
    load_school()


def algebra(cells: dict, days=None, **options) -> tuple[str, bytes]:
    """A journal with only algebra."""
    days = days or [(samples.MON_7, 1), (samples.WED_9, 2), (samples.MON_14, 1)]
    rows = samples.journal_sheet("Алгебра", "", "Орлова Мария Сергеевна", days, cells, **options)
    return "журнал.xlsx", samples.workbook({"Алгебра": rows})


def test_a_changed_mark_is_shown_and_keeps_its_history():
    operator = make_user(is_operator=True)
    preview = load(algebra({"Аистова Вера": [3, None, "4/5"]}), by=operator)

    row = next(row for row in preview.rows if row.kind == "mark" and row.status == "changed")
    assert (row.title, row.fields) == ("Аистова Вера, Алгебра, 07.09.2026", [("отметка", "5", "3")])
    mark = Mark.objects.get(pupil__last_name="Аистова", lesson__date=samples.MON_7, lesson__number=1)
    assert (mark.value, mark.set_by) == ("3", operator)
    history = history_of(mark.pupil, mark.lesson)
    assert [(change.old, change.new, change.by) for change in history.mark_changes] == [("5", "3", operator.short_name)]
    assert [(standing.value, standing.by) for standing in history.marks] == [("3", operator.short_name)]


def test_an_empty_cell_erases_nothing():
    preview = look(algebra({"Аистова Вера": [None, None, None], "Берёзкин Фёдор": [None, None, None]}))
    assert preview.changes == 0


def test_a_changed_letter_leaves_a_line_of_history():
    load(algebra({"Воробьёв Глеб": ["У", None, None]}))
    absence = Absence.objects.get(pupil__last_name="Воробьёв", date=samples.MON_7, lesson=1)
    assert absence.reason == Reason.EXCUSED
    change = AbsenceChange.objects.filter(pupil=absence.pupil, date=samples.MON_7, lesson=1).latest("pk")
    assert (change.old, change.new, change.source) == ("unexcused", "excused", "import")


def test_the_day_sheet_is_stronger_than_the_journal():
    pupil = Pupil.objects.get(last_name="Аистова")
    Absence.objects.create(pupil=pupil, date=samples.WED_9, lesson=0, reason=Reason.EXCUSED)
    same = look(algebra({"Аистова Вера": [None, "У", None]}))
    other = look(algebra({"Аистова Вера": [None, "Н", None]}))

    assert (same.changes, same.notes) == (0, [])
    assert other.changes == 0
    assert "в журнале «Н», а на листе посещаемости весь день «У»" in other.notes[0].what


@pytest.mark.parametrize(
    ("day", "what"),
    [
        (date(2026, 10, 26), "26.10.2026 — не учебный день: осенние каникулы"),
        (date(2026, 11, 4), "04.11.2026 — не учебный день: День народного единства"),
        (date(2026, 9, 12), "12.09.2026 — не учебный день: выходной"),
    ],
)
def test_a_day_without_school(day, what):
    preview = look(algebra({"Аистова Вера": [5]}, [(day, 1)]))
    assert what in words(preview)[0]
    assert "календарь" in preview.errors[0].expected
    with pytest.raises(NotApplied):
        load(algebra({"Аистова Вера": [5]}, [(day, 1)]))
    assert not Lesson.objects.filter(date=day).exists()


@pytest.mark.parametrize("year", [2021, 2025])
def test_a_day_outside_the_year(year):
    rows = samples.journal_sheet("Алгебра", "", "Орлова Мария Сергеевна", [(samples.MON_7, 1)], {"Аистова Вера": [5]})
    rows[-1][1] = f"07.09.{year}"  # the list of topics names the year
    file = ("журнал.xlsx", samples.workbook({"Алгебра": rows}))
    assert f"07.09.{year} — вне 2026/27 учебного года" in words(look(file))[0]
    load(file, without_bad_rows=True)
    assert AcademicYear.objects.count() == 1


def test_a_mark_for_a_pupil_who_had_left():
    Enrolment.objects.filter(pupil__last_name="Ежова").update(date_to=date(2026, 9, 10))
    preview = look(algebra({"Ежова Зоя": [4, 5, 5]}))
    assert words(preview) == ["Ежова Зоя: отметка 14.09.2026, а ученик выбыл 10.09.2026."]
    load(algebra({"Ежова Зоя": [4, 5, 5]}), without_bad_rows=True)
    marks = Mark.objects.filter(pupil__last_name="Ежова", lesson__course__subject__name="Алгебра")
    assert sorted(marks.values_list("lesson__date", flat=True)) == [samples.MON_7, samples.WED_9, samples.MON_14]
    assert marks.get(lesson__date=samples.MON_14).value == "н/а", "what stood before the departure was noticed stays"


def test_a_pupil_the_class_does_not_have_with_a_hint():
    preview = look(algebra({"Аестова Вера": [5, None, None]}))
    assert words(preview) == ["Ученика Аестова Вера нет в 7Б."]
    assert "Аистова Вера Петровна" in preview.errors[0].expected


def test_two_namesakes_in_a_class():
    twin = Pupil.objects.create(last_name="Аистова", first_name="Вера", patronymic="Олеговна", sex="f",
                                birth_date=date(2013, 3, 5))  # fmt: skip
    stork = Pupil.objects.get(last_name="Аистова", patronymic="Петровна")
    Enrolment.objects.create(pupil=twin, school_class=stork.enrolments.get().school_class, date_from=date(2026, 9, 1))
    assert "двое учеников" in words(look(algebra({"Аистова Вера": [5, None, None]})))[0]
    assert look(algebra({"Аистова Вера Олеговна": [5, None, None]})).errors == []


def test_a_subject_the_class_does_not_have():
    rows = samples.journal_sheet("Алгебрра", "", "Орлова Мария Сергеевна", [(samples.MON_7, 1)], {"Аистова Вера": [5]})
    preview = look(("журнал.xlsx", samples.workbook({"Лист": rows})))
    assert words(preview) == ["В 7Б нет предмета «Алгебрра»."]
    assert "Алгебра, Информатика · 1 группа" in preview.errors[0].expected


def test_a_class_that_does_not_exist():
    preview = look(algebra({"Аистова Вера": [5, None, None]}, class_name="8Я"))
    assert words(preview) == ["Класса 8Я нет в 2026/27 учебном году."]


def test_lesson_numbers_come_from_the_timetable_where_the_sheet_has_none():
    rows = samples.journal_sheet(
        "Алгебра", "", "Орлова Мария Сергеевна", [(date(2026, 9, 16), 0)], {"Аистова Вера": [2]}
    )
    del rows[7]
    load(("журнал.xlsx", samples.workbook({"Алгебра": rows})))
    assert Lesson.objects.get(date=date(2026, 9, 16)).number == 2


def test_a_closed_term_and_a_closed_month_are_not_touched():
    Term.objects.filter(scheme="quarter", number=1).update(is_closed=True)
    ClosedMonth.objects.create(month=date(2026, 9, 1), closed_by=make_user())
    preview = look(algebra({"Аистова Вера": [2, "Б", "4/5"]}))
    assert "закрыт" in words(preview)[0]
    assert "месяц закрыт" in words(preview)[1]
    assert preview.changes == 0


# ---- summary sheets ----


def summary_of(*rows: list) -> tuple[str, bytes]:
    head = [["Сводная ведомость", None, "7 «Б»", "I четверть"], ["№", "ФИО", "Алгебра"]]
    return f"ведомость {len(rows)}.xlsx", samples.workbook({"Лист": [*head, *rows]})


def test_a_changed_period_mark():
    preview = load(summary_of([1, "Дятлов Егор Максимович", 3]))
    assert PeriodMark.objects.count() == 17
    assert PeriodMark.objects.get(pupil__last_name="Дятлов", subject__name="Алгебра").value == "3"
    assert [row.fields for row in preview.rows if row.kind == "period_mark"] == [[("отметка", "2", "3")]]


def test_two_files_that_disagree_are_not_guessed():
    one, two = summary_of([1, "Дятлов Егор Максимович", 3]), ("другая.xlsx", samples.summary_xlsx())
    assert "в другом месте этих файлов стоит" in words(look(one, two))[0]
    journals = algebra({"Аистова Вера": [3, "Б", None]}), ("ещё.xlsx", algebra({"Аистова Вера": [4, "У", None]})[1])
    assert len(words(look(*journals))) == 2


def test_a_half_year_in_a_class_of_quarters():
    preview = look(("ведомость.xlsx", samples.summary_xlsx("1 полугодие")))
    assert "У 7Б периоды — четверти" in words(preview)[0]


def test_an_unknown_column_of_a_summary_is_said_once():
    data = samples.summary_xlsx()
    rows = [["Сводная ведомость", None, "7Б", "1 четверть"], ["№", "ФИО", "Латынь"]]
    rows += [[n, f"{p[0]} {p[1]} {p[2]}", 5] for n, p in enumerate(samples.PUPILS[:6], 1)]
    preview = look(("ведомость.xlsx", samples.workbook({"Лист": rows})), ("прежняя.xlsx", data))
    assert words(preview) == ["В 7Б нет предмета «Латынь»."]


# ---- timetable and staff ----


def test_a_changed_timetable_holds_from_next_monday():
    changed = [("7Б", "Алгебра", "", "Орлова", [("10000", 1), ("00010", 4)]), *samples.LESSONS[1:]]
    file = ("расписание.xml", samples.timetable_xml(changed))
    load(file)
    slots = TimetableSlot.objects.filter(course__subject__name="Алгебра").order_by("weekday", "number")
    assert [(slot.weekday, slot.number, slot.date_from, slot.date_to) for slot in slots] == [
        (1, 1, date(2026, 9, 1), None), (3, 2, date(2026, 9, 1), date(2026, 11, 29)), (4, 4, date(2026, 11, 30), None),
    ]  # fmt: skip
    assert look(file).changes == 0, "the same file once more changes nothing"
    assert look(file, today=date(2026, 12, 2)).changes == 0, "nor does it when the new timetable holds"


def test_a_lesson_every_other_week_is_not_taken_silently():
    data = samples.timetable_xml().replace(b'period="3" weeks="1"', b'period="3" weeks="01"')
    assert "урок стоит через неделю" in words(look(("расписание.xml", data)))[0]


def test_a_new_class_teacher_follows_the_old_one():
    staff = [*samples.STAFF[:1], (*samples.STAFF[1][:5], None), (*samples.STAFF[2][:5], "7Б"), samples.STAFF[3]]
    load(("сотрудники.xlsx", samples.workbook({"Лист": [samples.STAFF_HEADING, *staff]})))
    rows = ClassTeacher.objects.filter(school_class__grade=7).order_by("date_from")
    assert [(row.teacher.last_name, row.date_from, row.date_to) for row in rows] == [
        ("Орлова", date(2026, 9, 1), date(2026, 11, 22)), ("Соколов", TODAY, None),
    ]  # fmt: skip


def test_a_class_that_staff_leads_must_exist():
    row = ["Чибис", "Анна", "Олеговна", "учитель", None, "9Я"]
    preview = look(("сотрудники.xlsx", samples.workbook({"Лист": [samples.STAFF_HEADING, row]})))
    assert words(preview) == ["Класса 9Я нет в 2026/27 учебном году."]


def test_two_teachers_of_one_name_are_not_guessed():
    Teacher.objects.create(last_name="Орлова", first_name="Мария", patronymic="Сергеевна")
    assert "двое" in words(look(("сотрудники.xlsx", samples.staff_xlsx())))[0]
