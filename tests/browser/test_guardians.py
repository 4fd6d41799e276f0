"""A new mother by keyboard alone; slips for the class by the real worker, and the way in with what stands on paper."""

import re
from io import BytesIO

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

WORK = 180_000
OWN = "Летний вечер на даче 7"


def open_guardians(page):
    page.goto("/")
    page.get_by_role("link", name="Класс", exact=True).first.click()
    page.get_by_role("link", name="Представители", exact=True).click()
    expect(page.get_by_role("heading", name="7Б: представители")).to_be_visible()


def test_a_mother_is_added_by_keyboard_alone(page_as):
    page = page_as("teacher7b")
    open_guardians(page)
    link = page.get_by_role("link", name=re.compile("добавить представителя")).first
    link.focus()
    page.keyboard.press("Enter")

    page.get_by_label("Фамилия").focus()
    for text in ("Новикова", "Дарья", "Павловна"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # the sex follows from the kinship
    page.keyboard.type("04121986")
    page.keyboard.press("Tab")
    if page.evaluate("document.activeElement.name") == "person-birth_date":  # the button of the calendar
        page.keyboard.press("Tab")
    page.keyboard.type("8 900 765 43 21")
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "tie-kinship"
    page.keyboard.press("ArrowDown")  # the mother
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # on paper: no access
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # without the basis: the form says what is missing and keeps the rest
    expect(page.get_by_text("Для бумажной формы укажите основание")).to_be_visible()
    expect(page.get_by_label("Телефон мобильный")).to_have_value("8 900 765 43 21")

    page.get_by_label("Форма информирования").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Новикова Дарья Павловна")).to_be_visible()
    expect(page.get_by_role("link", name="+7 900 765-43-21")).to_be_visible()
    expect(page.get_by_text("женский", exact=True)).to_be_visible()
    expect(page.get_by_text("нет входа")).to_be_visible()


def slips_of_the_class(page) -> str:
    """Prints the slips that are advised; the text of the file."""
    open_guardians(page)
    page.get_by_role("link", name="Листки с паролями").click()
    page.get_by_role("button", name="Выдать и напечатать листки").click()
    link = page.get_by_role("link", name="Открыть файл для печати")
    expect(link).to_be_visible(timeout=WORK)
    file = page.request.get(link.get_attribute("href")).body()
    page.get_by_role("button", name="Напечатано, удалить файл").click()
    expect(page.get_by_text("Файл с паролями удалён")).to_be_visible()
    return "\n".join(sheet.extract_text() for sheet in PdfReader(BytesIO(file)).pages)


@pytest.mark.slow
def test_a_family_enters_with_what_stands_on_its_slip(page_for, site):
    text = slips_of_the_class(page_for("teacher7b"))
    logins = re.findall(r"\b[a-z]{4,}\d{3,7}\b", text)
    passwords = re.findall(r"\b\d{4}-\d{4}-\d{4}\b", text)
    assert len(logins) == len(passwords) >= 20
    assert site.url in text

    page = page_for(phone=True)
    page.goto("/accounts/login/")
    page.get_by_label("Логин").fill(logins[0])
    page.get_by_label("Пароль", exact=True).fill(passwords[0])
    page.get_by_role("button", name="Войти").click()
    expect(page.get_by_role("heading", name="Новый пароль")).to_be_visible()
    page.get_by_label("Одноразовый пароль").fill(passwords[0])
    page.locator("[name=new_password1]").fill(OWN)
    page.get_by_label("Подтверждение").fill(OWN)
    page.get_by_role("button", name="Сменить пароль").click()
    page.get_by_label("Я прочёл").check()
    page.get_by_role("button", name="Принять и продолжить").click()

    child = re.search(r"[А-ЯЁ][а-яё]+ ([А-ЯЁ][а-яё]+), 7Б", text)
    expect(page.get_by_text(re.compile(rf"{child.group(1)}.*7Б")).first).to_be_visible()
    expect(page.get_by_role("link", name="Пропуски")).to_be_visible()

    teacher = page_for("teacher7b")
    open_guardians(teacher)
    expect(teacher.get_by_text("последний раз 23.11.2026").first).to_be_visible()
