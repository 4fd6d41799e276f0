"""The transfer of the school to the next year: decided, looked at, written, taken back exactly."""

from datetime import date, datetime, timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from attendance.models import RollCall
from attendance.sheet import day_sheet
from journal.calendar import load_calendar, year_of
from journal.lessons import teacher_lessons
from journal.models import (
    AcademicYear,
    ClassTeacher,
    Course,
    Enrolment,
    GroupMembership,
    IndividualPlan,
    Movement,
    Pupil,
    SchoolClass,
    Term,
    YearTransfer,
)
from journal.queries.courses import courses_of_teacher
from journal.queries.roll import class_list
from journal.services.movements import arrive, change_class, depart
from journal.services.undo import CannotUndo
from reports import jobs as background
from reports.models import Job
from reports.transfers import drafts
from reports.transfers.apply import NotApplied, apply_transfer, undo_blockers, undo_transfer
from reports.transfers.jobs import start_apply
from reports.transfers.pages import report_page
from reports.transfers.plan import plan_of
from tests.factories import (
    make_absence,
    make_class,
    make_course,
    make_group,
    make_lesson,
    make_order,
    make_period_mark,
    make_pupil,
    make_slot,
    make_subject,
    make_teacher,
    make_user,
    make_year,
    teacher_user,
)
from tests.tables import different, digests

pytestmark = pytest.mark.django_db

MAY = datetime(2027, 5, 31, 12, 0)
AUTUMN = date(2027, 9, 1)
LAST = date(2027, 8, 31)
Kind = Movement.Kind


@pytest.fixture(autouse=True)
def end_of_may(clock):
    clock(MAY)


@pytest.fixture
def deputy():
    return make_user(is_deputy=True)


@pytest.fixture
def year():
    return make_year()


def draft(year, deputy, **decisions):
    row = drafts.start(from_year=year, by=deputy)
    drafts.save_order(transfer=row, number="77-у", dated=date(2027, 5, 28), by=deputy)
    if decisions:
        drafts.save_decisions(transfer=row, by=deputy, **decisions)
    return YearTransfer.objects.get(pk=row.pk)


def apply(row, deputy):
    apply_transfer(transfer=row, digest=plan_of(row).digest, by=deputy)
    return YearTransfer.objects.get(pk=row.pk)


def now_in(pupil, day=AUTUMN):
    """Names of the classes whose roll holds the pupil on the day."""
    return [row.school_class.name for row in pupil.enrolments.on_roll(day).select_related("school_class")]


def fate(pupil, plan):
    row = next(one for one in plan.pupils if one.pupil_id == pupil.pk)
    return row.kind, row.to


# --- The plan -------------------------------------------------------------------------------------


def test_classes_go_on_with_their_letter_and_their_teacher(year, deputy):
    seven_b, four_a = make_class("7Б", year=year), make_class("4А", year=year)
    nine_a, nine_b, ten_b = (make_class(name, year=year) for name in ("9А", "9Б", "10Б"))
    make_class("11А", year=year)
    for school_class in (seven_b, four_a, nine_a, nine_b, ten_b):
        make_pupil(school_class)

    plan = plan_of(draft(year, deputy))

    assert {row.school_class.name: row.target for row in plan.classes} == {
        # To the tenth grade only where the school has the letter there; the eleventh graduates.
        "4А": "5А", "7Б": "8Б", "9А": "", "9Б": "10Б", "10Б": "11Б", "11А": "",
    }  # fmt: skip
    leads = {row.name: row.teacher for row in plan.targets}
    assert leads["8Б"] == seven_b.class_teachers.get().teacher.full_name
    assert (leads["5А"], leads["10Б"]) == ("", "")  # a new team: the deputy chooses
    assert plan.year_name == "2027/28"
    assert plan.problems == []
    assert any("Без классного руководителя: 5А, 10Б" in note for note in plan.notes)


@pytest.mark.parametrize("value", ["2", "н/а"])
def test_a_bad_mark_of_the_year_is_put_to_the_deputy_and_decides_nothing(year, deputy, value):
    seven_b = make_class("7Б", year=year)
    good, bad = make_pupil(seven_b), make_pupil(seven_b)
    make_period_mark(good, "3")
    make_period_mark(bad, value, "Физика")
    make_period_mark(bad, "4", "Алгебра")
    row = draft(year, deputy)

    plan = plan_of(row)

    (undecided,) = plan.undecided
    assert (undecided.pupil_id, undecided.kind, undecided.debts.words) == (bad.pk, Kind.PROMOTION, f"Физика {value}")
    assert "Не решено, переводить ли учеников с «2» или «н/а»: 1" in plan.problems[0]
    with pytest.raises(NotApplied):
        apply(row, deputy)
    assert not Movement.objects.exists()


def test_before_year_marks_the_newest_term_speaks(year, deputy):
    seven_b = make_class("7Б", year=year)
    better, worse = make_pupil(seven_b), make_pupil(seven_b)
    make_period_mark(better, "2", number=1)
    make_period_mark(better, "3", number=2)
    make_period_mark(worse, "2", number=2)

    plan = plan_of(draft(year, deputy))

    assert [row.pupil_id for row in plan.undecided] == [worse.pk]
    assert any("Годовых отметок ещё нет" in note for note in plan.notes)


def test_a_decision_settles_it_either_way(year, deputy):
    seven_b = make_class("7Б", year=year)
    on, conditional = make_pupil(seven_b), make_pupil(seven_b)
    for pupil in (on, conditional):
        make_period_mark(pupil, "2")

    decided = {on.pk: ("promotion", "8Б"), conditional.pk: ("conditional", "8Б")}
    plan = plan_of(draft(year, deputy, pupils=decided))

    assert (plan.undecided, plan.problems) == ([], [])
    assert (fate(on, plan), fate(conditional, plan)) == (("promotion", "8Б"), ("conditional", "8Б"))


def test_who_is_counted(year, deputy):
    seven_a, seven_b = make_class("7А", year=year), make_class("7Б", year=year)
    stays = make_pupil(seven_b)
    gone = make_pupil(seven_b)
    depart(pupil=gone, order=make_order(date(2027, 3, 1)), by=deputy)
    leaves_with_the_year = make_pupil(seven_b)
    depart(pupil=leaves_with_the_year, order=make_order(LAST), by=deputy)
    moved = make_pupil(seven_a)
    change_class(pupil=moved, school_class=seven_b, order=make_order(date(2026, 11, 20)), by=deputy)
    came_back = make_pupil(seven_b, until=date(2026, 9, 30))
    arrive(pupil=came_back, school_class=seven_b, order=make_order(date(2026, 11, 9)), by=deputy)
    ahead = make_pupil(seven_b, since=date(2027, 6, 15))

    plan = plan_of(draft(year, deputy))

    assert sorted(row.pupil_id for row in plan.pupils) == sorted([stays.pk, moved.pk, came_back.pk, ahead.pk])
    assert [row.size for row in plan.classes] == [0, 4]


def test_nothing_is_applied_without_an_order(year, deputy):
    make_pupil(make_class("7Б", year=year))
    row = drafts.start(from_year=year, by=deputy)

    with pytest.raises(NotApplied, match="номер и дату приказа"):
        apply(row, deputy)


# --- Writing --------------------------------------------------------------------------------------


def test_the_whole_school_is_moved(year, deputy):
    _, seven_b, nine_a = (make_class(name, year=year) for name in ("7А", "7Б", "9А"))
    plain, weak, again, away = (make_pupil(seven_b) for _ in range(4))
    graduate, goes_on = make_pupil(nine_a), make_pupil(nine_a)
    make_period_mark(weak, "2", "Физика")
    lead = make_teacher()
    row = draft(
        year, deputy,
        pupils={
            weak.pk: ("conditional", "8Б"), again.pk: ("repeat", "7Б"), away.pk: ("departure", ""),
            goes_on.pk: ("promotion", "10А"),
        },
        teachers={"10А": lead.pk},
        new_classes=["1А"],
    )  # fmt: skip

    apply(row, deputy)

    new = AcademicYear.objects.get(name="2027/28")
    assert (new.date_from, new.is_approved, new.terms.count() > 0, new.vacations.count() > 0) == (
        AUTUMN,
        False,
        True,
        True,
    )
    assert {row.name for row in new.classes.all()} == {"1А", "7Б", "8А", "8Б", "10А"}
    where = {pupil.pk: now_in(pupil) for pupil in (plain, weak, again, away, graduate, goes_on)}
    assert list(where.values()) == [["8Б"], ["8Б"], ["7Б"], [], [], ["10А"]]
    assert set(Enrolment.objects.filter(school_class__year=year).values_list("date_to", flat=True)) == {LAST}
    moved = {
        (one.pupil_id, one.kind, one.from_class.name, one.to_class.name if one.to_class else "")
        for one in Movement.objects.select_related("from_class", "to_class")
    }
    assert moved == {
        (plain.pk, "promotion", "7Б", "8Б"), (weak.pk, "conditional", "7Б", "8Б"), (again.pk, "repeat", "7Б", "7Б"),
        (away.pk, "departure", "7Б", ""), (graduate.pk, "graduation", "9А", ""),
        (goes_on.pk, "promotion", "9А", "10А"),
    }  # fmt: skip
    one = Movement.objects.get(pupil=weak)
    assert (one.order_number, one.order_date, one.effective_on) == ("77-у", date(2027, 5, 28), AUTUMN)
    assert (one.note, one.recorded_by, one.transfer) == ("долги: Физика 2", deputy, row)
    leads = dict(ClassTeacher.objects.filter(school_class__year=new).values_list("school_class__letter", "teacher"))
    assert ClassTeacher.objects.get(school_class__grade=10).teacher == lead
    assert leads["Б"] == seven_b.class_teachers.get().teacher_id
    assert set(ClassTeacher.objects.filter(school_class__year=year).values_list("date_to", flat=True)) == {LAST}
    assert AuditEvent.objects.filter(object_type="movement", pupil_id=plain.pk).count() == 1


def test_groups_and_plans_end_with_the_year(year, deputy):
    seven_b = make_class("7Б", year=year)
    pupil, moved = make_pupil(seven_b), make_pupil(seven_b)
    group = make_group(seven_b, make_subject("Информатика"), pupils=[pupil, moved])
    GroupMembership.objects.filter(pupil=moved).update(date_to=date(2026, 12, 1))
    plan = IndividualPlan.objects.create(pupil=pupil, date_from=date(2026, 9, 1))

    apply(draft(year, deputy), deputy)

    ends = dict(GroupMembership.objects.filter(group=group).values_list("pupil", "date_to"))
    assert ends == {pupil.pk: LAST, moved.pk: date(2026, 12, 1)}
    plan.refresh_from_db()
    assert plan.date_to == LAST


def test_a_school_of_trimesters_has_trimesters_again(year, deputy):
    make_pupil(make_class("7Б", year=year))
    Term.objects.create(year=year, scheme="trimester", number=1, date_from=date(2026, 9, 1), date_to=date(2026, 11, 20))

    apply(draft(year, deputy), deputy)

    made = Term.objects.get(year__name="2027/28", scheme="trimester")
    assert (made.date_from, made.date_to) == (date(2027, 9, 1), date(2027, 11, 20))


def test_a_year_that_stands_already_is_used_with_its_classes_and_teachers(year, deputy):
    seven_b = make_class("7Б", year=year)
    pupil = make_pupil(seven_b)
    new = make_year(2027)
    chosen = make_teacher()
    eight_b = make_class("8Б", teacher=chosen, year=new)
    early = make_pupil(eight_b)  # admitted for the year to come

    row = draft(year, deputy)
    plan = plan_of(row)
    apply(row, deputy)

    (target,) = plan.targets
    assert (target.pk, target.enrolled, target.teacher) == (eight_b.pk, 1, chosen.full_name)
    assert list(new.classes.all()) == [eight_b]
    assert ClassTeacher.objects.filter(school_class=eight_b).count() == 1
    assert (now_in(pupil), now_in(early)) == (["8Б"], ["8Б"])


def test_another_plan_than_the_one_shown_is_not_written(year, deputy):
    seven_b = make_class("7Б", year=year)
    make_pupil(seven_b)
    row = draft(year, deputy)
    shown = plan_of(row).digest
    make_pupil(seven_b)

    with pytest.raises(NotApplied, match="изменились"):
        apply_transfer(transfer=row, digest=shown, by=deputy)
    assert not Movement.objects.exists()


def test_a_job_killed_before_its_end_has_written_nothing_and_runs_again(year, deputy):
    make_pupil(make_class("7Б", year=year))
    row = draft(year, deputy)
    digest = plan_of(row).digest
    before = digests()
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        apply_transfer(transfer=row, digest=digest, by=deputy)
        raise KeyboardInterrupt  # the worker dies before the transaction ends
    assert different(before, digests()) == []
    old = timezone.now() - background.STALE_AFTER - timedelta(seconds=1)
    dead = Job.objects.create(
        kind=Job.Kind.YEAR_TRANSFER, owner=deputy, status=Job.Status.RUNNING, started_at=old, heartbeat_at=old,
        params={"transfer_id": row.pk, "digest": digest, "_attempts": 1},
    )  # fmt: skip

    background.revive_stale_jobs()

    dead.refresh_from_db()
    assert (dead.status, Movement.objects.count()) == (Job.Status.DONE, 1)
    background.run_job.call(job_id=dead.pk)
    assert Movement.objects.count() == 1


def test_a_job_for_a_written_transfer_fails_in_words(year, deputy):
    make_pupil(make_class("7Б", year=year))
    row = draft(year, deputy)
    digest = plan_of(row).digest
    apply(row, deputy)

    job = start_apply(row, digest=digest, by=deputy, next_url="")

    assert (job.status, job.message) == (Job.Status.FAILED, "Этот перевод уже выполнен или отменён.")
    assert Movement.objects.count() == 1


# --- What follows: before and after the first of September ----------------------------------------


def test_until_september_the_old_classes_stay_in_force(year, deputy, clock):
    seven_b = make_class("7Б", year=year)
    pupil = make_pupil(seven_b)
    course = make_course(seven_b)
    make_slot(course, 1, 1)
    calendar, monday = load_calendar(year), date(2027, 5, 24)

    def pages():
        here, left = class_list(seven_b, date(2027, 5, 31))
        sheet = day_sheet(seven_b, monday, user=deputy, calendar=calendar, today=date(2027, 5, 31))
        return [row.pupil for row in here], left, [(row.name, row.own) for row in sheet.rows]

    before = pages()
    apply(draft(year, deputy), deputy)

    assert pages() == before
    assert now_in(pupil, LAST) == ["7Б"]
    for moment in (MAY, datetime(2027, 8, 31, 12)):
        clock(moment)
        assert [c.name for c in User.objects.get(pk=teacher_user(seven_b).pk).own_classes] == ["7Б"]
        assert year_of(timezone.localdate()) == year
        assert courses_of_teacher(course.teacher.user, timezone.localdate()) == [course]


def test_in_september_the_new_classes_are_everybodys(year, deputy, clock):
    seven_b = make_class("7Б", year=year)
    pupil = make_pupil(seven_b)
    old = make_course(seven_b)
    make_slot(old, 3, 1)
    apply(draft(year, deputy), deputy)
    clock(datetime(2027, 9, 1, 8, 0))

    today = timezone.localdate()
    (own,) = User.objects.get(pk=teacher_user(seven_b).pk).own_classes
    assert own.name == "8Б"
    here, _ = class_list(own, today)
    assert [row.pupil for row in here] == [pupil]
    assert [row.name for row in SchoolClass.objects.of_day(today)] == ["8Б"]
    teacher = old.teacher
    assert courses_of_teacher(teacher.user, today) == []
    new = AcademicYear.objects.get(name="2027/28")
    # Last year's timetable has no end of its own, and is nobody's any more.
    assert today.isoweekday() == 3 and load_calendar(new).is_school_day(today, 8)
    assert teacher_lessons(teacher, today, load_calendar(new)) == []
    assert Pupil.objects.kept_by(User.objects.get(pk=teacher_user(seven_b).pk)).get() == pupil


def test_who_leaves_in_summer_gets_no_place_in_autumn(year, deputy):
    seven_b = make_class("7Б", year=year)
    pupil = make_pupil(seven_b)
    row = apply(draft(year, deputy), deputy)

    depart(pupil=pupil, order=make_order(date(2027, 7, 15)), by=deputy)

    assert now_in(pupil) == []
    assert now_in(pupil, date(2027, 7, 14)) == ["7Б"]
    assert any("зачисления в классы" in reason for reason in undo_blockers(row))


# --- Undoing --------------------------------------------------------------------------------------


def everything_of(school_class):
    """A bit of each kind of thing that a transfer touches or must leave alone."""
    pupil = make_pupil(school_class)
    make_group(school_class, make_subject("Информатика"), pupils=[pupil])
    IndividualPlan.objects.create(pupil=pupil, date_from=date(2026, 9, 1))
    make_lesson(make_course(school_class))
    make_absence(pupil)
    make_period_mark(pupil, "4")
    return pupil


@pytest.mark.parametrize("year_stands", [False, True])
def test_an_undone_transfer_leaves_every_table_as_it_was(year, deputy, year_stands):
    if year_stands:
        make_class("8А", year=make_year(2027))
    for name in ("7А", "7Б", "9А", "11А"):
        everything_of(make_class(name, year=year))
    before = digests()
    row = apply(draft(year, deputy, new_classes=["1А"]), deputy)
    assert {"journal.Enrolment", "journal.GroupMembership", "journal.IndividualPlan", "journal.Movement"} <= set(
        different(before, digests())
    )

    undo_transfer(transfer=row, by=deputy)

    assert different(before, digests()) == []
    row.refresh_from_db()
    assert (row.status, row.undone_at is not None) == (YearTransfer.Status.UNDONE, True)
    told = AuditEvent.objects.filter(subject="перевод на следующий год отменён")
    assert told.count() == 4


def test_the_demo_school_goes_there_and_back(demo):
    deputy = demo.user("deputy")
    row = drafts.start(from_year=demo.school_class("7Б").year, by=deputy)
    drafts.save_order(transfer=row, number="77-у", dated=date(2027, 5, 28), by=deputy)
    row.refresh_from_db()
    before = digests()
    undecided = plan_of(row).undecided
    assert undecided
    drafts.save_decisions(transfer=row, by=deputy, pupils={one.pupil_id: (one.kind, one.to) for one in undecided})
    row = apply(YearTransfer.objects.get(pk=row.pk), deputy)
    assert Enrolment.objects.filter(date_from=AUTUMN).count() == 168

    undo_transfer(transfer=row, by=deputy)

    assert different(before, digests()) == []


def test_after_an_undone_transfer_another_may_be_made(year, deputy):
    pupil = make_pupil(make_class("7Б", year=year))
    undo_transfer(transfer=apply(draft(year, deputy), deputy), by=deputy)

    apply(draft(year, deputy), deputy)

    assert now_in(pupil) == ["8Б"]


def put_absence(pupil, new_class, teacher):
    make_absence(pupil, AUTUMN)


def put_roll_call(pupil, new_class, teacher):
    RollCall.objects.create(school_class=new_class, date=AUTUMN)


def put_lesson(pupil, new_class, teacher):
    make_lesson(make_course(new_class), AUTUMN, 1)


def put_group(pupil, new_class, teacher):
    make_group(new_class, make_subject("Информатика"))


def put_departure(pupil, new_class, teacher):
    depart(pupil=pupil, order=make_order(date(2027, 9, 15)), by=teacher.user)


def put_vacation(pupil, new_class, teacher):
    new_class.year.vacations.filter(name="осенние каникулы").update(name="каникулы")


def put_other_teacher(pupil, new_class, teacher):
    ClassTeacher.objects.create(school_class=new_class, teacher=teacher, date_from=AUTUMN, is_acting=True)


FACTS = [put_absence, put_roll_call, put_lesson, put_departure]


@pytest.mark.parametrize(
    ("put", "year_stands"),
    [
        *((put, False) for put in [*FACTS, put_group, put_vacation, put_other_teacher]),
        # Of a class that stood before, groups and teachers are no business of the transfer.
        *((put, True) for put in FACTS),
    ],
)
def test_what_is_built_on_a_transfer_keeps_it(year, deputy, put, year_stands):
    if year_stands:
        make_class("8Б", year=make_year(2027))
    pupil = make_pupil(make_class("7Б", year=year))
    row = apply(draft(year, deputy), deputy)
    assert undo_blockers(row) == []
    put(pupil, SchoolClass.objects.get(year__name="2027/28"), make_teacher())
    before = digests()

    with pytest.raises(CannotUndo):
        undo_transfer(transfer=row, by=deputy)

    assert different(before, digests()) == []
    assert all(reason.endswith(".") for reason in report_page(row).blockers)


# --- Pages ----------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(client, deputy):
    client.force_login(deputy, backend="django.contrib.auth.backends.ModelBackend")
    return client


def url(name, *ids):
    return reverse(f"reports:{name}", args=ids)


def post(client, address, **data) -> str:
    return client.post(address, data, follow=True).content.decode()


def test_the_deputy_goes_all_the_way_by_the_pages(signed_in, year):
    seven_b = make_class("7Б", year=year)
    weak, again = make_pupil(seven_b, last_name="Слабова"), make_pupil(seven_b, last_name="Повторова")
    make_period_mark(weak, "2")
    html = post(signed_in, url("transfers"), year=year.pk)
    row = YearTransfer.objects.get()
    page, of_class = url("transfer", row.pk), url("transfer_class", row.pk, seven_b.pk)

    assert "Слабова" in html and "Выполнить перевод" not in html
    post(signed_in, page, order="1", order_number="77-у", order_date="2027-05-28")
    html = post(signed_in, page, everybody="conditional")
    assert "Выполнить перевод" in html
    html = post(signed_in, of_class, pupils="1", **{f"pupil-{again.pk}": "repeat:7Б"})
    assert "повторный год, 7Б" in html.lower().replace("7б", "7Б")
    digest = signed_in.get(page).context["page"].plan.digest
    html = post(signed_in, page, apply="1", digest=digest)

    assert "Переведено учеников: 2" in html
    assert (now_in(weak), now_in(again)) == (["8Б"], ["7Б"])
    report = signed_in.get(page).content.decode()
    assert "Перевод выполнен" in report and "Отменить весь перевод" in report
    html = post(signed_in, page, undo="1")
    assert "Перевод отменён" in html
    assert not Movement.objects.exists()
    assert "отменён" in signed_in.get(page).content.decode()


def test_classes_teachers_and_new_first_classes_are_chosen(signed_in, year):
    nine_a, teacher = make_class("9А", year=year), make_teacher()
    make_class("7Б", year=year)
    pupil = make_pupil(nine_a)
    post(signed_in, url("transfers"), year=year.pk)
    page = url("transfer", YearTransfer.objects.get().pk)

    post(signed_in, page, classes="1", **{f"class-{nine_a.pk}": "10Б", "new_classes": "1а, 1Б"})
    post(signed_in, page, classes="1", **{"teacher-10Б": str(teacher.pk), "new_classes": "1А"})

    plan = signed_in.get(page).context["page"].plan
    assert fate(pupil, plan) == ("promotion", "10Б")
    assert [(row.name, row.teacher_id) for row in plan.targets if row.grade in (1, 10)] == [
        ("1А", None), ("10Б", teacher.pk)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"classes": "1", "class": "9Б"}, "нельзя перевести в «9Б»"),
        ({"classes": "1", "new_classes": "2А"}, "«2А» — не первый класс"),
        ({"classes": "1", "teacher-8Б": "999999"}, "Такого учителя нет"),
        ({"order": "1", "order_number": "", "order_date": "2027-05-28"}, "Обязательное поле"),
        ({"apply": "1", "digest": "другой"}, "Перевод ещё не готов"),
    ],
)
def test_a_wrong_choice_is_explained(signed_in, year, data, words):
    seven_b = make_class("7Б", year=year)
    make_pupil(seven_b)
    post(signed_in, url("transfers"), year=year.pk)
    page = url("transfer", YearTransfer.objects.get().pk)
    if "class" in data:
        data = {**data, f"class-{seven_b.pk}": data["class"]}

    assert words in post(signed_in, page, **data)
    assert not Movement.objects.exists()


@pytest.mark.parametrize("value", ["repeat:9Б", "conditional:11А", "graduation:", "bogus"])
def test_an_impossible_decision_about_a_pupil_is_refused(signed_in, year, value):
    seven_b = make_class("7Б", year=year)
    pupil = make_pupil(seven_b)
    post(signed_in, url("transfers"), year=year.pk)
    address = url("transfer_class", YearTransfer.objects.get().pk, seven_b.pk)

    assert "такого решения нет" in post(signed_in, address, pupils="1", **{f"pupil-{pupil.pk}": value})
    assert YearTransfer.objects.get().decisions.get("pupils", {}) == {}


def test_a_stale_page_writes_nothing(signed_in, year, deputy):
    seven_b = make_class("7Б", year=year)
    make_pupil(seven_b)
    row = draft(year, deputy)
    digest = plan_of(row).digest
    make_pupil(seven_b)

    assert "Посмотрите ещё раз" in post(signed_in, url("transfer", row.pk), apply="1", digest=digest)
    assert not Movement.objects.exists()


def test_a_draft_is_thrown_away_and_a_written_transfer_is_not(signed_in, year, deputy):
    make_pupil(make_class("7Б", year=year))
    post(signed_in, url("transfer", draft(year, deputy).pk), discard="1")
    assert not YearTransfer.objects.exists()

    row = apply(draft(year, deputy), deputy)
    assert "уже выполнен" in post(signed_in, url("transfer", row.pk), discard="1")
    assert YearTransfer.objects.filter(pk=row.pk).exists()


def test_two_drafts_of_a_year_are_one(year, deputy):
    assert drafts.start(from_year=year, by=deputy) == drafts.start(from_year=year, by=make_user(is_deputy=True))


def test_the_transfer_is_the_deputys_alone(client, year, deputy):
    seven_b = make_class("7Б", year=year)
    row = draft(year, deputy)
    for user in (make_user(is_operator=True), teacher_user(seven_b)):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        for address in (
            url("transfers"), url("transfer", row.pk), url("transfer_class", row.pk, seven_b.pk),
            url("transfer_xlsx", row.pk), url("transfer_csv", row.pk),
        ):  # fmt: skip
            assert client.get(address).status_code == 404
        assert client.post(url("transfer", row.pk), {"discard": "1"}).status_code == 404


def test_the_table_says_of_everybody_what_is_decided_and_what_was_done(signed_in, year, deputy):
    seven_b = make_class("7Б", year=year)
    weak = make_pupil(seven_b, last_name="Слабова")
    make_period_mark(weak, "2", "Физика")
    row = draft(year, deputy)

    text = signed_in.get(url("transfer_csv", row.pk)).content.decode("utf-8-sig")
    assert "7Б;Слабова Анна;перевод на следующий год (не решено);8Б;Физика 2" in text
    drafts.save_decisions(transfer=row, by=deputy, pupils={weak.pk: ("conditional", "8Б")})
    apply(YearTransfer.objects.get(pk=row.pk), deputy)
    text = signed_in.get(url("transfer_csv", row.pk)).content.decode("utf-8-sig")
    assert "7Б;Слабова Анна;условный перевод;8Б;долги: Физика 2" in text
    assert AuditEvent.objects.filter(action=AuditEvent.Action.EXPORT, pupil_id=weak.pk).count() == 2


@pytest.mark.parametrize("size", [2, 12])
def test_draft_and_report_cost_the_same_for_any_school(
    signed_in, year, deputy, size, django_assert_max_num_queries, django_assert_num_queries
):
    for number in range(size):
        pupil = make_pupil(make_class(f"{number % 4 + 5}{'АБВ'[number // 4]}", year=year))
        make_period_mark(pupil, "2" if number % 2 else "4")
    row = draft(year, deputy)

    # session, user, teacher; transfer, open job, following year, classes, pupils, teachers twice, leaders, marks twice,
    # groups and plans, trail
    with django_assert_num_queries(15):
        signed_in.get(url("transfer", row.pk))
    undecided = plan_of(row).undecided
    drafts.save_decisions(transfer=row, by=deputy, pupils={one.pupil_id: (one.kind, one.to) for one in undecided})
    row = apply(YearTransfer.objects.get(pk=row.pk), deputy)
    with django_assert_max_num_queries(70):  # one a kind of thing that may lean on the new year, not one a row
        signed_in.get(url("transfer", row.pk))


def test_the_last_course_of_a_year_is_shown_on_the_last_day_of_a_leap_year(clock):
    """The old year of 365 days back would be forgotten on 31 August of a leap year."""
    seven_b = make_class("7Б", year=make_year(2027))
    course: Course = make_course(seven_b)

    assert courses_of_teacher(course.teacher.user, date(2028, 8, 31)) == [course]
