"""Results by teacher, for the deputy and the director only: a result belongs to the teacher of the course the pupil
takes on the last day that counts — the plan's, else the own group's, else the class's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Q
from django.urls import reverse

from journal.models import Course, GroupMembership, Subject, Teacher
from journal.text import normalise
from reports.analytics.school.source import SchoolResults
from reports.analytics.school.tables import (
    COUNT_HEADS,
    FIGURE_HEADS,
    AnalyticsPage,
    Row,
    Section,
    counts,
    figures,
    number,
    text,
)
from reports.formulas import subject_indicators

NOBODY = 0


@dataclass(frozen=True, slots=True)
class _Part:
    """What a teacher has in a class and subject."""

    class_id: int
    subject_id: int
    now: list[str]
    before: list[str]


def teachers_page(results: SchoolResults, teacher_id: int | None) -> AnalyticsPage:
    """Every teacher; a chosen one by classes and subjects. Eight queries."""
    parts = _parts(results)
    teachers = {one.pk: one for one in Teacher.objects.filter(pk__in=parts)}
    ids = {one.subject_id for found in results.now.values() for one in found.subjects}
    names = dict(Subject.objects.filter(pk__in=ids).values_list("pk", "name"))
    order = sorted(teachers.values(), key=lambda one: (normalise(one.full_name), one.pk))
    key, base = results.period.period.key, reverse("reports:analytics_teachers")
    has_before = results.period.before is not None
    rows = []
    for one in order:
        own = parts[one.pk]
        subjects = sorted({names[part.subject_id] for part in own}, key=normalise)
        head = text(one.full_name, f"{base}?period={key}&teacher={one.pk}#chosen")
        row = _row(own, has_before=has_before)
        rows.append(replace(row, cells=(head, text(", ".join(subjects)), number(len({p.class_id for p in own})),
                                        *row.cells)))  # fmt: skip
    heads = ("Учитель", "Предметы", "Классов", *COUNT_HEADS, *FIGURE_HEADS)
    hint = "Отметка отнесена к учителю той группы или плана, где ученик занимался в последний день её периода."
    sections = [Section("teachers", "Учителя", heads, tuple(rows), hint, "Отметок за этот период нет.")]
    chosen = teachers.get(teacher_id or 0)
    if chosen:
        sections.insert(0, _by_classes(results, chosen, parts[chosen.pk], names, has_before=has_before))
    before = results.period.before
    sub = f"{results.period.name} · {results.kind}" + (f" · изменения к периоду «{before.name}»" if before else "")
    return AnalyticsPage(
        chosen.full_name if chosen else "Учителя", sub, tuple(sections), is_forecast=results.is_forecast
    )


def _by_classes(
    results: SchoolResults, teacher: Teacher, own: Iterable[_Part], names: Mapping[int, str], *, has_before: bool
) -> Section:
    classes = {one.pk: one for one in results.classes}
    in_order = sorted(own, key=lambda p: (classes[p.class_id].grade, classes[p.class_id].letter, names[p.subject_id]))
    key = results.period.period.key
    rows = []
    for part in in_order:
        school_class = classes[part.class_id]
        head = text(school_class.name, f"{reverse('reports:class_report', args=[school_class.pk])}?period={key}")
        row = _row([part], has_before=has_before)
        rows.append(replace(row, cells=(head, text(names[part.subject_id]), *row.cells)))
    heads = ("Класс", "Предмет", *COUNT_HEADS, *FIGURE_HEADS)
    return Section("chosen", f"{teacher.full_name}: классы и предметы", heads, tuple(rows))


def _row(parts: Iterable[_Part], *, has_before: bool) -> Row:
    own = list(parts)
    now = subject_indicators([value for part in own for value in part.now])
    before = subject_indicators([value for part in own for value in part.before]) if has_before else None
    cells, counted = figures(now, before)
    return Row((*counts(now), *cells), counted)


def _parts(results: SchoolResults) -> dict[int, list[_Part]]:
    """Teacher id → parts, each with the values of the pupils taught; nobody's results are left out."""
    found: dict[tuple[int, int, int], _Part] = {}
    for is_before, source in ((False, results.now), (True, results.earlier)):
        period = results.period.before if is_before else results.period.period
        if period is None:
            continue
        taker = _takers([one.pk for one in results.classes], period.day)
        for class_id, of_class in source.items():
            for (pupil_id, subject_id), result in of_class.results.items():
                teacher_id = taker.get((pupil_id, subject_id)) or taker.get((-class_id, subject_id), NOBODY)
                if not teacher_id or not result.value:
                    continue
                place = (teacher_id, class_id, subject_id)
                part = found.setdefault(place, _Part(class_id, subject_id, [], []))
                (part.before if is_before else part.now).append(result.value)
    parts: dict[int, list[_Part]] = defaultdict(list)
    for (teacher_id, _, _), part in found.items():
        if part.now:
            parts[teacher_id].append(part)
    return parts


def _takers(classes: Sequence[int], day: date) -> dict[tuple[int, int], int]:
    """(pupil id, subject id) → teacher where a group or plan decides on the day; (−class id, subject id) → the class's
    teacher. Three queries."""
    found: dict[tuple[int, int], int] = {}
    own = Course.objects.filter(school_class__in=classes, teacher__isnull=False)
    for class_id, subject_id, teacher_id in own.order_by().values_list("school_class_id", "subject_id", "teacher_id"):
        found[-class_id, subject_id] = teacher_id
    holds = Q(date_to=None) | Q(date_to__gte=day)
    groups = GroupMembership.objects.filter(
        holds, date_from__lte=day, group__classes__in=classes, group__courses__teacher__isnull=False
    )
    for pupil_id, subject_id, teacher_id in groups.order_by().values_list(
        "pupil_id", "group__courses__subject_id", "group__courses__teacher_id"
    ):
        found[pupil_id, subject_id] = teacher_id
    plans = Course.objects.filter(
        Q(plan__date_to=None) | Q(plan__date_to__gte=day), plan__date_from__lte=day, teacher__isnull=False,
        plan__pupil__enrolments__school_class__in=classes,
    )  # fmt: skip
    for pupil_id, subject_id, teacher_id in plans.order_by().values_list("plan__pupil_id", "subject_id", "teacher_id"):
        found[pupil_id, subject_id] = teacher_id
    return found
