"""Two operators write at once: one after the other, nothing doubled. Real transactions, two connections."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import connection

from attendance.models import AbsenceChange
from journal.models import AcademicYear, Guardian, Mark, Movement, Pupil, School
from reports.imports.service import NotApplied, apply_files, read_files
from reports.imports.undoing import undo_batch
from reports.models import ImportBatch
from tests import samples
from tests.factories import make_user
from tests.imports import TODAY, load, pupils_file

pytestmark = pytest.mark.django_db(transaction=True)

NEW = [
    ("Щеглова", "Анна", "Ильинична", "Ж", date(2013, 8, 1), "7Б", ("Щеглова", "Инна", "Львовна")),
    ("Чижова", "Анна", "Олеговна", "Ж", date(2013, 8, 2), "7Б", ("Чижова", "Инна", "Львовна")),
]


def at_once(*works) -> list[object]:
    """Runs the works in threads that begin together; gives what each returned or raised."""
    gate, found = threading.Barrier(len(works)), [None] * len(works)

    def run(place: int, work) -> None:
        try:
            gate.wait(timeout=30)
            found[place] = work()
        except Exception as error:
            found[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return found


def writing(batch: ImportBatch, *files: tuple[str, bytes]):
    contents = read_files(files)

    def work():
        preview = apply_files(contents, today=TODAY, by=batch.owner, batch_id=batch.pk, conflicts="take")
        ImportBatch.objects.filter(pk=batch.pk).update(undo=preview.undo)
        return preview.changes

    return work


def two_batches() -> list[ImportBatch]:
    return [ImportBatch.objects.create(owner=make_user(is_operator=True), status="applied") for _ in range(2)]


def test_the_same_files_into_an_empty_database():
    one, other = two_batches()
    found = at_once(writing(one, *samples.folder()), writing(other, *samples.folder()))
    # One wrote everything; the other then found nothing new, or was told that the register had changed.
    assert all(isinstance(result, int | NotApplied) for result in found), found
    assert sum(1 for result in found if isinstance(result, int) and result) == 1
    assert (School.objects.count(), AcademicYear.objects.count()) == (1, 1)
    assert (Pupil.objects.count(), Guardian.objects.count(), Mark.objects.count()) == (9, 8, 18)
    assert AbsenceChange.objects.count() == 9


def test_the_same_new_children_into_a_living_school():
    load(*samples.folder())
    one, other = two_batches()
    found = at_once(writing(one, pupils_file(*NEW)), writing(other, pupils_file(*NEW)))
    assert all(isinstance(result, int) for result in found), found
    assert sorted(map(bool, found)) == [False, True]
    assert (Pupil.objects.count(), Movement.objects.count(), Guardian.objects.count()) == (11, 11, 10)


def test_different_children_are_all_written():
    load(*samples.folder())
    one, other = two_batches()
    found = at_once(writing(one, pupils_file(NEW[0])), writing(other, pupils_file(NEW[1])))
    assert all(isinstance(result, int) and result for result in found), found
    assert Pupil.objects.count() == 11


def test_writing_and_undoing_at_once_leave_one_or_the_other():
    load(*samples.folder())
    one, other = two_batches()
    writing(one, pupils_file(NEW[0]))()
    found = at_once(lambda: undo_batch(one.pk, by=one.owner), writing(other, pupils_file(*NEW)))
    assert not [result for result in found if isinstance(result, Exception)], found
    # Undone first, both children are the second import's; written first, one of them went with the first import.
    names = set(Pupil.objects.filter(first_name="Анна").values_list("last_name", flat=True))
    assert names in ({"Щеглова", "Чижова"}, {"Чижова"})
