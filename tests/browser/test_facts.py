"""A subject teacher states at the own lesson who is absent; the class teacher answers by one press."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

LESSON = re.compile(r"/absent/(#.*)?$")


def rows(page: Page):
    return page.get_by_role("list", name="Ученики").get_by_role("listitem")


def press(page: Page, number: int, label: str) -> str:
    """Presses the button in the row of the pupil with this number, waits for «сохранено»; the pupil's name."""
    row = rows(page).nth(number)
    name = row.locator(".list__title").inner_text()
    with page.expect_response(re.compile("/press/$")) as answer:
        row.get_by_role("button", name=f"{name}: {label}", exact=True).click()
    assert answer.value.status == 200
    expect(page.locator("#save-state")).to_contain_text("сохранено")
    return name


def free_rows(page: Page) -> list[int]:
    """Numbers of the rows where nothing stands."""
    return page.eval_on_selector_all(
        "[data-row]", "rows => rows.flatMap((row, i) => row.querySelector('[data-key=unexcused]') ? [i] : [])"
    )


def test_facts_of_a_lesson_are_answered_by_one_press_of_the_class_teacher(page_as):
    page = page_as("subject1")
    page.get_by_role("link", name="Кто отсутствует: 2 урок, 7А").click()
    first, second, third, *_ = free_rows(page)
    gone = [press(page, number, "нет") for number in (first, second)]
    late = press(page, third, "опоздание")
    press(page, third, "опоздание 10 минут")
    expect(page.locator("aside [data-count=late]")).to_have_text("1")
    page.get_by_role("button", name="Остальные на уроке").click()
    expect(page.get_by_text("Урок проверен: остальные на месте.")).to_be_visible()
    expect(rows(page).nth(third).locator("input")).to_have_value("10")

    page = page_as("teacher7a")
    page.get_by_role("link", name=re.compile("Причина не выяснена")).click()
    facts = page.get_by_role("region", name=re.compile("Причина не выяснена"))
    for name in gone:
        expect(facts.get_by_text(name)).to_be_visible()
    expect(facts.get_by_text(late)).to_have_count(0)

    page.get_by_role("button", name=f"{gone[0]}: болезнь", exact=True).click()

    expect(page.get_by_text("1 отметка, причина Б.")).to_be_visible()
    expect(facts.get_by_text(gone[0])).to_have_count(0)
    # The other by the keyboard, in whatever layout.
    page.wait_for_load_state()  # the script listens from then on
    page.keyboard.press("ArrowDown")
    names = page.locator("[data-row] .list__title").all_inner_texts()
    for _ in range(names.index(gone[1])):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("KeyE")
    expect(page.get_by_text("1 отметка, причина У.")).to_be_visible()
    expect(page.locator("[data-row]", has_text=gone[1])).to_have_count(0)


def test_a_lesson_by_the_keyboard_and_a_lost_answer_acts_once(page_as):
    page = page_as("subject1")
    page.get_by_role("link", name="Кто отсутствует: 2 урок, 7А").click()
    number = free_rows(page)[-1]
    row = rows(page).nth(number)
    lost = []

    def lose(route):
        """The school takes the press, the answer is lost on the way; the page sends it again."""
        route.fetch()
        lost.append(route.request.post_data)
        route.abort()

    page.route(re.compile("/press/$"), lose, times=1)
    expect(page.locator("#keys")).to_be_visible()  # the script listens: a key before it would be lost
    row.focus()
    page.keyboard.press("KeyY")

    expect(page.locator("#save-state")).to_contain_text("сохранено")
    assert len(lost) == 1
    expect(row.get_by_role("button", pressed=True)).to_have_text("Нет")
    page.reload()
    expect(rows(page).nth(number).get_by_role("button", pressed=True)).to_have_text("Нет")


def test_on_a_phone_without_a_script_a_press_is_a_form(page_as):
    page = page_as("subject1", phone=True, java_script_enabled=False)
    page.get_by_role("link", name="Кто отсутствует: 2 урок, 7А").click()
    row = rows(page).nth(4)
    pressed = row.get_by_role("button", pressed=True)
    if pressed.count():
        pytest.fail("the fifth pupil is marked already: choose another")

    row.get_by_role("button", name=re.compile("опоздание$")).click()
    expect(page).to_have_url(LESSON)
    row.locator("input").fill("7")
    row.locator("input").press("Enter")  # must press nothing
    row.get_by_role("button", name="Записать").click()

    expect(row.locator("input")).to_have_value("7")
    expect(row.get_by_role("button", pressed=True)).to_have_text("О")
