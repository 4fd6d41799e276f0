"""Pupils at risk: one «3», «2», н/а, chronic absence, a falling trend. For the deputy, who may act in time.

Chronic absence is told by the school's signals (attendance.school_signals), so that both lists say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Case, Count, F, IntegerField, Sum, TextChoices, Value, When
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone

from attendance.school_signals import Filter, school_page
from attendance.signals import Kind as SignalKind
from journal.calendar import Calendar
from journal.models import NUMERIC_VALUES, Mark, MarkValue, Pupil, SchoolClass, Subject
from journal.text import decimal_text, normalise
from reports.analytics.school.source import SchoolResults
from reports.analytics.school.tables import AnalyticsPage, Row, Section, text
from reports.formulas import Group

RECENT = timedelta(weeks=4)
FALL = Decimal("0.5")
FEWEST_MARKS = 3
PAGE = 100


class Reason(TextChoices):
    TWO = "two", "есть «2»"
    NOT_ATTESTED = "not_attested", "есть н/а"
    ONE_THREE = "one_three", "одна «3»"
    CHRONIC = "chronic", "много пропусков"
    FALLING = "falling", "средний балл падает"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the page. `several`: only who is at risk for more than one reason."""

    reason: str = ""
    grade: int | None = None
    class_id: int | None = None
    subject_id: int | None = None
    several: bool = False


@dataclass(frozen=True, slots=True)
class AtRisk:
    """`reasons` are in words with their numbers; `subjects` those that the results are about."""

    pupil_id: int
    school_class: SchoolClass
    reasons: Mapping[Reason, str]
    subjects: frozenset[int]


@dataclass(frozen=True, slots=True)
class Trend:
    """Sums of marks by weight in the last four weeks and before them, and how many marks each has."""

    recent: Decimal
    recent_weight: Decimal
    recent_count: int
    before: Decimal
    before_weight: Decimal
    before_count: int


def falling(trend: Trend) -> tuple[Decimal, Decimal] | None:
    """The weighted means (before, in the last four weeks) where the latter is lower by `FALL` or more and both stand
    on at least `FEWEST_MARKS` marks; else None. (5·3 + 5 + 4·5)/9 = 4.44 before and 3.75 now is a fall of 0.69."""
    if min(trend.recent_count, trend.before_count) < FEWEST_MARKS:
        return None
    before, recent = trend.before / trend.before_weight, trend.recent / trend.recent_weight
    return (before, recent) if before - recent >= FALL else None


def at_risk(results: SchoolResults, calendar: Calendar, names: Mapping[int, str], *, today: date) -> list[AtRisk]:
    """Everybody at risk on the last day of the period, class by class. Six queries."""
    chronic = {line.pupil.pk: line.words for line in _chronic()}
    trends = _trends(calendar, results.period.period.day)
    found = []
    for school_class in results.classes:
        of_class = results.now[school_class.pk]
        for pupil in of_class.pupils:
            reasons: dict[Reason, str] = {}
            subjects: set[int] = set()
            values = of_class.values_of_pupil(pupil.pupil_id)
            for reason, marks in _marks_of(of_class.groups[pupil.pupil_id]):
                own = [subject_id for subject_id, value in values.items() if value in marks]
                subjects |= set(own)
                reasons[reason] = ", ".join(sorted((names[one] for one in own), key=normalise))
            if pupil.pupil_id in chronic:
                reasons[Reason.CHRONIC] = chronic[pupil.pupil_id]
            if (trend := trends.get(pupil.pupil_id)) and (fall := falling(trend)):
                reasons[Reason.FALLING] = f"{decimal_text(fall[0])} → {decimal_text(fall[1])} за 4 недели"
            if reasons:
                found.append(AtRisk(pupil.pupil_id, school_class, reasons, frozenset(subjects)))
    return found


_REASONS = (
    (Group.FAILING, Reason.TWO, frozenset({"2", "1"})),
    (Group.NOT_ATTESTED, Reason.NOT_ATTESTED, frozenset({str(MarkValue.NOT_ATTESTED)})),
    (Group.ONE_THREE, Reason.ONE_THREE, frozenset({"3"})),
)


def _marks_of(groups: frozenset[Group]) -> Iterable[tuple[Reason, frozenset[str]]]:
    return [(reason, marks) for group, reason, marks in _REASONS if group in groups]


def _chronic():
    return school_page(Filter(kind=SignalKind.CHRONIC), timezone.localtime(timezone.now()), None).lines


def _trends(calendar: Calendar, day: date) -> dict[int, Trend]:
    """Pupil id → sums of the year up to the day, in two parts. One query over the marks of the year."""
    since = day - RECENT
    is_recent = Case(When(lesson__date__gt=since, then=Value(1)), default=Value(0), output_field=IntegerField())
    rows = (
        Mark.objects.filter(lesson__date__range=(calendar.year.date_from, day), value__in=NUMERIC_VALUES)
        .order_by()
        .annotate(recent=is_recent)
        .values_list("pupil_id", "recent")
        .annotate(sum=Sum(Cast("value", IntegerField()) * F("kind__weight")), of=Sum("kind__weight"), n=Count("pk"))
    )
    parts: dict[int, dict[int, tuple]] = {}
    for pupil_id, recent, total, weight, count in rows:
        parts.setdefault(pupil_id, {})[recent] = (Decimal(str(total)), Decimal(str(weight)), count)
    return {pupil_id: Trend(*both[1], *both[0]) for pupil_id, both in parts.items() if len(both) == 2}


def fits(one: AtRisk, wanted: Wanted) -> bool:
    return (
        (not wanted.reason or wanted.reason in one.reasons)
        and (wanted.grade is None or one.school_class.grade == wanted.grade)
        and (wanted.class_id is None or one.school_class.pk == wanted.class_id)
        and (wanted.subject_id is None or wanted.subject_id in one.subjects)
        and (not wanted.several or len(one.reasons) > 1)
    )


def risk_page(
    results: SchoolResults, calendar: Calendar, wanted: Wanted, page: int | None, *, today: date
) -> tuple[AnalyticsPage, list[AtRisk]]:
    """The page `page` of those who fit, or all of them (files), and whom it names. Eight queries."""
    ids = {one.subject_id for found in results.now.values() for one in found.subjects}
    names = dict(Subject.objects.filter(pk__in=ids).values_list("pk", "name"))
    everybody = at_risk(results, calendar, names, today=today)
    fitting = [one for one in everybody if fits(one, wanted)]
    people = {one.pk: one for one in Pupil.objects.filter(pk__in=[one.pupil_id for one in fitting])}
    fitting.sort(key=lambda one: (-len(one.reasons), one.school_class.grade, one.school_class.letter,
                                  people[one.pupil_id].sort_name))  # fmt: skip
    pages = max(1, -(-len(fitting) // PAGE))
    shown = fitting if page is None else fitting[(min(max(page, 1), pages) - 1) * PAGE :][:PAGE]
    key = results.period.period.key
    rows = tuple(_row(one, people[one.pupil_id], f"?period={key}") for one in shown)
    section = Section(
        "risk", f"Ученики: {len(fitting)}", ("Ученик", "Класс", "Почему"), rows, _RULES,
        "Таких учеников нет.",
    )  # fmt: skip
    counts = [(reason, sum(reason in one.reasons for one in everybody)) for reason in Reason]
    more = {
        "counts": counts, "pages": pages, "number": min(max(page or 1, 1), pages), "classes": results.classes,
        "grades": results.grades, "subjects": sorted(names.items(), key=lambda pair: normalise(pair[1])),
    }  # fmt: skip
    sub = f"{results.period.name} · {results.kind}"
    return AnalyticsPage("Группа риска", sub, (section,), is_forecast=results.is_forecast, more=more), shown


def _row(one: AtRisk, pupil: Pupil, query: str) -> Row:
    return Row(
        (
            text(pupil.list_name, reverse("reports:pupil_report", args=[pupil.pk]) + query),
            text(one.school_class.name, reverse("reports:class_report", args=[one.school_class.pk]) + query),
            text("; ".join(f"{reason.label}: {words}" for reason, words in one.reasons.items())),
        )
    )


_RULES = (
    "Одна «3» — остальные «4» и «5», без «2» и н/а. Много пропусков — 10 % своих уроков с начала года и больше. "
    "Средний балл падает — за последние 4 недели он ниже прежнего на 0,5 и больше, не меньше трёх отметок там и тут."
)
