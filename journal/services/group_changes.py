"""Changing the groups themselves: name and teacher, closing, groups of several classes, dissolving a division.

A group of one class is kept by its class teacher; what several classes share only by the deputy or the operator,
since it changes the lessons of a class that is not one's own.
"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from journal.models import Course, GroupMembership, SchoolClass, StudyGroup, Subject, Teacher
from journal.queries.divisions import groups_of
from journal.services.groups import (
    GroupError,
    Move,
    Saved,
    check_day,
    check_name,
    check_unwritten,
    lock_class,
    note_group,
    write_spans,
)
from journal.services.spans import DAY, Span
from journal.services.timetable import carry_cancelled, carry_control_works, end_slots, give_slots, slots_from
from journal.text import normalise


def may_change_group(user: User, group: StudyGroup) -> bool:
    """Whether somebody who keeps one of its classes may change the group; needs its classes loaded."""
    return user.keeps_all_people or len(group.classes.all()) == 1


@transaction.atomic
def change_group(
    *,
    group: StudyGroup,
    school_class: SchoolClass,
    name: str,
    teacher: Teacher,
    seen: tuple[str, int | None],
    by: User,
    address: str | None = None,
) -> bool:
    """Give the group a name and a teacher; says whether anything changed. `seen` is the name and the teacher's id that
    the page showed. The teacher is the course's, also for the lessons that were held."""
    lock_class(school_class)
    group.refresh_from_db()
    course = Course.objects.select_related("teacher").filter(group=group, subject=group.subject).first()
    stands = (group.name, course.teacher_id if course else None)
    wanted = (name.strip(), teacher.pk)
    if stands == wanted:
        return False
    if stands != seen:
        who = f", учитель {course.teacher}" if course and course.teacher else ""
        raise GroupError(
            f"Пока страница была открыта, группу изменили: теперь она «{group.name}»{who}. "
            "Проверьте и, если верно ваше, сохраните ещё раз."
        )
    others = groups_of(school_class, school_class.year.date_to, group.subject)
    check_name(wanted[0], {normalise(other.name) for other in others if other.pk != group.pk})
    old = {"name": group.name, "teacher": str(course.teacher) if course and course.teacher else None}
    group.name = wanted[0]
    group.save(update_fields=["name"])
    Course.objects.update_or_create(group=group, subject=group.subject, defaults={"teacher": teacher})
    note_group(group, old, {"name": group.name, "teacher": str(teacher)}, school_class, by, address)
    return True


@transaction.atomic
def close_group(
    *, group: StudyGroup, school_class: SchoolClass, on: date, by: User, address: str | None = None
) -> None:
    """Nobody studies in the group from the day on; its lessons leave the timetable. Members are moved first, on the
    builder, where is seen what that does."""
    check_day(school_class, on)
    lock_class(school_class)
    staying = GroupMembership.objects.filter(Q(date_to=None) | Q(date_to__gte=on), group=group).count()
    if staying:
        raise GroupError(
            f"В группе «{group.name}» с {on:%d.%m.%Y} ещё есть ученики: {staying}. "
            "Сначала переведите их в другие группы, потом закройте группу."
        )
    if not any(other.pk != group.pk for other in groups_of(school_class, on, group.subject)):
        raise GroupError("Это последняя группа деления. Чтобы снова учить весь класс вместе, отмените деление.")
    courses = list(Course.objects.filter(group=group))
    check_unwritten(courses, on, "Прошедшие уроки останутся в журнале группы.")
    end_slots(courses, on)
    _close([group], on, school_class, by, address)


@transaction.atomic
def join_class(*, group: StudyGroup, school_class: SchoolClass, on: date, by: User, address: str | None = None) -> None:
    """The class takes part in a group of another class of its parallel. Pupils are placed on the builder afterwards;
    lessons of the whole class in the subject end the day before."""
    check_day(school_class, on)
    if not by.keeps_all_people:
        raise GroupError("Группы нескольких классов создаёт заместитель директора или администратор.")
    lock_class(school_class)
    if group.year_id != school_class.year_id or not group.is_open(on):
        raise GroupError("Эта группа другого учебного года или уже закрыта.")
    taken = {normalise(other.name) for other in groups_of(school_class, on, group.subject)}
    if normalise(group.name) in taken:
        raise GroupError(
            f"В делении класса {school_class} уже есть группа «{group.name}»: "
            "переименуйте одну из них, потом объедините."
        )
    whole = Course.objects.filter(school_class=school_class, subject=group.subject).first()
    if whole and slots_from([whole], on):
        check_unwritten([whole], on, "Прошедшие уроки останутся в журнале всего класса.")
        end_slots([whole], on)
    old = ", ".join(sorted(str(one) for one in group.classes.all()))
    group.classes.add(school_class)
    note_group(group, {"classes": old}, {"classes": f"{old}, {school_class}"}, school_class, by, address)


@transaction.atomic
def dissolve(
    *,
    school_class: SchoolClass,
    subject: Subject,
    on: date,
    like: int,
    by: User,
    address: str | None = None,
) -> Saved:
    """The whole class studies the subject together again from the day on: memberships end the day before, the groups
    close, the course of the whole class takes the places of the timetable, hours and teacher of the group `like`."""
    check_day(school_class, on)
    lock_class(school_class)
    groups = groups_of(school_class, on, subject)
    _check_own(groups, school_class)
    courses = list(Course.objects.filter(group__in=groups, subject=subject).select_related("teacher"))
    model = next((course for course in courses if course.group_id == like), None)
    if model is None:
        raise GroupError("Выберите группу, по расписанию которой будет учиться весь класс.")
    check_unwritten(courses, on, "Прошедшие уроки останутся в журналах групп.")
    taking = {"teacher": model.teacher, "hours_per_week": model.hours_per_week}
    whole, _ = Course.objects.update_or_create(school_class=school_class, subject=subject, defaults=taking)
    parts = slots_from([model], on)
    end_slots(courses, on)
    give_slots(parts, [whole])
    carry_cancelled([model], [whole], on)
    saved = _end_memberships(subject, groups, on, by, address)
    saved.works = carry_control_works(courses, [whole], on)
    _close(groups, on, school_class, by, address)
    return saved


def _check_own(groups: list[StudyGroup], school_class: SchoolClass) -> None:
    if not groups:
        raise GroupError("Этот предмет в этот день уже не делится на группы.")
    for group in groups:
        others = sorted(str(one) for one in group.classes.all() if one.pk != school_class.pk)
        if others:
            raise GroupError(
                f"В группе «{group.name}» учатся и дети из {', '.join(others)}: её нельзя отменить для одного класса. "
                "Переведите своих учеников в другие группы."
            )


def _end_memberships(subject: Subject, groups: list[StudyGroup], on: date, by: User, address: str | None) -> Saved:
    """Everybody leaves the groups; what was to begin later never does."""
    names = {group.pk: group.name for group in groups}
    rows = GroupMembership.objects.select_for_update().filter(Q(date_to=None) | Q(date_to__gte=on), group__in=groups)
    spans: dict[int, list[Span]] = {}
    for row in rows.order_by("date_from"):
        spans.setdefault(row.pupil_id, []).append(Span(row.group_id, row.date_from, row.date_to, row.pk))
    saved, left = Saved(), {}
    for pupil_id, own in spans.items():
        left[pupil_id] = [Span(s.group_id, s.first, on - DAY, s.pk) for s in own if s.first < on]
        first = own[0]
        move = Move(pupil_id, first.group_id, 0, max(on, first.first), (names[first.group_id], ""), first.pk)
        saved.moves.append(move)
    write_spans(subject, spans, left, saved.moves, by, address)
    return saved


def _close(groups: list[StudyGroup], on: date, school_class: SchoolClass, by: User, address: str | None) -> None:
    for group in groups:
        group.closed_on = on
        group.save(update_fields=["closed_on"])
        note_group(group, {"closed_on": None}, {"closed_on": on.isoformat()}, school_class, by, address)
