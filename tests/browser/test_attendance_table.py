"""Табель as people use it: on a phone, by keyboard, without the script; the deputy closes a month."""

import re

from playwright.sync_api import Page, expect

TABLE = "[data-attendance-table]"


def open_table(page: Page) -> None:
    """From the home page by the navigation alone."""
    page.get_by_role("link", name="Посещаемость", exact=True).first.click()
    page.get_by_role("link", name="Табель", exact=True).click()
    expect(page.get_by_role("heading", name="Табель: ноябрь 2026")).to_be_visible()


def focused(page: Page) -> tuple[int, int]:
    """Row and column of the cell that has the focus."""
    return tuple(
        page.evaluate(
            """() => {
              const cell = document.activeElement.closest("td");
              return cell ? [cell.parentElement.sectionRowIndex, cell.cellIndex] : [-1, -1];
            }"""
        )
    )


def test_on_a_phone_the_table_scrolls_in_its_box_and_the_names_stay(page_as):
    page = page_as("teacher7b", phone=True)
    open_table(page)

    assert page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth") == 0
    box = page.locator(".register-box")
    name = page.locator(f"{TABLE} tbody th").first
    box.evaluate("box => { box.scrollLeft = 400 }")
    assert box.evaluate("box => box.scrollLeft") > 300
    assert name.bounding_box()["x"] >= 0
    assert name.bounding_box()["width"] <= 130


def test_arrows_go_from_cell_to_cell_and_enter_opens_the_day_at_the_pupil(page_as):
    page = page_as("teacher7b")
    open_table(page)
    expect(page.locator(f"{TABLE}[data-ready]")).to_be_visible()
    page.locator(f"{TABLE} tbody tr").nth(1).locator("td").nth(1).focus()
    # One stop of Tab: the cell of today.
    page.locator(".table-nav a").last.focus()
    page.keyboard.press("Tab")
    while focused(page) == (-1, -1):
        page.keyboard.press("Tab")
    assert focused(page) == (0, 23)
    for key in ("ArrowDown", "ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    assert focused(page) == (2, 20)
    pupil = page.locator(f"{TABLE} tbody tr").nth(2).get_attribute("data-pupil")
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(rf"/2026-11-20/#p{pupil}$"))
    expect(page.locator(f"#p{pupil}")).to_be_in_viewport()


def test_an_empty_cell_opens_its_day_by_a_click(page_as):
    page = page_as("teacher7b")
    open_table(page)
    expect(page.locator(f"{TABLE}[data-ready]")).to_be_visible()
    row = page.locator(f"{TABLE} tbody tr").first
    pupil = row.get_attribute("data-pupil")
    row.locator("td").nth(29).click()

    page.wait_for_url(re.compile(rf"/2026-11-30/#p{pupil}$"))


def test_without_the_script_headings_and_letters_lead_to_the_day(page_as):
    page = page_as("teacher7b", java_script_enabled=False)
    open_table(page)
    letter = page.locator(f"{TABLE} tbody td.is-ill a").first
    target = letter.get_attribute("href")
    letter.click()
    assert page.url.endswith(target.removeprefix(".."))
    page.go_back()
    page.locator(f"{TABLE} thead a", has_text="20").click()
    assert page.url.endswith("/2026-11-20/")


def test_a_year_leads_down_to_its_term_its_month_and_its_day(page_as):
    page = page_as("teacher7b")
    open_table(page)
    page.get_by_role("link", name="Год", exact=True).click()
    expect(page.get_by_role("heading", name="Сводная ведомость посещаемости")).to_be_visible()
    page.locator("thead").get_by_role("link", name="II четверть", exact=True).click()
    page.locator("thead").get_by_role("link", name="Ноябрь 2026").click()
    expect(page.get_by_role("heading", name="Табель: ноябрь 2026")).to_be_visible()


def test_the_deputy_closes_a_month_and_opens_it_again(page_as):
    page = page_as("deputy")
    page.get_by_role("link", name="Месяцы посещаемости").click()
    page.get_by_role("link", name="Закрыть октябрь 2026").click()
    page.get_by_role("button", name="Закрыть октябрь 2026").click()
    expect(page.get_by_text("Октябрь 2026: месяц закрыт.")).to_be_visible()
    page.get_by_role("link", name="Октябрь 2026").click()
    page.get_by_label("Почему").fill("Опоздали справки")
    page.get_by_role("button", name="Открыть месяц").click()
    expect(page.get_by_text("Октябрь 2026: месяц открыт")).to_be_visible()


def test_the_deputy_counts_the_school_by_classes(page_as):
    page = page_as("deputy")
    page.get_by_role("link", name="посещаемость по классам").click()
    page.get_by_role("button", name="Посчитать").click()
    page.get_by_role("link", name="К ведомости").click()
    expect(page.get_by_role("row", name=re.compile("^7Б"))).to_be_visible()
    page.get_by_role("link", name="Октябрь 2026").click()
    expect(page.get_by_role("heading", name="Посещаемость по классам")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Вся школа")).to_be_visible()
