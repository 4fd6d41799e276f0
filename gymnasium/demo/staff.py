"""Classes, subjects, study groups, courses, and the teachers who give them."""

from __future__ import annotations

from collections import Counter
from itertools import count

from django.utils.text import slugify

from accounts.models import User
from accounts.rules import RULES_VERSION
from gymnasium.demo import curriculum, names
from gymnasium.demo.curriculum import CHAIRS, HOURS, MEN_CHAIRS, SUBJECTS, TALKS
from gymnasium.demo.world import Form, Unit, World, moment
from journal.models import ClassTeacher, Course, SchoolClass, StudyGroup, Subject, Teacher, WorkKind
from journal.text import normalise

HOURS_OF_A_TEACHER = 22
UNUSABLE_PASSWORD = "!demo"
"""Nobody can sign in with it: Django takes a hash with «!» for «no password»."""


def build_classes(world: World) -> None:
    """Classes, subjects and kinds of work."""
    wanted = curriculum.SMALL_CLASSES if world.size == "small" else curriculum.FULL_CLASSES
    rows = [SchoolClass(year=world.year, grade=int(name[:-1]), letter=name[-1]) for name in wanted]
    world.forms = [Form(row) for row in SchoolClass.objects.bulk_create(rows)]
    taught = {TALKS}.union(*(HOURS[form.grade] for form in world.forms))
    subjects = [
        Subject(name=name, short_name=info.short, has_marks=info.has_marks)
        for name, info in SUBJECTS.items()
        if name in taught
    ]
    world.subjects = {row.name: row for row in Subject.objects.bulk_create(subjects)}
    world.kinds = {row.short_name: row for row in WorkKind.objects.all()}


def build_courses(world: World) -> None:
    """Courses of each class and of its groups, with their teachers."""
    for form in world.forms:
        for name, hours in [(TALKS, 1), *HOURS[form.grade].items()]:
            parts = curriculum.division(name, form.grade)
            groups = [_make_group(world, form, name, part) for part in parts] or [None]
            if parts:
                form.groups[name] = groups
            courses = [
                Course(
                    subject=world.subjects[name],
                    school_class=None if group else form.row,
                    group=group,
                    hours_per_week=hours,
                )
                for group in groups
            ]
            form.units.append(Unit(name, courses, hours))
    _Staffing(world).run()
    Course.objects.bulk_create(course for form in world.forms for unit in form.units for course in unit.courses)


def _make_group(world: World, form: Form, subject: str, name: str) -> StudyGroup:
    group = StudyGroup.objects.create(year=world.year, subject=world.subjects[subject], name=name)
    group.classes.add(form.row)
    return group


class _Staffing:
    """Finds a teacher for every course: one of the chair with the fewest hours, or a new one when all are full."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = world.rng("staff")
        self.load: Counter[int] = Counter()
        self.logins: set[str] = set()
        self.password_moment = moment(world.year.date_from, 9, 0)

    def run(self) -> None:
        deputy = self.hire("", "заместитель директора по учебно-воспитательной работе", sex="f", login="deputy")
        deputy.user.is_deputy = True
        deputy.user.save(update_fields=["is_deputy"])
        self.hire_operator()
        for form in self.world.forms:
            self.staff(form)
        for form in self.world.forms:
            form.teacher = form.teacher or self.class_teacher(form)
            form.units[0].courses[0].teacher = form.teacher  # «Разговоры о важном»
        ClassTeacher.objects.bulk_create(
            ClassTeacher(school_class=form.row, teacher=form.teacher, date_from=self.world.year.date_from)
            for form in self.world.forms
        )
        self.name_logins()

    def staff(self, form: Form) -> None:
        """One teacher for all lessons of a chair in a class; another one for the second group."""
        own: dict[tuple[str, int], Teacher] = {}
        if form.grade <= 4:
            form.teacher = own["primary", 0] = self.hire("primary")
        for unit in form.units[1:]:
            for number, course in enumerate(unit.courses):
                chair = curriculum.chair_of(unit.subject, form.grade, course.group.name if course.group else "")
                # The two groups of craft have chairs of their own; languages need two teachers of one chair.
                place = (chair, 0 if chair.startswith("craft") else number)
                if place not in own:
                    busy = [teacher for (other, _), teacher in own.items() if other == chair]
                    own[place] = self.find(chair, self.hours(form, chair), busy)
                course.teacher = own[place]
                self.load[id(own[place])] += unit.hours

    def hours(self, form: Form, chair: str) -> int:
        return sum(
            unit.hours
            for unit in form.units[1:]
            if chair
            in {curriculum.chair_of(unit.subject, form.grade, c.group.name if c.group else "") for c in unit.courses}
        )

    def find(self, chair: str, hours: int, busy: list[Teacher]) -> Teacher:
        free = [
            teacher
            for teacher in self.world.chairs[chair]
            if teacher not in busy and self.load[id(teacher)] + hours <= HOURS_OF_A_TEACHER
        ]
        return min(free, key=lambda teacher: self.load[id(teacher)]) if free else self.hire(chair)

    def hire(self, chair: str, position: str = "", sex: str = "", login: str = "") -> Teacher:
        men = 1.0 if chair in MEN_CHAIRS else 0.5 if chair == "sport" else 0.12
        sex = sex or ("m" if self.rng.random() < men else "f")
        last, first, patronymic = self.unused_name(sex)
        user = User.objects.create(
            username=login or self.login(last, first),
            password=self.world.people_password if login else UNUSABLE_PASSWORD,
            last_name=last,
            first_name=first,
            patronymic=patronymic,
            date_joined=self.password_moment,
            rules_version=RULES_VERSION,
        )
        teacher = Teacher.objects.create(
            user=user,
            last_name=last,
            first_name=first,
            patronymic=patronymic,
            position=position or CHAIRS[chair],
            email=f"{names.latin(last)}@example.org",
        )
        self.world.teachers.append(teacher)
        self.world.users[user.username] = user
        if chair:
            self.world.chairs[chair].append(teacher)
        return teacher

    def unused_name(self, sex: str) -> tuple[str, str, str]:
        taken = {normalise(teacher.last_name) for teacher in self.world.teachers}
        while True:
            name = names.adult(self.rng, sex)
            if normalise(name[0]) not in taken:
                return name

    def login(self, last: str, first: str) -> str:
        base = slugify(f"{names.latin(first)[0]}-{names.latin(last)}")
        login = next(
            name for number in count(1) if (name := base + (str(number) if number > 1 else "")) not in self.logins
        )
        self.logins.add(login)
        return login

    def hire_operator(self) -> None:
        last, first, patronymic = names.adult(self.rng, "m")
        self.world.users["operator"] = User.objects.create(
            username="operator",
            password=self.world.people_password,
            last_name=last,
            first_name=first,
            patronymic=patronymic,
            is_operator=True,
            is_staff=True,
            date_joined=self.password_moment,
            rules_version=RULES_VERSION,
        )

    def class_teacher(self, form: Form) -> Teacher:
        """A teacher of the class who leads none yet, preferably of the whole class and with many hours there."""
        leading = {other.teacher for other in self.world.forms}
        hours: Counter[Teacher] = Counter()
        for unit in form.units[1:]:
            for course in unit.courses:
                hours[course.teacher] += unit.hours * (1 if unit.is_split else 10)
        return next(teacher for teacher, _ in hours.most_common() if teacher not in leading)

    def name_logins(self) -> None:
        """The class teachers of the contract and one teacher without a class get the logins that people are told."""
        known = {f"teacher{name}": self.world.form(cyrillic).teacher for name, cyrillic in DEMO_CLASSES.items()}
        leading = {form.teacher for form in self.world.forms}
        of_7b = [course.teacher for unit in self.world.form("7Б").units for course in unit.courses]
        known["subject1"] = next(teacher for teacher in of_7b if teacher not in leading)
        for login, teacher in known.items():
            user = teacher.user
            del self.world.users[user.username]
            user.username, user.password = login, self.world.people_password
            user.save(update_fields=["username", "password"])
            self.world.users[login] = user


DEMO_CLASSES = {"5a": "5А", "7a": "7А", "7b": "7Б", "10a": "10А"}
