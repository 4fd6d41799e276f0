"""Алфавитная книга: every pupil by letter, with admission, class and departure (domain.md §6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.db.models import Count, Q
from django.db.models.functions import Substr
from django.utils import timezone

from journal.models import AcademicYear, Enrolment, Movement, Pupil, SchoolClass

GONE = (Movement.Kind.DEPARTURE, Movement.Kind.GRADUATION)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BookFilter:
    """Which pupils: of a school year (of all years), of a class, of a letter."""

    year: AcademicYear | None = None
    school_class: SchoolClass | None = None
    letter: str = ""

    @property
    def title(self) -> str:
        """«2026/27 учебный год, 7Б»."""
        years = f"{self.year} учебный год" if self.year else "за все годы"
        return f"{years}, {self.school_class}" if self.school_class else years


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the book; `number` counts within the letter. `left` tells when and by which order."""

    pupil_id: int
    letter: str
    number: int
    name: str
    sex: str
    birth_date: date
    file_number: str
    admitted_on: date | None
    class_name: str
    address: str
    left_on: date | None
    left_order: str
    left_to: str

    @property
    def left(self) -> str:
        """«16.10.2026, приказ № 45-у»."""
        if not self.left_on:
            return ""
        return ", ".join(filter(None, [f"{self.left_on:%d.%m.%Y}", self.left_order]))


def letters_of(chosen: BookFilter) -> list[tuple[str, int]]:
    """Letters with the number of pupils, in order. One query."""
    rows = _pupils(BookFilter(chosen.year, chosen.school_class))
    counts = rows.order_by().annotate(first=Substr("sort_name", 1, 1)).values_list("first").annotate(n=Count("pk"))
    return [(letter.upper(), count) for letter, count in sorted(counts)]


def book_of(chosen: BookFilter) -> list[Entry]:
    """The lines of the book in order. Three queries, whatever the size of the school."""
    pupils = sorted(_pupils(chosen), key=lambda row: (row.sort_name, row.birth_date, row.pk))
    ids = _pupils(chosen).order_by().values("pk")
    stays: dict[int, Enrolment] = {}
    today = timezone.localdate()
    enrolments = Enrolment.objects.filter(pupil__in=ids).select_related("school_class").order_by("date_from")
    if chosen.year:
        enrolments = enrolments.filter(school_class__year=chosen.year)
    for stay in enrolments:
        if stay.date_from <= today or stay.pupil_id not in stays:
            stays[stay.pupil_id] = stay  # the newest that has begun, or one ahead
    gone: dict[int, Movement] = {}
    for row in Movement.objects.filter(pupil__in=ids, kind__in=GONE, effective_on__lte=today).order_by("effective_on"):
        gone[row.pupil_id] = row
    numbers: Counter[str] = Counter()
    entries = []
    for pupil in pupils:
        letter = pupil.sort_name[:1].upper()
        numbers[letter] += 1
        entries.append(_entry(pupil, letter, numbers[letter], stays.get(pupil.pk), gone.get(pupil.pk), today))
    return entries


def by_letter(entries: Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
    """The book cut into its letters."""
    return [(letter, list(found)) for letter, found in groupby(entries, key=lambda entry: entry.letter)]


def _pupils(chosen: BookFilter):
    rows = Pupil.objects.all()
    stays = Enrolment.objects.all()
    if chosen.school_class:
        stays = stays.filter(school_class=chosen.school_class)
    elif chosen.year:
        stays = stays.filter(school_class__year=chosen.year)
    if chosen.school_class or chosen.year:
        rows = rows.filter(pk__in=stays.values("pupil"))
    if chosen.letter:
        rows = rows.filter(Q(sort_name__startswith=chosen.letter.lower()))
    return rows


def _entry(pupil: Pupil, letter: str, number: int, stay: Enrolment | None, gone: Movement | None, today: date) -> Entry:
    # Whoever came back after leaving has not left.
    is_here = stay is not None and (stay.date_to is None or stay.date_to >= today)
    ended = stay.date_to if stay and not is_here else None
    told = gone if gone and ended and gone.effective_on > stay.date_from else None  # type: ignore[union-attr]
    order = told.order_number if told else ""
    return Entry(
        pupil_id=pupil.pk,
        letter=letter,
        number=number,
        name=pupil.full_name,
        sex="м" if pupil.sex == "m" else "ж",
        birth_date=pupil.birth_date,
        file_number=pupil.file_number,
        admitted_on=pupil.admitted_on,
        class_name=stay.school_class.name if stay else "",
        address=pupil.address,
        left_on=(told.effective_on if told else ended + DAY) if ended else None,
        left_order=f"приказ № {order}" if order else "",
        left_to=(told.place or told.get_kind_display()) if told else "",
    )


HEADS = (
    "Буква", "№", "Фамилия, имя, отчество", "Пол", "Дата рождения", "Личное дело", "Дата приёма", "Класс", "Адрес",
    "Выбыл(а)", "Приказ", "Куда",
)  # fmt: skip


def rows_for_file(entries: Iterable[Entry]) -> list[list[str | int]]:
    """The book as rows of a file, heading first."""
    rows: list[list[str | int]] = [list(HEADS)]
    for entry in entries:
        rows.append([
            entry.letter, entry.number, entry.name, entry.sex, f"{entry.birth_date:%d.%m.%Y}", entry.file_number,
                f"{entry.admitted_on:%d.%m.%Y}" if entry.admitted_on else "", entry.class_name, entry.address,
                f"{entry.left_on:%d.%m.%Y}" if entry.left_on else "", entry.left_order, entry.left_to,
        ])  # fmt: skip
    return rows
