"""`manage.py import_school`: what a person reads in the terminal."""

import pytest
from django.core.management import CommandError, call_command

from journal.models import AcademicYear, Pupil, School
from tests import samples

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    for name, data in samples.folder():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "заметки.docx").write_bytes(b"not a table and not looked at")
    return tmp_path


def test_a_folder_is_imported_and_counted_in_russian(folder, capsys):
    call_command("import_school", str(folder))
    told = capsys.readouterr().out
    assert "ученики: новые 9" in told
    assert "отметки: новые 18" in told
    assert "Время" in told
    assert "МБ" in told
    assert Pupil.objects.count() == 9

    call_command("import_school", str(folder))
    told = capsys.readouterr().out
    assert "Изменений нет." in told
    assert "ученики: без изменений 9" in told


def test_a_dry_run_shows_the_same_and_writes_nothing(folder, capsys):
    call_command("import_school", str(folder), "--dry-run")
    assert "ученики: новые 9" in capsys.readouterr().out
    assert (Pupil.objects.count(), AcademicYear.objects.count(), School.objects.count()) == (0, 0, 0)


def test_errors_stop_everything_until_told_otherwise(folder, capsys):
    (folder / "ещё.xlsx").write_bytes(
        samples.pupils_xlsx([("Чижова", "Анна", "Олеговна", "Ж", samples.date(2033, 1, 1), "7Б", None)])
    )
    with pytest.raises(CommandError, match="Ничего не записано"):
        call_command("import_school", str(folder))
    told = capsys.readouterr().out
    assert "ОШИБКА: файл «ещё.xlsx», лист «Ученики», строка 2" in told
    assert "в будущем" in told
    assert Pupil.objects.count() == 0

    call_command("import_school", str(folder), "--without-bad-rows")
    assert Pupil.objects.count() == 9


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(CommandError, match="Укажите папку"):
        call_command("import_school", str(tmp_path / "missing"))
    with pytest.raises(CommandError, match="нет файлов XLSX"):
        call_command("import_school", str(tmp_path))
