"""The day sheet as a class teacher uses it: keys in either layout, a thumb, a second person, a bad network."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

DAY = "2026-11-23"
# What a Russian keyboard sends for these letters: the letter in the Russian layout, the sign in the Latin one.
KEYS = {"Б": ("KeyБ", "Comma", ","), "У": ("", "KeyE", "e"), "Н": ("", "KeyY", "y"), "О": ("", "KeyJ", "j")}


@pytest.fixture
def sheet_url(page_for) -> str:
    """Today's sheet of 7Б, as the navigation of its class teacher names the class."""
    page = page_for("teacher7b")
    page.goto("/accounts/security/")
    href = page.get_by_role("link", name="Посещаемость").first.get_attribute("href")
    return f"{href}{DAY}/"


@pytest.fixture
def open_sheet(page_for, sheet_url):
    """Opens today's sheet of 7Б once the script has taken over."""

    def open_it(login="teacher7b", **options) -> Page:
        page = page_for(login, **options)
        page.goto(sheet_url)
        expect(page.locator("#sheet[data-ready]")).to_be_visible()
        return page

    return open_it


def type_letter(page: Page, letter: str, *, layout: str) -> None:
    """A key press as the browser gets it from the keyboard in this layout."""
    _, code, latin = KEYS[letter]
    key = letter.lower() if layout == "ru" else latin
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchKeyEvent", {"type": "keyDown", "key": key, "code": code, "text": key})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": key, "code": code})
    session.detach()


def free_rows(page: Page) -> list[str]:
    """Ids of rows where nothing stands, top to bottom."""
    script = """() => [...document.querySelectorAll('tr[id^=p]')].filter((tr) =>
        !tr.querySelector('[aria-pressed=true]') && !tr.querySelector('[data-mark]')).map((tr) => tr.id)"""
    return page.evaluate(script)


def pressed(page: Page, row: str, letter: str):
    return page.locator(f"#{row} .day__day .press[aria-pressed=true]", has_text=letter)


def go_to(page: Page, row: str) -> None:
    """Arrow keys alone, to the row."""
    for _ in range(40):
        page.keyboard.press("ArrowDown")
        if page.locator(f"#{row}.is-current").count():
            return
    raise AssertionError(f"the arrows never reached {row}")


def saved(page: Page) -> None:
    expect(page.locator("#save-state[data-state=saved]")).to_contain_text("сохранено")


@pytest.mark.parametrize("layout", ["ru", "en"])
def test_three_pupils_are_marked_by_keyboard_and_stay_marked(open_sheet, layout):
    page = open_sheet()
    rows = free_rows(page)[:3]
    for row, letter in zip(rows, "БУН", strict=True):
        go_to(page, row)
        type_letter(page, letter, layout=layout)
        expect(pressed(page, row, letter)).to_be_visible()
    saved(page)

    page.reload()

    for row, letter in zip(rows, "БУН", strict=True):
        expect(pressed(page, row, letter)).to_be_visible()


def test_space_clears_and_ctrl_z_brings_back(open_sheet):
    page = open_sheet()
    row = free_rows(page)[0]
    go_to(page, row)
    type_letter(page, "Б", layout="ru")
    page.keyboard.press("Space")
    expect(pressed(page, row, "Б")).to_have_count(0)

    page.keyboard.press("Control+z")

    expect(pressed(page, row, "Б")).to_be_visible()
    saved(page)
    page.reload()
    expect(pressed(page, row, "Б")).to_be_visible()


def test_a_digit_chooses_the_lesson_and_the_letter_marks_it(open_sheet):
    page = open_sheet()
    row = free_rows(page)[0]
    go_to(page, row)
    page.keyboard.press("2")
    type_letter(page, "О", layout="ru")
    cell = page.locator(f"#{row} [data-n='2'] .cell")
    expect(cell).to_have_text("О")
    saved(page)

    page.reload()

    expect(cell).to_have_text("О")


def test_two_of_thirty_by_three_taps_on_a_phone(open_sheet):
    page = open_sheet(phone=True)
    first, second = free_rows(page)[:2]
    page.locator(f"#{first} .press.is-ill").tap()
    page.locator(f"#{second} .press.is-unexcused").tap()
    saved(page)
    expect(page.locator(".actionbar")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.reload()

    expect(pressed(page, first, "Б")).to_be_visible()
    expect(pressed(page, second, "Н")).to_be_visible()


def test_the_other_person_sees_the_mark_without_reloading(open_sheet):
    teacher, deputy = open_sheet(), open_sheet("deputy")
    row = free_rows(teacher)[0]

    teacher.locator(f"#{row} .press.is-excused").click()
    saved(teacher)

    expect(pressed(deputy, row, "У")).to_be_visible(timeout=10_000)


def test_a_stale_page_asks_with_both_values_and_overwrites_nothing(open_sheet):
    teacher, deputy = open_sheet(), open_sheet("deputy")
    row = free_rows(teacher)[0]
    deputy.context.route("**/state/", lambda route: route.abort())  # the deputy's page hears no news
    teacher.locator(f"#{row} .press.is-excused").click()
    saved(teacher)

    deputy.locator(f"#{row} .press.is-ill").click()

    question = deputy.get_by_role("alert")
    expect(question).to_contain_text("У, у вас — Б")
    teacher.reload()
    expect(pressed(teacher, row, "У")).to_be_visible()
    question.get_by_role("button", name="Поставить: Б").click()
    saved(deputy)
    teacher.reload()
    expect(pressed(teacher, row, "Б")).to_be_visible()


def test_a_press_without_network_waits_and_is_sent_once(open_sheet):
    page = open_sheet()
    row = free_rows(page)[0]
    page.context.set_offline(True)
    page.locator(f"#{row} .press.is-ill").click()
    expect(page.locator("#save-state")).to_contain_text("ждут отправки 1")

    page.context.set_offline(False)

    saved(page)
    page.reload()
    expect(pressed(page, row, "Б")).to_be_visible()


def test_an_ended_session_loses_no_press(open_sheet):
    page = open_sheet()
    row = free_rows(page)[0]
    page.context.clear_cookies(name=re.compile("session"))
    page.locator(f"#{row} .press.is-ill").click()
    expect(page.locator("#save-state")).to_contain_text("сеанс закончился")

    page.get_by_role("link", name="Войти").click()
    page.fill("[name=login]", "teacher7b")
    page.fill("[name=password]", "Demo-2026-gymnasium")
    page.press("[name=password]", "Enter")

    saved(page)
    page.reload()
    expect(pressed(page, row, "Б")).to_be_visible()


def test_without_javascript_everything_is_reached(page_for, sheet_url):
    page = page_for("teacher7b", java_script_enabled=False)
    page.goto(sheet_url)
    row = page.locator("tr[id^=p]:not(:has([aria-pressed=true]))").first.get_attribute("id")

    page.locator(f"#{row} .press.is-ill").click()
    expect(pressed(page, row, "Б")).to_be_visible()
    page.locator(f"#{row} .day__name a").click()
    page.locator(".lessons__one").first.locator(".press.is-late").click()

    expect(page.locator(f"#{row} .day__lesson .cell").first).to_have_text("О")


def test_the_roll_call_takes_one_press(open_sheet):
    page = open_sheet()

    page.get_by_role("button", name="Остальные присутствуют").click()

    expect(page.locator("aside [data-roll-call-done]")).to_contain_text("отмечен в 08:2")
    page.reload()
    expect(page.locator("aside [data-roll-call-done]")).to_be_visible()


def test_lessons_of_a_pupil_open_in_the_row(open_sheet):
    page = open_sheet(phone=True)
    row = free_rows(page)[0]
    page.locator(f"#{row} .day__name a").tap()
    lessons = page.locator(f"#lessons{row[1:]}")

    lessons.locator(".lessons__one").nth(1).locator(".press.is-unexcused").tap()
    saved(page)
    page.reload()

    assert page.locator(f"#{row} [data-mark=unexcused]").count() == 1
    assert date.fromisoformat(DAY).isoweekday() == 1


def test_the_letter_of_a_fact_confirms_it_even_before_any_news_came(page_for, sheet_url):
    page = page_for("teacher7b")
    page.context.route("**/state/", lambda route: route.abort())  # the page knows only what it was sent with
    page.goto(sheet_url.replace(DAY, "2026-11-20"))
    expect(page.locator("#sheet[data-ready]")).to_be_visible()
    fact = page.locator("[data-mark=unexcused][data-fact]").first
    row = fact.evaluate("td => td.parentElement.id")
    number = fact.get_attribute("data-n")

    fact.click()
    type_letter(page, "Н", layout="ru")
    saved(page)
    page.reload()

    expect(page.locator(f"#{row} [data-n='{number}'][data-mark=unexcused]:not([data-fact])")).to_have_count(1)
