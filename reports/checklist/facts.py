"""Everything that the checklist asks about classes, read at once. No query is left inside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q

from journal.models import (
    ClassTeacher,
    Consent,
    ConsentPurpose,
    Course,
    Enrolment,
    GroupMembership,
    Guardianship,
    IndividualPlan,
    School,
    SchoolClass,
    SensitiveData,
    StudyGroup,
    TimetableSlot,
)
from journal.text import initials

PAPER = set(Guardianship.PAPER)


@dataclass(frozen=True, slots=True)
class PupilFacts:
    pk: int
    name: str
    birth_date: date
    has_snils: bool
    file_number: str
    address: str


@dataclass(frozen=True, slots=True)
class GuardianFacts:
    """A guardian of one pupil. `may_enter`: has a login that is not blocked."""

    pupil_id: int
    name: str
    has_phone: bool
    on_paper: bool
    has_basis: bool
    may_enter: bool


@dataclass(frozen=True, slots=True)
class GroupFacts:
    pk: int
    subject_id: int
    subject: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class CourseFacts:
    title: str
    of_group: bool
    has_teacher: bool
    has_slots: bool


@dataclass(frozen=True, slots=True)
class PlanFacts:
    pupil_id: int
    lacks: str
    """What the plan lacks, in words; empty where nothing."""


@dataclass
class ClassFacts:
    """One class on one day."""

    school_class: SchoolClass
    school: School
    pupils: list[PupilFacts] = field(default_factory=list)
    guardians: dict[int, list[GuardianFacts]] = field(default_factory=lambda: defaultdict(list))
    groups: list[GroupFacts] = field(default_factory=list)
    members: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Subject of a division → pupils in one of its groups; where the division only begins later, in one from then."""
    replaced: set[tuple[int, int]] = field(default_factory=set)
    """(pupil, subject) taught by an individual plan instead."""
    courses: list[CourseFacts] = field(default_factory=list)
    plans: list[PlanFacts] = field(default_factory=list)
    purposes: list[ConsentPurpose] = field(default_factory=list)
    """Those needed from everybody."""
    consents: dict[tuple[int, int], bool] = field(default_factory=dict)
    """(pupil, purpose) → whether it is in force; withdrawn otherwise."""
    is_led: bool = False
    sensitive: set[int] | None = None
    """Pupils whose block is filled; None where the reader may not ask."""

    @property
    def divisions(self) -> dict[int, str]:
        """Subject → name, of the subjects in which the class is divided."""
        return {group.subject_id: group.subject for group in self.groups}


def facts_of(classes: Sequence[SchoolClass], day: date, *, sees_sensitive: bool) -> list[ClassFacts]:
    """Facts of classes of one year on a day. Twelve queries (thirteen with the sensitive block), whatever the sizes."""
    if not classes:
        return []
    school = classes[0].year.school
    found = {one.pk: ClassFacts(one, school) for one in classes}
    home = _pupils(found, day)
    _guardians(found, home)
    _groups(found, day)
    _plans(found, home, day)
    _courses(found, day)
    _consents(found, home)
    led = ClassTeacher.objects.active_on(day).filter(school_class__in=found).select_related(None).order_by()
    for class_id in led.values_list("school_class_id", flat=True):
        found[class_id].is_led = True
    if school.sensitive_block and sees_sensitive:
        filled = ~Q(health_group="", pe_group="", social_status="")
        rows = SensitiveData.objects.filter(filled, pupil__in=home).values_list("pupil_id", flat=True)
        for one in found.values():
            one.sensitive = set()
        for pupil_id in rows:
            found[home[pupil_id]].sensitive.add(pupil_id)  # type: ignore[union-attr]
    return list(found.values())


def _pupils(found: dict[int, ClassFacts], day: date) -> dict[int, int]:
    """Fills the pupils on the roll in list order; pupil → class."""
    columns = ("last_name", "first_name", "birth_date", "snils_digest", "file_number", "address", "sort_name")
    rows = Enrolment.objects.on_roll(day).filter(school_class__in=found).order_by()
    home: dict[int, int] = {}
    values = rows.values_list("school_class_id", "pupil_id", *(f"pupil__{name}" for name in columns))
    for class_id, pk, last, first, born, digest, number, address, _ in sorted(
        values, key=lambda row: (row[-1], row[1])
    ):
        home[pk] = class_id
        pupil = PupilFacts(pk, f"{last} {first}", born, bool(digest), number, address)
        found[class_id].pupils.append(pupil)
    return home


def _guardians(found: dict[int, ClassFacts], home: dict[int, int]) -> None:
    rows = Guardianship.objects.current().filter(pupil__in=home).order_by("pk")
    names = ("guardian__last_name", "guardian__first_name", "guardian__patronymic")
    phones = ("guardian__phone_mobile", "guardian__phone_home")
    for pupil, informing, basis, since, last, first, patronymic, mobile, at_home, active in rows.values_list(
        "pupil_id", "informing", "informing_basis", "informing_since", *names, *phones, "guardian__user__is_active"
    ):
        facts = GuardianFacts(
            pupil_id=pupil,
            name=initials(last, first, patronymic),
            has_phone=bool(mobile or at_home),
            on_paper=informing in PAPER,
            has_basis=bool(basis and since),
            may_enter=bool(active),
        )
        found[home[pupil]].guardians[pupil].append(facts)


def _groups(found: dict[int, ClassFacts], day: date) -> None:
    """Groups of the classes with their size, and who is in one of them. Two queries."""
    holds = Q(date_to=None) | Q(date_to__gte=day)
    year = next(iter(found.values())).school_class.year_id
    in_force = Q(memberships__date_from__lte=day) & (Q(memberships__date_to=None) | Q(memberships__date_to__gte=day))
    rows = StudyGroup.objects.filter(year=year).annotate(size=Count("memberships", filter=in_force)).order_by()
    sizes = {
        pk: GroupFacts(pk, subject_id, subject, name, size)
        for pk, subject_id, subject, name, size in rows.values_list("pk", "subject_id", "subject__name", "name", "size")
    }
    ties = StudyGroup.classes.through.objects.filter(schoolclass__in=found, studygroup__in=list(sizes))
    for group_id, class_id in ties.values_list("studygroup_id", "schoolclass_id"):
        found[class_id].groups.append(sizes[group_id])
    for one in found.values():
        one.groups.sort(key=lambda group: (group.subject, group.name))
    by_group: dict[int, set[int]] = defaultdict(set)
    later: dict[int, set[int]] = defaultdict(set)
    members = GroupMembership.objects.filter(holds, group__year=year).order_by()
    for group_id, pupil_id, date_from in members.values_list("group_id", "pupil_id", "date_from"):
        (by_group if date_from <= day else later)[group_id].add(pupil_id)
    for one in found.values():
        own = {pupil.pk for pupil in one.pupils}
        for group in one.groups:
            one.members[group.subject_id] |= by_group[group.pk] & own
        begun = {subject_id for subject_id, pupils in one.members.items() if pupils}
        for group in one.groups:
            if group.subject_id not in begun:
                one.members[group.subject_id] |= later[group.pk] & own


def _plans(found: dict[int, ClassFacts], home: dict[int, int], day: date) -> None:
    """Individual plans of the day: which subjects they replace, what they lack. Two queries."""
    holds = Q(date_to=None) | Q(date_to__gte=day)
    plans = dict(IndividualPlan.objects.filter(holds, date_from__lte=day, pupil__in=home).values_list("pk", "pupil_id"))
    slots = TimetableSlot.objects.filter(course=OuterRef("pk"), date_from__lte=day).filter(holds)
    rows = Course.objects.filter(plan__in=plans).annotate(has_slots=Exists(slots)).order_by("pk")
    courses: dict[int, list[tuple[int, bool, bool]]] = {pk: [] for pk in plans}
    for plan_id, subject, teacher, has_slots in rows.values_list("plan_id", "subject_id", "teacher_id", "has_slots"):
        courses[plan_id].append((subject, bool(teacher), has_slots))
    for plan_id, own in courses.items():
        pupil_id = plans[plan_id]
        one = found[home[pupil_id]]
        one.replaced |= {(pupil_id, subject) for subject, _, _ in own}
        lacks = []
        if not own:
            lacks.append("нет предметов")
        if any(not has_teacher for _, has_teacher, _ in own):
            lacks.append("не у всех предметов есть учитель")
        if any(not has_slots for _, _, has_slots in own):
            lacks.append("не у всех предметов есть время")
        one.plans.append(PlanFacts(pupil_id, ", ".join(lacks)))


def _courses(found: dict[int, ClassFacts], day: date) -> None:
    """Courses of the classes and of their groups; a time in the timetable from a later day counts. Two queries."""
    slots = TimetableSlot.objects.filter(Q(date_to=None) | Q(date_to__gte=day), course=OuterRef("pk"))
    columns = ("subject__name", "teacher_id", "has_slots")
    of_class = Course.objects.filter(school_class__in=found).annotate(has_slots=Exists(slots)).order_by("subject__name")
    for class_id, subject, teacher, has_slots in of_class.values_list("school_class_id", *columns):
        found[class_id].courses.append(CourseFacts(subject, False, bool(teacher), has_slots))
    of_group = Course.objects.filter(group__classes__in=found).annotate(has_slots=Exists(slots)).order_by("group_id")
    for class_id, group, subject, teacher, has_slots in of_group.values_list("group__classes", "group__name", *columns):
        if class_id in found:
            title = f"{subject} · {group}"
            found[class_id].courses.append(CourseFacts(title, True, bool(teacher), has_slots))


def _consents(found: dict[int, ClassFacts], home: dict[int, int]) -> None:
    purposes = list(ConsentPurpose.objects.filter(is_active=True, is_required=True))
    for one in found.values():
        one.purposes = purposes
    rows = Consent.objects.filter(pupil__in=home, purpose__in=[purpose.pk for purpose in purposes]).order_by()
    for pupil_id, purpose_id, withdrawn in rows.values_list("pupil_id", "purpose_id", "withdrawn_on"):
        consents = found[home[pupil_id]].consents
        consents[pupil_id, purpose_id] = consents.get((pupil_id, purpose_id), False) or withdrawn is None
