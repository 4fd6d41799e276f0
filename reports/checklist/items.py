"""What «Начало года» checks. Each item says what it asks, what it found, and which page mends it.

A new check is one more `Item` at the end of this module; `find` gets the facts of one class and gives parts: of most
items one, of the divisions one a subject.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from journal.ages import age_on, is_rare
from reports.checklist.facts import ClassFacts, PupilFacts


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing: whose, and of which pupil's card where it is a pupil's."""

    name: str
    pupil_id: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Of `total` things the `gaps` are missing. `subject_id` and `label` tell the divisions apart."""

    total: int
    gaps: tuple[Gap, ...]
    label: str = ""
    subject_id: int | None = None

    @property
    def done(self) -> int:
        return self.total - len(self.gaps)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist. `place` names the page that mends it (see places.py)."""

    key: str
    label: str
    short: str
    """The same as the head of a column."""
    hint: str
    place: str
    find: Callable[[ClassFacts], Iterable[Part] | None]
    """None where the item does not concern the class at all."""
    is_required: bool = True


def _of_pupils(lacks: Callable[[PupilFacts, ClassFacts], bool]) -> Callable[[ClassFacts], list[Part]]:
    """A check of every pupil by itself."""

    def find(facts: ClassFacts) -> list[Part]:
        gaps = tuple(Gap(pupil.name, pupil.pk) for pupil in facts.pupils if lacks(pupil, facts))
        return [Part(len(facts.pupils), gaps)]

    return find


def _guardians_that(concerns: Callable, lacks: Callable) -> Callable[[ClassFacts], list[Part] | None]:
    """A check of every guardian whom it concerns; «Орлова А. А. (Орлов Пётр)»."""

    def find(facts: ClassFacts) -> list[Part] | None:
        rows = [(pupil, one) for pupil in facts.pupils for one in facts.guardians[pupil.pk] if concerns(one)]
        gaps = tuple(Gap(f"{one.name} ({pupil.name})", pupil.pk) for pupil, one in rows if lacks(one))
        return [Part(len(rows), gaps)] if rows else None

    return find


def _led(facts: ClassFacts) -> list[Part]:
    return [Part(1, () if facts.is_led else (Gap("классный руководитель"),))]


def _no_phone(pupil: PupilFacts, facts: ClassFacts) -> bool:
    guardians = facts.guardians[pupil.pk]
    return bool(guardians) and not any(one.has_phone for one in guardians)


def _divisions(facts: ClassFacts) -> list[Part] | None:
    parts = []
    for subject_id, subject in facts.divisions.items():
        own = [pupil for pupil in facts.pupils if (pupil.pk, subject_id) not in facts.replaced]
        gaps = tuple(Gap(pupil.name, pupil.pk) for pupil in own if pupil.pk not in facts.members[subject_id])
        parts.append(Part(len(own), gaps, subject, subject_id))
    return parts or None


def _large_groups(facts: ClassFacts) -> list[Part] | None:
    most = facts.school.group_size_warning
    gaps = tuple(Gap(f"{group.subject}, {group.name}: {group.size}") for group in facts.groups if group.size > most)
    return [Part(len(facts.groups), gaps)] if facts.groups else None


def _teachers(facts: ClassFacts) -> list[Part]:
    gaps = tuple(Gap(course.title) for course in facts.courses if not course.has_teacher)
    return [Part(len(facts.courses), gaps)] if facts.courses else [Part(1, (Gap("предметов у класса нет"),))]


def _timetable(facts: ClassFacts) -> list[Part]:
    divided = set(facts.divisions.values())  # what the whole class learned before gave its hours to the groups
    asked = [course for course in facts.courses if course.has_slots or course.of_group or course.title not in divided]
    gaps = tuple(Gap(course.title) for course in asked if not course.has_slots)
    return [Part(len(asked), gaps)] if facts.courses else [Part(1, (Gap("предметов у класса нет"),))]


def _strange_age(pupil: PupilFacts, facts: ClassFacts) -> bool:
    age = age_on(pupil.birth_date, facts.school_class.year.date_from)
    return is_rare(age, facts.school_class.grade)


def _consents_missing(facts: ClassFacts) -> list[Part] | None:
    return [
        Part(
            len(facts.pupils),
            tuple(Gap(pupil.name, pupil.pk) for pupil in facts.pupils if (pupil.pk, purpose.pk) not in facts.consents),
            purpose.name,
        )
        for purpose in facts.purposes
    ] or None


def _consents_withdrawn(facts: ClassFacts) -> list[Part] | None:
    gaps = tuple(
        Gap(f"{pupil.name}: {purpose.name}", pupil.pk)
        for pupil in facts.pupils
        for purpose in facts.purposes
        if facts.consents.get((pupil.pk, purpose.pk)) is False
    )
    return [Part(len(facts.pupils), gaps)] if facts.purposes else None


def _plans(facts: ClassFacts) -> list[Part] | None:
    names = {pupil.pk: pupil.name for pupil in facts.pupils}
    gaps = tuple(Gap(f"{names[plan.pupil_id]}: {plan.lacks}", plan.pupil_id) for plan in facts.plans if plan.lacks)
    return [Part(len(facts.plans), gaps)] if facts.plans else None


def _sensitive(facts: ClassFacts) -> list[Part] | None:
    if facts.sensitive is None:
        return None
    gaps = tuple(Gap(pupil.name, pupil.pk) for pupil in facts.pupils if pupil.pk not in facts.sensitive)
    return [Part(len(facts.pupils), gaps)]


ITEMS: tuple[Item, ...] = (
    Item("teacher", "Назначен классный руководитель", "кл. рук.", "Без него класс никто не отметит.", "office", _led),
    Item(
        "guardian", "У каждого ученика есть представитель", "семья",
        "Без представителя некому сообщить об отсутствии.", "guardians", _of_pupils(lambda p, f: not f.guardians[p.pk]),
    ),
    Item(
        "phone", "Известен телефон хотя бы одного представителя", "телефоны",
        "По нему звонят, когда ребёнок не пришёл.", "grid", _of_pupils(_no_phone),
    ),
    Item(
        "basis", "На бумаге: записаны основание и дата", "основание",
        "Выписку на бумаге получают по заявлению: впишите, по какому и с какого дня.", "guardians",
        _guardians_that(lambda one: one.on_paper, lambda one: not one.has_basis),
    ),
    Item(
        "access", "У представителей есть вход в кабинет", "кабинет",
        "Кто получает сведения электронно, тому нужен вход: напечатайте приглашения.", "access",
        _guardians_that(lambda one: not one.on_paper, lambda one: not one.may_enter), is_required=False,
    ),
    Item(
        "divisions", "Все распределены по группам", "группы",
        "Кто не в группе, у того нет уроков этого предмета.", "division", _divisions,
    ),
    Item(
        "sizes", "Группы не больше установленного", "размер групп",
        "Порог задан в настройках школы.", "groups", _large_groups, is_required=False,
    ),
    Item(
        "teachers", "У каждого предмета есть учитель", "учителя",
        "Учителя групп назначают в «Группах», остальных администратор.", "courses", _teachers,
    ),
    Item(
        "timetable", "Предметы стоят в расписании", "расписание",
        "Расписание загружает администратор файлом aSc.", "timetable", _timetable,
    ),
    Item(
        "snils", "Записан СНИЛС", "СНИЛС",
        "Нужен для региональной системы и входа через Госуслуги.", "card", _of_pupils(lambda p, f: not p.has_snils),
        is_required=False,
    ),
    Item(
        "file", "Записан номер личного дела", "личное дело",
        "Стоит на обложке личного дела.", "table", _of_pupils(lambda p, f: not p.file_number),
    ),
    Item(
        "address", "Записан адрес", "адрес",
        "Нужен для личного дела.", "table", _of_pupils(lambda p, f: not p.address),
    ),
    Item(
        "age", "Возраст обычен для класса", "возраст",
        "Проверьте год рождения: возраст на 1 сентября необычен для этого класса.", "card", _of_pupils(_strange_age),
        is_required=False,
    ),
    Item(
        "consents", "Собраны обязательные согласия", "согласия",
        "По каждой цели семья подписывает отдельный лист.", "consents", _consents_missing,
    ),
    Item(
        "withdrawn", "Обязательные согласия не отозваны", "отозваны",
        "Если согласие отозвано, решите с администрацией, как вести данные ученика.", "pupil_consents",
        _consents_withdrawn,
    ),
    Item(
        "plans", "Индивидуальные планы заполнены", "планы",
        "У каждого предмета плана нужны учитель и время.", "plans", _plans,
    ),
    Item(
        "sensitive", "Особые сведения заполнены", "особые",
        "Группа здоровья, физкультурная группа, социальный статус.", "sensitive", _sensitive, is_required=False,
    ),
)  # fmt: skip
