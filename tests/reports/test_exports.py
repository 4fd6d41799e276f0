"""Lists as files: what stands in them, who is told of it, and that they can be loaded again."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import AuditEvent
from journal.files import table_response
from journal.models import Course, Enrolment, Guardianship, Pupil, SchoolClass
from reports.models import ImportBatch
from tests.imports import load_school, look


def sheet_of(response):
    return load_workbook(io.BytesIO(response.content)).active


def table_of(response) -> list[list]:
    return [list(row) for row in sheet_of(response).iter_rows(values_only=True)]


def lines_of(response) -> list[list[str]]:
    text = response.content.decode("utf-8")
    assert text.startswith("\ufeff")
    return [row for row in csv.reader(io.StringIO(text[1:]), delimiter=";")]


# ---- the generic part ----

MOMENT = timezone.make_aware(datetime(2026, 11, 20, 23, 50))
ROWS = [
    ["Дата", "Когда", "Балл", "Сколько", "Телефон", "Формула", "Пусто", "8", "9", "10", "Очень длинное слово"],
    [date(2026, 9, 1), MOMENT, Decimal("4.08"), 7, "+7 900 000-00-00", "=1+1", None, "а", "б", "в", "г" * 200],
]


def test_dates_and_numbers_stay_what_they_are():
    page = sheet_of(table_response("xlsx", "Список", ROWS, sheet="Лист [1]"))
    cells = page[2]
    assert (cells[0].value, cells[0].number_format) == (datetime(2026, 9, 1), "DD.MM.YYYY")
    # The school's own time: a workbook knows no zones.
    assert (cells[1].value, cells[1].number_format) == (datetime(2026, 11, 20, 23, 50), "DD.MM.YYYY HH:MM")
    assert [cell.value for cell in cells[2:7]] == [4.08, 7, "'+7 900 000-00-00", "'=1+1", None]
    assert (page.freeze_panes, page.title) == ("B2", "Лист  1 ")
    assert page["A1"].font.bold and not page["A2"].font.bold


def test_columns_are_as_wide_as_their_words_beyond_the_eighth_too():
    page = sheet_of(table_response("xlsx", "Список", ROWS, sheet="Лист"))
    widths = {letter: round(page.column_dimensions[letter].width) for letter in "ADHK"}
    assert widths == {"A": 12, "D": 9, "H": 8, "K": 60}
    wide = sheet_of(table_response("xlsx", "Список", ROWS, sheet="Лист", first_widths=[5] * 11))
    assert (wide.freeze_panes, round(wide.column_dimensions["K"].width)) == ("L2", 5)


def test_a_csv_has_russian_dates_and_commas():
    assert lines_of(table_response("csv", "Список", ROWS, sheet="Лист"))[1][:7] == [
        "01.09.2026", "20.11.2026 23:50", "4,08", "7", "'+7 900 000-00-00", "'=1+1", "",
    ]  # fmt: skip


# ---- every list ----


def places(demo) -> dict[str, tuple[str, list, str]]:
    """Address → who asks, its parameters, the first titles."""
    seven_b = demo.school_class("7Б")
    course = Course.objects.of_class(seven_b).filter(teacher__user__username="subject1").first()
    child = Pupil.objects.get(user__username="pupil7b")
    # A child of the demo families that has missed something.
    families = Guardianship.objects.filter(guardian__user__username__in=["parent7b", "parent2"])
    absent = families.filter(pupil__absences__isnull=False).select_related("guardian__user").first()
    return {
        "journal:classes": ("operator", [], "Параллель"),
        "journal:matrix": ("teacher7b", [seven_b.pk], "№"),
        "journal:topics": ("teacher7b", [seven_b.pk, course.pk], "Дата"),
        "journal:own_topics": ("subject1", [course.pk], "Дата"),
        "journal:my_courses": ("subject1", [], "Предмет"),
        "reports:extract_register": ("teacher7b", [seven_b.pk], "Номер"),
        "reports:overview_classes": ("deputy", [], "Класс"),
        "reports:operator_missing": ("operator", [], "Чего не хватает"),
        "reports:import_list": ("operator", [], "Загружен"),
        "reports:family_marks": ("parent7b", [child.pk], "Предмет"),
        "reports:family_absences": (absent.guardian.user.username, [absent.pupil_id], "С"),
    }


LISTS = [
    "journal:classes", "journal:matrix", "journal:topics", "journal:own_topics", "journal:my_courses",
    "reports:extract_register", "reports:overview_classes", "reports:operator_missing", "reports:import_list",
    "reports:family_marks", "reports:family_absences",
]  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_the_same_in_both_forms_and_leaves_a_trace(demo, name):
    login, parameters, title = places(demo)[name]
    client = demo.client(login)
    book = client.get(reverse(f"{name}_xlsx", args=parameters))
    text = client.get(reverse(f"{name}_csv", args=parameters))
    table, lines = table_of(book), lines_of(text)
    assert table[0][0] == lines[0][0] == title
    assert len(table) == len(lines)
    if name not in ("reports:extract_register", "reports:import_list"):  # nothing of these in the demo school yet
        assert len(table) > 1
    subjects = list(
        AuditEvent.objects.filter(action="export", actor=demo.user(login)).values_list("subject", flat=True)
    )
    assert len(subjects) >= 2
    assert all("XLSX" in subject or "CSV" in subject for subject in subjects)


def test_pages_lead_to_their_files(demo):
    pages = {
        "home": ("operator", [], "reports:operator_missing"), "journal:classes": ("operator", [], "journal:classes"),
        "journal:my_courses": ("subject1", [], "journal:my_courses"),
        "reports:import_list": ("operator", [], None),
    }  # fmt: skip
    for page, (login, parameters, name) in pages.items():
        html = demo.client(login).get(reverse(page, args=parameters)).content.decode()
        if name:
            assert reverse(f"{name}_xlsx") in html and reverse(f"{name}_csv") in html, page
    known = places(demo)
    for name, page in (("journal:topics", "journal:topics"), ("journal:own_topics", "journal:own_topics")):
        login, parameters, _ = known[name]
        address = reverse(page, args=parameters)
        assert 'href="list.xlsx"' in demo.client(login).get(address).content.decode()
        assert reverse(f"{name}_xlsx", args=parameters) == f"{address}list.xlsx"
    for name in ("journal:matrix", "reports:family_marks", "reports:family_absences"):
        login, parameters, _ = known[name]
        assert (
            reverse(f"{name}_csv", args=parameters)
            in demo.client(login).get(reverse(name, args=parameters)).content.decode()
        )


def test_the_overview_tells_what_its_page_tells(demo):
    table = table_of(demo.client("deputy").get(reverse("reports:overview_classes_xlsx")))
    row = next(row for row in table if row[0] == "7Б")
    here = Enrolment.objects.on_roll(demo.day).filter(school_class=demo.school_class("7Б")).count()
    assert row[1] == here
    assert row[2] == row[3] + row[4] + row[5]


def test_absences_of_a_child_have_real_dates(demo):
    login, parameters, _ = places(demo)["reports:family_absences"]
    table = table_of(demo.client(login).get(reverse("reports:family_absences_xlsx", args=parameters)))
    assert all(isinstance(row[0], datetime) and isinstance(row[1], datetime) for row in table[1:])


@pytest.mark.parametrize("part", ["rows", "problems", "differences"])
def test_parts_of_an_import_as_files(demo, part):
    batch = ImportBatch.objects.create(owner=demo.user("operator"), status="preview", preview={
        "rows": [["pupil", "new", "=Аистова", "a.xlsx", [["адрес", "", "ул. Новая"]], 1],
                 ["mark", "unchanged", "7Б", "a.xlsx", [], 5]],
        "errors": [{"file": "a.xlsx", "sheet": "7Б", "row": "3", "column": "B", "what": "Нет класса.",
                    "expected": "Впишите."}],
        "conflicts": [{"key": "k", "group": "pupil.address", "field": "адрес", "class": "7Б", "who": "Аистова Вера",
                       "pupil": "Аистова Вера", "place": "a.xlsx", "current": "старый", "proposed": "новый", "by": "",
                       "at": "", "proposal": "take", "why": "потому", "decision": "", "asked": False}],
    })  # fmt: skip
    response = demo.client("operator").get(reverse(f"reports:import_{part}_xlsx", args=[batch.pk]))
    rows = table_of(response)[1:]
    assert rows == {
        "rows": [["ученики", "'=Аистова", 1, "новые", "адрес: пусто → ул. Новая", "a.xlsx"]],
        "problems": [["ошибка", "a.xlsx", "7Б", 3, "B", "Нет класса.", "Впишите."]],
        "differences": [["Аистова Вера", "7Б", "адрес", "старый", None, None, "новый", "взять из файла", "потому",
                         "не решено", "a.xlsx"]],
    }[part]  # fmt: skip
    assert AuditEvent.objects.filter(action="export", object_id=batch.pk).count() == 1


# ---- there and back ----

CLASS_HEADING = [
    "№", "ФИО", "Класс", "Дата рождения", "Пол", "Личное дело №", "Дата приёма", "СНИЛС", "Адрес", "Телефон ученика",
    "ФИО родителя 1", "Степень родства родителя 1", "Телефон мобильный родителя 1", "Телефон домашний родителя 1",
    "E-mail родителя 1", "ФИО родителя 2", "Степень родства родителя 2", "Телефон мобильный родителя 2",
    "Телефон домашний родителя 2", "E-mail родителя 2",
]  # fmt: skip


def class_table(school_class: SchoolClass) -> list[list]:
    """The list of a class in the columns that docs/import.md names."""
    table = [CLASS_HEADING]
    pupils = Pupil.objects.filter(enrolments__school_class=school_class).order_by("sort_name")
    for number, pupil in enumerate(pupils, start=1):
        links = list(Guardianship.objects.current().filter(pupil=pupil).select_related("guardian").order_by("pk"))
        row = [number, pupil.full_name, school_class.name, pupil.birth_date, pupil.get_sex_display(), pupil.file_number,
               pupil.admitted_on, pupil.snils_masked, pupil.address, pupil.phone]  # fmt: skip
        for link in links[:2]:
            one = link.guardian
            row += [one.full_name, link.get_kinship_display(), one.phone_mobile, one.phone_home, one.email]
        table.append(row + [None] * (len(CLASS_HEADING) - len(row)))
    return table


@pytest.mark.django_db
@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_an_exported_class_list_loads_again_without_a_change(suffix):
    load_school()
    school_class = SchoolClass.objects.get(grade=7)
    Pupil.objects.filter(last_name="Ежова").update(phone="67-46-30")
    response = table_response(suffix, "7Б", class_table(school_class), sheet="7Б")
    preview = look((f"7Б.{suffix}", response.content), conflicts="")
    assert [str(problem) for problem in preview.problems] == []
    assert (preview.changes, preview.questions, preview.conflicts) == (0, [], [])
    assert preview.counts()["pupil"] == {"unchanged": 6}
    assert preview.counts()["guardian"] == {"unchanged": 6}
