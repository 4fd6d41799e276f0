"""Выписка при переводе (domain.md §5): what a pupil takes along to another school — the marks of the running period
and the results of the finished ones up to the day of leaving, with the director's signature and the seal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.http import HttpRequest

from accounts.models import User
from journal.calendar import Calendar, load_calendar
from journal.lessons import pupil_lessons
from journal.models import Pupil, SchoolClass, Sex, Term
from journal.names_in_cases import dative, sex_of
from reports import pdf
from reports.extract import register
from reports.extract.assemble import extract_of
from reports.extract.data import Absences, ExtractData, MarkLine, Period, code_of
from reports.extract.source import range_needed, read_source
from reports.models import Extract

TEMPLATE, STYLE = "reports/pdf/transfer_extract.html", "pdf-transfer-extract.css"
STUDIED: dict[str, str] = {Sex.MALE: "Учился", Sex.FEMALE: "Училась"}
PARTS = frozenset({"marks", "results", "absences", "teacher"})


@dataclass(frozen=True, slots=True)
class TransferSubject:
    """`results` are the marks of the finished terms, in their order; «—» where there is none."""

    subject: str
    teacher: str
    results: tuple[str, ...]
    marks: tuple[MarkLine, ...]
    mean: Decimal | None


@dataclass(frozen=True)
class TransferExtract:
    """Everything of the paper; no query is left inside. `extract` is of the running period, `year_absences` of the
    whole year up to the day of leaving."""

    extract: ExtractData
    terms: tuple[str, ...]
    subjects: tuple[TransferSubject, ...]
    year_absences: Absences
    year: str
    director: str
    pupil_dative: str
    studied: str
    """«Учился», «Училась»; both where nothing tells the sex."""
    birth_date: date
    left_on: date
    destination: str
    outgoing_number: str

    @property
    def code(self) -> str:
        """The digest of the contents, as on every extract: of all that stands on this paper."""
        return code_of(self)


def transfer_extract(
    pupil: Pupil, school_class: SchoolClass, *, left_on: date, today: date, destination: str, outgoing_number: str
) -> TransferExtract:
    """The paper as of the last day in the class."""
    calendar = load_calendar(school_class.year)
    whole = Period(calendar.year.date_from, max(calendar.year.date_from, left_on))
    lessons = pupil_lessons(pupil, school_class, *range_needed(whole, today), calendar)
    source = read_source(school_class, calendar, whole, today, lessons, [pupil.pk], parts=PARTS)
    terms = _terms(calendar, school_class, left_on)
    running = replace(source, period=Period(max(source.term.date_from, whole.start), whole.end))
    extract = replace(extract_of(pupil, running), addressee=destination)
    results = source.period_marks.get(pupil.pk, {})
    ids = {source.subjects[pk].name: pk for pk in source.subjects}
    subjects = tuple(
        TransferSubject(
            line.subject,
            line.teacher,
            tuple(results.get((ids[line.subject], term.pk), "—") for term in terms),
            line.marks,
            line.mean,
        )
        for line in extract.subjects
    )
    return TransferExtract(
        extract=extract,
        terms=tuple(str(term) for term in terms),
        subjects=subjects,
        year_absences=extract_of(pupil, source).absences,
        year=calendar.year.name,
        director=calendar.school.director,
        pupil_dative=dative(pupil),
        studied=STUDIED.get(sex_of(pupil), "Учился (училась)"),
        birth_date=pupil.birth_date,
        left_on=left_on,
        destination=destination,
        outgoing_number=outgoing_number,
    )


def _terms(calendar: Calendar, school_class: SchoolClass, left_on: date) -> list[Term]:
    """Terms that have ended by the day of leaving."""
    return [term for term in calendar.terms_for(school_class.grade) if term.date_to <= left_on]


def form_transfer(paper: TransferExtract, *, by: User, request: HttpRequest | None = None) -> Extract:
    """Numbers, makes and records the paper in the one register of extracts."""
    with transaction.atomic():
        [row] = register.reserve([paper.extract], by=by)
        row.kind, row.code = Extract.Kind.TRANSFER, paper.code
        row.destination, row.outgoing_number = paper.destination, paper.outgoing_number
        row.save(update_fields=["kind", "code", "destination", "outgoing_number"])
    try:
        register.store(row, render(paper, row.number), by=by, request=request)
    except Exception:
        register.abandon([row.pk])
        raise
    return row


def render(paper: TransferExtract, number: str) -> pdf.Pdf:
    """The paper under its number."""
    pictures = {
        "qr": register.qr_picture(number, paper.extract.formed_on, paper.code),
        "logo": register.logo_picture(),
    }
    return pdf.pdf_of(TEMPLATE, {"paper": paper, "number": number, **pictures}, style=STYLE)
