"""An import is taken back as a whole: every table as it was, or sentences that say what has been built on it."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.models import AuditEvent
from attendance.models import Absence, AbsenceChange
from journal.models import (
    AcademicYear,
    Consent,
    ConsentPurpose,
    GroupMembership,
    Guardian,
    Lesson,
    Mark,
    Pupil,
    School,
    TimetableSlot,
)
from journal.services.undo import CannotUndo, UndoLog, runs_of
from reports.imports.undoing import undo_batch, undo_plan
from reports.models import ImportBatch
from tests import samples
from tests.factories import make_pupil, make_user
from tests.imports import load, pupils_file
from tests.tables import TRAIL_OF_IMPORT, digests

pytestmark = pytest.mark.django_db


def write(*files, **options) -> ImportBatch:
    """Write files as the worker does."""
    operator = options.pop("by", None) or make_user(is_operator=True)
    batch = ImportBatch.objects.create(owner=operator, status="applied")
    preview = load(*files, by=operator, batch_id=batch.pk, **options)
    batch.undo, batch.applied_at = preview.undo, batch.created_at
    batch.save()
    return ImportBatch.objects.get(pk=batch.pk)  # as JSON gives it back


def test_the_first_import_of_an_empty_database_leaves_nothing_behind():
    operator = make_user(is_operator=True)
    before = digests(but=TRAIL_OF_IMPORT)
    batch = write(*samples.folder(), by=operator)
    assert Pupil.objects.count() == 9

    undo_batch(batch.pk, by=operator)

    assert digests(but=TRAIL_OF_IMPORT) == before
    assert (School.objects.count(), AcademicYear.objects.count(), AbsenceChange.objects.count()) == (0, 0, 0)
    batch.refresh_from_db()
    assert (batch.status, batch.undo, bool(batch.undone_at)) == ("undone", {}, True)


CHANGED_LESSONS = [
    ("7Б", "Алгебра", "", "Соколов", [("10000", 4), ("00100", 2)]),
    *samples.LESSONS[1:4],
    ("2А", "Математика", "", "Чайкина", [("11110", 1)]),
]


def everything_changed() -> list[tuple[str, bytes]]:
    """A second visit of the same school in which every kind of row changes, ends or is new."""
    algebra = {**samples.ALGEBRA, "Аистова Вера": [4, 3, "4/5"], "Воробьёв Глеб": ["У", 3, "Н 4"]}
    pupils = [
        ("Аистова", "Вера", "Петровна", "Ж", date(2013, 3, 4), "2А", ("Аистова", "Нина", "Олеговна")),
        ("Чижова", "Анна", "Олеговна", "Ж", date(2013, 8, 1), "7Б", ("Чижова", "Инна", "Львовна")),
    ]
    changes = {"Дата зачисления/перевода": "12.10.2026", "Телефон мобильный": "8 900 111-22-33"}
    heading = ["ФИО", "Класс", "Дата рождения", "СНИЛС", "Адрес"]
    other = ["Гусева Дарья Андреевна", "7Б", "10.09.2013", "087-654-303 00", "ул. Новая, 1"]
    staff = [("Орлова", "Мария", "Сергеевна", "завуч, учитель", "new@example.org", None)]
    return [
        ("ученики.xlsx", samples.pupils_xlsx(pupils, **changes)),
        ("адреса.xlsx", samples.workbook({"Лист": [heading, other]})),
        ("расписание.xml", samples.timetable_xml(CHANGED_LESSONS)),
        ("журнал.xlsx", samples.journal_xlsx(algebra)),
        ("сотрудники.xlsx", samples.workbook({"Сотрудники": [samples.STAFF_HEADING, *staff]})),
    ]


def test_a_second_import_that_changes_everything_is_undone_exactly():
    load(*samples.folder())
    Pupil.objects.filter(last_name="Аистова").update(phone="+7 900 000-00-00")
    operator = make_user(is_operator=True)
    # A slot that only begins later is dropped by the new timetable, and must come back under its own number.
    later = TimetableSlot.objects.order_by("pk").last()
    TimetableSlot.objects.filter(pk=later.pk).update(date_from=date(2026, 11, 30))
    before = digests(but=TRAIL_OF_IMPORT)
    batch = write(*everything_changed(), by=operator)
    log = UndoLog.from_json(batch.undo)
    assert {label for label, _, _ in log.changed} >= {
        "journal.Pupil", "journal.Guardian", "journal.Enrolment", "journal.Course", "journal.TimetableSlot",
        "journal.Mark", "attendance.Absence", "journal.Teacher",
    }  # fmt: skip
    assert [label for label, _ in log.removed] == ["journal.TimetableSlot"]
    assert digests(but=TRAIL_OF_IMPORT) != before

    undo_batch(batch.pk, by=operator)

    assert digests(but=TRAIL_OF_IMPORT) == before


def test_what_came_back_stands_on_the_cards_and_in_the_trail():
    load(*samples.folder())
    batch = write(*everything_changed())
    stork, goose = Pupil.objects.get(last_name="Аистова"), Pupil.objects.get(last_name="Гусева")

    undo_batch(batch.pk, by=batch.owner)

    summary = AuditEvent.objects.filter(action=AuditEvent.Action.IMPORT).first()
    assert (summary.subject, summary.object_id, summary.actor) == ("отмена записи импорта", batch.pk, batch.owner)
    told = AuditEvent.objects.filter(pupil_id=goose.pk, object_type="pupil", subject__endswith="отмена импорта").get()
    assert (told.old, told.new) == (
        {"address": "ул. Новая, 1", "snils": "изменён"},
        {"address": "г. Город, ул. Лесная, д. 10", "snils": "изменён"},
    )
    assert AuditEvent.objects.filter(pupil_id=stork.pk, object_type="guardian").first().new == {
        "phone_mobile": samples.phone_of(samples.PUPILS[0][6])
    }


# ---- what has been built on it ----


def _a_mark():
    lesson = Lesson.objects.filter(course__subject__name="Алгебра").first()
    pupil = Pupil.objects.get(last_name="Аистова")
    Mark.objects.create(lesson=lesson, pupil=pupil, position=2, value="5", kind=lesson.marks.first().kind)
    return "Отметки: 1."


def _a_press():
    pupil = Pupil.objects.get(last_name="Аистова")
    AbsenceChange.objects.create(pupil=pupil, date=date(2026, 11, 20), new="ill")
    return "История пропусков: 1. Например: Аистова Вера Петровна, 20.11.2026"


def _a_consent():
    purpose = ConsentPurpose.objects.create(name="фото")
    Consent.objects.create(pupil=Pupil.objects.get(last_name="Ежова"), purpose=purpose, given_on=date(2026, 9, 1))
    return "Согласия: 1."


def _a_membership():
    group = GroupMembership.objects.first().group
    GroupMembership.objects.create(group=group, pupil=make_pupil(), date_from=date(2026, 9, 1))
    return "Например: "


def _a_login():
    guardian = Guardian.objects.get(first_name="Клавдия")
    guardian.user = make_user()
    guardian.save()
    return "С тех пор изменены представители: Воробьёва Клавдия Ивановна."


def _a_correction():
    Pupil.objects.filter(last_name="Ежова").update(phone="+7 900 123-45-67")
    return "С тех пор изменены ученики: Ежова Зоя Романовна."


def _a_removal():
    Mark.objects.filter(pupil__last_name="Ежова").first().delete()
    return "С тех пор изменены отметки: 1."


@pytest.mark.parametrize("build", [_a_mark, _a_press, _a_consent, _a_membership, _a_login, _a_correction, _a_removal])
def test_what_was_built_on_an_import_is_named_and_nothing_is_undone(build):
    batch = write(*samples.folder())
    sentence = build()
    before = digests(but=TRAIL_OF_IMPORT)

    plan = undo_plan(batch)
    assert not plan.is_possible
    assert any(sentence in reason for reason in plan.reasons), plan.reasons
    with pytest.raises(CannotUndo):
        undo_batch(batch.pk, by=batch.owner)
    assert digests(but=TRAIL_OF_IMPORT) == before
    batch.refresh_from_db()
    assert batch.status == "applied"


def test_a_value_changed_since_is_not_overwritten():
    load(*samples.folder())
    batch = write(*everything_changed())
    Pupil.objects.filter(last_name="Гусева").update(address="ул. Третья, 3")
    assert undo_plan(batch).reasons == ["С тех пор изменены ученики: Гусева Дарья Андреевна."]


def test_imports_are_undone_the_last_one_first():
    operator = make_user(is_operator=True)
    empty = digests(but=TRAIL_OF_IMPORT)
    first = write(*samples.folder(), by=operator)
    between = digests(but=TRAIL_OF_IMPORT)
    second = write(*everything_changed(), by=operator)
    ImportBatch.objects.filter(pk=second.pk).update(applied_at=first.applied_at + timedelta(minutes=5))

    refused = undo_plan(first)
    assert refused.reasons and [batch.pk for batch in refused.later] == [second.pk]

    undo_batch(second.pk, by=operator)
    assert digests(but=TRAIL_OF_IMPORT) == between
    undo_batch(first.pk, by=operator)
    assert digests(but=TRAIL_OF_IMPORT) == empty


def test_the_plan_counts_what_goes_away():
    batch = write(*samples.folder())
    lines = {line.name: (line.made, line.changed, line.removed) for line in undo_plan(batch).lines}
    assert lines["ученики"] == (9, 0, 0)
    assert lines["отметки"] == (18, 0, 0)
    assert lines["история пропусков"] == (9, 0, 0)


# ---- the log itself ----


def test_the_log_keeps_runs_of_keys():
    assert runs_of([7, 1, 2, 3, 9, 8]) == [[1, 3], [7, 9]]
    batch = write(*samples.folder())
    assert len(batch.undo["created"]["journal.Mark"]) == 1
    log = UndoLog.from_json(batch.undo)
    assert len(log.created["journal.Mark"]) == 18
    # The form that was kept before there were runs.
    assert UndoLog.from_json({"created": {"journal.Mark": [4, 5, 9]}}).created["journal.Mark"] == [4, 5, 9]


@pytest.mark.parametrize("source", ["press", "lesson", "document"])
def test_the_history_of_absences_loses_only_what_an_import_wrote(source):
    pupil = make_pupil()
    imported = AbsenceChange.objects.create(pupil=pupil, date=date(2026, 9, 7), new="ill", source="import")
    other = AbsenceChange.objects.create(pupil=pupil, date=date(2026, 9, 8), new="ill", source=source)

    for row, change in ((other, lambda rows: rows.delete()), (imported, lambda rows: rows.update(new="excused"))):
        with pytest.raises(DatabaseError, match="append only"), transaction.atomic():
            change(AbsenceChange.objects.filter(pk=row.pk))
    # A row cannot be made deletable first.
    with pytest.raises(DatabaseError, match="append only"), transaction.atomic():
        AbsenceChange.objects.filter(pk=other.pk).update(source="import")
    AbsenceChange.objects.filter(pk=imported.pk).delete()
    assert list(AbsenceChange.objects.all()) == [other]


def test_a_new_pupil_of_an_undone_import_can_come_again():
    load(*samples.folder())
    new = pupils_file(("Чижова", "Анна", "Олеговна", "Ж", date(2013, 8, 1), "7Б", None))
    batch = write(new)
    undo_batch(batch.pk, by=batch.owner)
    assert not Pupil.objects.filter(last_name="Чижова").exists()
    write(new)
    assert Pupil.objects.filter(last_name="Чижова").count() == 1
    assert Absence.objects.count() == 9
