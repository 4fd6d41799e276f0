"""Documents: what they take, what they prefill, and that removing them restores exactly what stood before."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from attendance.models import Absence, AbsenceChange, AbsenceDocument, ClosedMonth, DocumentHold, RollCall
from attendance.services import CannotMark
from attendance.services.document_places import WhyNeeded
from attendance.services.documents import (
    stamp_of,
)
from tests.attendance.office import Office, everything, standing
from tests.factories import MONDAY, make_absence, make_class, make_pupil, make_user, teacher_user

pytestmark = pytest.mark.django_db

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = (MONDAY + timedelta(days=n) for n in range(1, 6))
NEXT_MONDAY = MONDAY + timedelta(days=7)


@pytest.fixture(autouse=True)
def wednesday_morning(clock):
    clock(datetime(2026, 11, 18, 8, 20))


@pytest.fixture
def school_class():
    return make_class("7Б")


@pytest.fixture
def office(school_class):
    return Office(school_class, teacher_user(school_class))


# --- What a document takes ------------------------------------------------------------------------


def test_it_gives_its_reason_to_every_absence_inside_its_dates_but_not_to_lateness(school_class, office):
    pupil = make_pupil(school_class)
    make_absence(pupil, MONDAY, reason="unexcused")
    make_absence(pupil, TUESDAY, lesson=3, reason="unexcused", is_confirmed=False)
    make_absence(pupil, TUESDAY, lesson=1, reason="late", minutes=10)
    make_absence(pupil, MONDAY - timedelta(days=3), reason="unexcused")

    document = office.add(pupil, end=TUESDAY)

    assert standing(pupil) == {
        (MONDAY - timedelta(days=3), 0): ("unexcused", True, None),
        (MONDAY, 0): ("ill", True, document.pk),
        (TUESDAY, 3): ("ill", True, document.pk),
        (TUESDAY, 1): ("late", True, None),
    }
    change = AbsenceChange.objects.get(date=TUESDAY)
    assert (change.old, change.new, change.source, change.document) == ("unexcused", "ill", "document", document)


def test_past_days_are_not_invented_and_coming_school_days_are_prefilled(school_class, office):
    pupil = make_pupil(school_class)

    document = office.add(pupil, end=NEXT_MONDAY)

    days = [WEDNESDAY, THURSDAY, FRIDAY, NEXT_MONDAY]  # neither the weekend nor Monday and Tuesday that were
    assert standing(pupil) == {(day, 0): ("ill", True, document.pk) for day in days}


@pytest.mark.parametrize("why_not", ["roll call", "lateness"])
def test_today_is_not_prefilled_once_it_is_known(school_class, office, why_not):
    pupil = make_pupil(school_class)
    if why_not == "roll call":
        RollCall.objects.create(school_class=school_class, date=WEDNESDAY)
    else:
        make_absence(pupil, WEDNESDAY, lesson=1, reason="late")

    office.add(pupil, start=WEDNESDAY, end=THURSDAY)

    assert (WEDNESDAY, 0) not in standing(pupil)
    assert (THURSDAY, 0) in standing(pupil)


def test_only_days_on_the_roll_of_the_own_class_are_touched(school_class, office):
    before = make_class("7А", year=school_class.year)
    pupil = make_pupil(before, until=MONDAY)
    pupil.enrolments.create(school_class=school_class, date_from=TUESDAY, date_to=THURSDAY)
    make_absence(pupil, MONDAY, reason="unexcused")
    make_absence(pupil, TUESDAY, reason="unexcused")

    document = office.add(pupil)

    assert {day for (day, _), found in standing(pupil).items() if found[2] == document.pk} == {
        TUESDAY, WEDNESDAY, THURSDAY,
    }  # fmt: skip
    by_deputy = office.add(pupil, number="13", by=make_user(is_deputy=True))
    assert standing(pupil)[MONDAY, 0] == ("ill", True, by_deputy.pk)


def test_a_pupil_off_the_roll_and_dates_outside_the_year_are_refused(school_class, office):
    pupil = make_pupil(school_class, until=MONDAY)

    with pytest.raises(CannotMark, match="нет в списке класса"):
        office.add(pupil, start=TUESDAY)
    with pytest.raises(CannotMark, match="учебного года"):
        office.add(pupil, start=date(2026, 8, 1))
    with pytest.raises(CannotMark, match="раньше первого"):
        office.add(pupil, start=FRIDAY, end=MONDAY)
    assert not AbsenceDocument.objects.exists()


def test_the_same_paper_sent_twice_is_one_document(school_class, office):
    pupil, other = make_pupil(school_class), make_pupil(school_class)

    first = office.add(pupil, kind="order", reason="excused")
    assert office.add(pupil, kind="order", reason="excused") == first
    assert (DocumentHold.objects.count(), AuditEvent.objects.count()) == (3, 1)

    # The order sent again with one pupil more gains just this one.
    [again, new] = office.add(pupil, other, kind="order", reason="excused")
    assert again == first
    assert new.pupil == other
    assert AbsenceDocument.objects.count() == 2


# --- A closed month -------------------------------------------------------------------------------


def test_a_closed_month_is_changed_by_the_deputy_with_a_reason_only(school_class, office):
    pupil = make_pupil(school_class)
    make_absence(pupil, MONDAY, reason="unexcused")
    make_absence(pupil, date(2026, 10, 30) - timedelta(days=14), reason="unexcused")
    ClosedMonth.objects.create(month=date(2026, 10, 1), closed_by=make_user(is_deputy=True))
    start, deputy = date(2026, 10, 12), make_user(is_deputy=True)

    with pytest.raises(CannotMark, match="заместитель директора"):
        office.add(pupil, start=start)
    with pytest.raises(WhyNeeded, match="октября"):
        office.add(pupil, start=start, by=deputy)
    assert not AbsenceDocument.objects.exists()
    # A paper that reaches into the month but changes nothing there is nobody's business.
    office.remove(office.add(pupil, start=date(2026, 10, 19)))

    document = office.add(pupil, start=start, by=deputy, why="справка пришла поздно")
    whys = AbsenceChange.objects.filter(document=document).values_list("date__month", "why")
    assert set(whys) == {(10, "справка пришла поздно"), (11, "")}

    with pytest.raises(CannotMark, match="заместитель директора"):
        office.remove(document)
    with pytest.raises(WhyNeeded):
        office.change(document, by=deputy, date_from=MONDAY)
    office.remove(document, by=deputy, why="не тот ученик")
    assert {found[0] for found in standing(pupil).values()} == {"unexcused"}


# --- Removing and correcting ----------------------------------------------------------------------


def test_removing_restores_reason_state_author_and_time(school_class, office):
    pupil, colleague = make_pupil(school_class), make_user()
    then = timezone.now() - timedelta(days=1)
    make_absence(pupil, MONDAY, reason="unexcused", is_confirmed=False, marked_by=colleague, marked_at=then)
    make_absence(pupil, TUESDAY, lesson=2, reason="ill", marked_by=None, marked_at=then)  # from an import
    before = everything(pupil)

    document = office.add(pupil)
    assert everything(pupil) != before
    office.remove(document)

    assert everything(pupil) == before
    document.refresh_from_db()
    assert (document.removed_by, document.removed_at is not None) == (office.by, True)
    assert not document.holds.exists()


def test_a_removed_document_is_not_removed_again(school_class, office):
    pupil = make_pupil(school_class)
    document = office.add(pupil)
    office.remove(document)
    at = AbsenceDocument.objects.get().removed_at
    office.press(pupil, TUESDAY, 0, "ill")

    assert office.remove(document) == []
    assert AbsenceDocument.objects.get().removed_at == at
    assert standing(pupil) == {(TUESDAY, 0): ("ill", True, None)}


def test_a_press_over_the_document_stays_when_the_document_goes(school_class, office):
    pupil = make_pupil(school_class)
    make_absence(pupil, MONDAY, reason="unexcused")
    document = office.add(pupil)
    office.press(pupil, MONDAY, 0, "excused")
    office.press(pupil, WEDNESDAY, 0, "")

    office.remove(document)

    assert standing(pupil) == {(MONDAY, 0): ("excused", True, None)}


def test_an_undone_press_gives_the_place_back_and_removal_still_restores(school_class, office):
    pupil, key = make_pupil(school_class), uuid4()
    make_absence(pupil, MONDAY, reason="unexcused")
    document = office.add(pupil)
    office.press(pupil, MONDAY, 0, "excused", key=key)
    office.press(pupil, MONDAY, 0, "ill", undoes=key)
    assert standing(pupil)[MONDAY, 0] == ("ill", True, document.pk)

    office.remove(document)

    assert standing(pupil) == {(MONDAY, 0): ("unexcused", True, None)}


def test_a_press_undone_after_an_older_document_went_does_not_bring_that_one_back(school_class, office):
    pupil, key = make_pupil(school_class), uuid4()
    make_absence(pupil, MONDAY, reason="unexcused")
    older = office.add(pupil, reason="excused", kind="note")
    newer = office.add(pupil)
    office.press(pupil, MONDAY, 0, "unexcused", key=key)
    office.remove(older)
    office.press(pupil, MONDAY, 0, "ill", undoes=key)
    assert standing(pupil)[MONDAY, 0] == ("ill", True, newer.pk)

    office.remove(newer)

    assert standing(pupil) == {(MONDAY, 0): ("unexcused", True, None)}


def test_a_document_without_holds_leaves_the_letters_and_goes(school_class, office):
    pupil = make_pupil(school_class)
    document = AbsenceDocument.objects.create(
        pupil=pupil, kind="certificate", reason="ill", date_from=MONDAY, date_to=MONDAY, added_by=office.by
    )
    make_absence(pupil, MONDAY, document=document)

    office.remove(document)

    assert standing(pupil) == {(MONDAY, 0): ("ill", True, None)}


def test_extending_takes_the_new_days_only(school_class, office):
    pupil = make_pupil(school_class)
    document = office.add(pupil, start=MONDAY, end=THURSDAY)
    office.press(pupil, WEDNESDAY, 0, "")  # came all the same

    office.change(document, date_to=NEXT_MONDAY)

    assert sorted(day for day, _ in standing(pupil)) == [THURSDAY, FRIDAY, NEXT_MONDAY]
    office.change(document, date_to=FRIDAY)
    assert sorted(day for day, _ in standing(pupil)) == [THURSDAY, FRIDAY]
    event = AuditEvent.objects.latest("pk")
    assert (event.old, event.new) == ({"date_to": "2026-11-23"}, {"date_to": "2026-11-20"})


def test_a_correction_made_from_an_old_page_is_refused(school_class, office):
    document = office.add(make_pupil(school_class))
    seen = stamp_of(document)
    office.change(document, note="оригинал принесли")

    with pytest.raises(CannotMark, match="документ изменили"):
        office.change(document, seen=seen, note="")
    assert AbsenceDocument.objects.get().note == "оригинал принесли"


# --- A fact from a lesson -------------------------------------------------------------------------


def test_a_fact_inside_the_dates_is_answered_at_once_and_comes_back_with_the_removal(school_class, office):
    pupil, teacher = make_pupil(school_class), make_user()
    office.add(pupil, reason="excused", kind="note", end=TUESDAY)
    document = office.add(pupil, end=TUESDAY)

    row = office.fact(pupil, TUESDAY, 4, teacher)

    assert (row.reason, row.is_confirmed, row.document, row.marked_by) == ("ill", True, document, office.by)
    change = AbsenceChange.objects.latest("pk")
    assert (change.old, change.new, change.source, change.by) == ("unexcused", "ill", "document", teacher)
    office.remove(document)
    row = Absence.objects.get()
    assert (row.reason, row.is_confirmed, row.document, row.marked_by) == ("unexcused", False, None, teacher)


def test_a_fact_outside_the_dates_or_under_a_removed_document_waits_for_its_reason(school_class, office):
    pupil, teacher = make_pupil(school_class), make_user()
    office.remove(office.add(pupil, end=TUESDAY))

    for day in (TUESDAY, WEDNESDAY):
        row = office.fact(pupil, day, 4, teacher)
        assert (row.reason, row.is_confirmed, row.document) == ("unexcused", False, None)
