"""Terms that move, and another cut of the year: which marks come into which period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from django.db.models import Count, Q

from journal.calendar import Calendar, days_between
from journal.models import Mark, PeriodMark, Scheme, School, Term
from reports.school.days import GRADES
from reports.school.preview import NOTHING, Line, Preview, grades_words

OUTSIDE = "вне периодов"


def terms_preview(old: Calendar, new: Calendar, scheme: str, *, may_change_closed: bool) -> Preview:
    """What other dates of terms of one scheme do. A refusal where a closed term changes and the person may not."""
    before = {term.number: term for term in old.terms if term.scheme == scheme}
    after = {term.number: term for term in new.terms if term.scheme == scheme}
    touched = [number for number in sorted({*before, *after}) if _dates(before, number) != _dates(after, number)]
    if not touched:
        return NOTHING
    closed = [str(before[number]) for number in touched if number in before and before[number].is_closed]
    if closed and not may_change_closed:
        return Preview(
            refusal=f"Период закрыт: {', '.join(closed)}. Даты закрытых периодов меняет только заместитель директора."
        )
    grades = [grade for grade in GRADES if old.school.scheme_for(grade) == scheme]
    if not grades:
        return Preview((Line("Этим делением года сейчас не пользуется ни один класс: изменение ничего не коснётся."),))
    moves = _moves(list(before.values()), list(after.values()), grades, old)
    lines = [
        Line(f"Отметок {_from(was)} {_to(now)}: {count} ({grades_words(grades)}).", is_warning=True)
        for (was, now), count in sorted(moves.items())
    ]
    if not lines:
        lines = [Line("Ни одна отметка не сменит период.")]
    ids = [before[number].pk for number in touched if number in before]
    if given := PeriodMark.objects.filter(term__in=ids).count():
        lines.append(
            Line(f"В этих периодах уже выставлено отметок за период: {given}. Они не изменятся: проверьте их.", True)
        )
    if closed:
        lines.append(Line(f"Меняются даты закрытого периода: {', '.join(closed)}.", True))
    return Preview(tuple(lines))


def scheme_preview(old: School, new: School, calendar: Calendar) -> Preview:
    """Another cut of the year for some grades: refused once marks for periods stand, or while it has no terms."""
    changed = [
        (grades, getattr(old, name), getattr(new, name))
        for name, grades in (("scheme_main", range(1, 10)), ("scheme_senior", range(10, 12)))
        if getattr(old, name) != getattr(new, name)
    ]
    lines: list[Line] = []
    for grades, was, now in changed:
        given = _period_marks(calendar, was, grades)
        if given:
            return Preview(
                refusal=f"За {Scheme(was).label} этого года уже выставлено отметок: {given} ({grades_words(grades)}). "
                "Посреди года деление на периоды не меняют: сделайте это перед началом следующего."
            )
        if not any(term.scheme == now for term in calendar.terms):
            return Preview(
                refusal=f"В {calendar.year} учебном году не заведены {Scheme(now).label}: "
                "сначала добавьте их в «Календаре»."
            )
        terms = [term for term in calendar.terms if term.scheme == was]
        others = [term for term in calendar.terms if term.scheme == now]
        count = sum(_moves(terms, others, list(grades), calendar).values())
        words = f"{grades_words(grades).capitalize()}: вместо «{Scheme(was).label}» будут «{Scheme(now).label}»."
        lines += [Line(words), Line(f"Отметок, которые будут считаться за другой период: {count}.", bool(count))]
    return Preview(tuple(lines))


def _dates(terms: dict[int, Term], number: int) -> tuple[date, date] | None:
    term = terms.get(number)
    return (term.date_from, term.date_to) if term else None


def _from(was: str) -> str:
    return was if was == OUTSIDE else f"из периода «{was}»"


def _to(now: str) -> str:
    return f"окажется {now}" if now == OUTSIDE else f"перейдёт в «{now}»"


def _moves(
    before: Sequence[Term], after: Sequence[Term], grades: list[int], calendar: Calendar
) -> Counter[tuple[str, str]]:
    """(old period, new period) → marks of these grades that come from one into the other. One query."""
    changed = {}
    spans = [term.date_from for term in (*before, *after)], [term.date_to for term in (*before, *after)]
    for day in days_between(min(spans[0]), max(spans[1])):
        was, now = _name(before, day), _name(after, day)
        if was != now:
            changed[day] = (was, now)
    tie = "pupil__enrolments__school_class__"
    rows = Mark.objects.filter(
        lesson__date__in=list(changed), **{f"{tie}year": calendar.year, f"{tie}grade__in": grades}
    )
    moves: Counter[tuple[str, str]] = Counter()
    # A pupil who changed class has two enrolments: each mark is counted once.
    for day, count in rows.order_by().values_list("lesson__date").annotate(n=Count("pk", distinct=True)):
        moves[changed[day]] += count
    return moves


def _name(terms: Sequence[Term], day: date) -> str:
    return next((str(term) for term in terms if term.date_from <= day <= term.date_to), OUTSIDE)


def _period_marks(calendar: Calendar, scheme: str, grades: Sequence[int]) -> int:
    tie = "pupil__enrolments__school_class__"
    of_grades = Q(**{f"{tie}year": calendar.year, f"{tie}grade__in": list(grades)})
    rows = PeriodMark.objects.filter(of_grades, term__year=calendar.year, term__scheme=scheme)
    return rows.values("pk").distinct().count()
