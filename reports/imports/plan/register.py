"""The register in memory while an import is planned: rows of the database, staged new rows and changes.

Nothing is written until `save`. The same plan therefore serves the preview and the real thing.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from django.db import models

from attendance.models import Absence, AbsenceChange
from journal.models import (
    AcademicYear,
    BellPeriod,
    ClassTeacher,
    Course,
    Enrolment,
    GroupMembership,
    Guardian,
    Guardianship,
    Homework,
    Lesson,
    Mark,
    Movement,
    PeriodMark,
    Pupil,
    School,
    SchoolClass,
    StudyGroup,
    Subject,
    Teacher,
    TimetableSlot,
)
from journal.services.changes import stored_fields
from journal.services.undo import UndoLog
from journal.text import normalise

# Parents before children: a foreign key to a row made in the same import is filled in when that row has its pk.
SAVE_ORDER: list[type[models.Model]] = [
    School, SchoolClass, Teacher, ClassTeacher, Pupil, Enrolment, Movement, Guardian, Guardianship, Subject,
    StudyGroup, Course, GroupMembership, TimetableSlot, BellPeriod, Lesson, Homework, Mark, PeriodMark, Absence,
    AbsenceChange,
]  # fmt: skip
BATCH = 500
NAMED = (Teacher, Pupil, Guardian)


class Staged:
    """New rows, changed fields and removed rows, kept by object, not by pk: new rows have none yet."""

    def __init__(self) -> None:
        self.created: dict[type, list[Any]] = defaultdict(list)
        self.changed: dict[int, tuple[Any, dict[str, Any]]] = {}
        self.removed: list[Any] = []
        self.group_classes: list[tuple[StudyGroup, SchoolClass]] = []
        # Rows that stand in the database already: the school year made for this import.
        self.made: list[models.Model] = []

    def add(self, instance: Any) -> Any:
        """A row to be created."""
        if isinstance(instance, NAMED):
            instance.sort_name = normalise(instance.full_name)
        self.created[type(instance)].append(instance)
        return instance

    def set(self, instance: Any, field: str, value: Any) -> None:
        """A field gets a value; what it was before the import is remembered once."""
        old = getattr(instance, field)
        if old == value:
            return
        if instance.pk is not None:
            _, before = self.changed.setdefault(id(instance), (instance, {}))
            before.setdefault(field, old)
        setattr(instance, field, value)
        if isinstance(instance, NAMED) and field in ("last_name", "first_name", "patronymic"):
            instance.sort_name = normalise(instance.full_name)

    def remove(self, instance: Any) -> None:
        """A row that has not begun to matter yet (a slot of next week) is dropped."""
        self.removed.append(instance)

    def differences(self, instance: Any) -> dict[str, tuple[Any, Any]]:
        """Field → (old, new), only where the final value differs from the database's."""
        _, before = self.changed.get(id(instance), (None, {}))
        return {
            field: (old, getattr(instance, field)) for field, old in before.items() if old != getattr(instance, field)
        }

    def changed_instances(self) -> list[tuple[Any, dict[str, tuple[Any, Any]]]]:
        found = [(instance, self.differences(instance)) for instance, _ in self.changed.values()]
        return [(instance, fields) for instance, fields in found if fields]

    def save(self) -> UndoLog:
        """Everything in bulk, and what it takes to undo it. Ended rows first, so that new ones begin where they end."""
        log = UndoLog()
        log.add_created(self.made)
        for instance in self.removed:
            log.add_removed(instance)
            instance.delete()
        self._save_changes(log)
        for model in SAVE_ORDER:
            rows = self.created.get(model, [])
            log.add_created(model._default_manager.bulk_create(rows, batch_size=BATCH))
            if model is StudyGroup:
                through = StudyGroup.classes.through
                links = [
                    through(studygroup_id=group.pk, schoolclass_id=school_class.pk)
                    for group, school_class in self.group_classes
                ]
                log.add_created(through.objects.bulk_create(links))
        log.seal()
        return log

    def _save_changes(self, log: UndoLog) -> None:
        by_model: dict[type, list[tuple[Any, dict]]] = defaultdict(list)
        for instance, fields in self.changed_instances():
            by_model[type(instance)].append((instance, fields))
        for model in SAVE_ORDER:
            changed = by_model.get(model, [])
            names = stored_fields(name for _, fields in changed for name in fields)
            if names & {"last_name", "first_name", "patronymic"}:
                names.add("sort_name")
            if not changed:
                continue
            columns = [one.attname for one in model._meta.concrete_fields if one.name in names]
            before = _columns(model, columns, changed)
            model._default_manager.bulk_update([row for row, _ in changed], sorted(names), batch_size=BATCH)
            after = _columns(model, columns, changed)
            for row, _ in changed:
                pairs = zip(columns, before[row.pk], after[row.pk], strict=True)
                log.add_changed(row, {name: (old, new) for name, old, new in pairs if old != new})


def _columns(model: type[models.Model], columns: list[str], changed: list[tuple[Any, dict]]) -> dict[int, list[Any]]:
    """What stands in the database itself: an undo must restore exactly that, down to the encrypted text."""
    found = {}
    for at in range(0, len(changed), BATCH):
        rows = model._base_manager.filter(pk__in=[row.pk for row, _ in changed[at : at + BATCH]])
        found.update({pk: values for pk, *values in rows.values_list("pk", *columns)})
    return found


class Register:
    """Rows of the database that people and classes are matched against, with indexes over them."""

    def __init__(self, year: AcademicYear) -> None:
        self.year = year
        self.staged = Staged()
        self.classes = {row.name: row for row in SchoolClass.objects.filter(year=year)}
        self.had_classes = bool(self.classes)
        self.teachers: dict[str, list[Teacher]] = defaultdict(list)
        for teacher in Teacher.objects.all():
            self.teachers[teacher.sort_name].append(teacher)
        self.class_teachers: dict[int, list[ClassTeacher]] = defaultdict(list)
        for row in ClassTeacher.objects.filter(school_class__year=year, is_acting=False).select_related(
            "teacher", "school_class"
        ):
            self.class_teachers[id(self.classes[row.school_class.name])].append(row)
        self._load_people()

    def _load_people(self) -> None:
        self.pupils = list(Pupil.objects.all())
        by_pk = {pupil.pk: pupil for pupil in self.pupils}
        self.by_birth: dict[date, list[Pupil]] = defaultdict(list)
        self.by_name: dict[str, list[Pupil]] = defaultdict(list)
        self.by_snils: dict[str, Pupil] = {}
        for pupil in self.pupils:
            self.index_pupil(pupil)
        self.enrolments: dict[int, list[Enrolment]] = defaultdict(list)
        by_class_pk = {row.pk: row for row in self.classes.values()}
        for enrolment in Enrolment.objects.order_by("date_from"):
            enrolment.pupil = by_pk[enrolment.pupil_id]
            if school_class := by_class_pk.get(enrolment.school_class_id):
                enrolment.school_class = school_class
            self.enrolments[id(enrolment.pupil)].append(enrolment)
        self.movements = {
            (id(by_pk[pupil_id]), kind, day)
            for pupil_id, kind, day in Movement.objects.values_list("pupil_id", "kind", "effective_on")
        }
        self.guardians: dict[str, list[Guardian]] = defaultdict(list)
        guardians = {row.pk: row for row in Guardian.objects.all()}
        # Other spellings of a guardian, from rows merged into this one: a file may still have them.
        self.spellings: dict[int, set[str]] = defaultdict(set)
        for guardian in guardians.values():
            person = guardian
            while person.merged_into_id:
                person = guardians[person.merged_into_id]
            if person not in self.guardians[guardian.sort_name]:
                self.guardians[guardian.sort_name].append(person)
            self.spellings[id(person)].add(guardian.sort_name)
        self.guardianships: dict[int, list[Guardianship]] = defaultdict(list)
        for link in Guardianship.objects.filter(guardian__merged_into=None):
            link.pupil, link.guardian = by_pk[link.pupil_id], guardians[link.guardian_id]
            self.guardianships[id(link.pupil)].append(link)

    def index_pupil(self, pupil: Pupil) -> None:
        """Make the pupil findable by name, birth date and СНИЛС."""
        self.by_birth[pupil.birth_date].append(pupil)
        self.by_name[pupil.sort_name].append(pupil)
        if pupil.snils_digest:
            self.by_snils[pupil.snils_digest] = pupil

    def enrolments_in(self, school_class: SchoolClass) -> list[Enrolment]:
        """Everybody who is or was on the roll of the class, also those of this import."""
        return [row for rows in self.enrolments.values() for row in rows if is_of(row, school_class)]


def is_of(row: Any, school_class: SchoolClass) -> bool:
    """Is the row of this class? Works for classes without a pk, and asks the database nothing."""
    if school_class.pk is not None:
        return row.school_class_id == school_class.pk
    return row.school_class_id is None and row.school_class is school_class
