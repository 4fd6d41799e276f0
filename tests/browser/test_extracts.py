"""Paper for a class, from the button to the signed slip, with the real worker."""

import re
from io import BytesIO

from playwright.sync_api import expect
from pypdf import PdfReader

WORK = 60_000


def open_class_page(page):
    page.goto("/")
    page.get_by_role("link", name="Выписки", exact=True).first.click()
    expect(page.get_by_role("heading", name="Выписки, 7Б")).to_be_visible()


def test_those_on_paper_are_printed_and_handed_over(page_for):
    page = page_for("teacher7b")
    open_class_page(page)
    button = page.get_by_role("button", name="Тем, кто получает на бумаге")
    number = int(re.search(r"\d+", button.inner_text()).group())

    button.click()
    link = page.get_by_role("link", name="Открыть файл для печати")
    expect(link).to_be_visible(timeout=WORK)  # the page itself notices, without a reload
    expect(page.get_by_text(f"Выписок: {number}, страниц: {2 * number}")).to_be_visible()
    expect(page.get_by_role("button", name="Остановить")).to_have_count(0)

    file = page.request.get(link.get_attribute("href")).body()
    assert len(PdfReader(BytesIO(file)).pages) == 2 * number
    page.get_by_role("link", name="К выпискам").click()
    register = page.get_by_role("region", name="Реестр выписок").locator("tbody tr")
    before = register.first.locator("th").inner_text()
    register.first.get_by_role("button", name="Вручена").click()
    expect(register.first.locator("th")).to_have_text(before)
    expect(register.first.get_by_role("button", name="Снять отметку: Вручена")).to_be_visible()


def test_without_scripts_the_page_follows_the_work_and_can_stop_it(page_for):
    page = page_for("teacher7b", java_script_enabled=False)
    open_class_page(page)

    page.get_by_role("button", name="Напечатать всем").click()
    page.get_by_role("button", name="Остановить").click()

    expect(page.get_by_text("Остановлено")).to_be_visible(timeout=WORK)
    expect(page.get_by_role("link", name="Открыть файл для печати")).to_have_count(0)
