"""The sample files of a whole school, where they lie beside the repository: exactly what truth.json says."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command

from attendance.queries import totals_by_pupil
from journal.calendar import load_calendar
from journal.lessons import class_lessons
from journal.models import (
    Course,
    Enrolment,
    Guardian,
    Lesson,
    Mark,
    PeriodMark,
    Pupil,
    School,
    SchoolClass,
    Subject,
    Teacher,
    TimetableSlot,
)
from reports.imports.service import apply_files, read_files
from reports.imports.undoing import undo_batch
from reports.management.commands.import_school import files_of
from reports.models import ImportBatch
from tests.factories import make_user
from tests.tables import TRAIL_OF_IMPORT, digests

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT.parent / "shared" / "data"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not (FOLDER / "truth.json").exists(), reason="no folder ../shared/data beside the repository"),
]
LAST_DAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def truth() -> dict:
    return json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def contents():
    return read_files(files_of(FOLDER))


def test_every_file_is_read_without_an_error(contents, truth):
    assert [str(problem) for content in contents for problem in content.problems] == []
    by_kind = {content.kind: content for content in contents}
    assert sum(len(row.guardians) for row in by_kind["pupils"].pupils) == truth["representatives_29"]
    assert len(by_kind["staff"].staff) == truth["staff"]
    assert len(by_kind["timetable"].timetable.cards) == truth["cards"]
    for content in contents:
        if content.kind == "journal":
            expected = truth["journals"][content.journals[0].class_name]
            cells = [cell for sheet in content.journals for cell in sheet.cells]
            assert sum(bool(cell.marks) for cell in cells) == expected["mark_cells"]
            assert sum(bool(cell.absence) for cell in cells) == expected["absence_cells"]


def test_a_whole_school_is_imported_exactly_and_once(truth, capsys):
    call_command("import_school", str(FOLDER))
    assert "ОШИБКА" not in capsys.readouterr().out

    on_roll = Counter(str(row.school_class) for row in Enrolment.objects.select_related("school_class"))
    assert on_roll == truth["classes"]
    assert Pupil.objects.count() == truth["pupils"]
    # Six grandparents stand only in the lists of representatives.
    assert Guardian.objects.count() == truth["representatives_29"] + 6
    assert Teacher.objects.count() == truth["teachers"]
    assert sorted(Subject.objects.values_list("name", flat=True)) == sorted(truth["subjects"])
    assert TimetableSlot.objects.count() == truth["cards"]
    for name, expected in truth["journals"].items():
        _check_class(name, expected)

    call_command("import_school", str(FOLDER))
    assert "Изменений нет." in capsys.readouterr().out


def _check_class(name: str, expected: dict) -> None:
    school_class = SchoolClass.objects.get(grade=int(name[:-1]), letter=name[-1])
    courses = Course.objects.of_class(school_class)
    assert Lesson.objects.filter(course__in=courses).count() == expected["lessons"]
    assert Mark.objects.filter(lesson__course__in=courses).count() == expected["marks"]

    start = school_class.year.date_from
    lessons = class_lessons(school_class, start, LAST_DAY, load_calendar(school_class.year))
    totals = totals_by_pupil(lessons, start, LAST_DAY, School.load())
    names = {pupil.pk: pupil.full_name for pupil in lessons.pupils}
    found = {
        names[pk]: {
            "days": {letter: days for letter, days, _ in total.by_letter()},
            "lessons": {letter: missed for letter, _, missed in total.by_letter()},
        }
        for pk, total in totals.items()
    }
    assert found == expected["totals"]

    marks = PeriodMark.objects.filter(pupil__in=lessons.pupils).select_related("pupil", "subject")
    assert {f"{mark.pupil.full_name}|{mark.subject.name}": mark.value for mark in marks} == {
        key: str(value) for key, value in expected["period_marks"].items()
    }


def test_a_whole_school_is_undone_exactly(contents):
    operator = make_user(is_operator=True)
    before = digests(but=TRAIL_OF_IMPORT)
    batch = ImportBatch.objects.create(owner=operator, status=ImportBatch.Status.APPLIED)
    preview = apply_files(contents, today=LAST_DAY, by=operator, batch_id=batch.pk)
    ImportBatch.objects.filter(pk=batch.pk).update(undo=preview.undo)
    # Tens of thousands of rows: what takes them back must stay small.
    assert Mark.objects.count() > 2_000
    assert len(json.dumps(preview.undo)) < 200_000

    undo_batch(batch.pk, by=operator)

    assert digests(but=TRAIL_OF_IMPORT) == before


@pytest.mark.slow
def test_it_takes_less_than_a_minute_and_400_megabytes(tmp_path):
    """In a process of its own: the memory of the test run itself says nothing."""
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'school.sqlite3'}"}

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout

    manage("migrate", "-v", "0")
    told = manage("import_school", str(FOLDER))
    seconds, megabytes = re.search(r"Время ([\d.]+) с, память до (\d+) МБ", told).groups()
    assert float(seconds) < 60
    assert int(megabytes) < 400
