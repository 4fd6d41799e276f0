"""The deputy's morning: the reminders of the board, absentees, the wave of illnesses, the canteen."""

import io
from datetime import date, datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.models import AuditEvent
from attendance.models import AbsenceDocument, Reason, RollCall, RollCallReminder
from journal.calendar import load_calendar
from reports.board.absentees import Filter, absentees
from reports.board.canteen import canteen
from reports.board.wave import wave
from tests.factories import (
    MONDAY,
    make_absence,
    make_class,
    make_pupil,
    make_school,
    make_teacher,
    make_user,
    make_year,
    teacher_user,
)
from tests.pages import enter, words_of

pytestmark = pytest.mark.django_db
FRIDAY, THURSDAY = date(2026, 11, 13), date(2026, 11, 12)
REMIND = "/reports/overview/remind/"
PAGES = ("absent", "wave", "canteen")


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 16, 9, 10))


@pytest.fixture
def deputy(client):
    user = make_user(is_deputy=True, last_name="Вебер")
    enter(client, user)
    return user


@pytest.fixture
def year():
    return make_year()


def take_roll_call(school_class, day=MONDAY):
    RollCall.objects.create(school_class=school_class, date=day, taken_by=teacher_user(school_class))


def pupils_of(school_class, count):
    return [make_pupil(school_class) for _ in range(count)]


def open_page(client, name, query=""):
    return client.get(reverse(f"reports:overview_{name}") + query)


# --- Reminders on the board -------------------------------------------------------------------------


def test_the_button_reminds_one_class_and_the_board_says_when(client, deputy, year):
    school_class = make_class("7Б", teacher=make_teacher(last_name="Гордеева"))
    other = make_class("8А", year=year)

    words = words_of(client.post(REMIND, {"class": school_class.pk}, follow=True))

    row = RollCallReminder.objects.get()
    assert (row.school_class, row.to, row.by) == (school_class, teacher_user(school_class), deputy)
    assert "Напоминание отправлено: 7Б (Гордеева М. С.)." in words
    assert "напоминание в 09:10" in words
    again = words_of(client.post(REMIND, {"class": school_class.pk}, follow=True))
    assert "7Б: напоминание уже отправлено в 09:10" in again
    assert RollCallReminder.objects.filter(school_class=other).count() == 0


def test_one_button_reminds_all_who_are_not_marked(client, deputy, year):
    classes = [make_class(name, year=year) for name in ("5А", "6А", "7А")]
    take_roll_call(classes[1])
    make_class("8А", year=year, teacher=make_teacher(user=None))

    page = client.get("/").content.decode()
    client.post(REMIND, {"class": "all"})

    assert "Напомнить всем неотмеченным (2)" in page
    assert "нет входа в программу" in page
    assert {row.school_class for row in RollCallReminder.objects.all()} == {classes[0], classes[2]}


@pytest.mark.parametrize("junk", ["", "абв", "9" * 30, "10000000"])
def test_a_class_that_is_none_is_refused_in_words(client, deputy, year, junk):
    make_class("7Б", year=year)

    words = words_of(client.post(REMIND, {"class": junk}, follow=True))

    assert ("Выберите класс" in words) or ("Такого класса в этом учебном году нет" in words)
    assert not RollCallReminder.objects.exists()


def test_a_letter_that_did_not_go_out_is_told_on_the_board(client, deputy, year):
    school_class = make_class("7Б", year=year)
    row = RollCallReminder.objects.create(
        school_class=school_class, date=MONDAY, to=teacher_user(school_class), failure="почтовый сервер недоступен"
    )
    assert "письмо не ушло: почтовый сервер недоступен" in words_of(client.get("/"))

    RollCallReminder.objects.filter(pk=row.pk).update(mailed_at=timezone.now(), failure="")

    assert "по часам, письмо ушло в 09:10" in words_of(client.get("/"))


def test_on_a_day_without_school_nobody_is_reminded(client, deputy, year, clock):
    clock(datetime(2026, 11, 15, 9, 10))
    school_class = make_class("7Б", year=year)

    assert "Напомнить" not in words_of(client.get("/"))
    assert "сегодня уроков нет" in words_of(client.post(REMIND, {"class": school_class.pk}, follow=True))
    assert not RollCallReminder.objects.exists()


def test_the_class_teacher_reads_the_reminder_until_the_roll_call(client, year):
    school_class = make_class("7Б", year=year)
    stranger = make_class("7А", year=year)
    for by in (None, make_user(last_name="Вебер", first_name="Т", patronymic="И")):
        RollCallReminder.objects.create(
            school_class=school_class, date=MONDAY, to=teacher_user(school_class), by=by, sent_at=timezone.now()
        )
    enter(client, teacher_user(school_class))
    words = words_of(client.get("/"))
    assert "Завуч напоминает: класс не отмечен (9:10, Вебер Т. И.)" in words

    take_roll_call(school_class)

    assert "Завуч напоминает" not in words_of(client.get("/"))
    enter(client, teacher_user(stranger))
    assert "Завуч напоминает" not in words_of(client.get("/"))


# --- Absentees --------------------------------------------------------------------------------------


def test_each_absent_pupil_stands_with_reason_since_when_and_paper(client, deputy, year):
    school_class = make_class("7Б", year=year)
    ill, part, unknown = (make_pupil(school_class, last_name=name) for name in ("Больная", "Частичная", "Неясная"))
    document = AbsenceDocument.objects.create(
        pupil=ill, kind="certificate", reason="ill", date_from=THURSDAY, date_to=MONDAY, number="12", added_by=deputy
    )
    for day in (date(2026, 11, 10), THURSDAY, FRIDAY, MONDAY):  # the 11th breaks the run, the weekend does not
        make_absence(ill, day, document=document)
    for lesson in (1, 2):
        make_absence(part, lesson=lesson, reason="excused")
    make_absence(unknown, reason="unexcused", is_confirmed=False)
    make_absence(make_pupil(school_class, last_name="Опоздавшая"), lesson=1, reason="late")
    make_absence(make_pupil(school_class, last_name="Вчерашняя"), FRIDAY)

    page = absentees(load_calendar(year), MONDAY, Filter())
    words = words_of(open_page(client, "absent"))

    assert [(line.name.split()[0], line.where, line.since, line.days, line.document) for line in page.lines] == [
        ("Больная", "весь день", THURSDAY, 3, "справка № 12, 12.11–16.11"),
        ("Неясная", "весь день", MONDAY, 1, ""),
        ("Частичная", "уроки 1, 2", MONDAY, 1, ""),
    ]
    assert (page.total.total, page.total.partly, page.total_counts) == (2, 1, [1, 0, 1])
    assert "12 ноября, 3-й день" in words
    assert "причина не выяснена" in words
    assert "Опоздавшая" not in words and "Вчерашняя" not in words


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?reason=ill", ["Аист", "Грач"]),
        ("?reason=unknown", ["Дрозд"]),
        ("?grade=8", ["Грач", "Дрозд"]),
        ("?paper=yes", ["Грач"]),
        ("?paper=no&grade=7", ["Аист", "Вальд"]),
        ("?extent=part", ["Вальд"]),
        ("?reason=мусор&grade=абв&class=99999999999999999999", ["Аист", "Вальд", "Грач", "Дрозд"]),
        ("?reason=excused", ["Вальд"]),
    ],
)
def test_filters_choose_lines(client, deputy, year, query, names):
    seven, eight = make_class("7А", year=year), make_class("8А", year=year)
    make_absence(make_pupil(seven, last_name="Аист"))
    make_absence(make_pupil(seven, last_name="Вальд"), lesson=2, reason="excused")
    sick = make_pupil(eight, last_name="Грач")
    paper = AbsenceDocument.objects.create(
        pupil=sick, kind="note", reason="ill", date_from=MONDAY, date_to=MONDAY, added_by=deputy
    )
    make_absence(sick, document=paper)
    make_absence(make_pupil(eight, last_name="Дрозд"), reason="unexcused", is_confirmed=False)

    page = open_page(client, "absent", query).context["page"]

    assert [line.name.split()[0] for line in page.lines] == names
    rows = load_workbook(io.BytesIO(open_page(client, "absent_xlsx", query).content)).active.values
    assert [row[1].split()[0] for row in list(rows)[1:]] == names


def test_groups_by_reason_and_parallel_keep_the_order_of_school(client, deputy, year):
    for name, reason in (("10А", "ill"), ("2А", "unexcused"), ("7А", "ill")):
        make_absence(make_pupil(make_class(name, year=year)), reason=reason)

    def titles(by):
        return [group.title for group in open_page(client, "absent", f"?by={by}").context["page"].groups]

    assert titles("class") == ["2А", "7А", "10А"]
    assert titles("grade") == ["2-е классы", "7-е классы", "10-е классы"]
    assert titles("reason") == ["Б болезнь", "Н неуважительная"]


def test_reading_and_saving_is_recorded_for_each_class_shown(client, deputy, year):
    shown, other = make_class("7А", year=year), make_class("7Б", year=year)
    make_absence(make_pupil(shown))
    make_pupil(other)

    open_page(client, "absent")
    open_page(client, "absent_csv")

    events = AuditEvent.objects.filter(subject__startswith="отсутствующие школы").order_by("pk")
    assert [(event.action, event.class_id) for event in events] == [("read", shown.pk), ("export", shown.pk)]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("2026-13-40", "Такого дня нет"),
        ("0001-01-01", "Выберите день с 01.09.2026 по 16.11.2026"),
        ("2026-11-17", "Выберите день с 01.09.2026 по 16.11.2026"),
    ],
)
@pytest.mark.parametrize("name", PAGES)
def test_a_day_that_cannot_be_shown_is_refused_in_words(client, deputy, year, name, asked, words):
    make_class("7Б", year=year)

    assert words in words_of(open_page(client, name, f"?day={asked}"))


@pytest.mark.parametrize("name", PAGES)
def test_a_school_without_a_year_is_told_what_to_do(client, deputy, name):
    assert "Учебный год ещё не заведён" in words_of(open_page(client, name))


# --- The wave ---------------------------------------------------------------------------------------


def ill_on(pupils, *days):
    for day in days:
        for pupil in pupils:
            make_absence(pupil, day)


def test_the_wave_counts_the_ill_of_each_day_in_the_class_of_that_day(year):
    seven, eight = make_class("7А", year=year), make_class("8А", year=year)
    first, second, third = make_pupil(seven), make_pupil(eight), make_pupil(seven, until=THURSDAY)
    third.enrolments.create(school_class=eight, date_from=FRIDAY)
    ill_on([first, second, third], THURSDAY, FRIDAY)
    make_absence(make_pupil(seven), FRIDAY, reason="unexcused")
    ill_on([make_pupil(seven, until=THURSDAY)], FRIDAY)  # had left
    for lesson in (1, 2):
        make_absence(make_pupil(eight), FRIDAY, lesson=lesson)

    def by_day(grade):
        chart = wave(load_calendar(year), MONDAY, MONDAY, grade).days
        return {column.title: column.values[0] for column in chart.columns if column.total}

    assert by_day(None) == {"12 ноября": 3, "13 ноября": 3}
    assert by_day(7) == {"12 ноября": 2, "13 ноября": 1}
    assert by_day(8) == {"12 ноября": 1, "13 ноября": 2}


def test_a_class_at_the_threshold_is_told_with_its_days_in_a_row(client, deputy, year):
    make_school(quarantine_percent=20)
    over, under = make_class("7А", year=year), make_class("7Б", year=year)
    of_over, of_under = pupils_of(over, 10), pupils_of(under, 10)
    ill_on(of_over[:2], date(2026, 11, 10), THURSDAY, FRIDAY, MONDAY)  # 11 November breaks the run
    ill_on(of_under[:1], FRIDAY, MONDAY)
    for pupil in of_under[1:5]:
        make_absence(pupil, reason="unexcused")
    take_roll_call(over), take_roll_call(under)

    page = open_page(client, "wave").context["page"]
    html = open_page(client, "wave").content.decode()

    assert [(row.name, row.ill_percent, row.absent_percent, row.is_over, row.days) for row in page.classes] == [
        ("7А", 20, 20, True, 3),
        ("7Б", 10, 50, False, 0),
    ]
    assert "болеют 2 из 10 (20 %), 3-й учебный день подряд" in html
    assert html.count("chart__frame") == 1
    assert "20 % · порог, 3-й день подряд" in html  # a word, not a colour alone
    assert "chart__level" in html


def test_a_class_not_marked_yet_keeps_what_was_up_to_yesterday(year):
    make_school(quarantine_percent=20)
    waiting, marked = make_class("7А", year=year), make_class("7Б", year=year)
    for school_class in (waiting, marked):
        ill_on(pupils_of(school_class, 4), THURSDAY, FRIDAY)
    take_roll_call(marked)

    rows = wave(load_calendar(year), MONDAY, MONDAY).classes

    assert [(row.name, row.days, row.words) for row in rows] == [
        ("7А", 2, "не отмечен, прежде порог: 2 дн."),
        ("7Б", 0, ""),
    ]


def test_a_healthy_school_says_so(client, deputy, year):
    make_pupil(make_class("7А", year=year))

    words = words_of(open_page(client, "wave"))

    assert "За эти недели заболевших не отмечено." in words
    assert "В этот день отсутствующих не отмечено." in words


def test_the_waves_file_has_the_classes(client, deputy, year):
    school_class = make_class("7А", year=year)
    ill_on(pupils_of(school_class, 3)[:1], MONDAY)

    rows = list(load_workbook(io.BytesIO(open_page(client, "wave_xlsx").content)).active.values)

    assert rows[1] == ("7А", 3, 1, 33, 1, 33, 20, "да", 1)


# --- The canteen ------------------------------------------------------------------------------------


def test_who_eats_follows_the_rule_that_is_written_there(client, deputy, year):
    school_class = make_class("7А", year=year)
    whole, early, middle, late, gone, one = pupils_of(school_class, 6)
    make_absence(whole)
    for pupil, lessons in ((early, (1, 2)), (middle, (3, 4)), (late, (5, 6, 7)), (gone, (3, 4, 5, 6)), (one, (3,))):
        for lesson in lessons:
            make_absence(pupil, lesson=lesson)
    take_roll_call(school_class)

    page = canteen(load_calendar(year), MONDAY, timezone.localtime())

    (row,) = page.parallels[0].rows
    assert (row.pupils, row.away, row.meals) == (6, 3, 3)
    assert "сразу на третьем и четвёртом уроках" in words_of(open_page(client, "canteen"))


def test_marked_and_unmarked_classes_are_told_apart_up_to_the_total(client, deputy, year):
    marked, waiting, small = (make_class(name, year=year) for name in ("7А", "7Б", "1А"))
    for school_class, count in ((marked, 5), (waiting, 4), (small, 3)):
        pupils = pupils_of(school_class, count)
        make_absence(pupils[0])
    make_pupil(marked, until=FRIDAY)
    take_roll_call(marked), take_roll_call(small)

    page = canteen(load_calendar(year), MONDAY, timezone.localtime())
    words = words_of(open_page(client, "canteen"))

    assert [(one.grade, one.sum.marked, one.sum.waiting) for one in page.parallels] == [(1, 2, 0), (7, 4, 4)]
    assert (page.total.total, page.total.pupils, page.total.waiting_classes) == (10, 12, 1)
    assert "Столовая: 10 обедов" in words
    assert "не отмечен: 4 по списку, уже известно, что нет 1" in words
    assert "данные на 09:10" in words


def test_the_canteens_paper_is_one_sheet_without_names(client, deputy, year):
    for number in range(40):
        school_class = make_class(f"{number % 11 + 1}{'АБВГ'[number // 11]}", year=year)
        make_absence(make_pupil(school_class, last_name="Тайнова"))
        if number % 3:
            take_roll_call(school_class)

    reader = PdfReader(io.BytesIO(open_page(client, "canteen_pdf").content))
    text = reader.pages[0].extract_text()

    assert len(reader.pages) == 1
    assert "11В" in text and "не отмечен" in text
    assert "Тайнова" not in text
    assert "Тайнова" not in open_page(client, "canteen").content.decode()
    assert AuditEvent.objects.filter(action="print", subject="список для столовой").count() == 1


def test_the_canteens_file_ends_with_the_total(client, deputy, year):
    school_class = make_class("7А", year=year)
    make_absence(pupils_of(school_class, 3)[0])
    take_roll_call(school_class)

    rows = list(load_workbook(io.BytesIO(open_page(client, "canteen_xlsx").content)).active.values)

    assert [row[:4] for row in rows[1:]] == [("7А", 3, 1, 2), ("7-е классы", 3, None, 2), ("Всего", 3, None, 2)]


# --- Cost and access --------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [2, 12])
@pytest.mark.parametrize(("name", "queries"), [("absent", 7), ("wave", 8), ("canteen", 7)])
def test_a_page_costs_the_same_for_any_school(client, deputy, year, name, queries, classes, django_assert_num_queries):
    for number in range(classes):
        school_class = make_class(f"{number % 11 + 1}{'АБ'[number // 11]}", year=year)
        for pupil in pupils_of(school_class, number % 3 + 1):
            ill_on([pupil], FRIDAY, MONDAY)
        if number % 2:
            take_roll_call(school_class)

    # session, user, year, calendar; absences, days before, audit / classes, absent, roll calls, rolls / classes, roll
    # calls, absent
    with django_assert_num_queries(queries):
        open_page(client, name)


@pytest.mark.parametrize("who", ["teacher", "operator"])
def test_for_others_the_pages_do_not_exist(client, year, who):
    school_class = make_class("7Б", year=year)
    make_absence(make_pupil(school_class, last_name="Тайнова"))
    enter(client, teacher_user(school_class) if who == "teacher" else make_user(is_operator=True))

    answers = [open_page(client, name) for name in (*PAGES, "absent_xlsx", "canteen_pdf", "wave_csv")]
    answers.append(client.post(REMIND, {"class": school_class.pk}))

    assert {answer.status_code for answer in answers} == {404}
    assert not any("Тайнова" in answer.content.decode() for answer in answers)
    assert not RollCallReminder.objects.exists()


def test_the_settings_turn_letters_off(client, deputy, year):
    school = make_school()
    shown = client.get(reverse("reports:attendance_rules")).context["form"]
    data = {name: value for name, value in shown.initial.items() if value is not None}
    data.update({"seen": shown["seen"].value(), "roll_call_until": "09:30"})
    del data["remind_by_email"]

    client.post(reverse("reports:attendance_rules"), data)

    school.refresh_from_db()
    assert (school.remind_by_email, f"{school.roll_call_until:%H:%M}") == (False, "09:30")


def test_the_day_before_keeps_its_own_counts(client, deputy, year):
    school_class = make_class("7А", year=year)
    make_absence(make_pupil(school_class), FRIDAY, reason=Reason.EXCUSED)
    take_roll_call(school_class, FRIDAY)
    make_pupil(school_class, since=MONDAY)

    words = words_of(open_page(client, "canteen", f"?day={FRIDAY}"))

    assert "Столовая: 0 обедов" in words
    assert open_page(client, "absent", f"?day={FRIDAY}").context["page"].total.total == 1
