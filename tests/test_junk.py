"""Junk in every address and every field: the answer may be a refusal, never an error of the program."""

from __future__ import annotations

import random
import re

import pytest

from tests.test_access import ADDRESSES, PUBLIC, client_of, seven_b, url_of

__all__ = ["seven_b"]  # the fixture with ids of 7Б

JUNK = [
    "", "0", "-1", "10" * 10, "9" * 30, "абв", "\x00", "2026-02-30", "0000-00-00", "9999-12-31", "0001-01-01", "{}",
    "[[1]]", "null", '{"a":1}', "x" * 5000, "'; drop", "<b>", "1e9", "1,5", "NaN", "2026-11-23", "1", "5", "on",
    "save", "edit", "p1-phone", "l1-informing", "-1:1", "😀",
]  # fmt: skip
NAMES = ("do", "seen", "known", "pupil", "cell", "value", "expected", "name", "confirm", "digest", "on", "answer")
ASKED = (
    "q",
    "day",
    "on",
    "term",
    "page",
    "known",
    "new",
    "edit",
    "tick",
    "purpose",
    "withdraw",
    "grade",
    "sort",
    "who",
    "reason",
    "class",
    "paper",
    "by",
)
IN_ADDRESS = ("1", "абв", "2026-11-23", "9" * 20, "0000-00-00", "-1", "%00", "[]")
# These end the session of who asks.
LEFT_OUT = {"accounts:logout", "accounts:report_compromise", "accounts:end_other_sessions", "accounts:password"}


@pytest.mark.slow
@pytest.mark.parametrize("login", ["teacher7b", "deputy", "operator"])
def test_junk_is_refused_in_words_and_never_breaks_a_page(demo, seven_b, login, settings):
    # What a press starts is queued, as in a school, and not printed here by the dozen.
    settings.TASKS = {"default": {"BACKEND": settings.TASK_BACKENDS["database"]}}
    chance = random.Random(login)
    client = client_of(demo, login)  # an error of a view comes out of the client as it is
    for name, parameters in ADDRESSES:
        if name in PUBLIC or name in LEFT_OUT or "compromise" in name:
            continue
        url = url_of(name, parameters, seven_b["ids"])
        query = "&".join(f"{chance.choice(ASKED)}={chance.choice(IN_ADDRESS)}" for _ in range(3))
        page = client.get(url)
        is_page = page.status_code == 200 and "html" in page.get("Content-Type", "")
        fields = sorted(set(re.findall(r'name="([\w\-]+)"', page.content.decode()))) if is_page else ["q"]
        chosen = chance.sample(fields, min(len(fields), 25))
        data = {field: chance.choice(JUNK) for field in [*chosen, *chance.sample(NAMES, 6)]}

        answers = [client.get(f"{url}?{query}"), client.post(url, data), client.post(f"{url}?{query}", {})]

        assert [answer.status_code for answer in answers if answer.status_code >= 500] == [], name
