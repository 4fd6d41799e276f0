"""«Обзор» keeps itself fresh while classes mark, and says so when it cannot."""

from playwright.sync_api import expect

LIVE = "**/reports/overview/live/"


def wait_for_the_next_round(page):
    """What the page asks after half a minute."""
    with page.expect_response(LIVE) as answer:
        page.clock.fast_forward(31_000)
    return answer.value.request


def test_a_roll_call_appears_without_a_reload(page_for):
    overview = page_for("deputy")
    overview.clock.install()
    overview.goto("/")
    unmarked = overview.locator("#overview-unmarked li")
    before = unmarked.count()
    first = unmarked.first.locator(".list__lead").inner_text()
    expect(unmarked.first).to_be_visible()

    sheet = page_for("deputy")
    sheet.goto(unmarked.first.get_by_role("link").get_attribute("href"))
    sheet.get_by_role("button", name="присутствуют").first.click()
    sheet.wait_for_load_state("networkidle")
    asked = wait_for_the_next_round(overview)

    # An open page is no reason to keep an empty chair signed in.
    assert asked.headers["x-background"] == "1"
    expect(unmarked).to_have_count(before - 1)
    expect(overview.locator("#overview-unmarked")).not_to_contain_text(first)


def test_the_focus_stays_on_the_link_when_the_list_is_exchanged(page_for):
    page = page_for("deputy")
    page.clock.install()
    page.goto("/")
    link = page.locator("#overview-classes a").nth(2)
    link.focus()
    address = link.get_attribute("href")

    wait_for_the_next_round(page)

    expect(page.locator(f'#overview-classes a[href="{address}"]')).to_be_focused()


def test_an_ended_session_is_said_and_the_figures_stay(page_for):
    page = page_for("deputy")
    page.clock.install()
    page.goto("/")
    page.context.clear_cookies()

    wait_for_the_next_round(page)

    expect(page.locator("[data-live-state]")).to_contain_text("вход завершён")
    expect(page.locator("#overview-classes tbody tr").first).to_be_visible()


def test_a_hidden_tab_asks_nothing(page_for):
    page = page_for("deputy")
    page.clock.install()
    page.goto("/")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/overview/" in request.url else None)
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")

    page.clock.fast_forward(120_000)

    assert asked == []
