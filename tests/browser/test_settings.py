"""The start of the year in a browser: a stack of consents by keyboard, the checklist, a vacation that moves."""

from playwright.sync_api import Page, expect


def reach(page: Page, words: str, most: int = 12) -> None:
    """Tab until the focus stands on the element with these words."""
    for _ in range(most):
        if words in page.evaluate("document.activeElement.textContent"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"«{words}» is not reached by {most} tabs")


def test_the_deputy_sees_what_a_vacation_touches_before_it_moves(page_as):
    page = page_as("deputy")
    page.get_by_role("link", name="Настройки").click()
    expect(page.get_by_role("heading", name="Календарь 2026/27")).to_be_visible()

    page.get_by_role("link", name="Осенние каникулы").click()
    page.get_by_label("По*", exact=True).fill("2026-11-03")
    page.get_by_role("button", name="Сохранить").click()

    expect(page.get_by_role("heading", name="Что изменится")).to_be_visible()
    expect(page.get_by_text("Перестанут быть учебными: 2–3 ноября (дней: 2), 1–11 классы.")).to_be_visible()
    touched = page.locator(".alert", has_text="На них уроков по расписанию")
    expect(touched).to_contain_text("проведённых уроков")
    assert "отметок 0," not in touched.inner_text()
    expect(page.get_by_text("Проведённые уроки с отметками, которые это затронет")).to_be_visible()

    page.get_by_role("button", name="Подтвердить").click()

    expect(page.get_by_text("Сохранено.")).to_be_visible()
    expect(page.get_by_text("24.10.2026–03.11.2026")).to_be_visible()
    expect(page.locator("td.is-vacation", has_text="3к").first).to_be_visible()


def test_the_class_teacher_records_28_consents_by_keyboard(page_as):
    office = page_as("operator")
    office.goto("/journal/consent-purposes/new/")
    office.get_by_label("Цель обработки").fill("Школьный музей")
    office.get_by_role("button", name="Сохранить").click()

    page = page_as("teacher7b")
    page.get_by_role("link", name="Класс", exact=True).click()
    page.get_by_role("link", name="Согласия").click()
    page.locator("[name=purpose]").focus()
    page.keyboard.press("End")  # the newest purpose stands last
    page.keyboard.press("Tab")
    page.keyboard.type("09092026")  # the same in every order of day and month
    reach(page, "Отметить всех, у кого нет")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Записать отмеченных (30)")).to_be_visible()
    # The focus went to the first pupil; two of the papers are not in the stack.
    for key in ("ArrowDown", "Space", "ArrowDown", "ArrowDown", "Space"):
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Записать отмеченных (28)")).to_be_visible()
    page.keyboard.press("Enter")

    expect(page.get_by_text("Записано согласий: 28.")).to_be_visible()
    column = page.locator("tbody td[data-label='Школьный музей']")
    expect(column.filter(has_text="09.09.2026")).to_have_count(28)
    expect(column.filter(has_text="нет")).to_have_count(2)


def test_the_checklist_leads_to_the_place_that_mends(page_as):
    page = page_as("teacher7b")
    page.get_by_role("link", name="Класс", exact=True).click()
    page.get_by_role("link", name="Начало года").click()
    expect(page.get_by_role("progressbar")).to_be_visible()

    missing = page.locator("#consents")
    name = missing.locator(".check__names").first.inner_text()
    missing.get_by_role("link", name="Исправить").first.click()

    expect(page.get_by_role("heading", name="Согласия, 7Б")).to_be_visible()
    pupil = name.split("): ")[1].split(" ·")[0].split(",")[0]
    expect(page.get_by_role("row", name=pupil)).to_contain_text("нет")


def test_a_consent_is_withdrawn_on_a_phone(page_as):
    page = page_as("teacher7b", phone=True)
    page.get_by_role("link", name="Класс", exact=True).click()
    page.get_by_role("link", name="Согласия").click()
    page.locator("tbody th a").nth(1).click()
    page.get_by_role("link", name="Отозвать").first.click()
    page.get_by_role("button", name="Сохранить").click()

    expect(page.locator(".chip", has_text="отозвано 23.11.2026")).to_be_visible()


def test_without_scripts_a_stack_is_recorded_too(page_for):
    page = page_for("teacher7a", java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name="Класс", exact=True).click()
    page.get_by_role("link", name="Согласия").click()
    page.get_by_role("link", name="Отметить всех без согласия: Размещение фото").click()
    page.get_by_role("button", name="Записать отмеченных").click()

    expect(page.get_by_text("Записано согласий")).to_be_visible()


def test_the_deputy_reads_the_whole_school(page_as):
    page = page_as("deputy")
    page.goto("/journal/classes/")
    page.get_by_role("link", name="Начало года").click()
    expect(page.locator("tbody tr")).to_have_count(6)

    expect(page.locator("[data-submit-button]")).to_be_hidden()  # the script that acts on a choice has come
    page.get_by_label("Параллель").select_option("7")

    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name="7Б").click()
    expect(page.get_by_role("heading", name="Начало года, 7Б")).to_be_visible()
