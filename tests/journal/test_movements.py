"""An order moves a pupil: roll, groups and plans follow, marks and absences go along, the last one can be undone."""

from datetime import date, datetime, timedelta

import pytest

from accounts.models import AuditEvent
from attendance.queries import totals_by_pupil
from journal.calendar import load_calendar
from journal.lessons import class_lessons
from journal.models import Enrolment, GroupMembership, IndividualPlan, Movement, Pupil
from journal.queries.courses import courses_of_class, courses_of_subject
from journal.queries.matrix import matrix_of
from journal.queries.movements import class_movements
from journal.queries.register import register_of
from journal.queries.roll import class_list
from journal.services import undo
from journal.services.movement_undo import cancel, why_not_cancelled
from journal.services.movements import CannotMove, arrive, change_class, depart
from journal.services.undo import CannotUndo, UndoLog
from reports.extract.data import Period
from reports.extract.query import pupil_extract
from tests.factories import (
    MONDAY,
    make_absence,
    make_class,
    make_course,
    make_group,
    make_lesson,
    make_mark,
    make_order,
    make_pupil,
    make_slot,
    make_subject,
    make_user,
    make_year,
)
from tests.tables import different, digests

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TUESDAY, FRIDAY = MONDAY + DAY, date(2026, 11, 20)
TODAY = date(2026, 11, 23)
Kind = Movement.Kind


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def office():
    return make_user(is_operator=True)


@pytest.fixture
def year():
    return make_year()


@pytest.fixture
def seven_b(year):
    return make_class("7Б", year=year)


@pytest.fixture
def seven_a(year):
    return make_class("7А", year=year)


def stays(pupil):
    return [
        (row.school_class.name, row.date_from, row.date_to)
        for row in pupil.enrolments.select_related("school_class").order_by("date_from")
    ]


def member_until(pupil, group):
    return GroupMembership.objects.get(pupil=pupil, group=group).date_to


def new_pupil(**fields):
    defaults = {"last_name": "Новикова", "first_name": "Юлия", "sex": "f", "birth_date": date(2013, 4, 2)}
    return Pupil(**{**defaults, **fields})


def plan_of(pupil, **fields):
    fields.setdefault("date_from", date(2026, 9, 1))
    return IndividualPlan.objects.create(pupil=pupil, **fields)


# --- What an order does ---------------------------------------------------------------------------


def test_a_departure_ends_the_stay_the_groups_and_the_plan_on_the_day_before(seven_b, office):
    pupil = make_pupil(seven_b)
    group = make_group(seven_b, make_subject("Информатика"), pupils=[pupil])
    plan = plan_of(pupil)

    row = depart(pupil=pupil, order=make_order(FRIDAY, place="СОШ № 7"), by=office)

    last = FRIDAY - DAY
    assert stays(pupil) == [("7Б", date(2026, 9, 1), last)]
    assert member_until(pupil, group) == last
    plan.refresh_from_db()
    assert plan.date_to == last
    assert (row.kind, row.from_class, row.to_class, row.place) == (Kind.DEPARTURE, seven_b, None, "СОШ № 7")
    assert (row.order_number, row.recorded_by) == ("12-у", office)


def test_a_departure_takes_groups_back_that_had_not_begun(seven_b, office):
    pupil = make_pupil(seven_b)
    group = make_group(seven_b, make_subject("Труд"))
    GroupMembership.objects.create(group=group, pupil=pupil, date_from=date(2027, 1, 11))

    depart(pupil=pupil, order=make_order(FRIDAY), by=office)

    assert not GroupMembership.objects.filter(pupil=pupil).exists()


def test_a_change_of_class_ends_own_groups_and_keeps_those_of_both_classes(seven_a, seven_b, office):
    pupil = make_pupil(seven_a)
    own = make_group(seven_a, make_subject("Информатика"), pupils=[pupil])
    joined = make_group(seven_a, make_subject("Английский"), pupils=[pupil])
    joined.classes.add(seven_b)
    plan = plan_of(pupil)

    change_class(pupil=pupil, school_class=seven_b, order=make_order(FRIDAY), by=office)

    assert stays(pupil) == [("7А", date(2026, 9, 1), FRIDAY - DAY), ("7Б", FRIDAY, None)]
    assert (member_until(pupil, own), member_until(pupil, joined)) == (FRIDAY - DAY, None)
    plan.refresh_from_db()
    assert plan.date_to is None  # the plan is the pupil's own


def test_everything_an_order_changes_stands_on_the_card_of_the_pupil(seven_b, office):
    pupil = make_pupil(seven_b)
    make_group(seven_b, make_subject("Информатика"), pupils=[pupil])

    row = depart(pupil=pupil, order=make_order(FRIDAY, place="СОШ № 7"), by=office)

    events = AuditEvent.objects.filter(pupil_id=pupil.pk, action=AuditEvent.Action.CHANGE)
    assert {event.object_type for event in events} == {"enrolment", "groupmembership", "movement"}
    assert {event.actor for event in events} == {office}
    told = events.get(object_type="movement")
    assert (told.object_id, told.new["kind"], told.new["place"]) == (row.pk, "выбытие", "СОШ № 7")
    assert events.get(object_type="enrolment").old == {"date_to": None}


def test_an_arrival_ahead_shows_from_its_day(seven_b, office, clock):
    row = arrive(pupil=new_pupil(), school_class=seven_b, order=make_order(date(2026, 12, 1)), by=office)

    here, left = class_list(seven_b, TODAY)
    assert (here, left) == ([], [])
    assert class_movements(seven_b, TODAY).lines[0].is_ahead
    here, _ = class_list(seven_b, date(2026, 12, 1))
    assert [line.pupil for line in here] == [row.pupil]
    assert row.pupil.admitted_on == date(2026, 12, 1)


def test_who_comes_back_stays_one_person_with_both_stays(seven_a, seven_b, office):
    pupil = make_pupil(seven_b, last_name="Вернова", address="ул. Старая, 1")
    depart(pupil=pupil, order=make_order(date(2026, 9, 21), "1-у"), by=office)

    changes = {"address": "ул. Новая, 2", "phone": ""}
    arrive(pupil=pupil, school_class=seven_b, order=make_order(date(2026, 11, 9), "2-у"), changes=changes, by=office)

    pupil.refresh_from_db()
    assert Pupil.objects.count() == 1
    assert (pupil.address, pupil.admitted_on) == ("ул. Новая, 2", date(2026, 11, 9))
    assert stays(pupil) == [("7Б", date(2026, 9, 1), date(2026, 9, 20)), ("7Б", date(2026, 11, 9), None)]
    here, left = class_list(seven_b, TODAY)
    assert ([row.pupil for row in here], left) == ([pupil], [])
    whole = class_movements(seven_b, TODAY).periods[-1].count
    assert (whole.at_start, whole.left, whole.arrived, whole.at_end) == (1, 1, 1, 1)


def test_who_left_twice_stands_once_among_those_who_left(seven_b, office):
    pupil = make_pupil(seven_b)
    depart(pupil=pupil, order=make_order(date(2026, 9, 21), "1-у"), by=office)
    arrive(pupil=pupil, school_class=seven_b, order=make_order(date(2026, 10, 5), "2-у"), by=office)
    depart(pupil=pupil, order=make_order(date(2026, 10, 19), "3-у"), by=office)

    here, left = class_list(seven_b, TODAY)

    assert (here, [(row.pupil, row.until) for row in left]) == ([], [(pupil, date(2026, 10, 18))])


# --- Marks and absences go along ------------------------------------------------------------------


def register(course, school_class):
    calendar = load_calendar(school_class.year)
    related = courses_of_subject(course.subject_id, [school_class])
    term = calendar.term_on(TODAY, school_class.grade)
    return register_of(course, classes=[school_class], calendar=calendar, term=term, today=TODAY, related=related)


@pytest.fixture
def moved(seven_a, seven_b, office):
    """A pupil with a «3» and an absence in 7А up to Monday, in 7Б from Tuesday with a «5» and an absence."""
    pupil = make_pupil(seven_a)
    old, new = make_course(seven_a), make_course(seven_b)
    for course in (old, new):
        for weekday in range(1, 6):
            make_slot(course, weekday, 1)
    make_mark(make_lesson(old, MONDAY, 1), pupil, "3")
    make_absence(pupil, MONDAY - timedelta(days=3))
    change_class(pupil=pupil, school_class=seven_b, order=make_order(TUESDAY), by=office)
    make_mark(make_lesson(new, FRIDAY, 1), pupil, "5")
    make_absence(pupil, FRIDAY, reason="excused")
    return pupil, old, new


def test_the_mean_of_the_term_goes_on_in_the_new_class_and_says_so(moved, seven_a, seven_b):
    pupil, old, new = moved

    after = next(row for row in register(new, seven_b).rows if row.pupil_id == pupil.pk)
    before = next(row for row in register(old, seven_a).rows if row.pupil_id == pupil.pk)

    assert (after.mean, after.carried, after.note) == (4, 1, "с 17.11")
    assert (before.mean, before.carried, before.note, before.is_here) == (3, 0, "по 16.11", False)
    calendar = load_calendar(seven_b.year)
    term = calendar.term_on(TODAY, 7)
    (row,) = matrix_of(seven_b, calendar=calendar, term=term, today=TODAY).rows
    assert (row.cells[0].mean, row.cells[0].count) == (4, 2)


def test_marks_from_between_two_stays_in_a_class_count_in_it(moved, seven_a, seven_b, office):
    pupil, old, _ = moved

    change_class(pupil=pupil, school_class=seven_a, order=make_order(TODAY, "13-у"), by=office)

    row = next(row for row in register(old, seven_a).rows if row.pupil_id == pupil.pk)
    assert (row.mean, row.carried) == (4, 1)


def test_each_class_counts_the_absences_of_its_own_days_and_the_family_reads_all(moved, seven_a, seven_b):
    pupil, *_ = moved
    calendar = load_calendar(seven_b.year)
    start = date(2026, 11, 2)

    def lessons_missed(school_class):
        lessons = class_lessons(school_class, start, TODAY, calendar)
        return totals_by_pupil(lessons, start, TODAY, calendar.school)[pupil.pk].lessons_all

    assert (lessons_missed(seven_a), lessons_missed(seven_b)) == (1, 1)
    absences = pupil_extract(pupil, seven_b, Period(start, TODAY), formed_on=TODAY).absences
    assert [(total.reason, total.days, total.lessons) for total in absences.totals] == [
        ("болезнь", 1, 1),
        ("уважительная причина", 1, 1),
    ]


def test_marks_after_the_departure_count_nowhere(seven_b, office):
    pupil = make_pupil(seven_b)
    course = make_course(seven_b)
    make_mark(make_lesson(course, MONDAY, 1), pupil, "3")
    make_mark(make_lesson(course, FRIDAY, 1), pupil, "5")

    depart(pupil=pupil, order=make_order(TUESDAY), by=office)

    (row,) = register(course, seven_b).rows
    assert (row.mean, [cell.text for cell in row.cells]) == (3, ["3", ""])
    (line,) = pupil_extract(pupil, seven_b, Period(MONDAY, TODAY), formed_on=TODAY).subjects
    assert (line.mean, [mark.value for mark in line.marks]) == (3, ["3"])


def test_the_plan_of_a_pupil_who_came_over_is_a_course_of_the_new_class(seven_a, seven_b, office):
    pupil = make_pupil(seven_a)
    own = make_course(subject="Физика", plan=plan_of(pupil))

    change_class(pupil=pupil, school_class=seven_b, order=make_order(FRIDAY), by=office)

    assert own in courses_of_class(seven_b)


# --- Impossible orders ----------------------------------------------------------------------------


def refused(act, *words):
    before = digests()
    with pytest.raises(CannotMove) as refusal:
        act()
    assert [word for word in words if word not in str(refusal.value)] == []
    assert different(before, digests()) == []


def test_nobody_leaves_before_arriving(seven_b, office):
    pupil = make_pupil(seven_b, since=date(2026, 10, 12))

    for day in (date(2026, 10, 12), date(2026, 9, 10)):
        refused(
            lambda day=day: depart(pupil=pupil, order=make_order(day), by=office),
            "раньше, чем прибыть", "не раньше 13.10.2026",
        )  # fmt: skip


@pytest.mark.parametrize("day", [date(2026, 8, 31), date(2027, 9, 1)])
def test_an_order_acts_inside_the_school_year(seven_b, office, day):
    refused(
        lambda: arrive(pupil=new_pupil(), school_class=seven_b, order=make_order(day), by=office),
        "вне учебного года 2026/27", "с 01.09.2026 по 31.08.2027",
    )  # fmt: skip


def test_an_order_about_a_departure_in_the_next_year_is_outside_this_one(seven_b, office):
    pupil = make_pupil(seven_b)
    refused(lambda: depart(pupil=pupil, order=make_order(date(2027, 9, 1)), by=office), "вне учебного года")


def test_who_is_on_the_roll_cannot_arrive(seven_a, seven_b, office):
    pupil = make_pupil(seven_a)
    refused(
        lambda: arrive(pupil=pupil, school_class=seven_b, order=make_order(FRIDAY), by=office),
        "числится в 7А с 01.09.2026", "перевод в другой класс",
    )  # fmt: skip


def test_nobody_is_moved_into_the_own_class(seven_b, office):
    pupil = make_pupil(seven_b)
    refused(lambda: change_class(pupil=pupil, school_class=seven_b, order=make_order(FRIDAY), by=office), "и так в 7Б")


def test_nobody_is_moved_into_another_year(seven_b, office):
    pupil = make_pupil(seven_b)
    later = make_class("8Б", year=make_year(2027))
    refused(
        lambda: change_class(pupil=pupil, school_class=later, order=make_order(FRIDAY), by=office),
        "того же учебного года",
    )


def test_two_movements_of_a_kind_on_one_day_are_one(seven_a, seven_b, office):
    pupil = make_pupil(seven_a)
    change_class(pupil=pupil, school_class=seven_b, order=make_order(FRIDAY), by=office)

    refused(
        lambda: change_class(pupil=pupil, school_class=seven_a, order=make_order(FRIDAY), by=office),
        "Перевод в другой класс этого ученика на 20.11.2026 уже внесено, приказ № 12-у",
    )


def test_no_order_is_put_behind_a_later_one(seven_a, seven_b, office):
    pupil = make_pupil(seven_a)
    change_class(pupil=pupil, school_class=seven_b, order=make_order(FRIDAY), by=office)

    refused(lambda: depart(pupil=pupil, order=make_order(TUESDAY), by=office), "На 20.11.2026 уже внесено: перевод")


def test_who_has_left_cannot_leave_again(seven_b, office):
    pupil = make_pupil(seven_b)
    depart(pupil=pupil, order=make_order(TUESDAY), by=office)

    refused(lambda: depart(pupil=pupil, order=make_order(FRIDAY), by=office), "уже не числится", "16.11.2026")


# --- «Внесено по ошибке» --------------------------------------------------------------------------


def do_arrival(seven_a, seven_b, pupil, office):
    return arrive(pupil=new_pupil(), school_class=seven_b, order=make_order(FRIDAY), by=office)


def do_return(seven_a, seven_b, pupil, office):
    Enrolment.objects.filter(pupil=pupil).update(date_to=date(2026, 10, 1))
    return arrive(
        pupil=pupil, school_class=seven_b, order=make_order(FRIDAY), by=office,
        changes={"last_name": "Другова", "snils": "11223344595", "address": "ул. Новая, 2"},
    )  # fmt: skip


def do_departure(seven_a, seven_b, pupil, office):
    return depart(pupil=pupil, order=make_order(FRIDAY), by=office)


def do_change(seven_a, seven_b, pupil, office):
    return change_class(pupil=pupil, school_class=seven_b, order=make_order(FRIDAY), by=office)


@pytest.mark.parametrize("act", [do_arrival, do_return, do_departure, do_change])
def test_a_movement_taken_back_leaves_everything_as_it_was(seven_a, seven_b, office, act):
    pupil = make_pupil(seven_a, snils="08765430300")
    make_group(seven_a, make_subject("Информатика"), pupils=[pupil])
    ahead = make_group(seven_a, make_subject("Труд"))
    GroupMembership.objects.create(group=ahead, pupil=pupil, date_from=date(2027, 1, 11))
    plan_of(pupil)
    if act is do_return:
        Enrolment.objects.filter(pupil=pupil).update(date_to=date(2026, 10, 1))
    before = digests()
    row = act(seven_a, seven_b, pupil, office)
    assert "journal.Movement" in different(before, digests())

    cancel(movement=row, reason="не тот ученик", by=office)

    assert different(before, digests()) == []
    told = AuditEvent.objects.filter(object_type="movement", object_id=row.pk).first()
    assert told.new["note"] == "отменено: не тот ученик"
    assert (told.old["kind"], told.old["order_number"]) == (row.get_kind_display(), "12-у")


def test_only_the_last_movement_is_taken_back(seven_a, seven_b, office):
    pupil = make_pupil(seven_a)
    first = change_class(pupil=pupil, school_class=seven_b, order=make_order(TUESDAY), by=office)
    depart(pupil=pupil, order=make_order(FRIDAY), by=office)

    (reason,) = why_not_cancelled(first)
    assert "После него внесено: выбытие, 20.11.2026" in reason
    with pytest.raises(CannotUndo):
        cancel(movement=first, reason="ошибка", by=office)


def test_marks_and_absences_put_since_keep_a_movement(seven_a, seven_b, office):
    pupil = make_pupil(seven_a)
    row = change_class(pupil=pupil, school_class=seven_b, order=make_order(FRIDAY), by=office)
    make_mark(make_lesson(make_course(seven_b), FRIDAY, 1), pupil, "5")
    make_absence(pupil, TODAY)

    assert why_not_cancelled(row) == ["С тех пор поставлено отметок: 1.", "С тех пор отмечено пропусков: 1."]


def test_a_new_pupil_with_a_guardian_is_not_taken_back(seven_b, office):
    from tests.factories import make_guardian

    row = do_arrival(None, seven_b, None, office)
    make_guardian(row.pupil)

    (why,) = why_not_cancelled(row)
    assert why.startswith("Представительства: 1.")


def test_a_group_of_the_new_class_keeps_a_movement(seven_a, seven_b, office):
    pupil = make_pupil(seven_a)
    row = change_class(pupil=pupil, school_class=seven_b, order=make_order(FRIDAY), by=office)
    group = make_group(seven_b, make_subject("Труд"))
    GroupMembership.objects.create(group=group, pupil=pupil, date_from=FRIDAY)

    assert why_not_cancelled(row) == ["С тех пор ученик включён в группы нового класса: 1."]


def test_what_an_import_wrote_is_not_taken_back_here(seven_b):
    pupil = make_pupil(seven_b)
    row = Movement.objects.create(pupil=pupil, kind=Kind.ARRIVAL, effective_on=FRIDAY, to_class=seven_b)

    assert "импортом" in why_not_cancelled(row)[0]


# --- Figures --------------------------------------------------------------------------------------


def test_the_roll_by_terms_adds_up_and_vacations_belong_to_the_term_that_follows(seven_a, seven_b, office):
    for _ in range(3):
        make_pupil(seven_b)
    make_pupil(seven_b, until=date(2026, 9, 30))  # left on 1 October
    arrive(pupil=new_pupil(), school_class=seven_b, order=make_order(date(2026, 10, 28)), by=office)
    over = make_pupil(seven_a)
    change_class(pupil=over, school_class=seven_b, order=make_order(FRIDAY), by=office)

    first, second, whole = class_movements(seven_b, TODAY).periods

    assert (first.label, first.count.at_start, first.count.left, first.count.at_end) == ("I четверть", 4, 1, 3)
    found = second.count
    assert (found.at_start, found.arrived, found.came, found.left, found.went, found.at_end) == (3, 1, 1, 0, 0, 5)
    for period in (first, second, whole):
        count = period.count
        assert count.at_start + count.arrived + count.came - count.left - count.went == count.at_end
    assert class_movements(seven_a, TODAY).periods[-1].count.went == 1


def test_a_field_that_one_write_changed_twice_goes_back_to_the_first_value():
    pupil = make_pupil(make_class("7Б"), address="ул. Мира, 1")
    log = UndoLog()
    for old, new in (("ул. Мира, 1", "ул. Мира, 2"), ("ул. Мира, 2", "ул. Мира, 3")):
        log.add_changed(pupil, {"address": (old, new)})
    type(pupil).objects.filter(pk=pupil.pk).update(address="ул. Мира, 3")

    undo.undo(UndoLog.from_json(log.to_json()))

    pupil.refresh_from_db()
    assert pupil.address == "ул. Мира, 1"
