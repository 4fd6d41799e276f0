"""What the look promises: contrast in both themes, a small style sheet, templates that a strict CSP lets through."""

import re

import pytest
from django.conf import settings

CSS = settings.BASE_DIR / "static" / "css"

TEXT = {
    "ink": ("page", "card", "hover", "row", "tint", "veil"),
    "muted": ("page", "card", "hover", "row", "accent-soft"),
    "accent": ("page", "card", "hover", "accent-soft"),
    **{word: (f"{word}-soft", "card", "page", "tint") for word in ("ill", "excused", "unexcused", "late", "done")},
}
FILLS = ("accent-fill", "accent-press", "ill-fill", "excused-fill", "unexcused-fill", "late-fill", "done-fill")


def tokens(theme: str) -> dict[str, str]:
    """The colours of a theme; the dark one overrides the light one."""
    css = (CSS / "app.css").read_text()
    light, dark = re.findall(r":root \{\n\s+(?:color-scheme[^;]*;\s+)?--page.*?\n\s*\}", css, re.DOTALL)[:2]
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", light))
    if theme == "dark":
        found |= dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", dark))
    return found


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_contrast_is_counted_as_wcag_does():
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#fff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_in_both_themes(theme):
    colours = tokens(theme)
    pairs = [(text, ground) for text, grounds in TEXT.items() for ground in grounds]

    weak = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    weak |= {("#fff", fill): round(contrast("#ffffff", colours[fill]), 2) for fill in FILLS}

    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edge_of_a_field_can_be_seen(theme):
    colours = tokens(theme)

    assert min(contrast(colours["edge"], colours[ground]) for ground in ("page", "card")) >= 3


def test_dark_theme_has_a_partner_for_every_colour():
    css = (CSS / "app.css").read_text()
    light, dark = re.findall(r":root \{\n\s+(?:color-scheme[^;]*;\s+)?--page.*?\n\s*\}", css, re.DOTALL)[:2]
    names = [set(re.findall(r"--([a-z-]+): #", block)) for block in (light, dark)]

    assert names[0] == names[1]


def test_own_style_sheet_stays_small():
    assert (CSS / "app.css").stat().st_size < 25 * 1024


def test_style_sheets_ask_nothing_of_strangers():
    foreign = [
        (path.name, url) for path in CSS.glob("*.css") for url in re.findall(r"https?://[^\s\"')]+", path.read_text())
    ]

    assert [entry for entry in foreign if "w3.org" not in entry[1]] == []
