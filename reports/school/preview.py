"""What a change of the settings touches, worked out before it is saved (two steps: look, then confirm)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from journal.dates import MONTHS_OF

SHOWN = 30
STRETCHES = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence. `is_warning`: somebody should think before confirming."""

    words: str
    is_warning: bool = False


@dataclass(frozen=True)
class Preview:
    """Everything a person sees before confirming. With a `refusal` there is nothing to confirm."""

    lines: tuple[Line, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str | int, ...], ...] = ()
    named_heading: str = ""
    named: tuple[str, ...] = ()
    refusal: str = ""

    @property
    def digest(self) -> str:
        """The same where the same would be shown: a confirmation carries it."""
        shown = repr((self.lines, self.rows, self.named, self.refusal))
        return hashlib.sha256(shown.encode()).hexdigest()[:24]

    def __add__(self, other: Preview) -> Preview:
        """Two effects of one change; only one of them has a table."""
        return Preview(
            self.lines + other.lines,
            self.heads or other.heads,
            self.rows or other.rows,
            self.named_heading or other.named_heading,
            self.named + other.named,
            self.refusal or other.refusal,
        )


NOTHING = Preview((Line("Того, что уже записано, изменение не коснётся."),))


@dataclass
class ByClass:
    """Counts of two kinds a class, in the order of classes."""

    heads: tuple[str, str]
    counts: dict[tuple[int, str], list[int]] = field(default_factory=dict)

    def add(self, grade: int, letter: str, column: int) -> None:
        self.counts.setdefault((grade, letter), [0, 0])[column] += 1

    @property
    def totals(self) -> tuple[int, int]:
        return sum(row[0] for row in self.counts.values()), sum(row[1] for row in self.counts.values())

    @property
    def rows(self) -> tuple[tuple[str | int, ...], ...]:
        return tuple((f"{grade}{letter}", *self.counts[grade, letter]) for grade, letter in sorted(self.counts))

    @property
    def all_heads(self) -> tuple[str, ...]:
        return ("Класс", *self.heads)


def shorten(names: Iterable[str], most: int = SHOWN) -> tuple[str, ...]:
    """At most `most` names, and how many more there are."""
    found = list(names)
    more = len(found) - most
    return (*found[:most], f"и ещё {more}") if more > 0 else tuple(found)


def days_words(days: Iterable[date]) -> str:
    """«26–30 октября, 2 ноября»: days that follow each other are one stretch."""
    stretches: list[list[date]] = []
    for day in sorted(days):
        if stretches and day - stretches[-1][-1] == timedelta(days=1):
            stretches[-1].append(day)
        else:
            stretches.append([day])
    return ", ".join(shorten((_stretch(found[0], found[-1]) for found in stretches), STRETCHES))


def _stretch(first: date, last: date) -> str:
    if first == last:
        return f"{first.day} {MONTHS_OF[first.month]}"
    if first.month == last.month:
        return f"{first.day}–{last.day} {MONTHS_OF[first.month]}"
    return f"{first.day} {MONTHS_OF[first.month]} – {last.day} {MONTHS_OF[last.month]}"


def grades_words(grades: Iterable[int]) -> str:
    """«1–9 классы», «1 класс», «1, 3 классы»."""
    found = sorted(set(grades))
    if len(found) == 1:
        return f"{found[0]} класс"
    if found == list(range(found[0], found[-1] + 1)):
        return f"{found[0]}–{found[-1]} классы"
    return f"{', '.join(map(str, found))} классы"
