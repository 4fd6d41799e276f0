"""A certificate by keyboard on a phone's width, with its preview, and back."""

from playwright.sync_api import expect


def test_a_certificate_is_added_by_keyboard_and_taken_back(page_as):
    page = page_as("teacher7b", phone=True)
    page.get_by_role("link", name="Посещаемость").click()
    page.get_by_role("link", name="Справки", exact=True).click()
    page.get_by_role("link", name="Новый документ").press("Enter")
    pupil = page.get_by_label("Ученик")
    pupil.focus()
    page.keyboard.press("ArrowDown")
    name = pupil.evaluate("select => select.selectedOptions[0].label")
    page.get_by_label("По", exact=False).and_(page.locator("[type=date]")).last.fill("2026-11-27")
    page.get_by_label("Номер").focus()
    page.keyboard.type("774")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Что изменится")).to_be_visible()
    expect(page.get_by_text("Из них впереди 4 дня")).to_be_visible()
    expect(page.locator("main")).to_contain_text(name)
    assert page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth") == 0
    # The button that saves is in focus.
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Сохранено: справка. Затронуто: 5 дней")
    expect(page.get_by_role("heading", name=name)).to_be_visible()

    page.get_by_role("link", name="Отменить").press("Enter")
    page.get_by_role("button", name="Отменить документ").press("Enter")
    expect(page.locator("#messages")).to_contain_text("Документ отменён")
    expect(page.get_by_text("Пропуски стоят так, как до него")).to_be_visible()
