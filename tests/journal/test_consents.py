"""Consents: a stack of papers at once, a withdrawal, the history; what contradicts itself is refused in words."""

from __future__ import annotations

import csv
import html
import io
from datetime import date, datetime

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from journal.models import Consent, ConsentPurpose
from journal.services.calendar import create_year
from journal.services.consents import CannotRecord, change_consent, give_consents
from tests.factories import (
    make_class,
    make_consent,
    make_guardian,
    make_pupil,
    make_purpose,
    make_user,
    teacher_user,
)
from tests.pages import enter

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def monday_morning(clock):
    clock(datetime(2026, 11, 23, 8, 20))


@pytest.fixture
def school_class():
    return make_class("7Б")


@pytest.fixture
def journal_purpose(school_class) -> ConsentPurpose:
    return ConsentPurpose.objects.get(name__startswith="Ведение")


def page_of(school_class) -> str:
    return reverse("journal:consents", args=[school_class.pk])


def text_of(response) -> str:
    return html.unescape(response.content.decode())


def post_many(client, school_class, purpose, pupils, *, on: str = "2026-09-01", note: str = "", **extra):
    data = {"purpose": purpose.pk, "given_on": on, "note": note, "pupil": [p.pk for p in pupils], **extra}
    return client.post(page_of(school_class), data, follow=True)


# --- Many at once ---------------------------------------------------------------------------------


def test_a_stack_of_papers_is_recorded_at_once(client, school_class, journal_purpose):
    pupils = [make_pupil(school_class) for _ in range(3)]
    guardians = [make_guardian(pupil) for pupil in pupils]
    enter(client, teacher_user(school_class))

    answer = post_many(client, school_class, journal_purpose, pupils, note="бланк")

    rows = Consent.objects.order_by("pupil")
    assert [(c.pupil, c.guardian, c.given_on, c.note) for c in rows] == [
        (pupil, guardian, date(2026, 9, 1), "бланк") for pupil, guardian in zip(pupils, guardians, strict=True)
    ]
    assert {c.recorded_by for c in rows} == {teacher_user(school_class)}
    assert "Записано согласий: 3." in text_of(answer)


def test_each_consent_stands_in_the_history_of_its_pupil(client, school_class, journal_purpose):
    pupils = [make_pupil(school_class) for _ in range(2)]
    mother = make_guardian(*pupils, last_name="Мамина")
    enter(client, teacher_user(school_class))

    post_many(client, school_class, journal_purpose, pupils)

    events = AuditEvent.objects.filter(action="change", object_type="consent").order_by("pupil_id")
    assert [event.pupil_id for event in events] == [pupil.pk for pupil in pupils]
    assert events[0].new == {
        "purpose": journal_purpose.name, "given_on": "2026-09-01", "guardian": mother.full_name, "note": "",
    }  # fmt: skip
    assert events[0].old == dict.fromkeys(events[0].new)


def test_the_giver_of_each_row_is_the_one_chosen_there(client, school_class, journal_purpose):
    pupil = make_pupil(school_class)
    make_guardian(pupil, last_name="Первая")
    second = make_guardian(pupil, last_name="Вторая")
    enter(client, teacher_user(school_class))

    post_many(client, school_class, journal_purpose, [pupil], **{f"guardian-{pupil.pk}": second.pk})

    assert Consent.objects.get().guardian == second


def test_who_has_the_consent_keeps_the_old_one(client, school_class, journal_purpose):
    has, lacks = make_pupil(school_class, last_name="Имеев"), make_pupil(school_class)
    make_consent(has, journal_purpose, date(2026, 9, 3))
    enter(client, teacher_user(school_class))

    answer = post_many(client, school_class, journal_purpose, [has, lacks], on="2026-10-01")

    assert list(Consent.objects.order_by("given_on").values_list("pupil", "given_on")) == [
        (has.pk, date(2026, 9, 3)),
        (lacks.pk, date(2026, 10, 1)),
    ]
    assert "Уже действовали и остались как были: Имеев Анна (с 03.09.2026)." in text_of(answer)


def test_pupils_of_other_classes_are_not_recorded(client, school_class, journal_purpose):
    own, foreign = make_pupil(school_class), make_pupil(make_class("8А", year=school_class.year))
    enter(client, teacher_user(school_class))

    post_many(client, school_class, journal_purpose, [own, foreign])

    assert list(Consent.objects.values_list("pupil", flat=True)) == [own.pk]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-24", "Дата согласия ещё не наступила"),
        ("2012-09-01", "дата согласия раньше даты рождения"),
        ("31.02.2026", "Введите правильную дату"),
        ("", "Обязательное поле"),
    ],
)
def test_a_wrong_date_is_said_and_what_was_typed_is_kept(client, school_class, journal_purpose, day, words):
    ticked, other = make_pupil(school_class), make_pupil(school_class)
    second = make_guardian(ticked) and make_guardian(ticked)
    enter(client, teacher_user(school_class))

    choice = {f"guardian-{ticked.pk}": second.pk}
    page = text_of(post_many(client, school_class, journal_purpose, [ticked], on=day, note="папка 3", **choice))

    assert words in page
    assert not Consent.objects.exists()
    assert 'value="папка 3"' in page
    assert f'id="p{ticked.pk}" checked' in page and f'id="p{other.pk}" checked' not in page
    assert f'<option value="{second.pk}" selected>' in page


def test_nobody_ticked_is_said(client, school_class, journal_purpose):
    make_pupil(school_class)
    enter(client, teacher_user(school_class))

    assert "Никто не отмечен" in text_of(post_many(client, school_class, journal_purpose, []))


def test_a_retired_purpose_takes_no_more_consents(client, school_class, journal_purpose):
    pupil = make_pupil(school_class)
    enter(client, teacher_user(school_class))
    ConsentPurpose.objects.filter(pk=journal_purpose.pk).update(is_active=False)

    page = text_of(post_many(client, school_class, journal_purpose, [pupil]))

    assert "Эта цель больше не используется" in page
    assert not Consent.objects.exists()
    with pytest.raises(CannotRecord, match="больше не используется"):
        give_consents(purpose_id=journal_purpose.pk, given_on=TODAY, givers={pupil.pk: None}, by=make_user())


def test_only_a_guardian_of_the_pupil_gives_the_consent(school_class, journal_purpose):
    pupil, other = make_pupil(school_class), make_pupil(school_class)
    stranger = make_guardian(other)

    with pytest.raises(CannotRecord, match="больше не представитель"):
        give_consents(purpose_id=journal_purpose.pk, given_on=TODAY, givers={pupil.pk: stranger.pk}, by=make_user())

    assert not Consent.objects.exists()


def test_a_guardian_no_more_is_not_offered(client, school_class, journal_purpose):
    pupil = make_pupil(school_class)
    gone = make_guardian(pupil, last_name="Бывшая")
    gone.guardianships.update(ended_on=date(2026, 10, 1))
    enter(client, teacher_user(school_class))

    assert "Бывшая" not in text_of(client.get(page_of(school_class)))


def test_who_is_of_age_signs_alone(client, school_class, journal_purpose):
    pupil = make_pupil(school_class, birth_date=date(2008, 11, 23))
    make_guardian(pupil)
    enter(client, teacher_user(school_class))

    assert "сам ученик (18 лет)" in text_of(client.get(page_of(school_class)))
    post_many(client, school_class, journal_purpose, [pupil])

    assert Consent.objects.get().guardian is None


def test_without_javascript_a_link_ticks_all_who_lack_it(client, school_class, journal_purpose):
    has, lacks = make_pupil(school_class), make_pupil(school_class)
    make_consent(has, journal_purpose)
    enter(client, teacher_user(school_class))

    page = text_of(client.get(f"{page_of(school_class)}?purpose={journal_purpose.pk}&tick=lacking"))

    assert f'id="p{lacks.pk}" checked' in page and f'id="p{has.pk}" checked' not in page


# --- One pupil ------------------------------------------------------------------------------------


def post_change(client, consent, **fields):
    page = client.get(reverse("journal:consent", args=[consent.pk]))
    form = page.context["form"]
    shown = {name: form.shown[name] for name in ("given_on", "withdrawn_on", "guardian", "note")}
    data = {**shown, "seen": form.initial["seen"], **fields}
    return client.post(reverse("journal:consent", args=[consent.pk]), data, follow=True)


def test_a_withdrawal_keeps_the_consent_in_the_history(client, school_class, journal_purpose):
    pupil = make_pupil(school_class)
    consent = make_consent(pupil, journal_purpose)
    enter(client, teacher_user(school_class))

    page = text_of(post_change(client, consent, withdrawn_on="2026-11-20"))

    consent.refresh_from_db()
    assert consent.withdrawn_on == date(2026, 11, 20)
    assert "отозвано 20.11.2026" in page and "дано 01.09.2026" in page
    event = AuditEvent.objects.get(action="change", object_type="consent")
    assert (event.pupil_id, event.old, event.new) == (
        pupil.pk, {"withdrawn_on": None}, {"withdrawn_on": "2026-11-20"},
    )  # fmt: skip


@pytest.mark.parametrize("by_guardian", [False, True])
def test_the_page_of_withdrawal_proposes_today_and_does_not_call_it_a_conflict(
    client, school_class, journal_purpose, by_guardian
):
    pupil = make_pupil(school_class)
    giver = make_guardian(pupil) if by_guardian else None
    consent = make_consent(pupil, journal_purpose, guardian=giver)
    enter(client, teacher_user(school_class))
    url = reverse("journal:consent", args=[consent.pk])
    form = client.get(f"{url}?withdraw=1").context["form"]
    assert form.initial["withdrawn_on"] == TODAY

    left = {"given_on": "2026-09-01", "guardian": giver.pk if giver else "", "note": "", "seen": form.initial["seen"]}
    client.post(url, {**left, "withdrawn_on": "2026-11-23"})

    consent.refresh_from_db()
    assert (consent.withdrawn_on, consent.guardian) == (TODAY, giver)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"withdrawn_on": "2026-08-31"}, "Отозвать согласие раньше, чем оно дано (01.09.2026), нельзя."),
        ({"withdrawn_on": "2026-11-24"}, "Дата отзыва ещё не наступила"),
        ({"given_on": "2026-12-01"}, "Дата согласия ещё не наступила"),
        ({"given_on": "2010-01-01"}, "дата согласия раньше даты рождения"),
    ],
)
def test_dates_that_cannot_be_are_said(client, school_class, journal_purpose, fields, words):
    consent = make_consent(make_pupil(school_class), journal_purpose)
    enter(client, teacher_user(school_class))

    page = text_of(post_change(client, consent, **fields))

    assert words in page
    assert f'value="{next(iter(fields.values()))}"' in page
    assert Consent.objects.values_list("given_on", "withdrawn_on").get() == (date(2026, 9, 1), None)


def test_a_second_consent_in_force_is_refused(client, school_class, journal_purpose):
    pupil = make_pupil(school_class)
    make_consent(pupil, journal_purpose)
    enter(client, teacher_user(school_class))
    url = reverse("journal:consent_pupil", args=[pupil.pk])

    page = text_of(client.post(url, {"purpose": journal_purpose.pk, "given_on": "2026-10-01", "note": "новое"}))

    assert "Такое согласие уже действует с 01.09.2026." in page and 'value="новое"' in page
    assert Consent.objects.count() == 1


def test_a_new_consent_after_a_withdrawal_but_not_before_it(client, school_class, journal_purpose):
    pupil = make_pupil(school_class)
    make_consent(pupil, journal_purpose, withdrawn_on=date(2026, 10, 10))
    enter(client, teacher_user(school_class))
    url = reverse("journal:consent_pupil", args=[pupil.pk])

    early = text_of(client.post(url, {"purpose": journal_purpose.pk, "given_on": "2026-10-09"}))
    client.post(url, {"purpose": journal_purpose.pk, "given_on": "2026-10-10"})

    assert "прежнее согласие отозвано 10.10.2026" in early
    assert list(Consent.objects.order_by("given_on").values_list("given_on", "withdrawn_on")) == [
        (date(2026, 9, 1), date(2026, 10, 10)),
        (date(2026, 10, 10), None),
    ]


def test_a_correction_never_makes_two_consents_overlap(school_class, journal_purpose):
    pupil = make_pupil(school_class)
    old = make_consent(pupil, journal_purpose, withdrawn_on=date(2026, 10, 10))
    make_consent(pupil, journal_purpose, date(2026, 10, 10))

    with pytest.raises(CannotRecord, match="Такое согласие уже есть"):
        change_consent(consent=old, changes={"withdrawn_on": (date(2026, 10, 10), None)}, by=make_user())


def test_two_people_on_one_consent_see_each_other(client, school_class, journal_purpose):
    consent = make_consent(make_pupil(school_class), journal_purpose, note="бланк")
    enter(client, teacher_user(school_class))
    seen = client.get(reverse("journal:consent", args=[consent.pk])).context["form"].initial["seen"]
    change_consent(consent=consent, changes={"note": ("бланк", "бланк № 5")}, by=make_user(last_name="Другова"))

    data = {"given_on": "2026-09-01", "note": "бланк № 7", "seen": seen}
    page = text_of(client.post(reverse("journal:consent", args=[consent.pk]), data))

    assert "Другова П." in page and "«бланк № 5»" in page
    consent.refresh_from_db()
    assert consent.note == "бланк № 5"


# --- Who, what it costs, what it leaves -------------------------------------------------------------


def test_a_stranger_finds_neither_the_class_nor_the_pupil(client, school_class, journal_purpose):
    pupil = make_pupil(school_class, last_name="Тайнова")
    consent = make_consent(pupil, journal_purpose)
    enter(client, teacher_user(make_class("8А", year=school_class.year)))

    for name, pk in (("consents", school_class.pk), ("consent_pupil", pupil.pk), ("consent", consent.pk)):
        for method in (client.get, client.post):
            answer = method(reverse(f"journal:{name}", args=[pk]))
            assert answer.status_code == 404 and "Тайнова" not in answer.content.decode()


@pytest.mark.parametrize("size", [3, 30])
def test_the_grid_costs_the_same_for_any_class(client, school_class, journal_purpose, size, django_assert_num_queries):
    for _ in range(size):
        make_guardian(make_pupil(school_class))
    enter(client, teacher_user(school_class))

    with django_assert_num_queries(8):  # session, user, class, purposes, pupils, guardians, consents, audit
        client.get(page_of(school_class))


@pytest.mark.parametrize("size", [3, 30])
def test_recording_costs_the_same_for_any_stack(client, school_class, journal_purpose, size, django_assert_num_queries):
    pupils = [make_pupil(school_class) for _ in range(size)]
    make_guardian(*pupils)
    enter(client, teacher_user(school_class))
    data = {"purpose": journal_purpose.pk, "given_on": "2026-09-01", "pupil": [pupil.pk for pupil in pupils]}

    with django_assert_num_queries(16):
        client.post(page_of(school_class), data)

    assert Consent.objects.count() == size


def test_files_hold_the_grid_and_are_recorded(client, school_class, journal_purpose):
    pupil = make_pupil(school_class, last_name="Орлова")
    make_consent(pupil, journal_purpose, withdrawn_on=date(2026, 10, 5))
    make_consent(pupil, ConsentPurpose.objects.get(name__startswith="Передача"))
    user = teacher_user(school_class)
    answer = enter(client, user).get(reverse("journal:consents_csv", args=[school_class.pk]))

    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][:3] == ["№", "Ученик", "Ведение электронного журнала и дневника"]
    assert rows[1] == ["1", "Орлова Анна", "01.09.2026, отозвано 05.10.2026", "01.09.2026", "нет"]
    assert client.get(reverse("journal:consents_xlsx", args=[school_class.pk])).content[:2] == b"PK"
    events = AuditEvent.objects.filter(action="export").order_by("pk")
    assert [(e.subject, e.class_id) for e in events] == [
        ("согласия, CSV", school_class.pk),
        ("согласия, XLSX", school_class.pk),
    ]


def test_looks_are_recorded(client, school_class, journal_purpose):
    pupil = make_pupil(school_class)
    enter(client, teacher_user(school_class))

    client.get(page_of(school_class))
    client.get(reverse("journal:consent_pupil", args=[pupil.pk]))

    events = AuditEvent.objects.filter(action="read", subject="согласия").order_by("pk")
    assert [(e.class_id, e.pupil_id) for e in events] == [(school_class.pk, None), (school_class.pk, pupil.pk)]


# --- Purposes -------------------------------------------------------------------------------------


@pytest.fixture
def office(client):
    return enter(client, make_user(is_operator=True))


def purpose_url(purpose) -> str:
    return reverse("journal:consent_purpose", args=[purpose.pk])


def test_the_office_adds_and_renames_a_purpose(office, school_class):
    office.post(reverse("journal:consent_purpose_new"), {"name": "Музей", "is_active": "on"})
    purpose = ConsentPurpose.objects.get(name="Музей")
    seen = office.get(purpose_url(purpose)).context["form"].initial["seen"]

    office.post(purpose_url(purpose), {"name": "Школьный музей", "is_required": "on", "is_active": "on", "seen": seen})

    purpose.refresh_from_db()
    assert (purpose.name, purpose.is_required, purpose.is_active) == ("Школьный музей", True, True)
    events = AuditEvent.objects.filter(action="change", object_type="consentpurpose").order_by("pk")
    assert events[0].new == {"name": "Музей", "is_required": False, "is_active": True}
    assert (events[1].old, events[1].new) == (
        {"name": "Музей", "is_required": False}, {"name": "Школьный музей", "is_required": True},
    )  # fmt: skip


def test_two_purposes_of_one_name_are_refused(office, school_class):
    make_purpose("Музей")

    page = text_of(office.post(reverse("journal:consent_purpose_new"), {"name": "Музей"}))

    assert "Такая цель уже есть." in page
    assert ConsentPurpose.objects.filter(name="Музей").count() == 1


def test_a_purpose_in_use_is_retired_not_deleted(office, school_class, journal_purpose):
    make_consent(make_pupil(school_class), journal_purpose)

    assert "Удалить" not in text_of(office.get(purpose_url(journal_purpose)))
    office.post(purpose_url(journal_purpose), {"remove": "1"})
    assert ConsentPurpose.objects.filter(pk=journal_purpose.pk).exists()

    unused = make_purpose("Лишняя")
    office.post(purpose_url(unused), {"remove": "1"})
    assert not ConsentPurpose.objects.filter(pk=unused.pk).exists()


def test_a_retired_purpose_leaves_the_grid(client, school_class, journal_purpose):
    make_pupil(school_class)
    ConsentPurpose.objects.filter(pk=journal_purpose.pk).update(is_active=False)

    page = text_of(enter(client, teacher_user(school_class)).get(page_of(school_class)))

    assert journal_purpose.name not in page and "Передача данных" in page


def test_the_next_year_brings_nothing_back_that_the_school_renamed(school_class, journal_purpose):
    ConsentPurpose.objects.filter(pk=journal_purpose.pk).update(name="Электронный дневник")

    create_year(2027)

    assert ConsentPurpose.objects.count() == 3


def test_without_purposes_the_page_says_who_makes_them(client, school_class):
    ConsentPurpose.objects.all().delete()
    make_pupil(school_class)

    page = text_of(enter(client, teacher_user(school_class)).get(page_of(school_class)))

    assert "Целей согласий пока нет" in page
