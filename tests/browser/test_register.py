"""The journal in a browser: arrows between cells, the history in a dialog and as a page, the mean explained."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect


@pytest.fixture
def open_register(page_for):
    """The first subject of 7Б, first quarter, reached as a person does."""

    def open_it(**options) -> Page:
        page = page_for("teacher7b", **options)
        page.goto("/accounts/security/")
        page.get_by_role("link", name="Журнал").first.click()
        page.goto(f"{page.url}?term=1")
        expect(page.locator("table.register tbody tr").first).to_be_visible()
        return page

    return open_it


def place(page: Page) -> tuple[int, int]:
    """Row and column of the cell that has the focus."""
    script = """() => { const td = document.activeElement.closest("td"); return td && td.closest("tbody")
        ? [td.parentElement.rowIndex, td.cellIndex] : [-1, -1]; }"""
    row, column = page.evaluate(script)
    return row, column


def marked_cell(page: Page) -> Locator:
    """A cell with a mark that has neighbours on every side."""
    script = """() => { const rows = [...document.querySelectorAll("table.register tbody tr")];
        for (const [r, tr] of rows.entries()) for (const [c, td] of [...tr.cells].entries())
            if (r > 1 && c > 2 && c < 15 && td.querySelector(":scope > a")) return [r + 1, c + 1]; }"""
    row, column = page.evaluate(script)
    return page.locator(f"table.register tbody tr:nth-child({row}) > :nth-child({column})")


def test_arrows_walk_over_full_and_empty_cells(open_register):
    page = open_register()
    marked_cell(page).locator("a").focus()
    row, column = place(page)

    walked = []
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
        walked.append(place(page))

    assert walked == [(row, column + 1), (row + 1, column + 1), (row + 1, column), (row, column)]


def test_the_grid_is_one_stop_of_tab(open_register):
    page = open_register()
    stops = page.evaluate(
        "() => [...document.querySelectorAll('table.register td:not(.register__mean)')]"
        ".flatMap((td) => [td, ...td.querySelectorAll('a')]).filter((e) => e.tabIndex === 0).length"
    )
    assert stops == 1


def test_arrows_stop_at_the_edge(open_register):
    page = open_register()
    marked_cell(page).locator("a").focus()
    row, _ = place(page)
    page.keyboard.press("Home")
    assert place(page) == (row, 1)
    page.keyboard.press("ArrowLeft")
    assert place(page) == (row, 1)


def test_enter_opens_the_history_and_escape_returns_to_the_cell(open_register):
    page = open_register()
    cell = marked_cell(page)
    mark = re.match(r"[\w/.]+", cell.inner_text()).group()
    pupil = cell.locator("xpath=ancestor::tr").locator(".register__name a").inner_text()
    cell.locator("a").focus()
    before = place(page)

    page.keyboard.press("Enter")

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name=pupil)).to_be_visible()
    expect(dialog.locator(".letter").first).to_have_text(mark.split("/")[0])
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert place(page) == before


def test_enter_on_an_empty_cell_says_that_nothing_stands(open_register):
    page = open_register()
    marked_cell(page).locator("a").focus()
    for _ in range(40):
        page.keyboard.press("ArrowRight")
        if page.evaluate(
            "() => document.activeElement.matches('td:not(.is-off)') && !document.activeElement.innerText"
        ):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Сейчас в клетке ничего не стоит")


def test_without_scripts_the_cell_leads_to_a_page(open_register, page_for):
    address = open_register().url
    page = page_for("teacher7b", java_script_enabled=False)
    page.goto(address)
    page.locator("table.register td > a").first.click()
    expect(page).to_have_url(re.compile("/cells/"))
    expect(page.get_by_role("heading", name="Что менялось")).to_be_visible()
    page.get_by_role("link", name="К журналу").click()
    expect(page).not_to_have_url(re.compile("/cells/"))


def test_a_signed_out_person_lands_at_the_sign_in_page(open_register):
    page = open_register()
    page.context.clear_cookies()
    marked_cell(page).locator("a").click()
    page.wait_for_url("**/accounts/login/**")


def test_the_mean_says_how_it_came_about(open_register):
    page = open_register()
    mean = page.locator("details.mean").first
    number = mean.locator("summary").inner_text()
    mean.locator("summary").click()
    expect(mean.locator(".mean__how")).to_have_text(re.compile(rf"^\(.*\) / [\d,]+ = {re.escape(number)}"))


def test_a_phone_shows_names_and_newest_days_without_moving_the_page(open_register):
    page = open_register(phone=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    expect(page.locator(".register__mean").first).to_be_in_viewport()
    expect(page.locator("tbody .register__name").first).to_be_in_viewport()
