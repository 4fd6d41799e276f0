"""Pages of the settings: two steps where something recorded is touched, kind refusals, a trail of each change."""

from __future__ import annotations

import html
from datetime import date, datetime, time

import pytest
from django.urls import reverse

from accounts.models import AuditEvent, User
from journal.models import AcademicYear, BellPeriod, DayOff, School, Term, Vacation, WorkKind
from journal.services.changes import edit_row
from tests.factories import (
    make_class,
    make_course,
    make_lesson,
    make_mark,
    make_pupil,
    make_slot,
    make_teacher,
    make_user,
    make_year,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def year() -> AcademicYear:
    return make_year()


@pytest.fixture
def deputy(client):
    user = make_user(is_deputy=True, last_name="Завучева")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.user = user
    return client


@pytest.fixture
def operator(client):
    client.force_login(make_user(is_operator=True), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def held(year):
    """A held lesson with a mark on Thursday, 05.11.2026."""
    school_class = make_class("7Б", year=year)
    course = make_course(school_class)
    make_slot(course, 4, 2)
    lesson = make_lesson(course, date(2026, 11, 5), 2)
    make_mark(lesson, make_pupil(school_class))
    return lesson


def text_of(response) -> str:
    return html.unescape(response.content.decode())


def fields_of(client, url: str, **changed) -> dict:
    """What the form of the page holds, with some fields changed (None: an unticked box)."""
    form = client.get(url).context["form"]
    data = {name: form[name].value() for name in form.fields}
    data = {name: form[name].field.widget.format_value(value) for name, value in data.items()}
    data |= {name: "on" for name in form.fields if form[name].value() is True}
    data |= changed
    return {name: value for name, value in data.items() if value not in (None, "", False)}


def post(client, url: str, **changed):
    return client.post(url, fields_of(client, url, **changed), follow=True)


def preview_of(response):
    return response.context.get("preview") if response.context else None


def confirm(client, url: str, response):
    """The second step, as the page itself would send it."""
    data: dict[str, list] = {}
    for name, value in response.context["carried"]:
        data.setdefault(name, []).append(value)
    return client.post(url, {**data, "confirm": response.context["preview"].digest}, follow=True)


def changes_recorded() -> list[tuple]:
    rows = AuditEvent.objects.filter(action="change").order_by("pk")
    return [(row.subject, row.old, row.new) for row in rows]


def vacation_url(year) -> str:
    return reverse("reports:calendar_vacation", args=[year.vacations.get(name="осенние каникулы").pk])


# --- Two steps ------------------------------------------------------------------------------------


def test_a_vacation_is_saved_only_after_its_numbers_were_seen(deputy, year, held):
    url = vacation_url(year)

    first = post(deputy, url, date_to="2026-11-05")

    assert "отметок 1" in text_of(first) and "05.11, 7Б: Алгебра" in text_of(first)
    assert Vacation.objects.get(name="осенние каникулы").date_to == date(2026, 11, 1)
    assert changes_recorded() == []

    second = confirm(deputy, url, first)

    assert Vacation.objects.get(name="осенние каникулы").date_to == date(2026, 11, 5)
    assert "Сохранено." in text_of(second)
    assert changes_recorded() == [("календарь: каникулы", {"date_to": "2026-11-01"}, {"date_to": "2026-11-05"})]


def test_what_changed_meanwhile_is_shown_again_and_nothing_is_saved(deputy, year, held):
    url = vacation_url(year)
    first = post(deputy, url, date_to="2026-11-05")
    make_mark(held, make_pupil(held.course.school_class))

    second = confirm(deputy, url, first)

    assert "Пока вы читали, записи изменились" in text_of(second)
    assert "отметок 2" in text_of(second)
    assert Vacation.objects.get(name="осенние каникулы").date_to == date(2026, 11, 1)

    confirm(deputy, url, second)
    assert Vacation.objects.get(name="осенние каникулы").date_to == date(2026, 11, 5)


def test_a_change_by_somebody_else_between_the_steps_is_told(deputy, year, held):
    url = vacation_url(year)
    first = post(deputy, url, date_to="2026-11-05")
    row = Vacation.objects.get(name="осенние каникулы")
    other = make_user(last_name="Другова")
    edit_row(row, {"date_to": (row.date_to, date(2026, 11, 3))}, by=other, pupil_ids=(None,), subject="каникулы")

    second = confirm(deputy, url, first)

    assert "Другова П." in text_of(second) and "«03.11.2026»" in text_of(second)
    assert Vacation.objects.get(pk=row.pk).date_to == date(2026, 11, 3)


def test_from_the_preview_one_comes_back_to_the_form_as_it_was_filled(deputy, year, held):
    url = vacation_url(year)
    first = post(deputy, url, date_to="2026-11-05", name="осенние, дольше")
    data = dict(first.context["carried"])

    back = deputy.post(url, {**data, "edit": "1"})

    assert preview_of(back) is None
    assert 'value="осенние, дольше"' in text_of(back) and 'value="2026-11-05"' in text_of(back)


def test_a_new_name_alone_touches_nothing_and_is_saved_at_once(deputy, year):
    answer = post(deputy, vacation_url(year), name="осенние")

    assert "Сохранено." in text_of(answer)
    assert Vacation.objects.filter(name="осенние").exists()


def test_nothing_changed_records_nothing(deputy, year):
    answer = post(deputy, vacation_url(year))

    assert "Ничего не изменилось." in text_of(answer)
    assert changes_recorded() == []


def test_removing_a_vacation_shows_what_it_opens(deputy, year, held):
    make_slot(held.course, 1, 1)
    url = vacation_url(year)

    first = deputy.post(url, {"remove": "1"})
    assert "Добавится уроков по расписанию" in text_of(first)
    assert Vacation.objects.filter(name="осенние каникулы").exists()

    confirm(deputy, url, first)
    assert not Vacation.objects.filter(name="осенние каникулы").exists()
    (subject, old, new) = changes_recorded()[0]
    assert (subject, old["date_to"], new["date_to"]) == ("календарь: каникулы", "2026-11-01", None)


# --- Bad input, each with its sentence -------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"date_from": "2026-11-10"}, "Конец раньше начала"),
        ({"date_to": "2026-12-31"}, "Пересекаются с другими каникулами тех же классов: зимние каникулы"),
        ({"date_from": "2026-08-20"}, "Каникулы выходят за пределы учебного года"),
        ({"grade_from": "9", "grade_to": "4"}, "Класс «по» меньше класса «с»."),
        ({"name": ""}, "Обязательное поле."),
    ],
)
def test_vacations_that_cannot_be(deputy, year, fields, words):
    before = list(Vacation.objects.values())

    page = text_of(post(deputy, vacation_url(year), **fields))

    assert words in page
    for value in filter(None, fields.values()):
        assert f'value="{value}"' in page or f'value="{value}" selected' in page
    assert list(Vacation.objects.values()) == before


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"date_to": "2026-08-31"}, "Конец раньше начала"),
        ({"date_to": "2026-11-10"}, "Пересекается с другим периодом: II четверть, 02.11.2026–30.12.2026."),
        ({"date_from": "2026-08-25"}, "Период выходит за пределы учебного года (01.09.2026–31.05.2027)."),
        ({"date_from": "2027-05-27", "date_to": "2027-05-30"}, "Порядок периодов нарушен"),
    ],
)
def test_terms_that_cannot_be(deputy, year, fields, words):
    term = Term.objects.get(scheme="quarter", number=1)

    page = text_of(post(deputy, reverse("reports:calendar_term", args=[term.pk]), **fields))

    assert words in page
    term.refresh_from_db()
    assert (term.date_from, term.date_to) == (date(2026, 9, 1), date(2026, 10, 23))


def test_a_second_first_quarter_is_refused(deputy, year):
    url = reverse("reports:calendar_term_new", args=[year.pk])
    data = {"scheme": "quarter", "number": "1", "date_from": "2026-09-01", "date_to": "2026-09-30"}

    assert "I четверть в этом году уже есть" in text_of(deputy.post(url, data))
    assert Term.objects.filter(scheme="quarter").count() == 4


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"date_to": "2026-08-01"}, "Конец раньше начала"),
        ({"date_to": "2028-05-31"}, "не дольше календарного года"),
        ({"date_from": "2026-09-10"}, "За пределами года окажутся периоды: I четверть, I полугодие."),
        ({"date_to": "2027-09-05"}, "Эти дни уже относятся к 2027/28 учебному году"),
        ({"name": "2026-27"}, "Название пишут так: «2026/27»."),
        ({"name": "2027/28"}, "Такой учебный год уже есть."),
    ],
)
def test_years_that_cannot_be(deputy, year, fields, words):
    make_year(2027)

    page = text_of(post(deputy, reverse("reports:calendar_year", args=[year.pk]), **fields))

    assert words in page
    year.refresh_from_db()
    assert (year.name, year.date_from, year.date_to) == ("2026/27", date(2026, 9, 1), date(2027, 5, 31))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"date": "2026-11-04", "name": "ещё раз"}, "Этот день уже есть в списке"),
        ({"date": "2027-07-01", "name": "лето"}, "День не относится к 2026/27 учебному году"),
        ({"date": "2026-11-28", "name": "перенос", "is_working": "on"}, "выберите, по расписанию какого дня"),
        ({"date": "2026-11-25", "name": "выходной", "timetable_weekday": "3"}, "отметьте день учебным"),
    ],
)
def test_special_days_that_cannot_be(deputy, year, fields, words):
    count = DayOff.objects.count()

    page = text_of(deputy.post(reverse("reports:calendar_day_new", args=[year.pk]), fields))

    assert words in page and f'value="{fields["name"]}"' in page
    assert DayOff.objects.count() == count


# --- The calendar ---------------------------------------------------------------------------------


def test_a_moved_working_day_is_added_after_its_preview(deputy, year, held):
    url = reverse("reports:calendar_day_new", args=[year.pk])
    data = {"date": "2026-11-28", "name": "перенос с 4 ноября", "is_working": "on", "timetable_weekday": "4"}

    first = deputy.post(url, data)
    assert "Станут учебными: 28 ноября" in text_of(first)
    confirm(deputy, url, first)

    row = DayOff.objects.get(date=date(2026, 11, 28))
    assert (row.is_working, row.timetable_weekday) == (True, 4)
    assert changes_recorded()[0][2]["date"] == "2026-11-28"


def test_a_special_day_is_changed_and_keeps_its_weekday_in_mind(deputy, year):
    row = DayOff.objects.create(date=date(2026, 11, 28), name="перенос", is_working=True, timetable_weekday=4)
    url = reverse("reports:calendar_day", args=[year.pk, row.pk])

    first = post(deputy, url, timetable_weekday="2")
    assert "пойдут по расписанию другого дня" in text_of(first).lower()
    confirm(deputy, url, first)

    row.refresh_from_db()
    assert row.timetable_weekday == 2


def test_the_year_is_readable_without_colours(deputy, year):
    page = text_of(deputy.get(reverse("reports:calendar")))

    assert '<td class="is-holiday" title="День народного единства">4<sup>в</sup></td>' in page
    assert '<td class="is-vacation" title="осенние каникулы">26<sup>к</sup></td>' in page
    assert '<td class="is-part" title="дополнительные каникулы: 1–1 классы">15<sup>ч</sup></td>' in page
    assert "проект" in page


def test_a_calendar_is_approved_by_name_and_day(deputy, year):
    url = reverse("reports:calendar_approve", args=[year.pk])

    page = text_of(deputy.post(url, {"approved": "1"}, follow=True))

    year.refresh_from_db()
    assert year.is_approved
    assert "утверждён: Завучева П., 23.11.2026" in page
    assert changes_recorded() == [("календарь: утверждение", {"is_approved": False}, {"is_approved": True})]
    deputy.post(url, {"approved": "0"})
    year.refresh_from_db()
    assert not year.is_approved


def test_a_year_without_terms_is_not_approved(deputy):
    make_class("7Б")
    year = AcademicYear.objects.create(name="2027/28", date_from=date(2027, 9, 1), date_to=date(2028, 5, 31))

    page = text_of(deputy.post(reverse("reports:calendar_approve", args=[year.pk]), {"approved": "1"}, follow=True))

    assert "Утвердить нечего" in page
    year.refresh_from_db()
    assert not year.is_approved


def test_the_next_year_is_made_once_and_not_too_early(operator, year):
    url = reverse("reports:calendar_new_year")

    page = text_of(operator.post(url, follow=True))
    again = text_of(operator.post(url, follow=True))

    made = AcademicYear.objects.get(name="2027/28")
    assert "Учебный год 2027/28 заведён как проект" in page and not made.is_approved
    assert made.terms.filter(scheme="quarter").count() == 4 and made.vacations.exists()
    assert "заводить рано" in again and AcademicYear.objects.count() == 2
    assert changes_recorded()[0][2]["name"] == "2027/28"


def test_an_empty_school_is_offered_its_first_year(operator):
    page = text_of(operator.get(reverse("reports:calendar")))
    assert "Учебный год ещё не заведён" in page

    operator.post(reverse("reports:calendar_new_year"))

    assert AcademicYear.objects.get().name == "2026/27"


def test_six_days_a_week_are_shown_first(deputy, year, held):
    url = reverse("reports:calendar_rhythm")

    first = post(deputy, url, week_days="6")
    assert "Станут учебными: 5 сентября" in text_of(first)
    confirm(deputy, url, first)

    assert School.load().week_days == 6


def test_quarters_are_not_left_in_the_middle_of_the_year(deputy, year, held):
    pupil = held.marks.get().pupil
    term = Term.objects.get(scheme="quarter", number=1)
    pupil.period_marks.create(subject=held.course.subject, year=year, term=term, value="5")
    url = reverse("reports:calendar_rhythm")

    first = post(deputy, url, scheme_main="half_year")
    assert "Так изменить нельзя" in text_of(first) and "Посреди года" in text_of(first)
    confirm(deputy, url, first)

    assert School.load().scheme_main == "quarter"


def test_dates_of_a_closed_term_are_changed_by_the_deputy_only(client, year, held):
    term = Term.objects.get(scheme="quarter", number=2)
    term.is_closed = True
    term.save()
    url = reverse("reports:calendar_term", args=[term.pk])

    for role, saved in (("is_operator", False), ("is_deputy", True)):
        client.force_login(make_user(**{role: True}), backend="django.contrib.auth.backends.ModelBackend")
        first = post(client, url, date_from="2026-11-09")
        confirm(client, url, first)
        term.refresh_from_db()
        assert (term.date_from == date(2026, 11, 9)) is saved


def test_only_the_deputy_closes_a_term(client, year):
    term = Term.objects.get(scheme="quarter", number=1)
    url = reverse("reports:calendar_term", args=[term.pk])
    client.force_login(make_user(is_operator=True), backend="django.contrib.auth.backends.ModelBackend")
    assert "is_closed" not in client.get(url).context["form"].fields
    post(client, url, is_closed="on")
    term.refresh_from_db()
    assert not term.is_closed

    client.force_login(make_user(is_deputy=True), backend="django.contrib.auth.backends.ModelBackend")
    post(client, url, is_closed="on")
    term.refresh_from_db()
    assert term.is_closed


def test_trimesters_are_added(deputy, year):
    url = reverse("reports:calendar_term_new", args=[year.pk])
    data = {"scheme": "trimester", "number": "1", "date_from": "2026-09-01", "date_to": "2026-11-22"}

    first = deputy.post(url, data)
    assert "не пользуется ни один класс" in text_of(first)
    confirm(deputy, url, first)

    assert Term.objects.filter(scheme="trimester", number=1).exists()


# --- Bells ----------------------------------------------------------------------------------------


def bell_data(**changed) -> dict:
    rows = {"name": "короткое", "starts-1": "08:00", "ends-1": "08:30", "starts-2": "08:40", "ends-2": "09:10"}
    return rows | changed


def test_a_schedule_of_bells_is_made_changed_and_removed(operator, year):
    url = reverse("reports:bell_schedule")
    operator.post(url, bell_data())
    shown = "1 08:00–08:30, 2 08:40–09:10"

    named = f"{url}?schedule=короткое"
    operator.post(named, bell_data(name="предпраздничное", shown=shown, **{"starts-2": "", "ends-2": ""}))

    rows = BellPeriod.objects.exclude(schedule="основное")
    assert list(rows.values_list("schedule", "number", "starts", "ends")) == [
        ("предпраздничное", 1, time(8, 0), time(8, 30))
    ]
    assert [old["bells"] for _, old, _ in changes_recorded()] == ["", f"короткое: {shown}"]
    operator.post(f"{url}?schedule=предпраздничное", {"remove": "1"})
    assert not rows.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ends-1": "07:50"}, "1 урок кончается раньше, чем начинается."),
        ({"starts-2": "08:20"}, "2 урок начинается раньше, чем кончается 1 (08:30)."),
        ({"ends-2": ""}, "2 урок: укажите и начало, и конец."),
        ({"starts-1": "", "ends-1": "", "starts-2": "", "ends-2": ""}, "Впишите хотя бы один урок."),
        ({"name": "основное"}, "Расписание «основное» уже есть"),
    ],
)
def test_bells_that_cannot_be(operator, year, fields, words):
    page = text_of(operator.post(reverse("reports:bell_schedule"), bell_data(**fields)))

    assert words in page
    assert f'value="{fields.get("starts-1", "08:00")}' in page or "starts-1" in fields
    assert set(BellPeriod.objects.values_list("schedule", flat=True)) == {"основное"}


def test_bells_saved_by_somebody_else_are_not_overwritten(operator, year):
    page = text_of(
        operator.post(f"{reverse('reports:bell_schedule')}?schedule=основное", bell_data(shown="1 08:00–08:45"))
    )

    assert "изменил кто-то другой" in page
    assert BellPeriod.objects.get(number=1).ends == time(8, 40)


# --- Grading, attendance, documents ---------------------------------------------------------------


def test_thresholds_are_saved_after_the_forecasts_were_seen(deputy, held):
    url = reverse("reports:grading")
    make_mark(make_lesson(held.course, date(2026, 11, 12), 2), held.marks.get().pupil, "4")  # mean 4.50

    first = post(deputy, url, threshold_5="4.60")
    assert "Станет выше 0, ниже 1." in text_of(first)
    confirm(deputy, url, first)

    assert str(School.load().threshold_5) == "4.60"
    assert changes_recorded() == [("настройки: оценивание", {"threshold_5": "4.50"}, {"threshold_5": "4.60"})]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"threshold_4": "4.80"}, "Пороги должны убывать"),
        ({"threshold_5": "6"}, "Допустимо от 1,5 до 5."),
        ({"disputed_margin": "0.9"}, "Допустимо от 0 до 0,5."),
        ({"few_marks_term": "-1"}, "больше либо равно 0"),
    ],
)
def test_grading_that_cannot_be(deputy, year, fields, words):
    page = text_of(post(deputy, reverse("reports:grading"), **fields))

    assert words in page and f'value="{next(iter(fields.values()))}"' in page
    assert str(School.load().threshold_4) == "3.50"


def test_a_weight_is_saved_after_the_means_were_seen(deputy, held):
    kind = held.marks.get().kind
    url = reverse("reports:work_kind", args=[kind.pk])
    make_mark(
        make_lesson(held.course, date(2026, 11, 12), 2), held.marks.get().pupil, "2",
        kind=WorkKind.objects.get(is_control=True),
    )  # fmt: skip

    first = post(deputy, url, weight="4")
    assert "Средневзвешенный балл изменится, случаев (ученик и предмет): 1." in text_of(first)
    confirm(deputy, url, first)

    kind.refresh_from_db()
    assert kind.weight == 4


def test_a_kind_in_use_and_the_default_one_stay(deputy, held):
    kind = held.marks.get().kind
    url = reverse("reports:work_kind", args=[kind.pk])

    deputy.post(url, {"remove": "1"})
    assert WorkKind.objects.filter(pk=kind.pk).exists()
    assert "Какой-то вид должен быть по умолчанию" in text_of(post(deputy, url, is_default=None))

    unused = WorkKind.objects.get(short_name="П")
    deputy.post(reverse("reports:work_kind", args=[unused.pk]), {"remove": "1"})
    assert not WorkKind.objects.filter(pk=unused.pk).exists()


def test_another_default_takes_the_word_from_the_old_one(deputy, year):
    old = WorkKind.objects.get(is_default=True)
    new = WorkKind.objects.get(short_name="Д")

    post(deputy, reverse("reports:work_kind", args=[new.pk]), is_default="on")

    assert list(WorkKind.objects.filter(is_default=True)) == [new]
    assert [(o, n) for _, o, n in changes_recorded()] == [
        ({"is_default": True}, {"is_default": False}),
        ({"is_default": False}, {"is_default": True}),
    ]
    assert AuditEvent.objects.filter(object_id=old.pk, object_type="workkind").exists()


def test_the_rule_of_missed_days_is_saved_after_its_days_were_seen(deputy, held):
    school_class, pupil = held.course.school_class, held.marks.get().pupil
    for number in (3, 4, 5):
        make_slot(make_course(school_class, f"Предмет {number}"), 4, number)
        pupil.absences.create(date=date(2026, 11, 12), lesson=number, reason="ill")
    url = reverse("reports:attendance_rules")

    first = post(deputy, url, missed_day_rule="three_or_more")
    assert "Станут пропущенными: 1, перестанут: 0." in text_of(first)
    confirm(deputy, url, first)

    assert School.load().missed_day_rule == "three_or_more"


def test_the_time_of_the_roll_call_needs_no_preview(operator, year):
    post(operator, reverse("reports:attendance_rules"), roll_call_until="08:45")

    assert School.load().roll_call_until == time(8, 45)


def test_documents_and_terms_of_keeping(operator, year):
    url = reverse("reports:documents")

    post(operator, url, director="Новиков Пётр Ильич", keep_audit_years="7")

    school = School.load()
    assert (school.director, school.keep_audit_years) == ("Новиков Пётр Ильич", 7)
    assert "Допустимо от 1 до 75." in text_of(post(operator, url, keep_cards_years="0"))
    assert School.load().keep_cards_years == 3


# --- The sensitive block --------------------------------------------------------------------------


def test_only_the_deputy_decides_about_the_sensitive_block(client, year):
    url = reverse("reports:sensitive")
    client.force_login(make_user(is_operator=True), backend="django.contrib.auth.backends.ModelBackend")
    assert "Школа не ведёт особых сведений." in text_of(client.get(url))
    assert client.post(url, {"sensitive_block": "on"}).status_code == 404
    assert not School.load().sensitive_block

    client.force_login(make_user(is_deputy=True), backend="django.contrib.auth.backends.ModelBackend")
    post(client, url, sensitive_block="on")
    assert School.load().sensitive_block


def test_a_permission_is_given_to_staff_and_recorded(deputy, year):
    teacher, parent = make_teacher().user, make_user()
    url = reverse("reports:sensitive")

    deputy.post(url, {"person": teacher.pk, "permitted": "1"})
    refused = text_of(deputy.post(url, {"person": parent.pk, "permitted": "1"}, follow=True))

    assert list(User.objects.filter(sees_sensitive=True)) == [teacher]
    assert "Выберите сотрудника из списка." in refused
    event = AuditEvent.objects.get(object_type="user")
    assert (event.object_id, event.old, event.new) == (teacher.pk, {"sees_sensitive": False}, {"sees_sensitive": True})
    deputy.post(url, {"person": teacher.pk, "permitted": "0"})
    assert not User.objects.filter(sees_sensitive=True).exists()


# --- What the pages cost ----------------------------------------------------------------------------


@pytest.mark.parametrize("more", [0, 12])
@pytest.mark.parametrize(
    ("name", "queries"), [("calendar", 4), ("bells", 3), ("grading", 4), ("documents", 4), ("attendance_rules", 3)]
)
def test_pages_cost_the_same_for_any_lists(deputy, year, name, queries, more, django_assert_num_queries):
    for number in range(more):
        DayOff.objects.create(date=date(2026, 12, 1 + number), name="особый день")
        WorkKind.objects.create(name=f"вид {number}", short_name="в")
        BellPeriod.objects.create(schedule=f"другое {number}", number=1, starts=time(8), ends=time(9))

    with django_assert_num_queries(queries):
        deputy.get(reverse(f"reports:{name}"))
