"""Small controls of every page: they appear with JavaScript, and pages do without them."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.appearance


def test_the_password_can_be_looked_at(page_for):
    page = page_for()
    page.goto("/accounts/login/")
    page.fill("[name=password]", "Тихая вода")

    page.get_by_role("button", name="Показать").click()
    assert page.locator("[name=password]").get_attribute("type") == "text"

    page.get_by_role("button", name="Скрыть").click()
    assert page.locator("[name=password]").get_attribute("type") == "password"


def test_without_scripts_no_button_is_offered_that_does_nothing(page_for):
    page = page_for(java_script_enabled=False)
    page.goto("/accounts/login/")

    expect(page.locator("[data-show-password]")).to_be_hidden()
    expect(page.get_by_role("button", name="Войти")).to_be_visible()


def test_the_menu_of_the_person_closes_by_escape_and_gives_the_focus_back(page_as):
    page = page_as("teacher7b")
    menu = page.locator(".user-menu")
    menu.locator("summary").click()
    expect(page.get_by_role("button", name="Выйти")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Выйти")).to_be_hidden()
    assert page.evaluate("document.activeElement.closest('.user-menu') !== null")


def test_the_menu_closes_by_a_press_elsewhere(page_as):
    page = page_as("teacher7b")
    page.locator(".user-menu summary").click()

    page.locator("main").click(position={"x": 5, "y": 5})

    expect(page.get_by_role("button", name="Выйти")).to_be_hidden()


def test_the_first_tab_leads_past_the_navigation(page_as):
    page = page_as("teacher7b")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"


def test_navigation_stands_at_the_bottom_of_a_phone(page_as):
    page = page_as("teacher7b", phone=True)
    box = page.locator(".nav-main").bounding_box()

    assert round(box["y"] + box["height"]) == page.viewport_size["height"]
    assert min(link.bounding_box()["height"] for link in page.locator(".nav-main__link").all()) >= 44


def test_nothing_hangs_over_the_edge_of_a_phone(page_as):
    page = page_as("teacher7b", phone=True)
    wide = {}
    for url in ["/", *(link.get_attribute("href") for link in page.locator(".nav-main__link").all())]:
        page.goto(url)
        wide[url] = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")

    assert {url: over for url, over in wide.items() if over > 0} == {}
