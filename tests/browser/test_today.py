"""«Сегодня» is one look: on a PC nothing of it lies below the screen, on a phone nothing beside it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP

SIZE = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"


def test_the_page_is_no_higher_than_the_screen_of_a_pc(page_as):
    page = page_as("teacher7b")

    assert page.evaluate(SIZE) == [DESKTOP["width"], DESKTOP["height"]]
    lessons = page.get_by_role("list", name="Уроки по порядку").get_by_role("listitem")
    expect(lessons.nth(4)).to_be_visible()
    assert lessons.last.bounding_box()["y"] < DESKTOP["height"]


@pytest.mark.parametrize("login", ["teacher7b", "deputy", "subject1", "operator", "parent2"])
def test_first_pages_are_as_wide_as_a_phone(page_as, login):
    page = page_as(login, phone=True)

    assert page.evaluate(SIZE)[0] == page.viewport_size["width"]


def test_the_morning_is_two_presses_away_without_a_script(page_as):
    page = page_as("teacher7b", java_script_enabled=False)

    page.get_by_role("link", name="Отметить класс").click()

    expect(page).to_have_url(re.compile("/2026-11-23/$"))
