"""The card and the table of a class as class teachers use them: by keyboard, with a second person, without a script."""

import pytest
from playwright.sync_api import Page, expect

PASTE = """text => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
    document.activeElement.dispatchEvent(event);
}"""
STAND_IN = """
from journal.models import ClassTeacher, SchoolClass, Teacher
ClassTeacher.objects.create(
    school_class=SchoolClass.objects.get(grade=7, letter="Б", year__date_from__year=2026),
    teacher=Teacher.objects.get(user__username="teacher7a"), date_from="2026-11-01", is_acting=True,
)
"""


@pytest.fixture(scope="module")
def acting(site) -> str:
    """The class teacher of 7А stands in for the one of 7Б: a second person who keeps 7Б."""
    site.manage("shell", "-v", "0", "-c", STAND_IN)
    return "teacher7a"


@pytest.fixture
def list_url(page_for) -> str:
    """The list of 7Б, as the navigation of its class teacher names the class."""
    page = page_for("teacher7b")
    page.goto("/accounts/security/")
    return page.get_by_role("link", name="Класс", exact=True).first.get_attribute("href")


@pytest.fixture
def grid_url(list_url) -> str:
    return list_url.replace("/pupils/", "/grid/")


@pytest.fixture
def open_grid(page_for, grid_url):
    def open_it(login="teacher7b", **options) -> Page:
        page = page_for(login, **options)
        page.goto(grid_url)
        expect(page.locator("#people-grid[data-ready]")).to_be_visible()
        return page

    return open_it


def cells(page: Page, field: str):
    return page.locator(f".sheet__pupil .sheet__{field} input")


def saved(page: Page) -> None:
    expect(page.locator("#save-state[data-state=saved]")).to_contain_text("сохранено")


# --- The table ------------------------------------------------------------------------------------


def test_three_phones_are_corrected_by_keyboard_alone(open_grid):
    page = open_grid()
    page.locator("#content").focus()
    for _ in range(60):  # Tab from the heading of the page into the first cell
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.sheet__pupil .sheet__phone input')"):
            break
    for digits in ("89354762501", "935 476 25 02", "+7(935)476-25-03"):
        page.keyboard.type(digits)
        page.keyboard.press("Enter")
    expect(cells(page, "phone").nth(2)).to_have_value("+7 935 476-25-03")
    saved(page)

    page.reload()

    for index in range(3):
        expect(cells(page, "phone").nth(index)).to_have_value(f"+7 935 476-25-0{index + 1}")


def test_escape_restores_and_ctrl_z_brings_the_saved_value_back(open_grid):
    page = open_grid()
    phone = cells(page, "phone").nth(4)
    before = phone.input_value()
    phone.focus()
    page.keyboard.type("123")
    page.keyboard.press("Escape")
    expect(phone).to_have_value(before)

    page.keyboard.type("89354762599")
    page.keyboard.press("Enter")
    expect(phone).to_have_value("+7 935 476-25-99")
    saved(page)
    with page.expect_response("**/grid/cell/"):
        page.keyboard.press("Control+z")

    expect(phone).to_have_value(before)
    expect(phone).to_be_focused()
    saved(page)
    page.reload()
    expect(phone).to_have_value(before)


def test_arrows_move_between_cells_and_f2_inside_one(open_grid):
    page = open_grid()
    phones, files = cells(page, "phone"), cells(page, "file_number")
    phones.nth(0).focus()
    page.keyboard.press("ArrowDown")
    expect(phones.nth(1)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(files.nth(1)).to_be_focused()
    page.keyboard.press("F2")
    page.keyboard.press("ArrowLeft")
    expect(files.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(files.nth(2)).to_be_focused()


def test_a_form_of_informing_opens_its_basis_and_date(open_grid):
    page = open_grid()
    row_id = page.locator(".sheet__tie:has(option[value=electronic]:checked) th").nth(5).get_attribute("id")
    row = page.locator(f"tr:has(#{row_id})")
    basis, since = row.locator(".sheet__informing_basis input"), row.locator(".sheet__informing_since input")
    expect(basis).to_be_hidden()
    row.locator("select").select_option("paper_refused")
    saved(page)

    basis.fill("заявление № 7")
    page.keyboard.press("Tab")
    expect(since).to_be_focused()
    page.keyboard.type("5.9.26")
    page.keyboard.press("Enter")
    expect(since).to_have_value("05.09.2026")
    saved(page)


def test_a_wrong_value_stays_with_its_reason_and_is_not_lost(open_grid):
    page = open_grid()
    phone = cells(page, "phone").nth(6)
    phone.focus()
    page.keyboard.type("12")
    page.keyboard.press("ArrowDown")

    expect(page.locator("#save-state")).to_contain_text("не сохранено: 1")
    expect(phone).to_have_value("12")
    expect(phone).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".sheet__error")).to_contain_text("Ожидается 10 цифр")
    phone.fill("")
    page.keyboard.press("ArrowDown")
    saved(page)
    expect(page.locator(".sheet__error")).to_have_count(0)


def test_two_teachers_in_one_cell_are_asked_with_both_values(open_grid, acting):
    one, other = open_grid(), open_grid(acting)
    cells(other, "address").nth(8).fill("ул. Первая, 1")
    other.keyboard.press("Enter")
    saved(other)

    cells(one, "address").nth(8).fill("ул. Вторая, 2")
    one.keyboard.press("Enter")

    question = one.get_by_role("alert")
    expect(question).to_contain_text("«ул. Первая, 1», у вас — «ул. Вторая, 2»")
    other.reload()
    expect(cells(other, "address").nth(8)).to_have_value("ул. Первая, 1")
    # Passing through the cell again answers nothing.
    cells(one, "address").nth(8).focus()
    one.keyboard.press("ArrowUp")
    one.keyboard.press("F6")
    one.keyboard.press("Tab")
    expect(question.get_by_role("button", name="Записать: ул. Вторая, 2")).to_be_focused()
    one.keyboard.press("Enter")
    expect(question).to_have_count(0)
    saved(one)
    other.reload()
    expect(cells(other, "address").nth(8)).to_have_value("ул. Вторая, 2")


def test_without_network_cells_wait_and_are_sent_when_it_comes_back(open_grid):
    page = open_grid()
    page.context.set_offline(True)
    for index in (10, 11):
        cells(page, "file_number").nth(index).fill(f"Н-{index}")
        page.keyboard.press("Enter")
    expect(page.locator("#save-state")).to_contain_text("ждут отправки 2")

    page.context.set_offline(False)

    saved(page)
    page.reload()
    for index in (10, 11):
        expect(cells(page, "file_number").nth(index)).to_have_value(f"Н-{index}")


def test_a_far_cell_is_there_at_once_and_nothing_glides_under_a_press(page_for, grid_url):
    page = page_for("teacher7b")
    page.goto(grid_url)

    at_once, later = page.evaluate("""async () => {
        [...document.querySelectorAll(".sheet__pupil .sheet__phone input")].at(-1).focus();
        const at_once = scrollY;
        await new Promise(done => setTimeout(done, 100));
        return [at_once, scrollY];
    }""")

    assert at_once == later > 0


@pytest.mark.slow
def test_without_a_script_the_table_is_one_form(page_for, grid_url):
    page = page_for("teacher7b", java_script_enabled=False)
    page.goto(grid_url)
    cells(page, "phone").nth(12).fill("8 935 476 25 12")
    cells(page, "phone").nth(13).fill("12")
    page.get_by_role("button", name="Сохранить").first.click()

    expect(page.locator("#messages")).to_contain_text("Сохранена 1 клетка.")
    expect(cells(page, "phone").nth(12)).to_have_value("+7 935 476-25-12")
    expect(cells(page, "phone").nth(13)).to_have_value("12")
    expect(page.locator(".sheet__error")).to_contain_text("Ожидается 10 цифр")


def test_a_block_copied_from_excel_is_shown_and_then_written(open_grid):
    page = open_grid()
    cells(page, "phone").nth(15).focus()
    with page.expect_navigation(url="**/paste/"):
        page.evaluate(PASTE, "8 935 476 25 15\tФ-15\r\n8 935 476 25 16\tФ-16\r\n")
    expect(page.get_by_role("heading", name="Было → стало")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(4)

    page.get_by_role("button", name="Записать: 4").click()

    expect(page.locator("#messages")).to_contain_text("Записано 4 значения.")
    expect(cells(page, "phone").nth(16)).to_have_value("+7 935 476-25-16")
    expect(cells(page, "file_number").nth(15)).to_have_value("Ф-15")


def test_on_a_phone_each_pupil_is_a_card(open_grid):
    page = open_grid(phone=True)
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    phone = cells(page, "phone").nth(18)
    assert phone.bounding_box()["height"] >= 44
    phone.fill("89354762518")
    cells(page, "file_number").nth(18).tap()
    saved(page)
    expect(phone).to_have_value("+7 935 476-25-18")


# --- The card -------------------------------------------------------------------------------------


@pytest.fixture
def card_url(page_for, list_url) -> str:
    page = page_for("teacher7b")
    page.goto(list_url)
    return page.locator(".roll th a").nth(20).get_attribute("href")


def edit(page: Page, name: str, value: str) -> None:
    page.locator(f"#fact-{name} .fact__edit").click()
    page.locator(f"#fact-{name} input[name={name}]").fill(value)


def test_a_line_of_the_card_is_corrected_in_its_place(page_for, card_url):
    page = page_for("teacher7b")
    page.goto(card_url)
    page.locator("#fact-phone .fact__edit").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#fact-phone input[name=phone]")).to_be_focused()
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(page.locator("#fact-phone")).to_contain_text("Ожидается 10 цифр")
    expect(page.locator("#fact-phone input[name=phone]")).to_have_value("12")
    page.keyboard.type("89354762521")
    page.keyboard.press("Enter")

    expect(page.locator("#fact-phone")).to_contain_text("+7 935 476-25-21")
    expect(page.locator("#fact-phone .save-state")).to_contain_text("сохранено")
    expect(page.locator("#fact-phone .fact__edit")).to_be_focused()
    page.reload()
    expect(page.locator("#changes")).to_contain_text("→ +7 935 476-25-21")


def test_escape_closes_a_line_unchanged(page_for, card_url):
    page = page_for("teacher7b")
    page.goto(card_url)
    before = page.locator("#fact-address dd").first.inner_text()
    edit(page, "address", "другой")
    page.keyboard.press("Escape")
    expect(page.locator("#fact-address dd").first).to_have_text(before)


def test_a_refused_snils_stays_only_where_it_was_typed(page_for, card_url):
    page = page_for("teacher7b")
    page.goto(card_url)
    edit(page, "snils", "112-233-445 96")
    with page.expect_response("**/fields/snils/") as answer:
        page.keyboard.press("Enter")
    assert "112-233" not in answer.value.text()

    expect(page.locator("#fact-snils")).to_contain_text("контрольное число не сходится")
    expect(page.locator("#fact-snils input[name=snils]")).to_have_value("112-233-445 96")


def test_two_teachers_on_one_line_see_both_values(page_for, card_url, acting):
    one, other = page_for("teacher7b"), page_for(acting)
    for page in (one, other):
        page.goto(card_url)
    edit(one, "file_number", "ПЕРВЫЙ")
    edit(other, "file_number", "ВТОРОЙ")
    other.keyboard.press("Enter")
    expect(other.locator("#fact-file_number")).to_contain_text("ВТОРОЙ")

    one.keyboard.press("Enter")

    line = one.locator("#fact-file_number")
    expect(line).to_contain_text("изменил(а) это поле: «ВТОРОЙ»")
    expect(line.locator("input[name=file_number]")).to_have_value("ПЕРВЫЙ")
    line.get_by_role("button", name="Сохранить").click()
    expect(line).not_to_contain_text("изменил(а)")
    expect(line).to_contain_text("ПЕРВЫЙ")


def test_an_ended_session_loses_nothing_typed(page_for, card_url):
    page = page_for("teacher7b")
    page.goto(card_url)
    edit(page, "address", "ул. Долгая, 1")
    page.context.clear_cookies()
    page.keyboard.press("Enter")

    expect(page.locator("#fact-address")).to_contain_text("Сеанс закончился")
    expect(page.locator("#fact-address input[name=address]")).to_have_value("ул. Долгая, 1")


def test_without_a_script_a_line_is_a_page(page_for, card_url):
    page = page_for("teacher7b", java_script_enabled=False)
    page.goto(card_url)
    page.locator("#fact-address .fact__edit").click()
    page.locator("#fact-address input[name=address]").fill("ул. Тихая, 2")
    page.locator("#fact-address").get_by_role("button", name="Сохранить").click()

    expect(page.locator("#fact-address")).to_contain_text("ул. Тихая, 2")
    expect(page.locator("#messages")).to_contain_text("Сохранено: адрес.")
