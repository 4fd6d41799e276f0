"""What holds for every page, seen by a real browser."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.appearance


def test_the_sign_in_page_loads_only_our_own_files(page_for, site):
    page = page_for()
    requests = []
    page.on("request", lambda request: requests.append(request.url))

    page.goto("/accounts/login/", wait_until="networkidle")

    expect(page.locator("[name=login]")).to_be_visible()
    assert {url for url in requests if not url.startswith((site.url, "data:"))} == set()
    assert page.evaluate("document.fonts.check('16px Inter')")


@pytest.mark.parametrize("phone", [False, True])
def test_a_wrong_password_is_answered_in_words(page_for, phone):
    page = page_for(phone=phone)
    page.goto("/accounts/login/")
    page.fill("[name=login]", "teacher7b")
    page.fill("[name=password]", "не тот пароль")
    page.press("[name=password]", "Enter")

    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_a_demo_teacher_signs_in(page_as):
    page = page_as("teacher7b")

    assert "/accounts/" not in page.url
    assert page.request.get(page.url).ok
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_policy_forbids_inline_scripts(page_for):
    policy = page_for().request.get("/accounts/login/").headers["content-security-policy"]

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
