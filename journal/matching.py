"""Is it the same person? Pure comparisons of names and dates."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import combinations
from typing import Protocol, TypeVar

from journal.text import normalise

NEAR_LETTERS = 2
NATIONAL, LONG_ENOUGH = 10, 5
"""Digits of a number without +7 or 8, and the fewest that a number of a town without its code has."""


class Someone(Protocol):
    """What a guardian is compared by."""

    last_name: str
    first_name: str
    patronymic: str
    sort_name: str
    birth_date: date | None
    phone_mobile: str
    phone_home: str


Person = TypeVar("Person", bound=Someone)


def distance(one: str, other: str, limit: int = NEAR_LETTERS) -> int:
    """Letters to change, add or drop to make one word of the other; stops counting above the limit."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    previous = list(range(len(other) + 1))
    for row, left in enumerate(one, 1):
        current = [row]
        for column, right in enumerate(other, 1):
            current.append(min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (left != right)))
        if min(current) > limit:
            return limit + 1
        previous = current
    return min(previous[-1], limit + 1)


def names_are_near(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    """One of surname, name, patronymic differs by at most two letters, or surname and name are swapped.

    A patronymic that one of the two lacks does not speak against them.
    """
    mine, theirs = [tuple(normalise(part) for part in name) for name in (one, other)]
    if (mine[0], mine[1]) == (theirs[1], theirs[0]):
        return True
    differing = 0
    for index, (left, right) in enumerate(zip(mine, theirs, strict=True)):
        if left == right or (index == 2 and not (left and right)):
            continue
        if distance(left, right) > NEAR_LETTERS:
            return False
        differing += 1
    return differing <= 1


def dates_are_near(one: date, other: date) -> bool:
    """Day and month swapped, or one digit different, or two neighbouring digits swapped."""
    if (one.day, one.month, one.year) == (other.month, other.day, other.year):
        return True
    left, right = f"{one:%d%m%Y}", f"{other:%d%m%Y}"
    wrong = [index for index in range(8) if left[index] != right[index]]
    if len(wrong) == 1:
        return True
    return len(wrong) == 2 and left[wrong[0]] == right[wrong[1]] and left[wrong[1]] == right[wrong[0]]


def why_same(one: Someone, other: Someone) -> str:
    """In words why two rows look like one person; empty where they do not.

    A near name alone is not enough: the birth date or a phone must agree too. Parents share a home phone, so a birth
    date that both have and that is quite different speaks against.
    """
    if not names_are_near(_names(one), _names(other)):
        return ""
    words = "то же имя" if one.sort_name == other.sort_name else "почти то же имя"
    if one.birth_date and other.birth_date:
        if one.birth_date == other.birth_date:
            return f"{words} и дата рождения"
        if not dates_are_near(one.birth_date, other.birth_date):
            return ""
    return f"{words} и телефон" if phones_of(one) & phones_of(other) else ""


def pairs_of(people: Iterable[Person]) -> list[tuple[Person, Person, str]]:
    """Pairs that look like one person, with the reason, in the order given.

    Only those who share a birth date or a phone are compared: a school has thousands of guardians.
    """
    rows = list(people)
    buckets: dict[object, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        for key in {row.birth_date, *phones_of(row)} - {None}:
            buckets[key].append(place)
    candidates = {pair for places in buckets.values() for pair in combinations(places, 2)}
    found = [(rows[one], rows[other], why_same(rows[one], rows[other])) for one, other in sorted(candidates)]
    return [pair for pair in found if pair[2]]


def phones_of(person: Someone) -> set[str]:
    """Keys of the person's phones."""
    return {phone_key(person.phone_mobile), phone_key(person.phone_home)} - {""}


def phone_key(text: str) -> str:
    """The digits by which two numbers are the same, however they are divided; empty for what is no number."""
    digits = re.sub(r"\D", "", text)
    return digits[-NATIONAL:] if len(digits) >= LONG_ENOUGH else ""


def _names(person: Someone) -> tuple[str, str, str]:
    return person.last_name, person.first_name, person.patronymic
