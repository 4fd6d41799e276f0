"""Filters for Russian text and the icons, loaded in every template. Pure functions, for Python too."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Any

from django import template
from django.utils.safestring import SafeString
from heroicons.templatetags.heroicons import heroicon_outline

from journal import dates, text

register = template.Library()

DASH = "—"


@register.filter
def plural(number: int | None, forms: str) -> str:
    """The word that fits the number: ``{{ n }} {{ n|plural:"ученик,ученика,учеников" }}``."""
    return text.plural(int(number or 0), forms)


@register.filter
def decimal_comma(number: Any, places: int = 2) -> str:
    """«4,50» for 4.5; a dash where there is no number. Halves are rounded up, as at school."""
    if number is None or number == "":
        return DASH
    try:
        value = Decimal(str(number)).quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP)
    except InvalidOperation:
        return DASH
    return f"{value:f}".replace(".", ",").replace("-", "−")


@register.filter
def day_short(day: date | None) -> str:
    """«пн 23»."""
    return f"{dates.WEEKDAYS_SHORT[day.weekday()]} {day.day}" if day else ""


@register.filter
def day_long(day: date | None) -> str:
    """«Понедельник, 23 ноября»."""
    return f"{dates.WEEKDAYS[day.weekday()].capitalize()}, {day_month(day)}" if day else ""


@register.filter
def weekday_of(number: int) -> str:
    """«понедельника» for 1."""
    return dates.WEEKDAYS_OF[number - 1]


@register.filter
def day_month(day: date | None) -> str:
    """«23 ноября»."""
    return dates.day_month(day) if day else ""


@register.filter
def month_short(day: date) -> str:
    """«ноя»."""
    return dates.MONTHS_SHORT[day.month]


@register.filter
def month_long(day: date) -> str:
    """«ноябрь 2026»."""
    return dates.month_year(day)


@register.filter
def short_name(person: Any) -> str:
    """«Орлова М. С.» from a person or from «Орлова Мария Сергеевна»."""
    if not person:
        return ""
    if isinstance(person, str):
        last, *given = person.split()
    else:
        last = person.last_name
        given = [person.first_name, getattr(person, "patronymic", "")]
    # No break between the surname and its initials.
    return "\u00a0".join([last, *(f"{name[0]}." for name in given[:2] if name)])


@register.simple_tag
@cache
def icon(name: str, size: int = 22) -> SafeString:
    """An outline icon of heroicons.com, silent for screen readers. Kept: the package parses its file each time, and
    the frame of every page has nine of them."""
    return heroicon_outline(name, size=size, **{"class": "icon", "aria_hidden": "true"})
