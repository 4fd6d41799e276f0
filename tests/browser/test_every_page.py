"""Every page that a role can reach by links: readable by everybody, on a phone and on a screen, in both themes.

New pages are found by themselves: the test follows the links from the home page and opens each kind of page once.
"""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import Resolver404, resolve
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE
from tests.test_access import OPENS

pytestmark = [pytest.mark.appearance, pytest.mark.slow]

ROLES = ["deputy", "operator", "teacher7b", "subject1", "parent2", "pupil7b"]
# The operator's admin is Django's own; its pages are not drawn by us.
NOT_OURS = ("admin",)
CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}


def addresses(page: Page) -> list[str]:
    return page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")


def kind_of(url: str) -> str | None:
    """The name of the page behind an address; None for what is no page of ours."""
    try:
        match = resolve(urlsplit(url).path)
    except Resolver404:
        return None
    return None if match.namespaces[:1] == list(NOT_OURS) else match.view_name


def every_page(page: Page, site_url: str) -> Iterator[str]:
    """Opens one page of each kind that is reachable from the home page and yields its name."""
    waiting, seen = [f"{site_url}/"], set()
    while waiting:
        url = waiting.pop(0)
        kind = kind_of(url)
        if kind is None or kind in seen:
            continue
        seen.add(kind)
        answer = page.request.get(url)
        assert answer.status == 200, f"{kind} ({url}) answers {answer.status}"
        # Files are for the tests of files.
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        page.goto(url)
        yield kind
        waiting += [link for href in addresses(page) if (link := urljoin(page.url, href)).startswith(site_url)]


def is_looked_at(kind: str, login: str) -> bool:
    """Whether axe looks at the page in this role. What a class teacher is shown too is looked at in that role: it is
    the same template, and axe takes half a minute for a large grid."""
    whom = OPENS.get(kind, set())
    others = {"deputy": {"teacher7b"}, "operator": {"teacher7b", "deputy"}}.get(login, set())
    return kind == "home" or not whom & others


def faults(page: Page, options: dict | None = None) -> list[str]:
    """What axe finds serious, each with the place."""
    violations = Axe().run(page, options=options or {"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['id']}: {node['target'][0]} {node['html'][:120]}"
        for violation in violations
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def sideways(page: Page) -> int:
    """By how many pixels the page itself scrolls sideways (a grid may, inside its own frame)."""
    return page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")


@pytest.mark.parametrize("login", ROLES)
def test_every_page_of_a_role_is_accessible(page_as, site, login):
    # A colour in the middle of its transition is nobody's choice.
    page = page_as(login, reduced_motion="reduce")
    found: dict[str, list[str]] = {}
    names = []

    for name in every_page(page, site.url):
        names.append(name)
        if not is_looked_at(name, login):
            continue
        found[f"{name} at 1280"] = faults(page)
        page.emulate_media(color_scheme="dark")
        found[f"{name} in the dark"] = faults(page, CONTRAST)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(PHONE)
        found[f"{name} at 360"] = faults(page)
        if width := sideways(page):
            found[f"{name} at 360"].append(f"scrolls sideways by {width} px")
        page.set_viewport_size(DESKTOP)

    assert {place: what for place, what in found.items() if what} == {}
    # A role whose links are broken would pass with its home page alone.
    assert "home" in names and len(names) >= 4


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize("path", ["/accounts/login/", "/nowhere/"])
def test_the_public_pages_are_accessible(page_for, phone, path):
    page = page_for(phone=phone)
    page.goto(path)

    assert faults(page) == []
    assert sideways(page) == 0


def test_axe_would_find_a_fault(page_for):
    page = page_for()
    page.goto("/accounts/login/")
    page.evaluate("document.querySelector('label[for=id_login]').remove()")

    assert [fault.split(":")[0] for fault in faults(page)] == ["label"]
