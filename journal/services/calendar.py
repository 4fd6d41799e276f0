"""Making a school year: terms, vacations, days off as domain.md §8 gives them; the school edits them afterwards."""

from __future__ import annotations

from datetime import date, time

from django.db import transaction

from journal.models import AcademicYear, BellPeriod, ConsentPurpose, DayOff, Scheme, School, Term, Vacation, WorkKind

# domain.md §8: 2025/26 as recommended, 2026/27 a draft by analogy («проект»).
QUARTERS = {
    2025: [
        (date(2025, 9, 1), date(2025, 10, 24)),
        (date(2025, 11, 5), date(2025, 12, 30)),
        (date(2026, 1, 12), date(2026, 3, 27)),
        (date(2026, 4, 6), date(2026, 5, 26)),
    ],
    2026: [
        (date(2026, 9, 1), date(2026, 10, 23)),
        (date(2026, 11, 2), date(2026, 12, 30)),
        (date(2027, 1, 11), date(2027, 3, 26)),
        (date(2027, 4, 5), date(2027, 5, 26)),
    ],
}
FIRST_GRADE_REST = {
    2025: (date(2026, 2, 16), date(2026, 2, 22)),
    2026: (date(2027, 2, 15), date(2027, 2, 21)),
}
DAYS_OFF = {
    2025: {
        date(2025, 11, 3): "перенос выходного",
        date(2025, 11, 4): "День народного единства",
        date(2025, 12, 31): "перенос выходного",
        date(2026, 1, 9): "перенос выходного",
        date(2026, 2, 23): "День защитника Отечества",
        date(2026, 3, 9): "перенос выходного",
        date(2026, 5, 1): "Праздник Весны и Труда",
        date(2026, 5, 11): "перенос выходного",
        date(2026, 6, 12): "День России",
    },
    2026: {
        date(2026, 11, 4): "День народного единства",
        date(2026, 12, 31): "перенос выходного",
        date(2027, 2, 23): "День защитника Отечества",
        date(2027, 3, 8): "Международный женский день",
        date(2027, 5, 3): "перенос выходного",
        date(2027, 5, 10): "перенос выходного",
    },
}
BELLS = [
    ("8:00", "8:40"), ("8:50", "9:30"), ("9:50", "10:30"), ("10:50", "11:30"),
    ("11:40", "12:20"), ("12:30", "13:10"), ("13:20", "14:00"), ("14:10", "14:50"),
]  # fmt: skip
WORK_KINDS = [
    # name, short, weight, is_control, is_default (domain.md §3)
    ("контрольная работа", "К", 3, True, False),
    ("проверочная работа", "П", 2, False, False),
    ("самостоятельная работа", "С", 2, False, False),
    ("ответ на уроке", "О", 1, False, True),
    ("домашняя работа", "Д", 1, False, False),
]
CONSENT_PURPOSES = [
    # name, needed from everybody
    ("Ведение электронного журнала и дневника", True),
    ("Передача данных в региональную информационную систему образования", True),
    ("Размещение фото и видео на сайте школы", False),
]
VACATION_NAMES = ["осенние каникулы", "зимние каникулы", "весенние каникулы"]


def quarters_of(start_year: int) -> list[tuple[date, date]]:
    """First and last days of the four quarters; years without own figures follow those of 2026/27."""
    shift = start_year - 2026
    known = QUARTERS.get(start_year)
    return known or [(a.replace(year=a.year + shift), b.replace(year=b.year + shift)) for a, b in QUARTERS[2026]]


@transaction.atomic
def create_year(start_year: int) -> AcademicYear:
    """The year start_year/start_year+1 with terms, vacations, days off, bells and kinds of work; the year itself
    where it exists already. Draft years stay «проект» until somebody approves them."""
    name = f"{start_year}/{(start_year + 1) % 100:02d}"
    school, _ = School.objects.get_or_create(pk=1)
    year, created = AcademicYear.objects.get_or_create(
        name=name,
        defaults={
            "school": school,
            "date_from": date(start_year, 9, 1),
            "date_to": date(start_year + 1, 5, 31),
            "is_approved": start_year == 2025,
        },
    )
    if not created:
        return year
    quarters = quarters_of(start_year)
    halves = [(quarters[0][0], quarters[1][1]), (quarters[2][0], quarters[3][1])]
    for scheme, periods in ((Scheme.QUARTER, quarters), (Scheme.HALF_YEAR, halves)):
        for number, (first, last) in enumerate(periods, start=1):
            Term.objects.create(year=year, scheme=scheme, number=number, date_from=first, date_to=last)
    _create_vacations(year, start_year, quarters)
    for day, reason in DAYS_OFF.get(start_year, {}).items():
        DayOff.objects.get_or_create(date=day, defaults={"name": reason})
    _create_defaults()
    return year


def _create_vacations(year: AcademicYear, start_year: int, quarters: list[tuple[date, date]]) -> None:
    for name, (_, before), (after, _) in zip(VACATION_NAMES, quarters, quarters[1:], strict=False):
        first, last = date.fromordinal(before.toordinal() + 1), date.fromordinal(after.toordinal() - 1)
        Vacation.objects.create(year=year, name=name, date_from=first, date_to=last)
    summer = date.fromordinal(quarters[-1][1].toordinal() + 1)
    Vacation.objects.create(year=year, name="летние каникулы", date_from=summer, date_to=date(start_year + 1, 8, 31))
    if rest := FIRST_GRADE_REST.get(start_year):
        Vacation.objects.create(
            year=year,
            name="дополнительные каникулы",
            date_from=rest[0],
            date_to=rest[1],
            grade_from=1,
            grade_to=1,
        )


def _create_defaults() -> None:
    """Bells, kinds of work and purposes of consent, where the school has none yet: what it renamed or retired must not
    come back with the next year."""
    if not BellPeriod.objects.exists():
        BellPeriod.objects.bulk_create(
            BellPeriod(number=number, starts=_clock(starts), ends=_clock(ends))
            for number, (starts, ends) in enumerate(BELLS, start=1)
        )
    if not WorkKind.objects.exists():
        WorkKind.objects.bulk_create(
            WorkKind(name=name, short_name=short, weight=weight, is_control=is_control, is_default=is_default)
            for name, short, weight, is_control, is_default in WORK_KINDS
        )
    if not ConsentPurpose.objects.exists():
        ConsentPurpose.objects.bulk_create(
            ConsentPurpose(name=name, is_required=is_required) for name, is_required in CONSENT_PURPOSES
        )


def _clock(text: str) -> time:
    return time.fromisoformat(text.zfill(5))
