"""What the tests of the import share: reading and writing without pages."""

from datetime import date

from reports.imports.plan.result import Preview
from reports.imports.service import apply_files, preview_files, read_files
from tests import samples

TODAY = date(2026, 11, 23)


def look(*files: tuple[str, bytes], today: date = TODAY, answers: dict[str, str] | None = None, **options) -> Preview:
    """What these files would change; `conflicts` as in `load`."""
    return preview_files(read_files(files), today=today, answers=answers, **{"conflicts": "take", **options})


def load(*files: tuple[str, bytes], today: date = TODAY, by=None, **options) -> Preview:
    """Write these files; where they differ from the register they win, unless `conflicts` says otherwise."""
    return apply_files(read_files(files), today=today, by=by, **{"conflicts": "take", **options})


def load_school() -> Preview:
    """The tiny school of tests/samples.py."""
    return load(*samples.folder())


def pupils_file(*pupils: tuple, **changes) -> tuple[str, bytes]:
    """A file of 29 columns with these pupils."""
    return "ученики.xlsx", samples.pupils_xlsx(pupils, **changes)


def people_table(*rows: list, heading: list[str] | None = None) -> tuple[str, bytes]:
    """A short table of pupils."""
    heading = heading or ["ФИО", "Класс", "Дата рождения", "Пол"]
    return "список.xlsx", samples.workbook({"Лист1": [heading, *rows]})


def words(preview: Preview) -> list[str]:
    """The errors, as sentences."""
    return [problem.what for problem in preview.errors]
