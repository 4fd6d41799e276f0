"""What families announce: its rules, what the class teacher makes of it, and who reads it."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from accounts.models import AuditEvent
from attendance.announced import announced_on
from attendance.models import Absence, AbsenceChange, Announcement, ClosedMonth
from attendance.queries import totals_by_pupil
from attendance.services import Press, mark_absence
from attendance.services.announcements import (
    CannotAnnounce,
    come_back,
    decline,
    withdraw,
)
from journal.calendar import load_calendar
from journal.lessons import class_lessons
from tests.attendance.announcing import announcer, confirmer
from tests.factories import (
    MONDAY,
    make_absence,
    make_class,
    make_course,
    make_guardian,
    make_pupil,
    make_slot,
    make_user,
    teacher_user,
)

pytestmark = pytest.mark.django_db
TUESDAY, WEDNESDAY, FRIDAY = (MONDAY + timedelta(days=n) for n in (1, 2, 4))
LAST_FRIDAY = MONDAY - timedelta(days=3)


@pytest.fixture(autouse=True)
def morning(clock):
    clock(datetime(2026, 11, 16, 7, 30))


@pytest.fixture
def school_class():
    return make_class("7Б")


@pytest.fixture
def child(school_class):
    return make_pupil(school_class, last_name="Родионов", first_name="Тимофей")


@pytest.fixture
def mother(child):
    user = make_user(last_name="Родионова", first_name="Ольга")
    make_guardian(child, user=user)
    return user


@pytest.fixture
def calendar(school_class):
    return load_calendar(school_class.year)


@pytest.fixture
def say(child, mother, calendar):
    return announcer(child, mother, calendar)


@pytest.fixture
def confirm(school_class, calendar, clock):
    return confirmer(school_class, calendar, clock)


def places(child) -> list[tuple]:
    return list(Absence.objects.filter(pupil=child).order_by("date", "lesson").values_list("date", "lesson", "reason"))


# --- Announcing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cause", "reason", "words"),
    [
        ("ill", "ill", "заболел(а)"),
        ("family", "excused", "по семейным обстоятельствам"),
        ("doctor", "excused", "к врачу"),
    ],
)
def test_the_words_of_a_parent_are_kept_and_are_a_reason_of_the_register(say, cause, reason, words):
    row = say(cause=cause, comment="до обеда")

    stored = Announcement.objects.get()
    assert (stored, stored.reason, stored.words, stored.comment) == (row, reason, words, "до обеда")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"day": FRIDAY, "until": TUESDAY}, "День «по» раньше дня «с»: исправьте один из них."),
        ({"day": date(2026, 11, 10)}, "О прошедшем можно сообщить не больше чем за 3 учебных дня: с 11.11.2026."),
        ({"day": MONDAY, "until": date(2027, 1, 16)}, "не больше чем за 60 дней: до 15.01.2027."),
        ({"day": date(1, 1, 1)}, "О прошедшем можно сообщить не больше"),
        ({"day": date(9999, 12, 31)}, "Учебный год заканчивается 31.05.2027"),
        ({"day": date(2026, 11, 21), "until": date(2026, 11, 22)}, "21–22 ноября: уроков нет (выходной)"),
        (
            {"day": date(2026, 12, 31), "until": date(2027, 1, 8)},
            "31 декабря – 8 января: уроков нет (перенос выходного",
        ),
        ({"lessons": (1, 9), "own": frozenset({1, 2})}, "16 ноября: урока 9 у ребёнка нет."),
        ({"lessons": (8, 9), "own": frozenset({1, 2})}, "16 ноября: уроков 8, 9 у ребёнка нет."),
        ({"until": TUESDAY, "lessons": (1,)}, "Уроки отмечают для одного дня."),
        ({"cause": "прогул"}, "Выберите причину: заболел(а), по семейным обстоятельствам или к врачу."),
        ({"comment": "ю" * 302}, "Пояснение не длиннее 300 знаков: сократите на 2 знака."),
    ],
)
def test_what_cannot_be_announced_is_said_in_words(say, wish, words):
    with pytest.raises(CannotAnnounce) as refusal:
        say(**wish)

    assert words in str(refusal.value)
    assert not Announcement.objects.exists()


@pytest.mark.parametrize("wish", [{"day": date(2026, 11, 11)}, {"day": FRIDAY, "until": date(2027, 1, 15)}])
def test_three_school_days_back_and_sixty_days_ahead_may_be_announced(say, wish):
    assert say(**wish).date_from == wish["day"]


def test_the_end_of_the_year_is_told_before_the_limit_of_days(say):
    with pytest.raises(CannotAnnounce, match=r"Учебный год заканчивается 31\.05\.2027"):
        say(date(2027, 5, 24), until=date(2027, 6, 2), today=date(2027, 5, 20))


def test_days_of_a_closed_month_are_not_announced_any_more(say):
    ClosedMonth.objects.create(month=date(2026, 11, 1), closed_by=make_user())

    with pytest.raises(CannotAnnounce, match=r"Пропуски за 11\.2026 школа уже подвела"):
        say()


def test_a_child_who_has_left_is_not_announced(say, child):
    child.enrolments.update(date_to=LAST_FRIDAY)

    with pytest.raises(CannotAnnounce, match="Тимофей в эти дни не числится в классе"):
        say()


def test_the_same_form_sent_twice_announces_once(say):
    key = uuid4()

    assert say(key=key) == say(key=key)
    assert say() == say()  # without a key the same words about the same days
    assert Announcement.objects.count() == 1


def test_a_form_that_comes_back_with_other_words_is_no_repeat(say):
    key = uuid4()
    say(key=key)

    with pytest.raises(CannotAnnounce, match="Вы уже сообщили об этих днях"):
        say(key=key, cause="doctor")


def test_a_repeat_after_withdrawing_does_not_announce_anew(say, mother):
    key = uuid4()
    withdraw(announcement=say(key=key), by=mother)

    assert say(key=key).withdrawn_at is not None
    assert Announcement.objects.count() == 1


def test_days_announced_already_lead_to_that_announcement(say):
    first = say(MONDAY, until=WEDNESDAY)

    with pytest.raises(CannotAnnounce, match="16–18 ноября, весь день: заболел") as refusal:
        say(WEDNESDAY, until=FRIDAY)

    assert refusal.value.standing == first


def test_the_other_guardians_announcement_stands_and_is_not_offered_for_a_change(say, child):
    say()
    father = make_user()
    make_guardian(child, user=father)

    with pytest.raises(CannotAnnounce, match="уже сообщил другой представитель") as refusal:
        say(by=father)

    assert refusal.value.standing is None


def test_a_change_takes_the_place_of_the_former_announcement(say):
    first = say(MONDAY, until=FRIDAY)

    second = say(MONDAY, until=TUESDAY, cause="doctor", replaces=first.pk)

    assert list(Announcement.objects.open()) == [second]
    assert AuditEvent.objects.filter(object_type="announcement", object_id=first.pk).count() == 2


def test_a_confirmed_announcement_is_not_changed(say, confirm):
    first = say(MONDAY, until=FRIDAY)
    confirm(first)

    with pytest.raises(CannotAnnounce, match=r"16\.11 классный руководитель уже учёл"):
        say(MONDAY, until=TUESDAY, replaces=first.pk)
    with pytest.raises(CannotAnnounce, match=r"16\.11 классный руководитель учёл"):
        say(TUESDAY)


def test_only_the_own_announcement_is_replaced(say, child):
    first = say()
    father = make_user()
    make_guardian(child, user=father)

    with pytest.raises(CannotAnnounce, match="Прежнее заявление не найдено"):
        say(by=father, replaces=first.pk)


# --- Withdrawing and shortening -------------------------------------------------------------------


def test_what_nobody_confirmed_is_withdrawn_whole(say, mother):
    row = say(MONDAY, until=FRIDAY)

    withdraw(announcement=row, by=mother)
    withdraw(announcement=row, by=mother)

    assert not Announcement.objects.open().exists()
    assert AuditEvent.objects.filter(new={"отозвано": True}).count() == 1


def test_of_what_is_confirmed_only_coming_days_are_withdrawn(say, confirm, mother):
    row = say(MONDAY, until=FRIDAY)
    confirm(row)

    with pytest.raises(CannotAnnounce, match=r"16\.11 классный руководитель уже учёл\. Отозвать можно"):
        withdraw(announcement=row, by=mother)
    come_back(announcement=row, day=WEDNESDAY, by=mother, today=MONDAY)

    assert Announcement.objects.get().date_to == TUESDAY


@pytest.mark.parametrize(
    ("day", "today", "words"),
    [
        (TUESDAY, WEDNESDAY, "Прошедшие дни отозвать нельзя"),
        (MONDAY, MONDAY, "нажмите «Отозвать»"),
        (TUESDAY, MONDAY, "17.11 классный руководитель уже учёл. Выберите более поздний день."),
    ],
)
def test_a_day_from_which_nothing_can_be_withdrawn_is_refused(say, confirm, mother, day, today, words):
    row = say(MONDAY, until=FRIDAY)
    confirm(row, TUESDAY)

    with pytest.raises(CannotAnnounce, match=words):
        come_back(announcement=row, day=day, by=mother, today=today)

    assert Announcement.objects.get().date_to == FRIDAY


def test_what_is_withdrawn_or_declined_is_not_decided_again(say, confirm, mother):
    gone, refused = say(MONDAY), say(TUESDAY)
    withdraw(announcement=gone, by=mother)
    decline(announcement=refused, note="Олимпиада в другой день", by=make_user())

    with pytest.raises(CannotAnnounce, match="Семья уже отозвала"):
        confirm(gone)
    with pytest.raises(CannotAnnounce, match="Семья уже отозвала"):
        decline(announcement=gone, note="поздно", by=make_user())
    with pytest.raises(CannotAnnounce, match="Заявление уже отклонено"):
        confirm(refused, TUESDAY)
    with pytest.raises(CannotAnnounce, match="уже отклонил это заявление"):
        withdraw(announcement=refused, by=mother)


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("  ", "Напишите, почему заявление отклонено"),
        ("ы" * 301, "Причина не длиннее 300 знаков: сократите на 1 знак."),
    ],
)
def test_a_refusal_has_a_reason(say, note, words):
    with pytest.raises(CannotAnnounce, match=words):
        decline(announcement=say(), note=note, by=make_user())

    assert Announcement.objects.open().exists()


# --- Confirming -----------------------------------------------------------------------------------


def test_an_announcement_is_no_mark_until_it_is_confirmed(say, confirm, child, school_class, calendar):
    make_slot(make_course(school_class), 1, 1)

    def missed():
        lessons = class_lessons(school_class, MONDAY, FRIDAY, calendar)
        total = totals_by_pupil(lessons, MONDAY, FRIDAY, calendar.school)[child.pk]
        return total.days.total(), total.lessons_all, total.attendance_percent

    before = missed()
    row = say()
    assert missed() == before == (0, 0, 100.0)

    confirm(row)
    assert missed() == (1, 1, 0.0)


def test_confirming_marks_the_days_up_to_today_and_leaves_the_coming_ones(say, confirm, child, school_class):
    row = say(LAST_FRIDAY, until=TUESDAY)

    taken = confirm(row)

    assert taken.days == (LAST_FRIDAY, MONDAY)
    assert places(child) == [(LAST_FRIDAY, 0, "ill"), (MONDAY, 0, "ill")]
    changes = AbsenceChange.objects.values_list("source", "announcement", "by")
    assert set(changes) == {("parent", row.pk, teacher_user(school_class).pk)}


def test_confirming_twice_marks_once_and_the_next_day_only_that_day(say, confirm, child):
    row = say(MONDAY, until=TUESDAY)

    assert [confirm(row).days, confirm(row).days, confirm(row, TUESDAY).days] == [(MONDAY,), (), (TUESDAY,)]
    assert AbsenceChange.objects.count() == 2


def test_what_stands_already_is_left_and_told(say, confirm, child):
    make_absence(child, LAST_FRIDAY, reason="unexcused")
    make_absence(child, MONDAY, lesson=2, reason="late")
    whole = say(LAST_FRIDAY)
    some = say(MONDAY, lessons=(1, 2))

    assert confirm(whole).skipped == ("13.11: уже стоит Н",)
    taken = confirm(some)

    assert (taken.days, taken.skipped) == ((MONDAY,), ("16.11: 2 урок, уже стоит О",))
    assert places(child) == [(LAST_FRIDAY, 0, "unexcused"), (MONDAY, 1, "ill"), (MONDAY, 2, "late")]


def test_a_lesson_under_a_whole_day_mark_is_covered(say, confirm, child):
    make_absence(child, MONDAY, reason="excused")

    assert confirm(say(lessons=(1,))).skipped == ("16.11: 1 урок, уже стоит У",)


def test_the_announcement_answers_a_fact_whose_reason_nobody_knew(say, confirm, child):
    make_absence(child, MONDAY, lesson=1, reason="unexcused", is_confirmed=False)

    assert confirm(say(lessons=(1,))).days == (MONDAY,)

    fact = Absence.objects.get()
    assert (fact.reason, fact.is_confirmed) == ("ill", True)


def test_a_day_of_a_closed_month_is_left_and_told(say, confirm, child):
    row = Announcement.objects.create(
        pupil=child, date_from=date(2026, 10, 23), date_to=date(2026, 11, 3), reason="ill", announced_by=make_user()
    )
    ClosedMonth.objects.create(month=date(2026, 10, 1), closed_by=make_user())

    taken = confirm(row)

    assert taken.skipped == ("23.10: месяц закрыт",)
    assert taken.days == (date(2026, 11, 2), date(2026, 11, 3))


def test_nothing_is_confirmed_before_its_day(say, confirm):
    with pytest.raises(CannotAnnounce, match="ещё не наступил"):
        confirm(say(TUESDAY))

    assert not Absence.objects.exists()


def test_a_day_taken_back_on_the_sheet_waits_again(say, confirm, child, school_class, calendar):
    row = say()
    confirm(row)
    key = AbsenceChange.objects.get().key
    press = Press(child.pk, 0, "ill", "", uuid4(), undoes=key)
    mark_absence(
        school_class=school_class,
        day=MONDAY,
        press=press,
        calendar=calendar,
        by=teacher_user(school_class),
        session="0123456789abcdef",
    )

    assert confirm(row).days == (MONDAY,)


def test_days_in_another_class_are_marked_there(say, confirm, child, school_class):
    former = make_class("7А", year=school_class.year)
    child.enrolments.update(date_from=MONDAY)
    child.enrolments.create(school_class=former, date_from=school_class.year.date_from, date_to=LAST_FRIDAY)

    assert confirm(say(LAST_FRIDAY, until=MONDAY)).days == (MONDAY,)


def test_the_offer_for_a_day_knows_the_words_of_the_family(say, child):
    say(cause="doctor")

    assert (announced_on([child.pk], MONDAY)[child.pk].words, announced_on([child.pk], TUESDAY)) == ("к врачу", {})
