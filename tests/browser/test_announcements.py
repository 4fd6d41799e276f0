"""A parent's morning on a phone: two taps, and the class teacher has it; the same without JavaScript."""

import pytest
from playwright.sync_api import expect


def own_child(page) -> str:
    """The cabinet of the child in 7Б."""
    return page.locator(".pills a", has_text="7Б").get_attribute("href")


@pytest.mark.parametrize(("login", "script"), [("parent7b", True), ("parent2", False)])
def test_two_taps_announce_and_the_class_teacher_sees_it(page_as, page_for, login, script):
    page = page_as(login, phone=True, java_script_enabled=script)
    if not script:  # the demo's own announcement of this family goes first
        diary = own_child(page)
        page.goto(diary + "announcements/")
        page.get_by_role("button", name="Отозвать").click()
        page.goto(diary)

    page.get_by_role("link", name="Сообщить об отсутствии").tap()
    page.get_by_role("button", name="заболел(а)").first.tap()

    expect(page.get_by_text("Сообщено классному руководителю: 23 ноября, весь день, заболел(а).")).to_be_visible()
    expect(page.get_by_text("ждёт классного руководителя").first).to_be_visible()
    name = page.locator(".pill[aria-current]").inner_text().split(",")[0]
    teacher = page_for("teacher7b", phone=True, java_script_enabled=script)
    teacher.goto("/")
    teacher.get_by_role("link", name="Все заявления").tap()
    row = teacher.locator("li.announced", has_text=name).first
    row.get_by_role("button", name="Подтвердить").tap()
    expect(teacher.get_by_text("Отмечено по заявлению: 23.11.")).to_be_visible()

    page.reload()
    expect(page.get_by_text("учтено: 23.11")).to_be_visible()


def test_a_declined_announcement_tells_the_family_why(page_as, page_for):
    page = page_as("parent2", phone=True)
    page.goto(own_child(page) + "announcements/new/?lessons=1&day=2026-11-24")
    page.get_by_label("1.").check()
    page.get_by_label("к врачу").check()
    page.get_by_role("button", name="Сообщить").tap()
    expect(page.get_by_text("24 ноября, урок 1", exact=True)).to_be_visible()

    teacher = page_for("teacher7b")
    teacher.goto("/")
    teacher.get_by_role("link", name="Посещаемость").click()
    teacher.get_by_role("link", name="Заявления").click()
    row = teacher.locator("li.announced", has_text="урок 1")
    row.locator("summary").press("Enter")
    row.get_by_label("Почему: увидит семья").fill("Первого урока завтра нет")
    row.get_by_role("button", name="Отклонить").press("Enter")

    page.reload()
    expect(page.get_by_text("Первого урока завтра нет")).to_be_visible()


def test_the_pages_fit_a_narrow_phone(page_as):
    page = page_as("parent2", phone=True)
    base = own_child(page)
    for path in ("", "announcements/", "announcements/new/", "announcements/new/?lessons=1", "absences/"):
        page.goto(base + path)
        assert page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth") == 0, path
