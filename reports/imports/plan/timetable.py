"""Planning of the timetable: subjects, groups, courses with teachers, weekly slots, bells."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

from journal.dates import WEEKDAYS_SHORT
from journal.models import BellPeriod, Course, SchoolClass, Teacher, TimetableSlot
from reports.imports.read.errors import Place
from reports.imports.read.rows import FileContent, PersonName, TimetableCourse, TimetableRows

from .courses import Courses
from .planner import Context
from .staff import plan_class_teacher

SlotKey = tuple[int, int, int]


class TimetablePlanner:
    """One export of the timetable against the slots that hold now."""

    def __init__(self, context: Context, courses: Courses, content: FileContent, bells: dict[int, BellPeriod]) -> None:
        assert content.timetable is not None
        self.context, self.staged, self.courses, self.bells = context, context.staged, courses, bells
        self.rows: TimetableRows = content.timetable
        self.place = Place(content.name)
        self.course_of: dict[int, list[Course]] = {}

    def run(self) -> None:
        self._plan_teachers()
        self._plan_bells()
        for course in self.rows.courses:
            self.course_of[id(course)] = self._plan_course(course)
        self._plan_slots()

    def _plan_teachers(self) -> None:
        for row in self.rows.teachers:
            before = len(self.context.preview.errors)
            teacher = self.context.teacher(row.name, row.place)
            if teacher is None and len(self.context.preview.errors) == before:
                self.context.new_teacher(row.name, row.place, "учитель", row.email)
        for class_name, leader in self.rows.classes.items():
            if class_name not in self.context.register.classes:
                self.context.school_class(class_name, self.place)  # says what is wrong, once
                continue
            teacher = self.context.teacher(leader, self.place) if leader else None
            if teacher:
                plan_class_teacher(self.context, class_name, teacher, self.place, replaces=False)

    def _plan_bells(self) -> None:
        for bell in self.rows.bells:
            if bell.starts is None or bell.ends is None or bell.ends <= bell.starts:
                continue
            row = self.bells.get(bell.number)
            if row is None:
                row = self.staged.add(BellPeriod(number=bell.number, starts=bell.starts, ends=bell.ends))
            else:
                self.staged.set(row, "starts", bell.starts)
                self.staged.set(row, "ends", bell.ends)
            self.context.see(row, "bell", f"{bell.number} урок", self.place)

    def _plan_course(self, row: TimetableCourse) -> list[Course]:
        """A lesson of several classes becomes a course of each: every class keeps a whole journal."""
        teachers = [self._teacher(name) for name in row.teachers]
        teacher = next((found for found in teachers if found), None)
        if len(row.teachers) > 1:
            self.context.note(
                row.place,
                f"{', '.join(row.class_names)}, {row.subject}: учителей {len(row.teachers)}.",
                f"Записан первый: {row.teachers[0]}.",
            )
        grouped = {class_name for class_name, _, _ in row.groups}
        wanted = [(class_name, group) for class_name, group, _ in row.groups]
        wanted += [(class_name, "") for class_name in row.class_names if class_name not in grouped]
        found = []
        for class_name, group in wanted:
            if school_class := self.context.register.classes.get(class_name):
                course = self.courses.make(school_class, row.subject, group, teacher, row.place)
                self._replace_teacher(course, teacher, school_class, row.place)
                found.append(course)
        return found

    def _teacher(self, name: PersonName) -> Teacher | None:
        return self.context.teacher(name, self.place)

    def _replace_teacher(
        self, course: Course, teacher: Teacher | None, school_class: SchoolClass, place: Place
    ) -> None:
        if teacher is None or course.teacher is teacher:
            return
        if course.pk is None:
            self.context.note(
                place, f"{school_class.name}, {course.subject.name}: в расписании два учителя.",
                f"Записан {course.teacher.full_name if course.teacher else '—'}.",
            )  # fmt: skip
            return
        self.staged.set(course, "teacher", teacher)

    # -- slots --

    def _plan_slots(self) -> None:
        wanted: dict[SlotKey, tuple[Course, str, Place]] = {}
        hours: Counter = Counter()
        taught = {id(course): course for found in self.course_of.values() for course in found}
        for card in self.rows.cards:
            if card.weeks:
                self.context.error(
                    card.place,
                    f"{', '.join(card.course.class_names)}, {card.course.subject}: урок стоит через неделю.",
                    "Такие уроки программа пока не ведёт: уберите чередование недель или внесите их заменами.",
                )
                continue
            for course in self.course_of[id(card.course)]:
                key = (id(course), card.weekday + 1, card.number)
                if key not in wanted:
                    hours[id(course)] += 1
                wanted[key] = (course, card.room[:20], card.place)
        self._set_hours(taught, hours)
        self._merge_slots(wanted)

    def _set_hours(self, taught: dict[int, Course], hours: Counter) -> None:
        for key, course in taught.items():
            self.staged.set(course, "hours_per_week", Decimal(hours[key]))

    def _merge_slots(self, wanted: dict[SlotKey, tuple[Course, str, Place]]) -> None:
        holding = self._holding_slots()
        class_of = {id(course): key[0] for key, course in self.courses.courses.items()}
        # A class without a timetable gets its first one for the whole year; a change holds from next Monday.
        timetabled = {class_of[id(slot.course)] for slot in holding.values()}
        for key, held in holding.items():
            if key not in wanted:
                self._end(held, self._begins())
        new: Counter = Counter()
        same: Counter = Counter()
        for key, (course, room, place) in wanted.items():
            slot = holding.get(key)
            begins = self._begins() if class_of[id(course)] in timetabled else self.context.year.date_from
            if slot is None:
                slot = TimetableSlot(course=course, weekday=key[1], number=key[2], room=room, date_from=begins)
                self.staged.add(slot)
                new[f"{course.title}, с {begins:%d.%m.%Y}"] += 1
            elif slot.room != room and room:
                self.staged.set(slot, "room", room)
                self.context.see(slot, "slot", self._slot_title(slot), place)
            else:
                same[course.title] += 1
        for title, number in new.items():
            self.context.count("slot", "new", title, self.place, number)
        for title, number in same.items():
            self.context.count("slot", "unchanged", title, self.place, number)

    def _begins(self) -> date:
        """A changed timetable holds from next Monday: what was held stays as it was."""
        today = self.context.today
        monday = today + timedelta(days=7 - today.weekday())
        return max(monday, self.context.year.date_from)

    def _holding_slots(self) -> dict[SlotKey, TimetableSlot]:
        """Slots of the classes in the file that hold, or will hold, from the coming Monday on."""
        classes = [self.context.register.classes.get(name) for name in self.rows.classes]
        courses = {c.pk: c for row in classes if row for c in self.courses.of_class(row) if c.pk}
        begins = self._begins()
        found = {}
        for slot in TimetableSlot.objects.filter(course__in=list(courses), date_from__lte=begins):
            if slot.date_to is None or slot.date_to >= begins:
                slot.course = courses[slot.course_id]
                found[id(slot.course), slot.weekday, slot.number] = slot
        return found

    def _end(self, slot: TimetableSlot, begins: date) -> None:
        title = self._slot_title(slot)
        if slot.date_from >= begins:
            self.staged.remove(slot)
        else:
            slot_end = begins - timedelta(days=1)
            self.staged.set(slot, "date_to", slot_end)
        self.context.count("slot", "removed", f"{title}, по {begins - timedelta(days=1):%d.%m.%Y}", self.place, 1)

    def _slot_title(self, slot: TimetableSlot) -> str:
        return f"{slot.course.title}: {WEEKDAYS_SHORT[slot.weekday - 1]}, {slot.number} урок"


def plan_timetables(
    context: Context, courses: Courses, contents: list[FileContent], bells: dict[int, BellPeriod]
) -> None:
    """All exports among the files; usually there is one."""
    seen: dict[str, str] = defaultdict(str)
    for content in contents:
        if content.timetable is None:
            continue
        for class_name in content.timetable.classes:
            if seen[class_name]:
                context.error(
                    Place(content.name), f"Расписание класса {class_name} есть и в файле «{seen[class_name]}».",
                    "Оставьте один файл расписания.",
                )  # fmt: skip
                return
            seen[class_name] = content.name
        TimetablePlanner(context, courses, content, bells).run()
