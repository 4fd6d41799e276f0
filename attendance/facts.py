"""What a teacher states at the own lesson, and what of it waits for the class teacher (domain.md §2). Plain values out.

The subject teacher states facts only: who is not there, who came late, who is there although the sheet says absent.
The reason is the class teacher's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from attendance.models import (
    ABSENCE_REASONS,
    LETTERS,
    WHOLE_DAY,
    Absence,
    ClosedMonth,
    LessonCheck,
    PresenceFact,
    Reason,
)
from journal.calendar import Calendar, load_calendar
from journal.lessons import LessonPlace, course_lessons
from journal.models import Course, Pupil, Sex
from journal.queries.courses import classes_of_course, course_label, courses_of_subject

STATE_DAYS = timedelta(days=7)
"""A lesson is remembered for about a week: what a teacher recalls later goes to the class teacher by word of mouth,
who can still mark the day."""

QUICK_MINUTES = (5, 10, 15)

ABSENT, IS_LATE, WAS_HERE, NOTHING = "absent", "late", "seen", ""
"""What may be stated of a pupil; nothing takes the own statement back."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark of the sheet as a subject teacher may see it: no comment, no document."""

    reason: str
    is_confirmed: bool
    minutes: int | None
    by_id: int | None
    by: str
    at: datetime

    @property
    def letter(self) -> str:
        return LETTERS[self.reason]

    @property
    def is_absence(self) -> bool:
        return self.reason in ABSENCE_REASONS


@dataclass(frozen=True, slots=True)
class Stands:
    """What stands for a pupil at a lesson: on the whole day, at the lesson itself, and who was seen by whom."""

    whole: Placed | None = None
    own: Placed | None = None
    seen_by_id: int | None = None
    seen_by: str = ""

    @property
    def stamp(self) -> str:
        """What the page showed, for a press to carry: another stamp later means that somebody changed it."""
        whole = self.whole.reason if self.whole else ""
        own = f"{self.own.reason}.{self.own.minutes or ''}.{int(self.own.is_confirmed)}" if self.own else ""
        return f"{whole}-{own}-{self.seen_by_id or ''}"

    @property
    def by_sheet(self) -> Placed | None:
        """The absence that the class teacher's sheet gives for this lesson."""
        place = self.own or self.whole
        return place if place and place.is_absence else None

    @property
    def words(self) -> str:
        """All that stands, for whoever pressed on a page that shows something else."""
        parts = [f"{self.whole.letter} на весь день{_told(self.whole)}"] if self.whole else []
        if self.own:
            minutes = f" {self.own.minutes} мин" if self.own.minutes else ""
            parts.append(f"{self.own.letter}{minutes} на этом уроке{_told(self.own)}")
        if self.seen_by_id:
            parts.append(f"«был на уроке» ({self.seen_by})")
        return "; ".join(parts) or "ничего"

    def stated_by(self, user_id: int) -> str:
        """What this teacher states of the pupil, as long as it can be taken back."""
        if self.own and self.own.by_id == user_id:
            if self.own.reason == Reason.LATE:
                return IS_LATE
            if self.own.reason == Reason.UNEXCUSED and not self.own.is_confirmed:
                return ABSENT
        return WAS_HERE if self.seen_by_id == user_id else NOTHING

    def may_state(self, user_id: int) -> frozenset[str]:
        """What this teacher may state now. Nobody else's word is overwritten: against it one may only say «был»."""
        stated = self.stated_by(user_id)
        back = {NOTHING} if stated else set()
        if self.own and stated not in (ABSENT, IS_LATE):
            seen = {WAS_HERE} if self.own.is_absence and not self.seen_by_id else set()
            return frozenset(seen | back)
        if self.whole and self.whole.is_absence:
            seen = {WAS_HERE} if not self.seen_by_id and stated != IS_LATE else set()
            return frozenset({IS_LATE} | seen | back)
        return frozenset({ABSENT, IS_LATE} | back)


def _told(place: Placed) -> str:
    """« (Орлова М. С., 08:41)»."""
    return f" ({', '.join(filter(None, (place.by, f'{place.at:%H:%M}')))})"


@dataclass(frozen=True, slots=True)
class Button:
    """One press of a row: `value` says whose place, what it replaces and what it puts."""

    value: str
    label: str
    look: str
    is_pressed: bool


@dataclass(frozen=True, slots=True)
class LessonRow:
    """A pupil whose own lesson this is."""

    number: int
    pupil_id: int
    name: str
    is_girl: bool
    stands: Stands
    stated: str
    may: frozenset[str]

    @property
    def by_sheet(self) -> Placed | None:
        """What others have marked, as a hint beside the name."""
        return None if self.stated == ABSENT else self.stands.by_sheet

    @property
    def minutes(self) -> int | None:
        return self.stands.own.minutes if self.stands.own else None

    @property
    def others_late(self) -> Placed | None:
        return self.stands.own if self.is_late and self.stated != IS_LATE else None

    @property
    def is_late(self) -> bool:
        return self.stands.own is not None and self.stands.own.reason == Reason.LATE

    @property
    def is_absent(self) -> bool:
        """Away by anybody's word, and not seen at the lesson."""
        return self.stands.by_sheet is not None and not self.stands.seen_by_id

    @property
    def buttons(self) -> list[Button]:
        """What this teacher may press here; pressed, the button takes back what it stated."""
        seen = "Была на уроке" if self.is_girl else "Был на уроке"
        looks = ((ABSENT, "Нет", Reason.UNEXCUSED), (IS_LATE, "О", Reason.LATE), (WAS_HERE, seen, "done"))
        return [
            Button(self._value("" if self.stated == new else new), label, look, self.stated == new)
            for new, label, look in looks
            if new in self.may or new == self.stated
        ]

    @property
    def minute_buttons(self) -> list[Button]:
        """«5», «10», «15» once the pupil is late by this teacher's word."""
        return [
            Button(self._value(IS_LATE, minutes), str(minutes), Reason.LATE, self.minutes == minutes)
            for minutes in QUICK_MINUTES
        ]

    @property
    def typed_value(self) -> str:
        """The same for minutes from the field: they come beside the press."""
        return self._value(IS_LATE)

    def _value(self, new: str, minutes: int | str = "") -> str:
        return f"{self.pupil_id}:{self.stands.stamp}:{new}:{minutes}"


@dataclass(frozen=True)
class OwnLesson:
    """A lesson of a course on a day, with the pupils whose own it is; no query is left inside."""

    course: Course
    place: LessonPlace
    calendar: Calendar
    pupils: list[Pupil]
    class_ids: tuple[int, ...]

    @property
    def day(self) -> date:
        return self.place.date

    @property
    def number(self) -> int:
        return self.place.number

    @property
    def title(self) -> str:
        return course_label(self.course)


@dataclass(frozen=True)
class LessonPage:
    """«Кто отсутствует» of a lesson. `check` is who said «остальные на уроке» and when."""

    lesson: OwnLesson
    rows: list[LessonRow]
    read_only: str
    check: tuple[str, datetime] | None

    @property
    def absent(self) -> int:
        return sum(row.is_absent for row in self.rows)

    @property
    def late(self) -> int:
        return sum(row.is_late for row in self.rows)


def own_lesson(course: Course, day: date, number: int) -> OwnLesson | None:
    """The lesson with its pupils; None where the course has no such lesson on the day. Six queries at most."""
    classes = classes_of_course(course, day)
    if not classes or not classes[0].year.date_from <= day <= classes[0].year.date_to:
        return None
    calendar = load_calendar(classes[0].year)
    related = courses_of_subject(course.subject_id, classes)
    lessons = course_lessons(course, classes, day, day, calendar, of_plans=[one for one in related if one.plan_id])
    place = next((one for one in lessons.places.get(day, ()) if one.number == number), None)
    if place is None:
        return None
    pupils = [pupil for pupil in lessons.pupils if lessons.takes(pupil.pk, course, day)]
    return OwnLesson(course, place, calendar, pupils, tuple(one.pk for one in classes))


def lesson_page(lesson: OwnLesson, *, user_id: int, is_own: bool, today: date) -> LessonPage:
    """The page of the lesson. Four queries."""
    found = stands_at([pupil.pk for pupil in lesson.pupils], lesson.day, lesson.number)
    check = (
        LessonCheck.objects.filter(course=lesson.course, date=lesson.day, lesson=lesson.number)
        .select_related("by")
        .first()
    )
    closed = "" if is_own else "Отмечает учитель этого урока. Здесь можно только посмотреть."
    return LessonPage(
        lesson=lesson,
        rows=[lesson_row(lesson, pupil.pk, found[pupil.pk], user_id) for pupil in lesson.pupils],
        read_only=closed or why_not_stated(lesson.day, today),
        check=(check.by.short_name, timezone.localtime(check.at)) if check else None,
    )


def lesson_row(lesson: OwnLesson, pupil_id: int, stands: Stands, user_id: int) -> LessonRow:
    """The row of one of the lesson's pupils, as this teacher may change it."""
    number, pupil = next((n, one) for n, one in enumerate(lesson.pupils, start=1) if one.pk == pupil_id)
    is_girl = pupil.sex == Sex.FEMALE
    return LessonRow(
        number, pupil_id, pupil.list_name, is_girl, stands, stands.stated_by(user_id), stands.may_state(user_id)
    )


def why_not_stated(day: date, today: date) -> str:
    """Why nothing can be stated of the day's lessons any more or yet, in words; an empty string where it can."""
    if day > today:
        return "Этот урок ещё не наступил: отметить можно будет в сам день."
    if day < today - STATE_DAYS:
        return f"Прошло больше {STATE_DAYS.days} дней: теперь отметку меняет только классный руководитель."
    if ClosedMonth.objects.filter(month=day.replace(day=1)).exists():
        return "Месяц закрыт: отметку может изменить заместитель директора."
    return ""


def stands_at(pupil_ids: Iterable[int], day: date, number: int) -> dict[int, Stands]:
    """What stands for each pupil at the lesson. Two queries."""
    ids = list(pupil_ids)
    places: dict[int, dict[int, Placed]] = defaultdict(dict)
    rows = Absence.objects.filter(pupil__in=ids, date=day, lesson__in=[WHOLE_DAY, number]).select_related("marked_by")
    for row in rows:
        by = row.marked_by.short_name if row.marked_by else ""
        at = timezone.localtime(row.marked_at)
        places[row.pupil_id][row.lesson] = Placed(row.reason, row.is_confirmed, row.minutes, row.marked_by_id, by, at)
    seen = PresenceFact.objects.filter(pupil__in=ids, date=day, lesson=number).select_related("by")
    by_pupil = {row.pupil_id: row.by for row in seen}
    return {
        pk: Stands(
            whole=places[pk].get(WHOLE_DAY),
            own=places[pk].get(number),
            seen_by_id=by_pupil[pk].pk if pk in by_pupil else None,
            seen_by=by_pupil[pk].short_name if pk in by_pupil else "",
        )
        for pk in ids
    }


def checked_lessons(course_ids: Iterable[int], day: date) -> set[tuple[int, int]]:
    """(course, lesson number) of the day where «остальные на уроке» was said. One query."""
    rows = LessonCheck.objects.filter(course__in=list(course_ids), date=day)
    return set(rows.values_list("course_id", "lesson"))
