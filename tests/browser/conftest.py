"""A real browser against a real server with the demo school on its Monday morning, 23.11.2026 08:20.

Each module gets a server and a copy of the demo school of its own, so its tests may change what they like.
Tests here are marked `browser` by themselves.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.browser_programs import chromium
from tests.conftest import DEMO_PASSWORD
from tests.live import Site

# The machine may be busy with the other half of the tests: what is awaited gets the time of a page.
expect.set_options(timeout=15_000)

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


# --- The browser ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium()
    if not program:
        pytest.skip("no Chromium (apt: chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page_for(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """`page_for(login=None, phone=False, **context options)` opens a window of its own, signed in or not.

    A page whose script fails or that breaks the content security policy fails its test.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(login: str | None = None, *, phone: bool = False, **options) -> Page:
        size = {"viewport": PHONE, "has_touch": True, "is_mobile": True} if phone else {"viewport": DESKTOP}
        if login and login not in site.signed_in:
            site.signed_in[login] = _sign_in(browser, site, login)
        context = browser.new_context(
            base_url=site.url,
            locale="ru-RU",
            timezone_id="Europe/Moscow",
            storage_state=site.signed_in[login] if login else None,
            **{**size, **options},
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda message: _note(message, faults))
        return page

    yield open_page

    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def page_as(page_for: Callable[..., Page]) -> Callable[..., Page]:
    """`page_as("teacher7b", phone=True)`: signed in, with the home page open."""

    def open_home(login: str, **options) -> Page:
        page = page_for(login, **options)
        page.goto("/")
        return page

    return open_home


def _note(message: ConsoleMessage, faults: list[str]) -> None:
    # A request that fails is for the test to judge; a broken policy or script never is.
    if message.type == "error" and not message.text.startswith("Failed to load resource"):
        faults.append(message.text)


def _sign_in(browser: Browser, site: Site, login: str) -> dict:
    """Signs in through the form, as a person does; the session is kept for the other tests of the module."""
    context = browser.new_context(base_url=site.url, locale="ru-RU")
    context.set_default_timeout(30_000)  # it hashes a password on a machine that may be busy
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", login)
    page.fill("[name=password]", DEMO_PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
    state = context.storage_state()
    context.close()
    return state
