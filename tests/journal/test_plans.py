"""Individual plans and study at home: writing them, the pupil's own timetable, who teaches, pages and strangers."""

import csv
import io
import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from journal.calendar import load_calendar
from journal.lessons import class_lessons
from journal.models import IndividualPlan, Pupil, TimetableSlot
from journal.services.plans import (
    PlanError,
    PlanFacts,
    PlanSubject,
    change_plan,
    open_plan,
    set_timetable,
    state_of,
)
from reports.extract.data import Period
from reports.extract.query import pupil_extract
from reports.family import child_of, info
from tests.factories import (
    MONDAY,
    make_class,
    make_course,
    make_lesson,
    make_pupil,
    make_slot,
    make_subject,
    make_teacher,
    make_user,
    teacher_user,
)
from tests.pages import words_of

pytestmark = pytest.mark.django_db
NEXT = MONDAY + timedelta(days=7)
TODAY = date(2026, 11, 18)


@pytest.fixture(autouse=True)
def wednesday(clock):
    clock(datetime(2026, 11, 18, 9, 0))


class World:
    """7Б with Алгебра (Monday 1) and Физика (Monday 2); one pupil; a teacher for the plan."""

    def __init__(self):
        self.school_class = make_class("7Б")
        self.user = teacher_user(self.school_class)
        self.algebra, self.physics = (make_course(self.school_class, name) for name in ("Алгебра", "Физика"))
        make_slot(self.algebra, 1, 1)
        make_slot(self.physics, 1, 2)
        self.pupil = make_pupil(self.school_class, last_name="Волков")
        self.teacher = make_teacher(last_name="Домашняя")

    def one(self, course=None, hours="2") -> PlanSubject:
        return PlanSubject((course or self.algebra).subject, self.teacher, Decimal(hours))

    def open(self, first=NEXT, last=None, subjects=None, kind="home", **more) -> IndividualPlan:
        facts = PlanFacts(kind, "5-у", None, first, last)
        more.setdefault("by", self.user)
        return open_plan(pupil=self.pupil, facts=facts, subjects=subjects or [self.one()], **more)

    def week(self, plan, places, on=NEXT, **more) -> None:
        more.setdefault("by", self.user)
        set_timetable(plan=plan, school_class=self.school_class, on=on, places=places, **more)

    def own(self, day) -> list[tuple[int, str, bool]]:
        lessons = class_lessons(self.school_class, day, day, load_calendar(self.school_class.year))
        courses = [(place.number, lessons.courses[place.course_id]) for place in lessons.own(self.pupil.pk, day)]
        return [(number, course.title, bool(course.plan_id)) for number, course in courses]


@pytest.fixture
def world():
    return World()


# --- Writing ----------------------------------------------------------------------------------------


def test_a_plan_replaces_the_class_from_its_day(world):
    plan = world.open()
    world.week(plan, {(1, 5): plan.courses.get().pk}, room="на дому")

    assert world.own(MONDAY) == [(1, "Алгебра", False), (2, "Физика", False)]
    assert world.own(NEXT) == [(2, "Физика", False), (5, "Алгебра", True)]
    assert plan.courses.get().slots.get().room == "на дому"


def test_a_plan_stands_in_the_history_of_the_card(world):
    plan = world.open()

    event = AuditEvent.objects.get(object_type="individualplan")
    assert (event.pupil_id, event.object_id, event.actor) == (world.pupil.pk, plan.pk, world.user)
    assert event.new["date_from"] == "2026-11-23"
    assert event.new["subjects"] == "Алгебра, 2 ч, Домашняя М. С."


def test_overlapping_plans_are_explained(world):
    world.open(last=date(2026, 12, 30))

    with pytest.raises(PlanError, match=r"уже есть обучение на дому, приказ № 5-у: с 23\.11\.2026 по 30\.12\.2026"):
        world.open(first=date(2026, 12, 30))
    world.open(first=date(2026, 12, 31))


def test_a_plan_changed_from_a_day_on_takes_its_timetable_along(world):
    old = world.open(first=date(2026, 10, 5))
    world.week(old, {(1, 5): old.courses.get().pk}, on=date(2026, 10, 5))

    new = world.open(subjects=[world.one(hours="3"), world.one(world.physics)], ends_previous=True)

    old.refresh_from_db()
    assert old.date_to == NEXT - timedelta(days=1)
    assert world.own(MONDAY) == [(2, "Физика", False), (5, "Алгебра", True)]
    assert world.own(NEXT) == [(5, "Алгебра", True)]
    slot = TimetableSlot.objects.get(course__plan=new)
    assert (slot.weekday, slot.number, slot.date_from) == (1, 5, NEXT)


def test_a_plan_ends_with_its_timetable(world):
    plan = world.open(first=date(2026, 10, 5))
    world.week(plan, {(1, 5): plan.courses.get().pk}, on=date(2026, 10, 5))

    change_plan(
        plan=plan,
        facts=PlanFacts("home", "5-у", None, date(2026, 10, 5), NEXT - timedelta(days=1)),
        subjects=[world.one()],
        by=world.user,
    )

    assert world.own(MONDAY) == [(2, "Физика", False), (5, "Алгебра", True)]
    assert world.own(NEXT) == [(1, "Алгебра", False), (2, "Физика", False)]
    assert TimetableSlot.objects.get(course__plan=plan).date_to == NEXT - timedelta(days=1)


def test_what_was_held_by_a_plan_keeps_its_dates_and_subjects(world):
    plan = world.open(first=MONDAY)
    make_lesson(plan.courses.get(), MONDAY, 5)
    change = {"plan": plan, "by": world.user}

    with pytest.raises(PlanError, match=r"записаны уроки по 16\.11\.2026"):
        change_plan(
            facts=PlanFacts("home", "", None, date(2026, 11, 9), MONDAY - timedelta(days=1)),
            subjects=[world.one()],
            **change,
        )
    with pytest.raises(PlanError, match=r"записаны уроки с 16\.11\.2026"):
        change_plan(facts=PlanFacts("home", "", None, NEXT, None), subjects=[world.one()], **change)
    with pytest.raises(PlanError, match="уже есть уроки: убрать его нельзя"):
        change_plan(facts=PlanFacts("home", "", None, MONDAY, None), subjects=[world.one(world.physics)], **change)
    assert [course.subject.name for course in plan.courses.all()] == ["Алгебра"]


@pytest.mark.parametrize(
    ("first", "last", "names", "words"),
    [
        (NEXT, MONDAY, ["algebra"], "не может закончиться раньше, чем начался"),
        (NEXT, None, [], "хотя бы один предмет"),
        (NEXT, None, ["algebra", "algebra"], "«Алгебра» указан дважды"),
    ],
)
def test_bad_plans_are_explained(world, first, last, names, words):
    subjects = [world.one(getattr(world, name)) for name in names]
    with pytest.raises(PlanError, match=words):
        open_plan(pupil=world.pupil, facts=PlanFacts("home", "", None, first, last), subjects=subjects, by=world.user)
    assert not IndividualPlan.objects.exists()


def test_two_people_editing_a_plan(world):
    plan = world.open()
    seen = state_of(plan, list(plan.courses.all()))
    facts = PlanFacts("home", "6-у", None, NEXT, None)
    change_plan(plan=plan, facts=facts, subjects=[world.one(hours="3")], seen=seen, by=world.user)

    with pytest.raises(PlanError, match=f"{world.user.short_name} изменил.* Алгебра, 3 ч"):
        change_plan(plan=plan, facts=facts, subjects=[world.one(hours="1")], seen=seen, by=make_user())
    assert plan.courses.get().hours_per_week == 3


def test_only_the_office_marks_study_at_home_on_the_card(world):
    world.open(sets_study_form=True)
    assert Pupil.objects.get(pk=world.pupil.pk).study_form == Pupil.StudyForm.FULL_TIME

    world.open(first=date(2026, 12, 1), ends_previous=True, sets_study_form=True, by=make_user(is_operator=True))
    assert Pupil.objects.get(pk=world.pupil.pk).study_form == Pupil.StudyForm.HOME


# --- The own timetable ------------------------------------------------------------------------------


def test_a_lesson_with_the_class_at_the_same_time_is_explained(world):
    plan = world.open()

    with pytest.raises(PlanError, match="Понедельник, 2-й урок: в это время у ученика «Физика» с классом"):
        world.week(plan, {(1, 2): plan.courses.get().pk})
    world.week(plan, {(1, 1): plan.courses.get().pk})  # the replaced lesson's own place is free


def test_places_end_the_day_before_the_change(world):
    plan = world.open()
    course = plan.courses.get().pk
    world.week(plan, {(1, 5): course, (2, 3): course})
    later = NEXT + timedelta(days=14)

    world.week(plan, {(1, 5): course, (4, 4): course}, on=later)

    rows = TimetableSlot.objects.filter(course=course).order_by("weekday")
    assert [(row.weekday, row.date_from, row.date_to) for row in rows] == [
        (1, NEXT, None),
        (2, NEXT, later - timedelta(days=1)),
        (4, later, None),
    ]


def test_the_timetable_holds_within_the_plan(world):
    plan = world.open(last=date(2026, 12, 30))

    with pytest.raises(PlanError, match=r"с 23\.11\.2026 по 30\.12\.2026"):
        world.week(plan, {}, on=MONDAY)
    world.week(plan, {(2, 2): plan.courses.get().pk})
    assert TimetableSlot.objects.get(course__plan=plan).date_to == date(2026, 12, 30)


def test_a_timetable_changed_meanwhile_is_not_overwritten(world):
    plan = world.open()
    world.week(plan, {(2, 2): plan.courses.get().pk}, seen="")

    with pytest.raises(PlanError, match="расписание этого плана изменили"):
        world.week(plan, {}, seen="")
    assert TimetableSlot.objects.filter(course__plan=plan).count() == 1


# --- Teachers of the plan, wherever the class's teachers are listed ------------------------------------


def lines(data) -> dict[str, str]:
    return {line.subject: line.teacher for line in data.teachers}


def test_the_extract_names_the_teachers_of_the_plan(world):
    world.open(first=MONDAY)

    data = pupil_extract(world.pupil, world.school_class, Period(MONDAY, TODAY), formed_on=TODAY)

    assert lines(data)["Алгебра"] == world.teacher.full_name
    assert lines(data)["Физика"] == world.physics.teacher.full_name


def test_the_family_reads_the_teachers_of_the_plan(world):
    world.open(first=MONDAY)

    assert lines(info(child_of(world.pupil, [world.pupil], TODAY)))["Алгебра"] == world.teacher.full_name
    neighbour = make_pupil(world.school_class)
    assert lines(info(child_of(neighbour, [neighbour], TODAY)))["Алгебра"] == world.algebra.teacher.full_name


def test_the_journal_of_the_class_names_the_plan_and_its_teacher(world, sign_in):
    plan = world.open(first=MONDAY)
    client = sign_in(world.user)

    picker = words_of(client.get(reverse("journal:course", args=[world.school_class.pk, world.algebra.pk])))
    page = words_of(client.get(reverse("journal:course", args=[world.school_class.pk, plan.courses.get().pk])))

    assert "Волков" in picker
    assert world.teacher.short_name in page


def test_the_card_names_the_teachers_of_the_plan(world, sign_in):
    world.open(first=MONDAY)

    text = words_of(sign_in(world.user).get(reverse("journal:pupil", args=[world.pupil.pk])))

    assert "Алгебра , Домашняя М. С., 2 ч в неделю" in text


# --- Pages ------------------------------------------------------------------------------------------


def sent(world, **more) -> dict:
    return {
        "plan-kind": "home", "plan-order_number": "5-у", "plan-date_from": "2026-11-23",
        "subjects-TOTAL_FORMS": "2", "subjects-INITIAL_FORMS": "0",
        "subjects-0-subject": world.algebra.subject_id, "subjects-0-teacher": world.teacher.pk,
        "subjects-0-hours": "2", **more,
    }  # fmt: skip


def test_the_list_and_its_file(world, sign_in):
    world.open(first=MONDAY)
    client = sign_in(world.user)

    text = words_of(client.get(reverse("journal:plans", args=[world.school_class.pk])))
    answer = client.get(reverse("journal:plans_csv", args=[world.school_class.pk]))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))

    assert "Волков Анна действует" in text and "Алгебра , 2 ч, Домашняя М. С." in text
    assert rows[1] == [
        "Волков Анна", "обучение на дому", "5-у", "", "16.11.2026", "", "Алгебра", "2,0", world.teacher.full_name,
    ]  # fmt: skip


def test_what_is_wrong_in_a_line_is_said_there_and_the_rest_stays(world, sign_in):
    url = reverse("reports:plan_add_preview", args=[world.pupil.pk])

    answer = sign_in(world.user).post(url, sent(world, **{"subjects-0-teacher": "", "subjects-0-hours": "99"}))

    assert answer.status_code == 422
    text = words_of(answer)
    assert "Выберите учителя." in text and "Не больше 20 часов в неделю." in text
    assert 'value="99"' in answer.content.decode() and 'value="5-у"' in answer.content.decode()


def test_more_lines_are_given_without_the_script(world, sign_in):
    url = reverse("journal:plan_add", args=[world.pupil.pk])

    html = sign_in(world.user).post(url, sent(world, do="add")).content.decode()

    assert html.count('class="plan-line"') == 5
    assert not IndividualPlan.objects.exists()


def test_a_clash_goes_back_with_what_was_chosen(world, sign_in):
    plan = world.open()
    course = plan.courses.get()
    url = reverse("reports:plan_preview", args=[plan.pk])

    answer = sign_in(world.user).post(
        url, {"do": "timetable", "on": "2026-11-23", "seen-week": "", "slot-1-2": course.pk, "slot-3-4": course.pk}
    )

    assert answer.status_code == 422
    assert "Понедельник, 2-й урок" in words_of(answer)
    assert answer.content.decode().count(f'value="{course.pk}" selected') == 2


def test_a_plan_begun_anew_is_filled_like_the_old_one(world, sign_in):
    plan = world.open(first=MONDAY)

    html = (
        sign_in(world.user).get(reverse("journal:plan_add", args=[world.pupil.pk]), {"like": plan.pk}).content.decode()
    )

    assert f'value="{world.algebra.subject_id}" selected' in html
    assert re.search(r'name="plan-ends_previous"[^>]*checked', html)


@pytest.mark.parametrize("offered", [False, True])
def test_study_at_home_on_the_card_is_offered_to_the_office_only(world, sign_in, offered):
    user = make_user(is_deputy=True) if offered else world.user

    html = sign_in(user).get(reverse("journal:plan_add", args=[world.pupil.pk])).content.decode()

    assert ("plan-sets_study_form" in html) == offered


@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.parametrize(("name", "queries"), [("plans", 7), ("plan", 11)])
def test_pages_cost_the_same_for_any_class(world, sign_in, name, queries, count, django_assert_num_queries):
    plan = world.open()
    for _ in range(count):
        other = make_pupil(world.school_class)
        make_course(plan=IndividualPlan.objects.create(pupil=other, date_from=MONDAY))
        make_course(plan=plan, subject=make_subject(f"Предмет {other.pk}"))
    client = sign_in(world.user)
    url = reverse(f"journal:{name}", args=[plan.pk if name == "plan" else world.school_class.pk])

    with django_assert_num_queries(queries):
        assert client.get(url).status_code == 200


def test_strangers_find_no_plan(world, sign_in):
    plan = world.open(first=MONDAY)
    strangers = [world.teacher.user, teacher_user(make_class("8А", year=world.school_class.year)), make_user()]
    for user in strangers:
        client = sign_in(user)
        pages = [
            reverse("journal:plan", args=[plan.pk]),
            reverse("journal:plans", args=[world.school_class.pk]),
            reverse("journal:plan_add", args=[world.pupil.pk]),
        ]
        assert [client.get(url).status_code for url in pages] == [404, 404, 404]
        assert client.post(pages[0], sent(world, do="save")).status_code == 404
