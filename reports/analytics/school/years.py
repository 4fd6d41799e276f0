"""Year over year: year marks of the finished years the register holds, the school and each class by its name a grade
earlier (7Б now was 6Б a year ago, whoever has come and gone since)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count

from journal.models import AcademicYear, Enrolment, PeriodMark, SchoolClass
from reports.analytics.figures import class_figures
from reports.analytics.school.tables import AnalyticsPage, Row, Section, figure, figures, number, text
from reports.formulas import groups_of_pupil, indicators_of
from reports.report_charts import LineSeries, lines

YEARS = 5
"""As far back as grades are compared: further the school is another one."""
HEADS = ("Учеников", "Успеваемость по ученикам, %", "Качество по ученикам, %", "СОУ, %", "Средний балл")


@dataclass(frozen=True, slots=True)
class _YearMarks:
    """Of one finished year: class id → pupil id → counts of year marks by value."""

    year: AcademicYear
    by_class: dict[int, dict[int, dict[str, int]]]

    def pupils(self, classes: Iterable[int] | None = None) -> list[dict[str, int]]:
        chosen = self.by_class if classes is None else classes
        return [counts for class_id in chosen for counts in self.by_class.get(class_id, {}).values()]


def years_page(today: date) -> AnalyticsPage:
    """Five queries, whatever the sizes."""
    years = list(AcademicYear.objects.filter(date_to__lt=today).order_by("-date_from")[:YEARS])[::-1]
    current = AcademicYear.objects.filter(date_from__lte=today).order_by("-date_from").first()
    known = _read(years)
    rows = tuple(_row(one.year.name, one.pupils()) for one in known)
    sections = [_school(known, rows), _classes(known, current)]
    notes = ()
    if len(known) < 2:
        notes = (
            "Закончившийся учебный год в журнале "
            + ("пока один: сравнивать не с чем." if known else "пока не заведён: сравнение появится в июне."),
        )  # type: ignore[assignment]
    sub = "по годовым отметкам закончившихся лет"
    return AnalyticsPage("По годам", sub, tuple(sections), notes=notes)


def _read(years: list[AcademicYear]) -> list[_YearMarks]:
    """Year marks of pupils by the class of their last day in the year. Two queries."""
    last_class: dict[tuple[int, int], tuple[date, int]] = {}
    stays = Enrolment.objects.filter(school_class__year__in=years).order_by()
    for year_id, pupil_id, class_id, start in stays.values_list(
        "school_class__year_id", "pupil_id", "school_class_id", "date_from"
    ):
        place = (year_id, pupil_id)
        last_class[place] = max(last_class.get(place, (start, class_id)), (start, class_id))
    marks = PeriodMark.objects.filter(year__in=years, kind=PeriodMark.Kind.YEAR).order_by()
    found: dict[int, dict[int, dict[int, dict[str, int]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    for year_id, pupil_id, value, count in marks.values_list("year_id", "pupil_id", "value").annotate(n=Count("pk")):
        if (year_id, pupil_id) in last_class:
            found[year_id][last_class[year_id, pupil_id][1]][pupil_id][value] = count
    return [_YearMarks(year, found[year.pk]) for year in years if year.pk in found]


def _row(name: str, pupils: list[dict[str, int]]) -> Row:
    groups = {
        place: groups_of_pupil([value for value, count in counts.items() for _ in range(count)])
        for place, counts in enumerate(pupils)
    }
    total: dict[str, int] = defaultdict(int)
    for counts in pupils:
        for value, count in counts.items():
            total[value] += count
    success, quality = class_figures(groups)
    cells, counted = figures(indicators_of(total), None)
    words = tuple(f"{one.name}: {one.counted}" for one in (success, quality) if one.counted)
    by_marks = tuple(one for one in counted if not one.startswith(("Успеваемость", "Качество")))
    return Row((text(name), number(len(pupils)), figure(success), figure(quality), *cells[2:]), (*words, *by_marks))


def _school(known: list[_YearMarks], rows: tuple[Row, ...]) -> Section:
    def column(place: int) -> list[Decimal | None]:
        return [row.cells[place].value for row in rows]  # type: ignore[misc]

    series = [LineSeries("успеваемость", column(2), "is-a"), LineSeries("качество", column(3), "is-b")]
    drawn = lines(series, [one.year.name for one in known], low=0, high=100, decimals=1) if len(known) > 1 else None
    return Section(
        "school", "Школа", ("Учебный год", *HEADS), rows, "", "Закончившихся учебных лет с годовыми отметками нет.",
        drawn=drawn, drawn_name="Успеваемость и качество по годам, %",
    )  # fmt: skip


def _classes(known: list[_YearMarks], current: AcademicYear | None) -> Section:
    """Quality by pupils of each class of now, by its name in the years before. Two queries."""
    now = list(current.classes.order_by("grade", "letter")) if current else []
    named = {
        (one.year_id, one.grade, one.letter): one.pk
        for one in SchoolClass.objects.filter(year__in=[one.year for one in known])
    }
    rows = []
    for school_class in now:
        cells, has_any = [text(school_class.name)], False
        for back, one in enumerate(reversed(known), start=1):
            class_id = named.get((one.year.pk, school_class.grade - back, school_class.letter))
            pupils = one.pupils([class_id]) if class_id else []
            quality = _row("", pupils).cells[3]
            has_any |= bool(pupils)
            cells.append(quality)
        if has_any:
            rows.append(Row(tuple(cells)))
    heads = ("Класс сейчас", *(f"{one.year.name}, %" for one in reversed(known)))
    hint = "Качество по ученикам того класса, который носил эту букву на год, на два раньше: 7Б сейчас — 6Б год назад."
    return Section("classes", "Классы по годам, качество", heads, tuple(rows), hint, "Сравнить пока не с чем.")
