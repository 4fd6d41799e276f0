"""What must always hold of the register is held by the database itself, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.migrations import RemoveConstraint
from django.db.migrations.state import ProjectState
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.constraints import AppendOnly, NoOverlap
from accounts.models import AuditEvent
from attendance.models import AbsenceChange
from journal.models import (
    ClassTeacher,
    Course,
    Enrolment,
    GroupMembership,
    IndividualPlan,
    PeriodMark,
    Pupil,
    School,
)
from tests.factories import (
    MONDAY,
    make_class,
    make_course,
    make_group,
    make_lesson,
    make_mark,
    make_pupil,
    make_slot,
    make_subject,
    make_teacher,
    make_user,
)

pytestmark = pytest.mark.django_db
START = date(2026, 9, 1)


def day(number: int | None) -> date | None:
    return None if number is None else START + timedelta(days=number)


def refused(make) -> bool:
    try:
        with transaction.atomic():
            make()
    except IntegrityError:
        return True
    return False


spans = st.tuples(st.integers(0, 12), st.one_of(st.none(), st.integers(0, 12))).map(
    lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1])
)


def overlap(one: tuple, other: tuple) -> bool:
    """From first principles: is there a day that both spans hold?"""
    horizon = 40
    held = [set(range(start, horizon if end is None else end + 1)) for start, end in (one, other)]
    return bool(held[0] & held[1])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=spans, other=spans)
def test_a_pupil_is_in_one_class_at_a_time(one, other):
    with transaction.atomic():
        a = make_class("7А")
        b = make_class("7Б", year=a.year)
        pupil = make_pupil(a, since=day(one[0]), until=day(one[1]))
        second = Enrolment(pupil=pupil, school_class=b, date_from=day(other[0]), date_to=day(other[1]))

        assert refused(second.save) is overlap(one, other)
        # The form says the same beforehand.
        second.pk = None
        if overlap(one, other):
            with pytest.raises(ValidationError, match="уже числится в другом классе"):
                second.validate_constraints()
        transaction.set_rollback(True)


def test_moving_the_dates_of_a_stay_is_checked_too():
    a = make_class("7А")
    b = make_class("7Б", year=a.year)
    pupil = make_pupil(a, until=day(10))
    second = Enrolment.objects.create(pupil=pupil, school_class=b, date_from=day(11))

    assert refused(lambda: Enrolment.objects.filter(pk=second.pk).update(date_from=day(10)))
    assert refused(lambda: Enrolment.objects.filter(school_class=a).update(date_to=None))
    # A row does not stand in its own way.
    Enrolment.objects.filter(pk=second.pk).update(date_from=day(12))


def test_other_pupils_do_not_matter():
    school_class = make_class()
    assert not refused(lambda: (make_pupil(school_class), make_pupil(school_class)))


def test_a_class_has_one_teacher_and_one_acting():
    school_class = make_class()

    def appoint(**fields) -> bool:
        return refused(lambda: ClassTeacher.objects.create(school_class=school_class, teacher=make_teacher(), **fields))

    assert appoint(date_from=MONDAY)
    assert not appoint(date_from=MONDAY, is_acting=True)
    assert appoint(date_from=MONDAY, is_acting=True)


def test_a_pupil_is_in_one_group_of_a_subject():
    school_class = make_class()
    pupil = make_pupil(school_class)
    it, english = make_subject("Информатика"), make_subject("Английский")
    make_group(school_class, it, "1 группа", [pupil])
    second = make_group(school_class, it, "2 группа")
    other = make_group(school_class, english, "1 группа")

    def join(group) -> bool:
        return refused(lambda: GroupMembership.objects.create(group=group, pupil=pupil, date_from=MONDAY))

    assert join(second)
    assert not join(other)


def test_the_same_lesson_stands_once_in_the_timetable():
    course = make_course(make_class())
    make_slot(course, 1, 3, date_to=MONDAY)
    assert refused(lambda: make_slot(course, 1, 3, date_from=MONDAY))
    assert not refused(lambda: make_slot(course, 1, 4, date_from=MONDAY))
    assert not refused(lambda: make_slot(course, 1, 3, date_from=MONDAY + timedelta(1)))


def test_a_pupil_has_one_plan():
    pupil = make_pupil()
    IndividualPlan.objects.create(pupil=pupil, date_from=START)
    assert refused(lambda: IndividualPlan.objects.create(pupil=pupil, date_from=MONDAY))


@pytest.mark.parametrize("change", ["update", "delete", "save", "raw"])
def test_the_audit_trail_only_grows(change):
    event = AuditEvent.objects.create(action=AuditEvent.Action.READ, subject="карточка", pupil_id=7)
    _refuses_to_change(event, change, subject="другое")


@pytest.mark.parametrize("change", ["update", "delete", "save", "raw"])
def test_the_history_of_absences_only_grows(change):
    row = AbsenceChange.objects.create(pupil=make_pupil(), date=MONDAY, new="ill")
    _refuses_to_change(row, change, new="excused")


def _refuses_to_change(row, change: str, **new) -> None:
    model, (field, value) = type(row), next(iter(new.items()))
    before = model.objects.filter(pk=row.pk).values().get()
    with pytest.raises(DatabaseError, match="append only"), transaction.atomic():
        if change == "update":
            model.objects.filter(pk=row.pk).update(**new)
        elif change == "save":
            setattr(row, field, value)
            row.save()
        elif change == "delete":
            model.objects.filter(pk=row.pk).delete()
        else:
            model.objects.filter(pk=row.pk)._raw_delete("default")
    assert model.objects.filter(pk=row.pk).values().get() == before


def _two_audiences(course, pupil):
    group = make_group(course.school_class, course.subject)
    Course.objects.create(subject=make_subject("Биология"), school_class=course.school_class, group=group)


def _stay_that_ends_before_it_begins(course, pupil):
    Enrolment.objects.create(pupil=make_pupil(), school_class=course.school_class, date_from=MONDAY, date_to=START)


def _period_mark(**fields):
    def make(course, pupil):
        PeriodMark.objects.create(pupil=pupil, subject=course.subject, year=course.school_class.year, **fields)

    return make


NONSENSE = {
    "a mark 6": lambda course, pupil: make_mark(make_lesson(course), pupil, "6"),
    "lesson 13": lambda course, pupil: make_lesson(course, number=13),
    "an eighth weekday": lambda course, pupil: make_slot(course, weekday=8, number=1),
    "a slot that ends before it begins": lambda course, pupil: make_slot(course, 1, 1, date_from=MONDAY, date_to=START),
    "a course for nobody": lambda course, pupil: Course.objects.create(subject=course.subject),
    "a course for two": _two_audiences,
    "an absence from lesson 13": lambda course, pupil: pupil.absences.create(date=MONDAY, lesson=13, reason="ill"),
    "an unknown reason": lambda course, pupil: pupil.absences.create(date=MONDAY, lesson=1, reason="sleepy"),
    "a stay that ends before it begins": _stay_that_ends_before_it_begins,
    "a term mark without a term": _period_mark(value="5"),
    "a debt for a year": _period_mark(kind="year", value="."),
    "a second school": lambda course, pupil: School.objects.bulk_create([School(pk=2)]),
}


@pytest.mark.parametrize("make", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_does_not_get_in(make):
    course = make_course(make_class())
    pupil = make_pupil(course.school_class)
    assert refused(lambda: make(course, pupil))


def test_one_place_holds_one_mark_and_one_absence():
    course = make_course(make_class())
    pupil = make_pupil(course.school_class)
    lesson = make_lesson(course)
    make_mark(lesson, pupil, "4")
    pupil.absences.create(date=MONDAY, lesson=0, reason="ill")

    assert refused(lambda: make_mark(lesson, pupil, "5"))
    assert not refused(lambda: make_mark(lesson, pupil, "5", position=2))
    assert refused(lambda: pupil.absences.create(date=MONDAY, lesson=0, reason="excused"))


def test_a_snils_belongs_to_one_pupil_and_many_have_none():
    make_pupil(), make_pupil()
    make_pupil(snils="112-233-445 95")
    assert refused(lambda: make_pupil(snils="11223344595"))


def test_history_keeps_people_from_being_deleted():
    pupil = make_pupil(make_class())
    user = make_user()
    AuditEvent.objects.create(actor=user, action=AuditEvent.Action.READ, subject="карточка")
    for row in (pupil, user):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.delete()
    assert Pupil.objects.filter(pk=pupil.pk).exists()


# --- Migrations forward and backward ---------------------------------------------------------------


@contextmanager
def without(model, kind: type) -> Iterator[str]:
    """Migrates to a table without its constraint of the kind, and back."""
    (ban,) = (row for row in model._meta.constraints if isinstance(row, kind))
    app, before = model._meta.app_label, ProjectState.from_apps(apps)
    after, step = before.clone(), RemoveConstraint(model._meta.model_name, ban.name)
    step.state_forwards(app, after)
    with connection.schema_editor() as editor:
        step.database_forwards(app, editor, before, after)
    try:
        yield ban.name
    finally:
        with connection.schema_editor() as editor:
            step.database_backwards(app, editor, after, before)


@pytest.mark.django_db(transaction=True)
def test_a_ban_on_overlaps_can_be_dropped_and_made_again():
    pupil, school_class = make_pupil(), make_class()

    def stay(first: int) -> Enrolment:
        return Enrolment.objects.create(pupil=pupil, school_class=school_class, date_from=day(first))

    stay(0)
    with without(Enrolment, NoOverlap):
        stay(5).delete()

    assert refused(lambda: stay(5))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", [AuditEvent, AbsenceChange])
def test_a_ban_on_changes_can_be_dropped_and_made_again(model):
    if model is AuditEvent:
        model.objects.create(action=AuditEvent.Action.READ, subject="карточка")
    else:
        model.objects.create(pupil=make_pupil(), date=MONDAY, new="ill")

    with without(model, AppendOnly) as name:
        model.objects.update(at=timezone.now())

    with pytest.raises(DatabaseError, match=f"append only: {name}"):
        model.objects.update(at=timezone.now())
