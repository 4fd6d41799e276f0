"""The builder of a division as people use it: a whole class by keyboard, by thumb, by mouse, without the script."""

import time

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture
def groups_url(page_for) -> str:
    """The groups of 7Б, as the navigation of its class teacher names the class."""
    page = page_for("teacher7b")
    page.goto("/accounts/security/")
    href = page.get_by_role("link", name="Класс", exact=True).first.get_attribute("href")
    return href.replace("/pupils/", "/groups/")


def open_division(page: Page, groups_url: str, subject: str) -> None:
    page.goto(groups_url)
    page.get_by_role("link", name=f"Открыть деление: {subject}").click()
    expect(page.locator("#board")).to_be_visible()


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Tab alone, until the focus is there."""
    for _ in range(40):
        page.keyboard.press(key)
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{key} never reached {selector}")


def column_of(page: Page, name: str) -> int:
    """0 for «не распределены», 1 for the first group."""
    row = page.locator("#board tbody tr", has_text=name)
    return row.locator("input").evaluate_all("radios => radios.findIndex((radio) => radio.checked)")


def names(page: Page) -> list[str]:
    return page.locator("#board [data-pupil]").all_inner_texts()


def count(page: Page, column: int) -> int:
    return int(page.locator("#board [data-count]").nth(column).inner_text())


def test_a_class_is_divided_by_keyboard_alone_within_a_minute(page_for, groups_url):
    page = page_for("teacher7b")
    page.goto(groups_url)
    started = time.monotonic()

    tab_to(page, "#subject")
    while page.locator("#subject option:checked").inner_text() != "Физика":
        page.keyboard.press("ArrowDown")
    tab_to(page, "form.toolbar button")
    page.keyboard.press("Enter")
    expect(page.locator("#builder[data-ready]")).to_be_visible()
    pupils = names(page)
    for number in range(len(pupils)):
        page.keyboard.press("1" if number % 2 == 0 else "2")
    expect(page.locator("#said")).to_contain_text("Конец списка")
    tab_to(page, "[name=new-teacher]", "Shift+Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/preview/")
    expect(page.get_by_role("heading", name="Что изменится")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Деление сохранено")).to_be_visible()
    took = time.monotonic() - started

    assert took < 60, f"took {took:.0f} s"
    assert len(pupils) >= 28
    open_division(page, groups_url, "Физика")
    assert [column_of(page, name) for name in pupils] == [1 + number % 2 for number in range(len(pupils))]
    assert count(page, 0) == 0


def test_keys_move_choose_several_and_take_back(page_for, groups_url):
    page = page_for("teacher7b")
    open_division(page, groups_url, "Информатика")
    first, second, third, *_ = names(page)
    before = [column_of(page, name) for name in (first, second, third)]

    page.keyboard.press("0")
    assert column_of(page, first) == 0
    expect(page.locator("#said")).to_contain_text(f"{first}: Не распределены. {second}")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("0")
    assert [column_of(page, name) for name in (first, second, third)] == [0, 0, 0]
    assert count(page, 0) == 3

    page.keyboard.press("Control+z")
    assert [column_of(page, name) for name in (first, second, third)] == [0, *before[1:]]
    page.keyboard.press("Control+z")
    assert column_of(page, first) == before[0]
    expect(page.locator("#said")).to_contain_text("Возвращено")

    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    page.keyboard.press("End")
    page.keyboard.press("9")
    expect(page.locator("#said")).to_contain_text("Группы с номером 9 нет")


def test_a_quick_way_is_taken_back_too(page_for, groups_url):
    page = page_for("teacher7b")
    open_division(page, groups_url, "Информатика")
    before = [column_of(page, name) for name in names(page)]

    page.get_by_role("button", name="Очистить").click()
    expect(page.locator("#builder[data-ready]")).to_be_visible()
    assert count(page, 0) >= 28
    page.get_by_role("button", name="Вернуть").click()

    assert [column_of(page, name) for name in names(page)] == before


def test_a_chip_is_dragged_into_another_column(page_for, groups_url):
    page = page_for("teacher7b")
    open_division(page, groups_url, "Информатика")
    first = names(page)[0]
    row = page.locator("#board tbody tr").first
    there = 3 - column_of(page, first)

    row.locator(".seat").nth(3 - there).drag_to(row.locator("td").nth(there))

    assert column_of(page, first) == there
    expect(page.locator("#said")).to_contain_text(f"{there} группа")


def test_by_touch_a_tap_moves_and_a_column_takes_the_chosen(page_for, groups_url):
    page = page_for("teacher7b", phone=True)
    open_division(page, groups_url, "Информатика")
    expect(page.locator("#builder[data-ready]")).to_be_visible()
    rows = page.locator("#board tbody tr")
    pupils = names(page)[:3]
    target = 3 - column_of(page, pupils[0])
    box = rows.first.locator(".seat").nth(target).bounding_box()
    assert box["width"] >= 44 and box["height"] >= 44

    rows.first.locator(".seat").nth(target).tap()
    for name in pupils[1:]:
        page.locator("#board tbody th", has_text=name).tap()
    page.locator("[data-into]").nth(0).tap()

    assert [column_of(page, name) for name in pupils] == [target, 0, 0]
    page.get_by_role("button", name="Что изменится", exact=True).tap()
    expect(page.get_by_text("Без группы уроков этого предмета не будет")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Вернуться к правке").tap()
    expect(page.locator("#builder[data-ready]")).to_be_visible()
    assert [column_of(page, name) for name in pupils] == [target, 0, 0]


def test_without_the_script_the_page_is_one_form(page_for, groups_url):
    page = page_for("teacher7b", java_script_enabled=False)
    page.goto(groups_url)
    page.get_by_role("link", name="Открыть деление: Труд (технология)").click()
    row = page.locator("#board tbody tr").first
    name = row.locator("[data-pupil]").inner_text()
    here = [radio.is_checked() for radio in row.locator("input").all()].index(True)

    row.locator("input").nth(3 - here).check(force=True)
    page.get_by_role("button", name="Показать, что изменится").first.press("Enter")
    expect(page.get_by_role("heading", name="Что изменится")).to_be_visible()
    expect(page.locator(".effects-table")).to_contain_text(name)
    page.get_by_role("button", name="Сохранить").click()

    expect(page.get_by_text("Учеников перешло: 1")).to_be_visible()
    page.get_by_role("link", name="Открыть деление: Труд (технология)").click()
    row = page.locator("#board tbody tr").first
    assert row.locator("input").nth(3 - here).is_checked()
    expect(page.locator(".builder-more")).to_contain_text(f"{name}: ")


def test_two_people_see_each_others_changes(page_for, groups_url):
    teacher, deputy = page_for("teacher7b"), page_for("deputy")
    for page in (teacher, deputy):
        open_division(page, groups_url, "Иностранный язык (английский)")
    name = names(teacher)[0]
    there = 3 - column_of(teacher, name)
    teacher.keyboard.press(str(there))
    deputy.keyboard.press("0")
    deputy.keyboard.press("Control+Enter")
    deputy.get_by_role("button", name="Сохранить").press("Enter")
    expect(deputy.get_by_text("Деление сохранено")).to_be_visible()

    teacher.keyboard.press("Control+Enter")

    expect(teacher.get_by_role("alert")).to_contain_text(f"{name}: сейчас «не распределён(а)»")
    assert column_of(teacher, name) == there
