"""Plain factories: one function a model, dull defaults, what the story needs is passed in.

The cast: a class teacher, a colleague of another class, a deputy, an operator, a guardian, a stranger.
"""

from __future__ import annotations

from datetime import date
from itertools import count

from accounts.models import User
from journal.models import (
    AcademicYear,
    ClassTeacher,
    Consent,
    ConsentPurpose,
    Course,
    Enrolment,
    GroupMembership,
    Guardian,
    Guardianship,
    Lesson,
    Mark,
    Pupil,
    School,
    SchoolClass,
    StudyGroup,
    Subject,
    Teacher,
    TimetableSlot,
    WorkKind,
)
from journal.services.calendar import create_year

_number = count(1)

MONDAY = date(2026, 11, 16)
"""A school day of 2026/27 in the second quarter."""


def make_user(**fields) -> User:
    number = next(_number)
    fields.setdefault("username", f"user{number}")
    fields.setdefault("last_name", f"Пользователев{number}")
    fields.setdefault("first_name", "Пётр")
    fields.setdefault("rules_version", current_rules_version())
    return User.objects.create_user(password=fields.pop("password", "Sekret-2026-test"), **fields)


def current_rules_version() -> str:
    from accounts.rules import RULES_VERSION

    return RULES_VERSION


def make_school(**fields) -> School:
    school = School.load()
    for name, value in fields.items():
        setattr(school, name, value)
    school.save()
    return school


def make_year(start_year: int = 2026) -> AcademicYear:
    return create_year(start_year)


def make_teacher(**fields) -> Teacher:
    number = next(_number)
    fields.setdefault("last_name", f"Учителева{number}")
    fields.setdefault("first_name", "Мария")
    fields.setdefault("patronymic", "Сергеевна")
    if "user" not in fields:
        fields["user"] = make_user(last_name=fields["last_name"], first_name=fields["first_name"])
    return Teacher.objects.create(**fields)


def make_class(name: str = "7Б", *, teacher: Teacher | None = None, year: AcademicYear | None = None) -> SchoolClass:
    """A class led since 1 September by `teacher` (a new one by default)."""
    year = year or make_year()
    school_class = SchoolClass.objects.create(year=year, grade=int(name[:-1]), letter=name[-1])
    ClassTeacher.objects.create(school_class=school_class, teacher=teacher or make_teacher(), date_from=year.date_from)
    return school_class


def teacher_user(school_class: SchoolClass) -> User:
    """The login of the class teacher."""
    return school_class.class_teachers.get(is_acting=False).teacher.user


def make_pupil(school_class: SchoolClass | None = None, *, since: date | None = None, until=None, **fields) -> Pupil:
    """A pupil, on the roll of `school_class` since the start of the year unless told otherwise."""
    number = next(_number)
    fields.setdefault("last_name", f"Ученикова{number:03d}")
    fields.setdefault("first_name", "Анна")
    fields.setdefault("sex", "f")
    fields.setdefault("birth_date", date(2013, 5, 14))
    pupil = Pupil.objects.create(**fields)
    if school_class:
        Enrolment.objects.create(
            pupil=pupil, school_class=school_class, date_from=since or school_class.year.date_from, date_to=until
        )
    return pupil


def make_guardian(*children: Pupil, user: User | None = None, **fields) -> Guardian:
    number = next(_number)
    fields.setdefault("last_name", f"Родителева{number}")
    fields.setdefault("first_name", "Ольга")
    informing = fields.pop("informing", Guardianship.Informing.ELECTRONIC)
    guardian = Guardian.objects.create(user=user, **fields)
    for child in children:
        Guardianship.objects.create(
            pupil=child, guardian=guardian, kinship=Guardianship.Kinship.MOTHER, informing=informing
        )
    return guardian


def make_subject(name: str = "Алгебра", **fields) -> Subject:
    return Subject.objects.get_or_create(name=name, defaults=fields)[0]


def make_group(school_class: SchoolClass, subject: Subject, name: str = "1 группа", pupils=()) -> StudyGroup:
    group = StudyGroup.objects.create(year=school_class.year, subject=subject, name=name)
    group.classes.add(school_class)
    for pupil in pupils:
        GroupMembership.objects.create(group=group, pupil=pupil, date_from=school_class.year.date_from)
    return group


def make_course(school_class: SchoolClass | None = None, subject: Subject | str = "Алгебра", **fields) -> Course:
    """A course of the class, or of fields["group"] / fields["plan"]."""
    if isinstance(subject, str):
        subject = make_subject(subject)
    if "group" not in fields and "plan" not in fields:
        fields["school_class"] = school_class
    if "teacher" not in fields:
        fields["teacher"] = make_teacher()
    return Course.objects.create(subject=subject, **fields)


def make_slot(course: Course, weekday: int, number: int, **fields) -> TimetableSlot:
    fields.setdefault("date_from", date(2026, 9, 1))
    return TimetableSlot.objects.create(course=course, weekday=weekday, number=number, **fields)


def make_lesson(course: Course, day: date = MONDAY, number: int = 1, **fields) -> Lesson:
    return Lesson.objects.create(course=course, date=day, number=number, **fields)


def make_mark(lesson: Lesson, pupil: Pupil, value: str = "5", *, kind: WorkKind | None = None, **fields) -> Mark:
    kind = kind or WorkKind.objects.get(is_default=True)
    return Mark.objects.create(lesson=lesson, pupil=pupil, value=value, kind=kind, **fields)


def make_order(day: date, number: str = "12-у", **fields):
    """An order about a movement that acts from the day."""
    from journal.services.movements import Order

    return Order(number, fields.pop("dated", day), day, **fields)


def make_absence(pupil: Pupil, day: date = MONDAY, *, lesson: int = 0, reason: str = "ill", **fields):
    return pupil.absences.create(date=day, lesson=lesson, reason=reason, **fields)


def make_period_mark(pupil: Pupil, value: str, subject: str = "Алгебра", *, number: int | None = None):
    """A mark for the quarter of this number, or for the year."""
    from journal.models import PeriodMark

    year = pupil.enrolments.latest("date_from").school_class.year
    term = year.terms.get(scheme="quarter", number=number) if number else None
    kind = PeriodMark.Kind.TERM if number else PeriodMark.Kind.YEAR
    return PeriodMark.objects.create(
        pupil=pupil, subject=make_subject(subject), year=year, term=term, kind=kind, value=value
    )


def make_purpose(name: str = "Школьный музей", **fields) -> ConsentPurpose:
    return ConsentPurpose.objects.create(name=name, **fields)


def make_consent(pupil: Pupil, purpose: ConsentPurpose, given_on: date = date(2026, 9, 1), **fields) -> Consent:
    return Consent.objects.create(pupil=pupil, purpose=purpose, given_on=given_on, **fields)
