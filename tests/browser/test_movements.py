"""The office moves pupils, the deputy moves the school to the next year and back: real pages, real worker."""

import re

from playwright.sync_api import expect


def open_movements(page, name):
    page.goto("/journal/classes/")
    page.get_by_role("link", name=f"Список {name}", exact=True).click()
    page.get_by_role("link", name="Движение", exact=True).click()
    expect(page.get_by_role("heading", name=f"{name}: движение")).to_be_visible()


def test_the_operator_records_an_arrival_and_a_departure(page_as):
    page = page_as("operator")
    open_movements(page, "7А")
    page.get_by_role("link", name="Зачислить ученика").click()
    page.get_by_label("Приказ №").fill("91-у")
    page.get_by_label("Фамилия").fill("Прибытков")
    page.get_by_label("Имя", exact=False).first.fill("Семён")
    page.get_by_label("Пол").select_option("m")
    page.get_by_label("Дата рождения").fill("2013-03-05")
    page.get_by_label("Откуда прибыл(а)").fill("МБОУ СОШ № 7")
    page.get_by_role("button", name="Зачислить").click()
    expect(page.locator("#messages")).to_contain_text("Прибытков Семён в списке 7А с 23.11.2026")

    page.get_by_role("link", name="Прибытков Семён", exact=True).click()
    page.get_by_role("link", name="Выбытие").click()
    page.get_by_label("Приказ №").fill("92-у")
    page.get_by_label("Действует с").fill("2026-11-23")
    page.get_by_role("button", name="Записать").click()
    expect(page.get_by_text("выбыть раньше, чем прибыть, нельзя")).to_be_visible()
    page.get_by_label("Действует с").fill("2026-11-30")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Выбытие внесено: Прибытков Семён, с 30.11.2026")

    row = page.get_by_role("row", name=re.compile("Выбытие из 7А"))
    expect(row).to_contain_text("впереди")
    row.get_by_role("link", name="Отменить").click()
    page.get_by_role("button", name="Отменить запись").click()
    expect(page.locator("#messages")).to_contain_text("Всё стоит как раньше")
    expect(page.get_by_role("row", name=re.compile("Выбытие из 7А"))).to_have_count(0)


def test_the_deputy_moves_the_school_and_takes_it_back(page_as):
    page = page_as("deputy")
    page.goto("/journal/classes/")
    page.get_by_role("link", name="Перевод года").click()
    page.get_by_role("button", name="Подготовить перевод").first.click()
    expect(page.get_by_role("heading", name="Перевод на 2027/28")).to_be_visible()
    expect(page.get_by_role("button", name="Выполнить перевод")).to_have_count(0)

    page.get_by_label("Приказ №").fill("77-у")
    page.get_by_label("Дата приказа").fill("2026-11-23")
    page.get_by_role("button", name="Записать приказ").click()
    page.get_by_role("button", name="Всех условно").click()
    page.get_by_role("link", name="Ученики 7Б").click()
    choice = page.get_by_role("combobox").nth(3)
    choice.select_option("repeat:7Б")
    page.get_by_role("button", name="Записать решения").click()
    expect(page.get_by_text("Повторный год, 7Б")).to_be_visible()

    page.get_by_role("button", name="Выполнить перевод").click()
    expect(page.get_by_text(re.compile(r"Переведено учеников: 16\d"))).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="К переводу").click()
    expect(page.get_by_text("Перевод выполнен")).to_be_visible()
    expect(page.get_by_role("cell", name="Повторный год, 7Б")).to_be_visible()

    page.get_by_role("button", name="Отменить весь перевод").click()
    expect(page.get_by_text("Перевод отменён. Списки")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="К переводу").click()
    expect(page.get_by_text("списки, группы и классы стоят как до него")).to_be_visible()


def test_the_alphabetical_book_of_a_class_is_printed_by_the_worker(page_as):
    page = page_as("operator")
    page.goto("/reports/books/alphabet/")
    page.get_by_label("Класс", exact=True).select_option(label="2А")
    page.get_by_role("button", name="Показать").click()
    page.get_by_role("button", name="Напечатать").click()
    expect(page.get_by_role("link", name="Открыть файл для печати")).to_be_visible(timeout=90_000)


def test_the_pages_fit_a_phone(page_as):
    page = page_as("deputy", phone=True)
    page.goto("/journal/classes/")
    href = page.get_by_role("link", name=re.compile("Список")).first.get_attribute("href")
    of_class = href.removesuffix("pupils/")
    office = ("/journal/classes/manage/", "/reports/transfers/", "/reports/books/alphabet/", "/reports/books/movement/")
    for address in (f"{of_class}movements/", f"{of_class}arrival/", f"{of_class}manage/", *office):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
