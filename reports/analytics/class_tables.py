"""The report on a class as rows of files: a workbook of several sheets, and the table of subjects for CSV.

The numbers are those of the page, rounded as it shows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from attendance.table_cells import total_values
from journal.files import Value
from journal.queries.movements import lines_for_file
from reports.analytics.class_compare import Totals
from reports.analytics.class_report import COLUMNS, ClassReport
from reports.analytics.figures import NOTHING, Figure
from reports.formulas import rounded

Rows = list[list[Value]]


def sheets(report: ClassReport) -> list[tuple[str, Rows]]:
    """(title, rows with the heading first); what a class without marks has not is left out."""
    found = [("Показатели", indicator_rows(report))]
    if report.has_marks:
        found += [
            ("Предметы", subject_rows(report)),
            ("Списки", list_rows(report)),
            ("Ученики × предметы", result_rows(report)),
            ("Сравнение", comparison_rows(report)),
        ]
        if report.forecast:
            found.append(("Надёжность прогноза", doubt_rows(report)))
    found += [("Пропуски", absence_rows(report)), ("Движение", movement_rows(report))]
    return found


def indicator_rows(report: ClassReport) -> Rows:
    rows: Rows = [
        ["Показатель", "Значение", "Единица", "Изменение", "По сравнению с", "Как посчитано", "Не учтены"],
        ["Класс", report.school_class.name],
        ["Период", report.period.name],
        ["Вид", report.kind],
    ]
    before = report.before.name if report.before else ""
    for one in report.indicators:
        change = one.change
        rows.append(
            [
                one.name,
                _number(one),
                one.unit,
                change,
                before if change is not None else "",
                one.counted,
                one.left_out,
            ]
        )
    return rows


def subject_rows(report: ClassReport) -> Rows:
    """The table by subject: also the CSV of the report. «Вид» says whether it is a forecast."""
    rows: Rows = [
        [
            "Предмет", "Учителя", *COLUMNS, "N", "Успеваемость, %", "Качество, %", "СОУ, %", "Средний балл",
            "Изменение успеваемости", "Изменение качества", "Изменение СОУ", "Изменение среднего балла",
            "Без отметки", "Вид",
        ]
    ]  # fmt: skip
    for row in report.subjects:
        figures = list(row.figures)
        rows.append(
            [
                row.subject.name,
                ", ".join(row.subject.teachers),
                *row.counts,
                row.of.n,
                *(_number(one) for one in figures),
                *(one.change for one in figures),
                row.of.empty,
                report.kind,
            ]
        )
    return rows


def list_rows(report: ClassReport) -> Rows:
    rows: Rows = [["Список", "Ученик", "Предметы", "Учителя", "Вид"]]
    for one in report.lists:
        for pupil in one.pupils:
            teachers = dict.fromkeys(name for subject in pupil.subjects for name in subject.teachers)
            subjects = ", ".join(subject.name for subject in pupil.subjects)
            rows.append([one.title, pupil.name, subjects, ", ".join(teachers), report.kind])
    return rows


def result_rows(report: ClassReport) -> Rows:
    """Results and, while the period lasts, the means behind them."""
    results = report.results
    with_means = report.is_forecast and not report.period.is_year
    heads = [subject.name for subject in report.results.subjects]
    means = [f"{name}, среднее" for name in heads] if with_means else []
    rows: Rows = [["Ученик", *heads, *means, "Вид"]]
    for pupil in results.pupils:
        own = [results.result(pupil.pupil_id, subject.subject_id) for subject in results.subjects]
        rows.append(
            [
                pupil.name,
                *(int(one.value) if one.value.isdecimal() else one.value for one in own),
                *((rounded(one.mean) for one in own) if with_means else ()),
                report.kind,
            ]
        )
    return rows


def comparison_rows(report: ClassReport) -> Rows:
    rows: Rows = [["Что сравнивается", "Успеваемость, %", "Качество, %", "Средний балл", "Вид"]]
    if report.compared:
        rows += [[line.period.name, *_totals(line.totals)] for line in report.compared.terms]
        if len(report.compared.parallel) > 1:
            rows += [[f"{line.name}, {report.period.name}", *_totals(line.totals)] for line in report.compared.parallel]
    return rows


def doubt_rows(report: ClassReport) -> Rows:
    rows: Rows = [["Предмет", "Ожидается отметок", "Мало отметок", "Спорных"]]
    if report.forecast:
        rows += [[one.subject.name, one.expected, one.few, one.disputed] for one in report.forecast.subjects]
        rows.append(["Всего", report.forecast.expected, report.forecast.few, report.forecast.disputed])
    return rows


def absence_rows(report: ClassReport) -> Rows:
    """A row a pupil, who left included, then the class, then the groups by the share of lessons missed."""
    absences = report.absences
    rows: Rows = [
        [
            "Ученик", "Дней всего", "Дней Б", "Дней У", "Дней Н", "Уроков всего", "Уроков Б", "Уроков У", "Уроков Н",
            "Опозданий", "Посещаемость, %",
        ]
    ]  # fmt: skip
    rows += [[one.name if one.is_here else f"{one.name} (выбыл)", *total_values(one.totals)] for one in absences.pupils]
    rows.append(["Всего по классу", *total_values(absences.total)])
    if report.has_results:
        rows += [[], ["Пропущено уроков", "Учеников", "Средний балл"]]
        rows += [[one.label, one.pupils, _shown(one.mean, is_small=one.is_small)] for one in absences.shares]
    return rows


def movement_rows(report: ClassReport) -> Rows:
    count = report.moves.count
    rows: Rows = [
        ["На начало", "Прибыло", "Из других классов", "Выбыло", "В другие классы", "На конец"],
        [count.at_start, count.arrived, count.came, count.left, count.went, count.at_end],
        [],
    ]
    for line in lines_for_file(report.moves.lines):
        rows.append([*line])
    return rows


def _number(figure: Figure) -> Decimal | int | str:
    value = rounded(figure.value, figure.places)
    if value is None:
        return NOTHING
    return value if figure.places else int(value)


def _totals(totals: Totals | None) -> Iterator[Value]:
    if totals is None:
        yield from ("мало учеников", "", "", "")
        return
    yield from (_number(one) for one in totals)
    yield "прогноз" if totals.is_forecast else ""


def _shown(mean: Decimal | None, *, is_small: bool) -> Value:
    if is_small:
        return "меньше трёх учеников: не сравнивается"
    return NOTHING if mean is None else rounded(mean)


def file_name(report: ClassReport) -> str:
    """«Отчёт по классу 7Б I четверть прогноз»."""
    parts: Sequence[str] = [
        "Отчёт по классу", report.school_class.name, report.period.name, "прогноз" if report.is_forecast else "",
    ]  # fmt: skip
    return " ".join(filter(None, parts)).replace("/", "-")
