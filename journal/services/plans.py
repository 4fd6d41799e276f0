"""Writing individual plans and study at home: the order, own subjects with teachers, the pupil's own timetable.

A plan replaces the class in its subjects on every day it holds (`journal.lessons`), so a change of its subjects changes
what was the pupil's lesson before too. For a change from a day on the plan ends the day before and a new one begins.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Min, ProtectedError, Q

from accounts.models import AuditEvent, User
from journal.dates import WEEKDAYS_SHORT
from journal.models import Course, IndividualPlan, Lesson, Pupil, SchoolClass, Subject, Teacher, TimetableSlot
from journal.queries.plans import class_week, courses_of_plan, plan_slots, slots_text
from journal.services.changes import edit_row, record_change
from journal.services.spans import DAY
from journal.services.timetable import end_slots, give_slots, last_written, slots_from

TRAIL = "индивидуальный план"


class PlanError(Exception):
    """The change is not possible; the sentence says why and what to do. Nothing was written."""


@dataclass(frozen=True, slots=True)
class PlanSubject:
    subject: Subject
    teacher: Teacher
    hours: Decimal

    def __str__(self) -> str:
        return f"{self.subject}, {hours_text(self.hours)} ч, {self.teacher.short_name}"


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What the order says."""

    kind: str
    order_number: str
    order_date: date | None
    date_from: date
    date_to: date | None


def hours_text(hours: Decimal) -> str:
    return f"{hours.normalize():f}".replace(".", ",")


def subjects_text(courses: Collection[Course]) -> str:
    """«Алгебра, 2 ч, Шилова З. М.; …», as the trail and a conflict tell it."""
    return "; ".join(
        f"{course.subject}, {hours_text(course.hours_per_week)} ч"
        + (f", {course.teacher.short_name}" if course.teacher else "")
        for course in courses
    )


def state_of(plan: IndividualPlan, courses: Collection[Course]) -> str:
    """What the page shows of a plan, to be compared when it is saved."""
    facts = (plan.kind, plan.order_number, plan.order_date, plan.date_from, plan.date_to)
    own = sorted(f"{course.subject_id}.{course.teacher_id}.{hours_text(course.hours_per_week)}" for course in courses)
    return " ".join([*("" if fact is None else str(fact) for fact in facts), *own])


@transaction.atomic
def open_plan(
    *,
    pupil: Pupil,
    facts: PlanFacts,
    subjects: Sequence[PlanSubject],
    ends_previous: bool = False,
    sets_study_form: bool = False,
    by: User,
    address: str | None = None,
) -> IndividualPlan:
    """A new plan. With `ends_previous` the plan in force ends the day before, and its places in the timetable go over
    to the same subjects of the new one. `sets_study_form` marks study at home on the card, for those who may."""
    _check(facts, subjects)
    Pupil.objects.select_for_update().get(pk=pupil.pk)
    previous = _overlapping(pupil, facts)
    if previous and not ends_previous:
        raise PlanError(_overlap_words(previous))
    before = courses_of_plan(previous) if previous else []
    taken = {course.subject_id: slots_from([course], facts.date_from) for course in before}
    if previous:
        if previous.date_from >= facts.date_from:
            raise PlanError(_overlap_words(previous))
        _end(previous, before, facts.date_from - DAY, by, address)
    plan = _created(IndividualPlan(pupil=pupil, **_fields(facts)))
    for one in subjects:
        course = Course.objects.create(plan=plan, subject=one.subject, teacher=one.teacher, hours_per_week=one.hours)
        give_slots([part for part in taken.get(one.subject.pk, ()) if _inside(part.first, facts)], [course])
    if facts.date_to:
        end_slots(courses_of_plan(plan), facts.date_to + DAY)
    new: dict[str, tuple[Any, Any]] = {name: (None, value) for name, value in _fields(facts).items() if value}
    new["subjects"] = (None, "; ".join(map(str, subjects)))
    record_change(plan, new, by=by, pupil_ids=[pupil.pk], subject=TRAIL, address=address)
    if sets_study_form:
        _set_study_form(pupil, facts.kind, by, address)
    return plan


@transaction.atomic
def change_plan(
    *,
    plan: IndividualPlan,
    facts: PlanFacts,
    subjects: Sequence[PlanSubject],
    seen: str | None = None,
    sets_study_form: bool = False,
    by: User,
    address: str | None = None,
) -> None:
    """Correct a plan, or end it by its last day. What was held by it stays; `seen` is `state_of` as the page showed
    it."""
    _check(facts, subjects)
    stands = IndividualPlan.objects.select_for_update().get(pk=plan.pk)
    courses = courses_of_plan(stands)
    if seen is not None and seen != state_of(stands, courses):
        raise PlanError(_changed_words(stands, courses))
    if other := _overlapping(plan.pupil, facts, besides=plan):
        raise PlanError(_overlap_words(other))
    _check_held(courses, facts)
    changed: dict[str, tuple[Any, Any]] = {
        name: (getattr(stands, name), value) for name, value in _fields(facts).items() if getattr(stands, name) != value
    }
    old_dates = (stands.date_from, stands.date_to)
    for name, (_, value) in changed.items():
        setattr(stands, name, value)
    _created(stands)
    was = subjects_text(courses)
    _change_subjects(stands, courses, subjects)
    courses = courses_of_plan(stands)
    _follow_dates(courses, old_dates, facts)
    if was != (becomes := subjects_text(courses)):
        changed["subjects"] = (was, becomes)
    if changed:
        record_change(stands, changed, by=by, pupil_ids=[plan.pupil_id], subject=TRAIL, address=address)
    if sets_study_form:
        _set_study_form(plan.pupil, facts.kind, by, address)
    plan.refresh_from_db()


@transaction.atomic
def set_timetable(
    *,
    plan: IndividualPlan,
    school_class: SchoolClass,
    on: date,
    places: Mapping[tuple[int, int], int],
    room: str = "",
    seen: str | None = None,
    by: User,
    address: str | None = None,
) -> None:
    """The pupil's own week from the day on: (weekday, number) → course of the plan. Places that are not named end the
    day before. A lesson with the class at the same place is refused: nobody is at two lessons at once."""
    stands = IndividualPlan.objects.select_for_update().get(pk=plan.pk)
    last = stands.date_to
    if on < stands.date_from or (last and on > last):
        until = f" по {last:%d.%m.%Y}" if last else ""
        raise PlanError(f"Выберите день, когда план действует: с {stands.date_from:%d.%m.%Y}{until}.")
    courses = {course.pk: course for course in courses_of_plan(stands)}
    if set(places.values()) - set(courses):
        raise PlanError("Одного из предметов в плане уже нет. Откройте план ещё раз.")
    slots = plan_slots(courses.values(), on)
    was = slots_text(slots)
    if seen is not None and seen != was:
        raise PlanError("Пока страница была открыта, расписание этого плана изменили. Проверьте его и внесите своё.")
    _check_clashes(plan.pupil, school_class, on, places, courses)
    _put_slots(slots, places, on, last, room)
    becomes = plan_slots(courses.values(), on)
    if was != slots_text(becomes):
        fields = {
            "timetable": (_week_words(slots, courses), _week_words(becomes, courses)),
            "date_from": (None, on),
        }
        record_change(stands, fields, by=by, pupil_ids=[plan.pupil_id], subject=TRAIL, address=address)


# --- Checks ---------------------------------------------------------------------------------------


def _check(facts: PlanFacts, subjects: Sequence[PlanSubject]) -> None:
    if facts.date_to and facts.date_to < facts.date_from:
        raise PlanError("План не может закончиться раньше, чем начался: проверьте дни «с» и «по».")
    if not subjects:
        raise PlanError("Добавьте хотя бы один предмет плана.")
    names = [one.subject.name for one in subjects]
    for name in names:
        if names.count(name) > 1:
            raise PlanError(f"Предмет «{name}» указан дважды: оставьте одну строку.")


def _overlapping(pupil: Pupil, facts: PlanFacts, besides: IndividualPlan | None = None) -> IndividualPlan | None:
    rows = pupil.plans.filter(Q(date_to=None) | Q(date_to__gte=facts.date_from))
    if facts.date_to:
        rows = rows.filter(date_from__lte=facts.date_to)
    return (rows.exclude(pk=besides.pk) if besides else rows).order_by("date_from").first()


def _overlap_words(plan: IndividualPlan) -> str:
    order = f", приказ № {plan.order_number}" if plan.order_number else ""
    until = f" по {plan.date_to:%d.%m.%Y}" if plan.date_to else ""
    return (
        f"В эти дни у ученика уже есть {plan.get_kind_display()}{order}: с {plan.date_from:%d.%m.%Y}{until}. "
        "Начните новый план позже этого дня или завершите прежний накануне нового."
    )


def _changed_words(plan: IndividualPlan, courses: Collection[Course]) -> str:
    events = AuditEvent.objects.filter(object_type="individualplan", object_id=plan.pk).select_related("actor")
    event = events.first()
    who = event.actor.short_name if event and event.actor else "кто-то другой"
    until = f" по {plan.date_to:%d.%m.%Y}" if plan.date_to else ""
    return (
        f"Пока страница была открыта, {who} изменил(а) план. Сейчас в нём: с {plan.date_from:%d.%m.%Y}{until}; "
        f"{subjects_text(courses)}. Верно ваше? Покажите изменения и сохраните ещё раз."
    )


def _check_held(courses: Collection[Course], facts: PlanFacts) -> None:
    """Lessons that were held by the plan stay inside its dates."""
    if facts.date_to and (last := last_written(courses, facts.date_to + DAY)):
        raise PlanError(f"По плану записаны уроки по {last:%d.%m.%Y}: он не может закончиться раньше этого дня.")
    first = Lesson.objects.filter(course__in=courses, is_cancelled=False).aggregate(first=Min("date"))["first"]
    if first and first < facts.date_from:
        raise PlanError(f"По плану записаны уроки с {first:%d.%m.%Y}: он не может начаться позже этого дня.")


def _check_clashes(
    pupil: Pupil,
    school_class: SchoolClass,
    on: date,
    places: Mapping[tuple[int, int], int],
    courses: Mapping[int, Course],
) -> None:
    replaced = {course.subject_id for course in courses.values()}
    clashes = [
        f"{one.words}: в это время у ученика «{one.subject}» с классом, "
        f"а по плану «{courses[places[one.weekday, one.number]].subject}»."
        for one in class_week(pupil, school_class, on)
        if one.subject_id not in replaced and (one.weekday, one.number) in places
    ]
    if clashes:
        raise PlanError(" ".join([*clashes, "Выберите для урока по плану другое место."]))


# --- Writing --------------------------------------------------------------------------------------


def _fields(facts: PlanFacts) -> dict[str, Any]:
    return {
        "kind": facts.kind,
        "order_number": facts.order_number,
        "order_date": facts.order_date,
        "date_from": facts.date_from,
        "date_to": facts.date_to,
    }


def _inside(day: date, facts: PlanFacts) -> bool:
    return facts.date_to is None or day <= facts.date_to


def _created(plan: IndividualPlan) -> IndividualPlan:
    """Saved; a plan that somebody made for the same days meanwhile is told kindly."""
    try:
        with transaction.atomic():
            plan.save()
    except IntegrityError as error:
        raise PlanError(
            "В эти дни у ученика уже есть план: его внесли одновременно с вами. Откройте планы класса ещё раз."
        ) from error
    return plan


def _end(plan: IndividualPlan, courses: Collection[Course], last: date, by: User, address: str | None) -> None:
    """The plan ends; nothing of its timetable stands after it."""
    if written := last_written(courses, last + DAY):
        raise PlanError(
            f"По прежнему плану записаны уроки по {written:%d.%m.%Y}: начните новый не раньше {written + DAY:%d.%m.%Y}."
        )
    old, plan.date_to = plan.date_to, last
    plan.save(update_fields=["date_to"])
    end_slots(courses, last + DAY)
    record_change(plan, {"date_to": (old, last)}, by=by, pupil_ids=[plan.pupil_id], subject=TRAIL, address=address)


def _change_subjects(plan: IndividualPlan, courses: Collection[Course], subjects: Sequence[PlanSubject]) -> None:
    wanted = {one.subject.pk: one for one in subjects}
    for course in courses:
        one = wanted.pop(course.subject_id, None)
        if one is None:
            _remove(course)
        elif (course.teacher_id, course.hours_per_week) != (one.teacher.pk, one.hours):
            course.teacher, course.hours_per_week = one.teacher, one.hours
            course.save(update_fields=["teacher", "hours_per_week"])
    for one in wanted.values():
        Course.objects.create(plan=plan, subject=one.subject, teacher=one.teacher, hours_per_week=one.hours)


def _remove(course: Course) -> None:
    """A subject leaves the plan only while nothing was held in it."""
    TimetableSlot.objects.filter(course=course).delete()
    try:
        course.delete()
    except ProtectedError as error:
        raise PlanError(
            f"По предмету «{course.subject}» в плане уже есть уроки: убрать его нельзя. "
            "Завершите этот план и начните со следующего дня новый, без этого предмета."
        ) from error


def _follow_dates(courses: Collection[Course], old: tuple[date, date | None], facts: PlanFacts) -> None:
    """The timetable goes with the plan: places that began or ended with it still do."""
    slots = TimetableSlot.objects.filter(course__in=courses)
    if old[1] != facts.date_to:
        slots.filter(date_to=old[1]).update(date_to=facts.date_to)
    if facts.date_to:
        end_slots(courses, facts.date_to + DAY)
    if old[0] != facts.date_from:
        slots.filter(date_from=old[0]).update(date_from=facts.date_from)
        slots.filter(date_to__lt=facts.date_from).delete()
        slots.filter(date_from__lt=facts.date_from).update(date_from=facts.date_from)


def _put_slots(
    slots: Collection[TimetableSlot],
    places: Mapping[tuple[int, int], int],
    on: date,
    last: date | None,
    room: str,
) -> None:
    wanted = {(weekday, number, course_id) for (weekday, number), course_id in places.items()}
    kept = set()
    for slot in slots:
        key = (slot.weekday, slot.number, slot.course_id)
        if key in wanted and key not in kept and slot.date_from <= on and slot.date_to == last:
            kept.add(key)
        elif slot.date_from >= on:
            slot.delete()
        else:
            slot.date_to = on - DAY
            slot.save(update_fields=["date_to"])
    TimetableSlot.objects.bulk_create(
        TimetableSlot(
            course_id=course_id, weekday=weekday, number=number, room=room.strip()[:20], date_from=on, date_to=last
        )
        for weekday, number, course_id in sorted(wanted - kept)
    )


def _week_words(slots: Collection[TimetableSlot], courses: Mapping[int, Course]) -> str:
    places = sorted((slot.weekday, slot.number, str(courses[slot.course_id].subject)) for slot in slots)
    return ", ".join(f"{WEEKDAYS_SHORT[weekday - 1]} {number} {subject}" for weekday, number, subject in places)


def _set_study_form(pupil: Pupil, kind: str, by: User, address: str | None) -> None:
    """Study at home also stands on the card; an order gives it, so only the office may (`journal.editing`)."""
    if not by.keeps_all_people or kind != IndividualPlan.Kind.HOME:
        return
    change = {"study_form": (pupil.study_form, Pupil.StudyForm.HOME)}
    edit_row(pupil, change, by=by, pupil_ids=[pupil.pk], subject="карточка", address=address)
