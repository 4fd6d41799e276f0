"""The pictures of the guides «Начало года», «Посещаемость», «Отчёты» and «Выписки»: made of the demo school by
`script/guide-pictures`, kept in the repository.

An ordinary run takes each picture again, so a page that a picture shows cannot change its way without this test seeing
it, and checks that the guides and the kept files name each other.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from django.template.loader import get_template
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.appearance

KEPT = Path(__file__).resolve().parents[2] / "static" / "img" / "guide"
SIZE = {"width": 1200, "height": 768}
GUIDES = ("start", "attendance", "reports", "extracts")
OF_DEPUTY = ("board", "analytics", "extract_queue")


def tab(page: Page, name: str) -> None:
    page.get_by_role("link", name="Класс", exact=True).click()
    page.get_by_role("navigation", name="Страницы класса").get_by_role("link", name=name, exact=True).click()


def checklist(page: Page) -> None:
    tab(page, "Начало года")
    expect(page.get_by_role("heading", name="Начало года, 7Б")).to_be_visible()


def grid(page: Page) -> None:
    tab(page, "Таблица")
    cell = page.get_by_role("textbox").nth(2)
    cell.focus()
    expect(cell).to_be_focused()


def card(page: Page) -> None:
    page.get_by_role("link", name="Класс", exact=True).click()
    page.get_by_role("link", name="Ларионов Лев").click()
    page.get_by_role("link", name=re.compile("Исправить.*телефон", re.IGNORECASE)).first.click()
    expect(page.get_by_role("textbox", name="Телефон")).to_be_focused()


def guardians(page: Page) -> None:
    tab(page, "Представители")
    expect(page.get_by_role("link", name="Листки с паролями")).to_be_visible()


def division(page: Page) -> None:
    tab(page, "Группы")
    page.get_by_role("heading", name="Информатика").locator("..").get_by_role("link", name="Открыть").click()
    expect(page.get_by_text("Не распределены").first).to_be_visible()


def preview(page: Page) -> None:
    division(page)
    page.keyboard.press("2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("1")
    page.get_by_role("button", name="Показать, что изменится").first.click()
    expect(page.get_by_role("button", name="Сохранить")).to_be_visible()


def consents(page: Page) -> None:
    tab(page, "Согласия")
    expect(page.get_by_role("button", name="Записать отмеченных")).to_be_visible()


def attendance_tab(page: Page, name: str) -> None:
    page.get_by_role("link", name="Посещаемость", exact=True).click()
    page.get_by_role("navigation", name="Страницы класса").get_by_role("link", name=name, exact=True).click()


def day_sheet(page: Page) -> None:
    page.get_by_role("link", name="Посещаемость", exact=True).click()
    page.wait_for_selector("#sheet[data-ready]")
    page.get_by_role("row").nth(4).get_by_role("button", name="болезнь").click()
    expect(page.locator("#save-state")).to_contain_text("сохранено")


def announced(page: Page) -> None:
    attendance_tab(page, "Заявления")
    expect(page.get_by_role("button", name=re.compile("Подтвердить")).first).to_be_visible()


def document_preview(page: Page) -> None:
    attendance_tab(page, "Справки")
    page.get_by_role("link", name=re.compile("Внести")).first.click()
    page.get_by_role("button", name="Показать, что изменится").click()
    expect(page.get_by_role("heading", name="Что изменится")).to_be_visible()


def unsettled(page: Page) -> None:
    attendance_tab(page, "Противоречия")
    expect(page.get_by_role("heading", name=re.compile("Противоречия: "))).to_be_visible()


def month_table(page: Page) -> None:
    attendance_tab(page, "Табель")
    expect(page.get_by_role("heading", name=re.compile("Табель"))).to_be_visible()


def signals(page: Page) -> None:
    attendance_tab(page, "Сигналы")
    expect(page.get_by_role("button", name=re.compile("Принять к сведению")).first).to_be_visible()


def board(page: Page) -> None:
    expect(page.get_by_role("button", name=re.compile("Напомнить")).first).to_be_visible()


def report_tab(page: Page, name: str) -> None:
    page.get_by_role("link", name="Отчёты", exact=True).click()
    page.get_by_role("navigation", name="Страницы класса").get_by_role("link", name=name, exact=True).click()


def class_report(page: Page) -> None:
    report_tab(page, "Класс")
    page.get_by_label("Период", exact=True).select_option("quarter-1")
    expect(page.get_by_text("итоги").first).to_be_visible()
    page.get_by_text("как посчитано").nth(1).click()


def pupil_report(page: Page) -> None:
    report_tab(page, "Ученики")
    page.get_by_role("link", name="Ларионов Лев").click()
    expect(page.get_by_role("link", name="Для родителей, PDF")).to_be_visible()


def official_report(page: Page) -> None:
    report_tab(page, "Отчёт классного руководителя")
    expect(page.get_by_role("link", name="Напечатать")).to_be_visible()


def class_extracts(page: Page) -> None:
    page.get_by_role("link", name="Выписки", exact=True).click()
    page.get_by_text("Что на листе: всё").click()
    expect(page.get_by_text("Печать за").first).to_be_visible()


def extract_check(page: Page) -> None:
    page.get_by_role("link", name="Выписки", exact=True).click()
    page.get_by_role("link", name="Проверить лист").click()
    expect(page.get_by_role("button", name="Проверить", exact=True)).to_be_visible()


def analytics(page: Page) -> None:
    page.get_by_role("link", name="Аналитика", exact=True).click()
    expect(page.get_by_role("heading", name="Параллели и школа")).to_be_visible()


def extract_queue(page: Page) -> None:
    page.get_by_role("link", name="Выписки", exact=True).click()
    expect(page.get_by_role("heading", name="Очередь выписок")).to_be_visible()


PICTURES: dict[str, Callable[[Page], None]] = {
    one.__name__: one
    for one in (
        *(checklist, grid, card, guardians, division, preview, consents),
        *(day_sheet, announced, document_preview, unsettled, month_table, signals, board),
        *(class_report, pupil_report, official_report, analytics),
        *(class_extracts, extract_check, extract_queue),
    )
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_page_of_the_picture_is_reached_as_the_guide_says(page_for, name):
    page = page_for("deputy" if name in OF_DEPUTY else "teacher7b", viewport=SIZE)
    page.goto("/")
    PICTURES[name](page)

    taken = page.screenshot(animations="disabled")

    if os.environ.get("GUIDE_PICTURES") == "write":
        (KEPT / f"{name}.png").write_bytes(taken)
    assert size_of((KEPT / f"{name}.png").read_bytes()) == size_of(taken) == (SIZE["width"], SIZE["height"])


def test_the_guides_show_every_kept_picture_and_no_other():
    texts = [Path(str(get_template(f"help/{guide}.html").origin)).read_text() for guide in GUIDES]
    shown = re.findall(r'_picture.html" with name="(\w+)"', "".join(texts))

    assert sorted(shown) == sorted(PICTURES) == sorted(path.stem for path in KEPT.glob("*.png"))


@pytest.mark.parametrize("guide", GUIDES)
def test_the_pictures_stand_in_the_guide(page_for, guide):
    page = page_for("teacher7b")
    page.goto(f"/help/{guide}/")

    for picture in page.locator("figure img").all():
        picture.scroll_into_view_if_needed()
        page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=picture.element_handle())


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height, from the header of the file."""
    return struct.unpack(">II", png[16:24])
