"""«Сигналы» on a phone: a signal is taken note of and taken back by touch."""

import re

from playwright.sync_api import expect

WIDTH = "document.documentElement.scrollWidth"


def test_a_signal_is_taken_note_of_on_a_phone_and_opened_again(page_as):
    page = page_as("teacher7b", phone=True)
    page.get_by_role("link", name="Все сигналы").click()
    expect(page).to_have_url(re.compile("/signals/$"))
    assert page.evaluate(WIDTH) == 360
    waiting = (
        page.get_by_role("region", name="Открытые сигналы").get_by_role("listitem").filter(has=page.locator("form"))
    )
    before = waiting.count()
    first = waiting.first
    name = first.get_by_role("link").first.inner_text()

    first.get_by_role("textbox").fill("беседа с родителями 23.11")
    first.get_by_role("button", name="Принять к сведению").tap()

    expect(page.get_by_role("status").filter(has_text="Принято к сведению")).to_contain_text(name)
    expect(waiting).to_have_count(before - 1)
    expect(page.get_by_text("«беседа с родителями 23.11»")).to_be_visible()
    assert page.evaluate(WIDTH) == 360

    page.get_by_text("Дополнить или вернуть").tap()
    page.get_by_role("button", name="Вернуть в открытые").tap()

    expect(waiting).to_have_count(before)


def test_a_signal_is_taken_note_of_without_a_script(page_as):
    page = page_as("teacher7b", java_script_enabled=False)
    attention = page.get_by_role("list", name="Требует внимания")
    before = attention.get_by_role("button", name="Принять").count()

    attention.get_by_role("button", name="Принять").first.click()

    expect(attention.get_by_role("button", name="Принять")).to_have_count(before - 1)
