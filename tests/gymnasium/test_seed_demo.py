"""The demo school: what the contract promises, and that a school could really look so."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import F, Q

from accounts.rules import RULES_VERSION
from attendance.models import Absence, AbsenceChange, AbsenceDocument, ClosedMonth, Reason, RollCall
from attendance.queries import totals_by_pupil
from gymnasium.demo.accounts import ACCOUNTS, PASSWORD
from journal.calendar import load_calendar
from journal.lessons import class_lessons
from journal.models import (
    ControlWork,
    Course,
    Enrolment,
    GroupMembership,
    Guardian,
    Guardianship,
    Lesson,
    Mark,
    Movement,
    Pupil,
    School,
    SchoolClass,
    StudyGroup,
    Teacher,
    TimetableSlot,
)
from journal.text import normalise
from tests import databases

START = date(2026, 9, 1)
HOME = Pupil.StudyForm.HOME


# --- The contract ---------------------------------------------------------------------------------


def test_accounts_of_the_contract(demo):
    by_login = {user.username: user for user in (demo.user(login) for login in ACCOUNTS)}

    assert {login: [c.name for c in user.own_classes] for login, user in by_login.items() if user.own_classes} == {
        "teacher5a": ["5А"],
        "teacher7a": ["7А"],
        "teacher7b": ["7Б"],
        "teacher10a": ["10А"],
    }
    assert {login: _classes(user.own_children) for login, user in by_login.items() if user.own_children} == {
        "parent7b": ["7Б"],
        "parent2": ["5А", "7Б"],
        "pupil7b": ["7Б"],
    }
    assert [login for login, user in by_login.items() if user.is_deputy] == ["deputy"]
    assert [login for login, user in by_login.items() if user.is_operator and user.is_staff] == ["operator"]
    for login in ("teacher5a", "teacher7a", "teacher7b", "teacher10a", "subject1"):
        assert Course.objects.filter(teacher__user=by_login[login]).exists(), f"{login} teaches nothing"
    assert {user.rules_version for user in by_login.values()} == {RULES_VERSION}
    assert all(user.rules.filter(version=RULES_VERSION).exists() for user in by_login.values())


def test_only_the_demo_accounts_can_sign_in(demo, django_user_model, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    users = list(django_user_model.objects.order_by("username"))

    assert {user.username for user in users if user.has_usable_password()} == set(ACCOUNTS)
    assert len({user.password for user in users if user.has_usable_password()}) == 1
    assert demo.user("teacher7b").check_password(PASSWORD)


def test_small_school_has_the_promised_classes(demo):
    names = [school_class.name for school_class in SchoolClass.objects.order_by("grade", "letter")]
    school = School.load()

    assert names == ["2А", "5А", "7А", "7Б", "9А", "10А"]
    assert 150 <= Pupil.objects.count() <= 190
    assert (school.name, school.badge, school.is_demo) == ("Гимназия № 24", "24", True)


@pytest.mark.slow
def test_same_arguments_make_the_same_school(demo_template, keeper, worker, django_db_blocker):
    # Another process with another order of hashes; both databases are copied from nothing.
    name = f"again_{worker}"
    with django_db_blocker.unblock():
        keeper.create(name)
        try:
            databases.manage("migrate", "--verbosity=0", DATABASE_URL=keeper.url(name))
            arguments = ("seed_demo", "--size=small", f"--date={databases.DEMO_DAY}")
            databases.manage(*arguments, DATABASE_URL=keeper.url(name), PYTHONHASHSEED="7")
            digests = []
            for database in (demo_template, keeper.path(name)):
                with databases.using_copy(database):
                    digests.append({model.__name__: _digest(model) for model in _own_models()})
        finally:
            keeper.drop(name)

    assert digests[0] == digests[1]


def test_refuses_a_database_that_holds_something(demo):
    before = {model: model.objects.count() for model in _own_models()}

    with pytest.raises(CommandError) as refusal:
        call_command("seed_demo")

    assert str(refusal.value) == "В базе данных уже есть записи: учебная школа создаётся только в пустой базе."
    assert {model: model.objects.count() for model in _own_models()} == before


def test_wrong_date_is_told_in_words():
    with pytest.raises(CommandError, match="ГГГГ-ММ-ДД"):
        call_command("seed_demo", "--date=23.11.2026")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "shown", "lessons_until"),
    [
        (date(2026, 9, 1), "01.09.2026", None),  # the first morning: nothing was held yet
        (date(2026, 10, 28), "28.10.2026", date(2026, 10, 23)),  # vacations
        (date(2026, 7, 15), "26.05.2026", date(2026, 5, 25)),  # summer: the last day of the year before
    ],
)
def test_school_follows_the_date(asked, shown, lessons_until, capsys):
    call_command("seed_demo", f"--date={asked}")

    assert f"Учебная школа на {shown}" in capsys.readouterr().out
    day = date(*map(int, reversed(shown.split("."))))
    held = Lesson.objects.filter(date__lt=day).order_by("date").last()
    assert (held and held.date) == lessons_until
    assert not Absence.objects.filter(date__gt=day).exists()
    assert not RollCall.objects.filter(date__gt=day).exists()


def test_command_prints_the_accounts(db, capsys):
    call_command("seed_demo", "--date=2026-09-02")

    printed = capsys.readouterr().out
    assert PASSWORD in printed
    assert re.findall(r"^  (\w+) ", printed, re.MULTILINE) == list(ACCOUNTS)


@pytest.mark.slow
def test_full_school_is_as_large_as_promised(keeper, worker, django_db_setup, django_db_blocker):
    name = f"full_{worker}"
    with django_db_blocker.unblock():
        keeper.create(name)
        try:
            databases.manage("migrate", "--verbosity=0", DATABASE_URL=keeper.url(name))
            databases.manage("seed_demo", "--size=full", f"--date={databases.DEMO_DAY}", DATABASE_URL=keeper.url(name))
            with databases.using_copy(keeper.path(name)):
                assert SchoolClass.objects.count() == 40
                assert 1100 <= Enrolment.objects.on_roll(databases.DEMO_DAY).count() <= 1200
                assert _double_bookings() == []
                called = RollCall.objects.filter(date=databases.DEMO_DAY).values("school_class")
                assert SchoolClass.objects.exclude(pk__in=called).count() == 4
        finally:
            keeper.drop(name)


# --- Could a school look so? ----------------------------------------------------------------------


def test_no_teacher_is_in_two_places(demo):
    assert _double_bookings() == []


def test_every_pupil_has_four_to_seven_lessons_a_day(demo):
    strange = []
    for school_class, lessons, days in _classes_with_lessons(demo):
        for pupil in lessons.pupils:
            for day in days:
                count = len(lessons.own(pupil.pk, day))
                fewest = 2 if pupil.study_form == HOME else 4
                if lessons.on_roll(pupil.pk, day) and not fewest <= count <= 7:
                    strange.append((school_class.name, pupil.full_name, day, count))

    # A lesson that fell out may shorten a day of five in primary school; nothing else may.
    cancelled = set(Lesson.objects.filter(is_cancelled=True).values_list("date", flat=True))
    assert [row for row in strange if row[2] not in cancelled or row[3] < 3] == []


def test_no_pupil_has_two_lessons_at_once(demo):
    twice = []
    for school_class, lessons, days in _classes_with_lessons(demo):
        for pupil in lessons.pupils:
            for day in days:
                numbers = Counter(place.number for place in lessons.own(pupil.pk, day))
                twice += [(school_class.name, pupil.full_name, day, n) for n, times in numbers.items() if times > 1]

    assert twice == []


def test_every_pupil_is_in_one_group_of_each_division(demo):
    day = demo.day
    wrong = []
    for school_class in SchoolClass.objects.all():
        divisions = defaultdict(set)
        for group in StudyGroup.objects.filter(classes=school_class):
            divisions[group.subject_id].add(group.pk)
        pupils = Enrolment.objects.on_roll(day).filter(school_class=school_class).values_list("pupil", flat=True)
        members = GroupMembership.objects.filter(Q(date_to=None) | Q(date_to__gte=day), date_from__lte=day)
        for subject, groups in divisions.items():
            joined = Counter(members.filter(group__in=groups).values_list("pupil", flat=True))
            wrong += [(school_class.name, subject, pupil) for pupil in pupils if joined[pupil] != 1]

    assert wrong == []
    assert StudyGroup.objects.filter(classes__grade=7).count() == 2 * 2 * 3  # language, informatics, craft


def test_totals_of_absence_are_those_of_a_living_school(demo):
    percents = []
    for school_class, lessons, _ in _classes_with_lessons(demo):
        totals = totals_by_pupil(lessons, START, demo.day, School.load())
        assert all(total.unknown_days == 0 for total in totals.values()), school_class.name
        percents += [total.attendance_percent for total in totals.values()]

    assert 92 < sum(percents) / len(percents) < 98
    assert min(percents) > 50
    assert sum(percent == 100 for percent in percents) < len(percents) / 2


def test_illness_has_a_wave_in_the_weeks_before(demo):
    ill = Counter(Absence.objects.filter(reason=Reason.ILL, lesson=0).values_list("date", flat=True))
    calm = [ill[date(2026, 9, day)] for day in (7, 8, 9, 10, 11, 14, 15, 16, 17, 18)]
    peak = [ill[date(2026, 11, day)] for day in (5, 6, 9, 10, 11)]

    assert sum(peak) / len(peak) > 2 * sum(calm) / len(calm)


def test_only_one_mark_contradicts_an_absence(demo):
    marks = Mark.objects.filter(
        Q(pupil__absences__lesson=0) | Q(pupil__absences__lesson=F("lesson__number")),
        pupil__absences__date=F("lesson__date"),
        pupil__absences__reason__in=[Reason.ILL, Reason.EXCUSED, Reason.UNEXCUSED],
    )

    (mark,) = marks
    assert mark.lesson.date == date(2026, 11, 20)
    assert Enrolment.objects.on_roll(demo.day).get(pupil=mark.pupil).school_class.name == "7Б"


def test_marks_are_given_to_pupils_of_the_course(demo):
    foreign = Mark.objects.exclude(
        Q(lesson__course__group=None) | Q(pupil__group_memberships__group=F("lesson__course__group"))
    ) | Mark.objects.filter(lesson__course__school_class__isnull=False).exclude(
        pupil__enrolments__school_class=F("lesson__course__school_class")
    )

    assert not foreign.exists()
    assert not Mark.objects.filter(lesson__is_cancelled=True).exists()


def test_morning_of_the_class_teacher_of_7b(demo):
    school_class = demo.school_class("7Б")
    roll = Enrolment.objects.on_roll(demo.day).filter(school_class=school_class).values("pupil")
    absences = Absence.objects.filter(pupil__in=roll)
    yesterday = absences.filter(date=date(2026, 11, 20))

    assert roll.count() == 30
    assert not RollCall.objects.filter(school_class=school_class, date=demo.day).exists()
    assert RollCall.objects.filter(date=demo.day).count() == 4
    assert yesterday.filter(lesson=0, reason=Reason.ILL, document=None).count() >= 2
    assert yesterday.filter(is_confirmed=False, lesson__gt=0, reason=Reason.UNEXCUSED).exists()
    certificate = AbsenceDocument.objects.get(pupil__in=roll, date_to=demo.day + timedelta(days=1))
    assert list(absences.filter(date=demo.day).values_list("document", flat=True)) == [certificate.pk]
    assert ControlWork.objects.filter(
        course__in=Course.objects.of_class(school_class), date__range=(demo.day, demo.day + timedelta(days=6))
    ).exists()
    in_class = Lesson.objects.filter(date=demo.day, course__in=Course.objects.of_class(school_class))
    assert in_class.exclude(substitute=None).exists()


def test_movements_of_october(demo):
    rows = Movement.objects.order_by("effective_on").values_list("kind", "effective_on", "from_class", "to_class")
    a7, b7 = demo.school_class("7А").pk, demo.school_class("7Б").pk

    assert list(rows) == [
        ("arrival", date(2026, 10, 12), None, b7),
        ("departure", date(2026, 10, 16), b7, None),
        ("class_change", date(2026, 10, 19), a7, b7),
    ]


def test_families_are_families(demo):
    ties = Guardianship.objects.select_related("pupil", "guardian")
    by_guardian, by_pupil = defaultdict(list), Counter()
    for tie in ties:
        by_guardian[tie.guardian].append(tie.pupil)
        by_pupil[tie.pupil] += 1

    assert set(by_pupil.values()) == {1, 2, 3}
    assert set(by_pupil) == set(Pupil.objects.all())
    for parent in [tie for tie in ties if tie.kinship in ("mother", "father")]:
        assert parent.guardian.birth_date < parent.pupil.birth_date - timedelta(days=18 * 365)
    grandmothers = [tie.guardian for tie in ties if tie.kinship == Guardianship.Kinship.GRANDMOTHER]
    assert any(len(_classes(by_guardian[guardian])) > 1 for guardian in grandmothers)


def test_some_guardians_of_each_class_get_paper(demo):
    paper = Guardianship.objects.filter(informing__in=Guardianship.PAPER)

    counts = Counter(Enrolment.objects.on_roll(demo.day).get(pupil=tie.pupil).school_class.name for tie in paper)
    assert set(counts) == {"2А", "5А", "7А", "7Б", "9А", "10А"}
    assert set(counts.values()) <= {2, 3}
    assert set(paper.values_list("informing", flat=True)) == set(Guardianship.PAPER)
    assert not paper.filter(Q(informing_basis="") | Q(informing_since=None)).exists()


def test_a_class_writes_one_control_work_a_day(demo):
    written = Counter()
    for work in ControlWork.objects.select_related("course__group"):
        classes = [work.course.school_class_id] if work.course.school_class_id else work.course.group.classes.all()
        written.update({(str(c), work.date, work.course.subject_id) for c in classes})
    days = Counter((school_class, day) for school_class, day, _ in written)

    assert max(days.values()) == 1
    assert ControlWork.objects.filter(date__gt=demo.day).exists()


def test_every_absence_has_its_history(demo):
    last = {}
    for change in AbsenceChange.objects.order_by("at"):
        last[change.pupil_id, change.date, change.lesson] = change.new

    assert {(a.pupil_id, a.date, a.lesson): a.reason for a in Absence.objects.all()} == last
    assert [row.month for row in ClosedMonth.objects.all()] == [START]


def test_what_save_would_have_filled_in_is_there(demo):
    for model in (Teacher, Pupil, Guardian):
        assert [str(row) for row in model.objects.all() if row.sort_name != normalise(row.full_name)] == []
    assert not GroupMembership.objects.exclude(subject=F("group__subject")).exists()


def test_nothing_is_dated_after_this_morning(demo):
    morning = demo.day + timedelta(days=1)

    for model, field in [
        (Absence, "marked_at"),
        (Mark, "set_at"),
        (RollCall, "taken_at"),
        (AbsenceDocument, "added_at"),
    ]:
        assert not model.objects.filter(**{f"{field}__date__gte": morning}).exists(), model.__name__


# --- Helpers --------------------------------------------------------------------------------------


def _classes(pupils) -> list[str]:
    rows = Enrolment.objects.on_roll(databases.DEMO_DAY).filter(pupil__in=pupils).select_related("school_class")
    return sorted(row.school_class.name for row in rows)


def _classes_with_lessons(demo):
    """Each class with its lessons since September and its days of school."""
    for school_class in SchoolClass.objects.select_related("year__school"):
        calendar = load_calendar(school_class.year)
        lessons = class_lessons(school_class, START, demo.day, calendar)
        yield school_class, lessons, calendar.school_days(START, demo.day, school_class.grade)


def _double_bookings() -> list[tuple]:
    """Teachers with two courses at one place of the week, or in two held lessons at once."""
    slots = TimetableSlot.objects.values_list("course__teacher", "weekday", "number")
    lessons = Counter()
    for lesson in Lesson.objects.filter(is_cancelled=False).select_related("course"):
        lessons[lesson.substitute_id or lesson.course.teacher_id, lesson.date, lesson.number] += 1
    return [place for counts in (Counter(slots), lessons) for place, times in counts.items() if times > 1]


def _own_models() -> list:
    return [
        model
        for model in apps.get_models()
        if model._meta.app_label in ("accounts", "journal", "attendance", "reports")
    ]


def _digest(model) -> str:
    # Encryption never gives the same text twice; the keyed digest beside it does.
    fields = [field.attname for field in model._meta.concrete_fields if field.attname != "snils_encrypted"]
    rows = model.objects.order_by("pk").values_list(*fields)
    return hashlib.sha256(repr(list(rows)).encode()).hexdigest()
