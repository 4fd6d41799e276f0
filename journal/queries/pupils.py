"""Pupils of the whole school by name, and the list of a class as rows of a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.paginator import Page, Paginator

from accounts.models import User
from journal.cells import text_of_cell, words_of_cell
from journal.files import Value
from journal.models import Enrolment, Guardianship, Pupil
from journal.queries.roll import RollRow

PAGE = 50
LIST_TITLES = (
    "№", "Ученик", "Дата рождения", "Телефон ученика", "Личное дело", "Адрес", "Представитель", "Родство", "Мобильный",
    "Домашний", "E-mail", "Информирование", "Основание", "С даты",
)  # fmt: skip
"""These titles are also what the paste of a block recognises, so a file may go there and back."""


@dataclass(frozen=True, slots=True)
class FoundPupil:
    """A line of the search: who, and where the child is or was last."""

    pupil: Pupil
    class_name: str
    class_id: int | None
    place: str


def find_pupils(user: User, text: str, page_number: str, today: date) -> tuple[Page[Pupil], list[FoundPupil]]:
    """The page, and its lines: pupils the user keeps whose names have a part beginning with each word, also those who
    left. Three queries."""
    rows = Pupil.objects.kept_by(user).search(text).order_by("sort_name", "pk")
    page = Paginator(rows, PAGE).get_page(page_number)
    pupils = list(page.object_list)
    stays: dict[int, list[Enrolment]] = {}
    enrolments = Enrolment.objects.filter(pupil__in=[pupil.pk for pupil in pupils])
    for row in enrolments.select_related("school_class").order_by("date_from"):
        stays.setdefault(row.pupil_id, []).append(row)
    return page, [_found(pupil, stays.get(pupil.pk, []), today) for pupil in pupils]


def _found(pupil: Pupil, stays: Sequence[Enrolment], today: date) -> FoundPupil:
    begun = [stay for stay in stays if stay.date_from <= today]
    if not begun:
        first = stays[0] if stays else None
        words = f"будет в {first.school_class.name} с {first.date_from:%d.%m.%Y}" if first else "ещё не в классе"
        return FoundPupil(pupil, first.school_class.name if first else "", None, words)
    last = begun[-1]
    here = last.date_to is None or last.date_to >= today
    words = "" if here else f"выбыл(а) {last.date_to:%d.%m.%Y}"
    return FoundPupil(pupil, last.school_class.name, last.school_class_id if here else None, words)


def list_rows(rows: Sequence[RollRow]) -> Iterator[Sequence[Value]]:
    """The class as a table for a file: a line a guardian, the pupil's own facts repeated in each."""
    yield LIST_TITLES
    for row in rows:
        pupil = row.pupil
        own: list[Value] = [
            row.number, pupil.full_name, f"{pupil.birth_date:%d.%m.%Y}", plain_phone(pupil.phone), pupil.file_number,
            pupil.address,
        ]  # fmt: skip
        if not row.guardianships:
            yield [*own, *[""] * (len(LIST_TITLES) - len(own))]
        for tie in row.guardianships:
            yield [*own, *_tie_values(tie)]


def _tie_values(tie: Guardianship) -> list[Value]:
    guardian = tie.guardian
    return [
        guardian.full_name, tie.get_kinship_display(), plain_phone(guardian.phone_mobile),
        plain_phone(guardian.phone_home), guardian.email, words_of_cell("informing", tie.informing),
        tie.informing_basis, text_of_cell("informing_since", tie.informing_since),
    ]  # fmt: skip


def plain_phone(phone: str) -> str:
    """«+7 935 476-25-24» → «8 935 476-25-24»: a cell that begins with a plus would be marked as a formula."""
    return f"8{phone[2:]}" if phone.startswith("+7") else phone
