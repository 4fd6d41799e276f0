"""Subjects, groups and courses in memory: the timetable makes them, journals and summary sheets find them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from journal.models import Course, GroupMembership, Pupil, SchoolClass, StudyGroup, Subject, Teacher
from journal.text import normalise
from reports.imports.read.errors import Place

from .planner import Context
from .register import is_of

WITHOUT_MARKS = {"орксэ", "разговоры о важном", "россия - мои горизонты", "классный час"}
WORDS = str.maketrans({".": " ", ",": " ", "(": " ", ")": " ", "-": " ", "–": " "})


def subject_key(name: str) -> str:
    """Subjects are compared without signs and case."""
    return normalise(name.translate(WORDS))


class Courses:
    """Everything that is taught in the year, findable by class, subject and group."""

    def __init__(self, context: Context) -> None:
        self.context, self.staged = context, context.staged
        self.subjects = {subject_key(row.name): row for row in Subject.objects.all()}
        by_pk = {row.pk: row for row in self.subjects.values()}
        classes = {row.pk: row for row in context.register.classes.values()}
        teachers = {row.pk: row for rows in context.register.teachers.values() for row in rows}
        self.group_classes: dict[int, list[SchoolClass]] = defaultdict(list)
        groups: dict[int, StudyGroup] = {}
        for group in StudyGroup.objects.filter(year=context.year).prefetch_related("classes"):
            group.subject = by_pk[group.subject_id]
            groups[group.pk] = group
            self.group_classes[id(group)] = [classes[row.pk] for row in group.classes.all() if row.pk in classes]
        self.courses: dict[tuple[int, str, str], Course] = {}
        for course in Course.objects.filter(school_class__year=context.year) | Course.objects.filter(
            group__year=context.year
        ):
            course.subject = by_pk[course.subject_id]
            course.teacher = teachers.get(course.teacher_id or 0)
            if course.group_id:
                course.group = groups[course.group_id]
                for school_class in self.group_classes[id(course.group)]:
                    self._index(course, school_class)
            elif course.school_class_id:
                course.school_class = classes[course.school_class_id]
                self._index(course, course.school_class)
        # Classes whose courses are settled, by the database or by a timetable of this very import.
        self.settled = {key[0] for key in self.courses}
        self._load_memberships(by_pk, groups)

    def _load_memberships(self, subjects: dict[int, Subject], groups: dict[int, StudyGroup]) -> None:
        pupils = {row.pk: row for row in self.context.register.pupils}
        # (pupil, subject) → memberships of the year
        self.memberships: dict[tuple[int, int], list[GroupMembership]] = defaultdict(list)
        for row in GroupMembership.objects.filter(group__year=self.context.year).order_by("date_from"):
            row.group = groups[row.group_id]
            self.memberships[id(pupils[row.pupil_id]), id(subjects[row.subject_id])].append(row)

    def _index(self, course: Course, school_class: SchoolClass) -> None:
        group = normalise(course.group.name) if course.group else ""
        self.courses[id(school_class), subject_key(course.subject.name), group] = course

    def find(self, school_class: SchoolClass, subject: str, group: str) -> Course | None:
        return self.courses.get((id(school_class), subject_key(subject), normalise(group)))

    def settle(self) -> None:
        """From now on an unknown subject in a class that has courses is a slip."""
        self.settled = {key[0] for key in self.courses}

    def of_class(self, school_class: SchoolClass) -> list[Course]:
        return [course for (class_id, _, _), course in self.courses.items() if class_id == id(school_class)]

    def subject(self, name: str, place: Place) -> Subject:
        """The subject of that name, made where there is none."""
        key = subject_key(name)
        if key not in self.subjects:
            subject = Subject(name=name, has_marks=key not in WITHOUT_MARKS)
            self.subjects[key] = self.staged.add(subject)
        subject = self.subjects[key]
        self.context.see(subject, "subject", subject.name, place)
        return subject

    def make(
        self, school_class: SchoolClass, subject_name: str, group_name: str, teacher: Teacher | None, place: Place
    ) -> Course:
        """The course, made with its subject and group where there is none."""
        course = self.find(school_class, subject_name, group_name)
        if course is None:
            subject = self.subject(subject_name, place)
            if group_name:
                group = self._make_group(school_class, subject, group_name, place)
                course = Course(subject=subject, group=group, teacher=teacher)
            else:
                course = Course(subject=subject, school_class=school_class, teacher=teacher)
            self.staged.add(course)
            self._index(course, school_class)
        elif teacher is not None and course.teacher is None:
            self.staged.set(course, "teacher", teacher)
        self.context.see(course, "course", f"{school_class.name}: {course.title}", place)
        return course

    def _make_group(self, school_class: SchoolClass, subject: Subject, name: str, place: Place) -> StudyGroup:
        group = self.staged.add(StudyGroup(year=self.context.year, subject=subject, name=name))
        self.staged.group_classes.append((group, school_class))
        self.group_classes[id(group)].append(school_class)
        self.context.see(group, "group", f"{school_class.name}: {group}", place)
        return group

    def join(self, pupil: Pupil, group: StudyGroup, place: Place) -> bool:
        """Put the pupil into the group from the first day; True if that is news. Another group is an error."""
        key = (id(pupil), id(group.subject))
        for row in self.memberships[key]:
            if row.group is group:
                return False
            if row.date_to is None:
                self.context.error(
                    place,
                    f"{pupil.list_name} уже состоит в группе «{row.group.name}» по предмету {group.subject.name}.",
                    "Ученик может быть только в одной группе: оформите переход или уберите лишнюю строку.",
                )
                return False
        row = GroupMembership(
            pupil=pupil, group=group, subject=group.subject, date_from=self._membership_begins(pupil, group)
        )
        self.memberships[key].append(self.staged.add(row))
        return True

    def _membership_begins(self, pupil: Pupil, group: StudyGroup) -> date:
        """From 1 September, or from the day the pupil came."""
        begins = self.context.year.date_from
        for enrolment in self.context.register.enrolments[id(pupil)]:
            if any(is_of(enrolment, row) for row in self.group_classes[id(group)]):
                begins = max(begins, enrolment.date_from)
        return begins
