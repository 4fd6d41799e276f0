"""The deputy reminds, the class teacher reads it and marks, the board changes by itself."""

import pytest
from playwright.sync_api import expect

LIVE = "**/reports/overview/live/"


def test_from_the_reminder_to_the_mark(page_for):
    board = page_for("deputy")
    board.clock.install()
    board.goto("/")
    unmarked = board.locator("#overview-unmarked")
    row = unmarked.locator("li", has_text="7Б")

    board.get_by_role("button", name="Напомнить: 7Б").click()

    expect(board.get_by_role("status").filter(has_text="Напоминание отправлено: 7Б")).to_be_visible()
    expect(row).to_contain_text("напоминание в 08:2")

    teacher = page_for("teacher7b", phone=True)
    teacher.goto("/")
    expect(teacher.locator("[data-reminder]")).to_contain_text("Завуч напоминает: класс не отмечен (8:2")
    teacher.get_by_role("link", name="Отметить класс").click()
    teacher.get_by_role("button", name="Остальные здесь").click()
    teacher.wait_for_load_state("networkidle")

    with board.expect_response(LIVE):
        board.clock.fast_forward(31_000)

    expect(row).to_have_count(0)
    expect(board.locator("#overview-classes tr", has_text="7Б")).to_contain_text("08:2")
    teacher.goto("/")
    expect(teacher.locator("[data-reminder]")).to_have_count(0)


def test_the_focus_stays_on_the_button_when_the_list_is_exchanged(page_for):
    board = page_for("deputy")
    board.clock.install()
    board.goto("/")
    button = board.get_by_role("button", name="Напомнить: 9А")
    button.focus()

    with board.expect_response(LIVE):
        board.clock.fast_forward(31_000)

    expect(button).to_be_focused()
    button.press("Enter")
    expect(board.locator("#overview-unmarked li", has_text="9А")).to_contain_text("напоминание в")


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize("name", ["absent", "wave", "canteen"])
def test_a_page_of_the_morning_fits_the_screen_and_works_without_a_script(page_for, name, phone):
    page = page_for("deputy", phone=phone, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("navigation", name="Страницы обзора").get_by_role(
        "link", name={"absent": "Отсутствующие", "wave": "Волна болезней", "canteen": "Столовая"}[name]
    ).click()
    page.get_by_label("День").fill("2026-11-20")
    page.get_by_role("button", name="Показать").click()

    expect(page.locator(".page-head__sub")).to_contain_text("Пятница, 20 ноября")
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width == 0
