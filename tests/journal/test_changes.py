"""Corrections that lose nothing: a form that carries what it showed, and a write that compares it with what stands."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Barrier

import pytest
from django import forms
from django.db import connection
from django.http import QueryDict

from accounts.models import AuditEvent
from journal.forms.base import EditForm, conflict_words, when
from journal.models import Guardian, Guardianship, Pupil, School, TimetableSlot
from journal.services.changes import Conflict, edit_row, last_change, record_change
from tests.factories import make_class, make_course, make_guardian, make_pupil, make_school, make_slot, make_user


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock(datetime(2026, 11, 23, 8, 20))


class CardForm(EditForm):
    class Meta:
        model = Pupil
        fields = ("last_name", "first_name", "sex", "birth_date", "phone", "address")


class MailForm(EditForm):
    class Meta:
        model = Guardian
        fields = ("email", "phone_mobile")


class SchoolForm(EditForm):
    class Meta:
        model = School
        fields = ("name", "sensitive_block", "group_size_warning")


class SlotForm(EditForm):
    class Meta:
        model = TimetableSlot
        fields = ("weekday", "number", "date_from", "date_to", "room")


def typed(form_class, row, **values) -> QueryDict:
    """What the browser sends: everything as the page showed it, but for what the person typed."""
    page = form_class(instance=form_class._meta.model.objects.get(pk=row.pk))
    data = QueryDict(mutable=True)
    for name in page.fields:
        value = page.initial["seen"] if name == "seen" else values.get(name, page.shown[name])
        if value != "" or not isinstance(page.fields[name], forms.BooleanField):
            data[name] = value
    return data


def bound(form_class, row, data):
    form = form_class(data, instance=form_class._meta.model.objects.get(pk=row.pk))
    form.is_valid()
    return form


def edit(row, changes, by, **fields):
    return edit_row(row, changes, by=by, pupil_ids=fields.pop("pupil_ids", [row.pk]), subject="карточка", **fields)


# --- The form -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_only_what_the_person_touched_is_a_change():
    pupil = make_pupil(phone="67-46-30", address="ул. Мира, 1")

    form = bound(CardForm, pupil, typed(CardForm, pupil, phone="+7 900 000-00-01"))

    assert form.changes() == {"phone": ("67-46-30", "+7 900 000-00-01")}


@pytest.mark.django_db
def test_nothing_touched_is_no_change_whatever_the_kind_of_field():
    pupil = make_pupil(phone="8 (8652) 67-46-30", address="а")
    assert bound(CardForm, pupil, typed(CardForm, pupil)).changes() == {}
    school = make_school()
    assert bound(SchoolForm, school, typed(SchoolForm, school)).changes() == {}


@pytest.mark.django_db
def test_a_tick_is_a_change_in_both_directions():
    school = make_school()
    form = bound(SchoolForm, school, typed(SchoolForm, school, sensitive_block="on"))
    assert form.changes() == {"sensitive_block": (False, True)}

    School.objects.update(sensitive_block=True)
    data = typed(SchoolForm, school)
    del data["sensitive_block"]
    form = bound(SchoolForm, school, data)

    assert form.changes() == {"sensitive_block": (True, False)}


@pytest.mark.django_db
def test_dates_and_choices_keep_their_types():
    pupil = make_pupil(sex="f", birth_date=date(2013, 5, 14))
    form = bound(CardForm, pupil, typed(CardForm, pupil, sex="m", birth_date="2013-05-15"))
    assert form.changes() == {"sex": ("f", "m"), "birth_date": (date(2013, 5, 14), date(2013, 5, 15))}


@pytest.mark.django_db
def test_an_odd_value_of_an_old_file_bars_nothing_until_it_is_touched():
    guardian = make_guardian(email="мама@дом", phone_mobile="1")

    form = bound(MailForm, guardian, typed(MailForm, guardian, phone_mobile="2"))
    assert form.errors == {} and form.changes() == {"phone_mobile": ("1", "2")}

    form = bound(MailForm, guardian, typed(MailForm, guardian, email="папа@дом"))
    assert list(form.errors) == ["email"]


@pytest.mark.django_db
def test_an_empty_field_that_is_needed_is_still_asked_for():
    pupil = make_pupil(last_name="")
    assert list(bound(CardForm, pupil, typed(CardForm, pupil, phone="1")).errors) == ["last_name"]


@pytest.mark.django_db
def test_a_new_row_is_checked_whole():
    class NewForm(CardForm):
        sex = forms.ChoiceField(choices=[("x", "нет такого")], initial="x")

    form = NewForm(QueryDict("sex=y"), instance=Pupil(sex="y"))
    assert not form.is_valid() and {"sex", "last_name"} <= set(form.errors)


@pytest.mark.django_db
def test_a_constraint_over_an_untouched_field_is_still_said_kindly():
    slot = make_slot(make_course(make_class()), 1, 1)
    form = bound(SlotForm, slot, typed(SlotForm, slot, date_to="2026-08-01"))
    assert not form.is_valid()


@pytest.mark.django_db
@pytest.mark.parametrize("seen", ["", "не JSON", "[1]", "null", "[" * 100_000])
def test_a_request_without_what_was_shown_is_compared_with_what_stands(seen):
    pupil = make_pupil(phone="1")
    data = typed(CardForm, pupil, phone="2")
    data["seen"] = seen
    assert bound(CardForm, pupil, data).changes() == {"phone": ("1", "2")}


@pytest.mark.django_db
def test_after_a_conflict_both_values_stand_and_the_second_press_takes_the_own_one():
    pupil, colleague = make_pupil(phone="1"), make_user(last_name="Орлова", first_name="Мария")
    data = typed(CardForm, pupil, phone="3", address="ул. Мира")
    edit(Pupil.objects.get(pk=pupil.pk), {"phone": ("1", "2")}, colleague)
    form = bound(CardForm, pupil, data)

    with pytest.raises(Conflict) as caught:
        edit(form.instance, form.changes(), make_user())
    form.show_conflict(caught.value)

    assert "Орлова М. в 08:20 изменил(а) это поле: «2»" in form.errors["phone"][0]
    assert form["phone"].value() == "3"
    again = data.copy()
    again["seen"] = form["seen"].value()
    assert json.loads(again["seen"])["phone"] == "2"
    edit(pupil, bound(CardForm, pupil, again).changes(), make_user())
    pupil.refresh_from_db()
    assert (pupil.phone, pupil.address) == ("3", "ул. Мира")


@pytest.mark.django_db
def test_a_conflict_of_a_choice_and_of_a_day_is_told_in_words():
    pupil = make_pupil(sex="f")
    form = bound(CardForm, pupil, typed(CardForm, pupil))
    assert form.words_of("sex", "m") == "мужской"
    assert form.words_of("birth_date", date(2013, 5, 14)) == "14.05.2013"
    assert form.words_of("phone", "") == ""


def test_when_tells_the_day_unless_it_is_today(clock):
    from django.utils import timezone

    at = timezone.now()
    assert when(at) == "в 08:20"
    clock(datetime(2026, 11, 24, 8, 0))
    assert when(at) == "23.11 в 08:20"
    assert conflict_words("", "", None).startswith(
        "Пока страница была открыта, кто-то другой изменил(а) это поле: пусто."
    )


# --- The write ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_change_is_written_and_told():
    pupil, by = make_pupil(phone="1"), make_user()

    changed = edit(pupil, {"phone": ("1", "2")}, by, address="10.0.0.7")

    pupil.refresh_from_db()
    event = AuditEvent.objects.get()
    assert (pupil.phone, changed) == ("2", {"phone": ("1", "2")})
    assert (event.actor, event.pupil_id, event.object_type, event.object_id) == (by, pupil.pk, "pupil", pupil.pk)
    assert (event.old, event.new, event.address) == ({"phone": "1"}, {"phone": "2"}, "10.0.0.7")


@pytest.mark.django_db
def test_the_wanted_value_that_stands_already_is_no_change_and_no_conflict():
    pupil = make_pupil(phone="2")
    assert edit(pupil, {"phone": ("1", "2")}, make_user()) == {}
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
def test_a_conflict_writes_nothing_of_the_row():
    pupil, colleague = make_pupil(phone="1", address="а"), make_user(last_name="Орлова", first_name="Мария")
    edit(Pupil.objects.get(pk=pupil.pk), {"phone": ("1", "2")}, colleague)

    with pytest.raises(Conflict) as caught:
        edit(pupil, {"phone": ("1", "3"), "address": ("а", "б")}, make_user())

    pupil.refresh_from_db()
    standing = caught.value.fields["phone"]
    assert (pupil.phone, pupil.address) == ("2", "а")
    assert (list(caught.value.fields), standing.value, standing.by) == (["phone"], "2", "Орлова М.")
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db
def test_a_new_name_is_found_by_the_search():
    pupil = make_pupil(last_name="Иванова")
    edit(pupil, {"last_name": ("Иванова", "Фёдорова")}, make_user())
    assert list(Pupil.objects.search("федор")) == [pupil]


@pytest.mark.django_db
def test_the_trail_never_holds_a_snils():
    pupil = make_pupil()
    edit(pupil, {"snils": ("", "11223344595")}, make_user())
    edit(pupil, {"snils": ("11223344595", "")}, make_user())

    pupil.refresh_from_db()
    assert pupil.snils == ""
    assert [(e.old, e.new) for e in AuditEvent.objects.order_by("pk")] == [
        ({"snils": ""}, {"snils": "изменён"}), ({"snils": "изменён"}, {"snils": ""}),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_guardians_change_stands_on_the_card_of_each_child():
    first, second = make_pupil(), make_pupil()
    guardian = make_guardian(first, second, phone_mobile="1")
    edit(guardian, {"phone_mobile": ("1", "2")}, make_user(), pupil_ids=[first.pk, second.pk])
    assert set(AuditEvent.objects.values_list("pupil_id", flat=True)) == {first.pk, second.pk}


@pytest.mark.django_db
def test_a_new_row_is_told_with_what_it_holds():
    pupil = make_pupil()
    make_guardian(pupil)
    tie = Guardianship.objects.get()
    fields = {
        "kinship": (None, "mother"),
        "informing_since": (None, date(2026, 9, 1)),
        "guardian": (None, tie.guardian),
    }

    record_change(tie, fields, by=None, pupil_ids=[pupil.pk], subject="новый представитель")

    event = AuditEvent.objects.get()
    assert event.new == {"kinship": "mother", "informing_since": "2026-09-01", "guardian": tie.guardian.full_name}
    assert last_change(tie, "kinship").by == ""


# --- Two people at one moment ---------------------------------------------------------------------

ROUNDS = 10


def both(first, second):
    """Run two calls at one moment, each on its own connection; their results or the conflicts."""
    gate = Barrier(2)

    def run(call):
        try:
            gate.wait()
            return call()
        except Conflict as conflict:
            return conflict
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, [first, second]))


@pytest.mark.django_db(transaction=True)
def test_different_fields_of_one_card_are_both_kept():
    teacher, acting = make_user(), make_user()
    for _ in range(ROUNDS):
        pupil = make_pupil(phone="1", address="а")
        one, other = Pupil.objects.get(pk=pupil.pk), Pupil.objects.get(pk=pupil.pk)

        both(
            lambda row=one: edit(row, {"phone": ("1", "2")}, teacher),
            lambda row=other: edit(row, {"address": ("а", "б")}, acting),
        )

        pupil.refresh_from_db()
        assert (pupil.phone, pupil.address) == ("2", "б")
        assert AuditEvent.objects.filter(pupil_id=pupil.pk).count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_values_of_one_field_one_wins_and_the_other_is_told():
    teacher, acting = make_user(), make_user()
    for _ in range(ROUNDS):
        pupil = make_pupil(phone="1")
        one, other = Pupil.objects.get(pk=pupil.pk), Pupil.objects.get(pk=pupil.pk)

        results = both(
            lambda row=one: edit(row, {"phone": ("1", "2")}, teacher),
            lambda row=other: edit(row, {"phone": ("1", "3")}, acting),
        )

        (loser,) = [result for result in results if isinstance(result, Conflict)]
        pupil.refresh_from_db()
        assert loser.fields["phone"].value == pupil.phone
        assert AuditEvent.objects.filter(pupil_id=pupil.pk).count() == 1
