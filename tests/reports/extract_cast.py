"""A small class for tests of extracts: 7Б of the second quarter of 2026/27, formed on Monday 23.11.2026."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

from pypdf import PdfReader

from journal.models import Course, Pupil, SchoolClass, WorkKind
from reports.extract.data import ExtractData, Period
from reports.extract.query import class_extracts, pupil_extract
from tests.factories import make_class, make_course, make_pupil, make_slot, make_teacher

TODAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 8, 20, tzinfo=ZoneInfo("Europe/Moscow"))
PERIOD = Period(date(2026, 11, 2), TODAY)
MON, TUE, WED = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)


@dataclass
class Cast:
    """The class, its algebra (lessons on Monday and Wednesday, first) and history (Tuesday, second)."""

    school_class: SchoolClass
    algebra: Course
    history: Course
    pupil: Pupil

    def extract(self, pupil: Pupil | None = None, period: Period = PERIOD, formed_on: date = TODAY) -> ExtractData:
        return pupil_extract(pupil or self.pupil, self.school_class, period, formed_on=formed_on)

    def all(self) -> list[ExtractData]:
        return class_extracts(self.school_class, PERIOD, formed_on=TODAY)


def make_cast(name: str = "7Б") -> Cast:
    school_class = make_class(name)
    algebra = make_course(school_class, "Алгебра", teacher=make_teacher(last_name="Шилова", user=None))
    history = make_course(school_class, "История", teacher=make_teacher(last_name="Носова", user=None))
    for course, weekday, number in ((algebra, 1, 1), (algebra, 3, 1), (history, 2, 2)):
        make_slot(course, weekday, number)
    pupil = make_pupil(school_class, last_name="Ермаков", first_name="Тимофей", patronymic="Андреевич", sex="m")
    return Cast(school_class, algebra, history, pupil)


def control_kind() -> WorkKind:
    return WorkKind.objects.get(is_control=True)


def pdf_text(content: bytes) -> list[str]:
    """Text of each page, spaces folded: a line end on paper means nothing to a test."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(content)).pages]
