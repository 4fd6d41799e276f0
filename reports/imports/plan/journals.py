"""Planning of class journals: lessons, topics, homework, marks, absence letters."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from django.utils import timezone

from attendance.models import LETTERS, REASONS, WHOLE_DAY, Absence, AbsenceChange, ClosedMonth
from journal.models import Course, Homework, Lesson, Mark, Pupil, SchoolClass, Term, TimetableSlot, WorkKind
from reports.imports.read.rows import JournalCell, JournalLesson, JournalSheet

from .class_roll import ClassRoll
from .courses import Courses
from .planner import Context


class JournalPlanner:
    """All journal sheets of one import. Rows of the database are read once per class."""

    def __init__(self, context: Context, courses: Courses) -> None:
        self.context, self.staged, self.courses = context, context.staged, courses
        self.now = timezone.now()
        self.kind = WorkKind.objects.order_by("-is_default", "pk").first()
        self.closed_months = set(ClosedMonth.objects.values_list("month", flat=True))
        self.rolls: dict[str, ClassRoll] = {}
        self.pupils = {row.pk: row for row in context.register.pupils if row.pk}
        self.lessons: dict[tuple[int, date, int], Lesson] = {}
        self.marks: dict[tuple[int, int, int], Mark] = {}
        self.absences: dict[tuple[int, date, int], Absence] = {}
        self.homework: dict[int, list[Homework]] = defaultdict(list)

    def plan(self, sheet: JournalSheet) -> None:
        context = self.context
        school_class = context.school_class(sheet.class_name, sheet.place)
        if school_class is None:
            return
        roll = self._roll(school_class)
        course = self._course(sheet, school_class)
        if course is None:
            return
        counts: Counter = Counter()
        pupils = [roll.find(name, place) for place, name in sheet.pupils]
        if course.group:
            for pupil, (place, _) in zip(pupils, sheet.pupils, strict=True):
                if pupil and self.courses.join(pupil, course.group, place):
                    counts["membership", "new"] += 1
        lessons = self._plan_lessons(sheet, course, school_class, counts)
        for cell in sheet.cells:
            lesson, pupil = lessons[cell.lesson], pupils[cell.pupil]
            if lesson is not None and pupil is not None:
                self._plan_cell(cell, lesson, pupil, roll, counts)
        for (kind, status), number in counts.items():
            context.count(kind, status, f"{school_class.name}: {course.title}", sheet.place, number)

    # -- what the sheet is about --

    def _roll(self, school_class: SchoolClass) -> ClassRoll:
        if school_class.name not in self.rolls:
            self.rolls[school_class.name] = ClassRoll(self.context, school_class)
            self._load(school_class)
        return self.rolls[school_class.name]

    def _load(self, school_class: SchoolClass) -> None:
        """Lessons, marks, homework and absences that the class already has this year."""
        courses = {course.pk: course for course in self.courses.of_class(school_class) if course.pk}
        lessons = {}
        for lesson in Lesson.objects.filter(course__in=list(courses)):
            lesson.course = courses[lesson.course_id]
            lessons[lesson.pk] = lesson
            self.lessons[id(lesson.course), lesson.date, lesson.number] = lesson
        for mark in Mark.objects.filter(lesson__course__in=list(courses)):
            mark.lesson, mark.pupil = lessons[mark.lesson_id], self.pupils[mark.pupil_id]
            self.marks[id(mark.lesson), id(mark.pupil), mark.position] = mark
        for task in Homework.objects.filter(lesson__course__in=list(courses)):
            self.homework[id(lessons[task.lesson_id])].append(task)
        known = {row.pk: row for row in self._pupils_of(school_class) if row.pk}
        year = self.context.year
        for absence in Absence.objects.between(year.date_from, year.date_to).filter(pupil__in=list(known)):
            absence.pupil = known[absence.pupil_id]
            self.absences[id(absence.pupil), absence.date, absence.lesson] = absence

    def _pupils_of(self, school_class: SchoolClass) -> list[Pupil]:
        return [row.pupil for row in self.context.register.enrolments_in(school_class)]

    def _course(self, sheet: JournalSheet, school_class: SchoolClass) -> Course | None:
        """The course of the sheet. An unknown subject in a class that has a timetable is a slip, not a new subject."""
        course = self.courses.find(school_class, sheet.subject, sheet.group)
        teacher = self.context.teacher(sheet.teacher, sheet.place) if sheet.teacher else None
        if course is None and id(school_class) in self.courses.settled:
            known = sorted({c.title for c in self.courses.of_class(school_class)})
            group = f", {sheet.group}" if sheet.group else ""
            self.context.error(
                sheet.place,
                f"В {school_class.name} нет предмета «{sheet.subject}{group}».",
                f"В расписании класса: {', '.join(known)}.",
            )
            return None
        course = course or self.courses.make(school_class, sheet.subject, sheet.group, teacher, sheet.place)
        if teacher and course.teacher is None:
            self.staged.set(course, "teacher", teacher)
        elif teacher and course.teacher and course.teacher is not teacher:
            self.context.note(
                sheet.place,
                f"Учитель в журнале — {teacher.full_name}, в расписании — {course.teacher.full_name}.",
                "Оставлено как в расписании.",
            )
        return course

    # -- lessons, topics, homework --

    def _plan_lessons(
        self, sheet: JournalSheet, course: Course, school_class: SchoolClass, counts: Counter
    ) -> list[Lesson | None]:
        self._fill_numbers(sheet, course)
        found: list[Lesson | None] = []
        for row in sheet.lessons:
            lesson = self._plan_lesson(row, course, school_class, counts)
            found.append(lesson)
        for index, (row, lesson) in enumerate(zip(sheet.lessons, found, strict=True)):
            if lesson is not None and row.homework:
                due = next((later.date for later in found[index + 1 :] if later and later.date > lesson.date), None)
                self._plan_homework(row, lesson, due, counts)
        return found

    def _fill_numbers(self, sheet: JournalSheet, course: Course) -> None:
        """A sheet without the row of lesson numbers takes them from the timetable, in the order of the day."""
        if all(row.number for row in sheet.lessons):
            return
        slots: dict[int, list[int]] = defaultdict(list)
        staged = [s for s in self.staged.created[TimetableSlot] if s.course is course]
        stored = TimetableSlot.objects.filter(course=course, date_to=None) if course.pk else []
        for slot in [*staged, *stored]:
            slots[slot.weekday].append(slot.number)
        used: Counter = Counter()
        for row in sheet.lessons:
            try:
                day = row.date_in(self.context.start_year)
            except ValueError:
                continue
            numbers = sorted(slots[day.isoweekday()])
            if not row.number and used[day] < len(numbers):
                row.number = numbers[used[day]]
            used[day] += 1

    def _plan_lesson(
        self, row: JournalLesson, course: Course, school_class: SchoolClass, counts: Counter
    ) -> Lesson | None:
        context = self.context
        try:
            day = row.date_in(context.start_year)
        except ValueError:
            context.error(row.place, f"В этом году нет {row.day}.{row.month:02d}.", "Проверьте число над отметками.")
            return None
        if not context.year.date_from <= day <= context.year.date_to:
            year = context.year
            context.error(row.place, f"{day:%d.%m.%Y} — вне {year.name} учебного года.",
                          f"Ожидается от {year.date_from:%d.%m.%Y} до {year.date_to:%d.%m.%Y}.")  # fmt: skip
            return None
        if reason := context.calendar.why_no_school(day, school_class.grade):
            context.error(row.place, f"{day:%d.%m.%Y} — не учебный день: {reason}.",
                          "Исправьте число в журнале или внесите день в календарь школы как рабочий.")  # fmt: skip
            return None
        if not row.number:
            context.error(row.place, f"{day:%d.%m.%Y}: не указан номер урока, и в расписании его нет.",
                          "Добавьте под числами строку «№ урока».")  # fmt: skip
            return None
        return self._merge_lesson(row, course, day, counts)

    def _merge_lesson(self, row: JournalLesson, course: Course, day: date, counts: Counter) -> Lesson:
        key = (id(course), day, row.number)
        lesson = self.lessons.get(key)
        if lesson is None:
            lesson = self.staged.add(Lesson(course=course, date=day, number=row.number, topic=row.topic))
            self.lessons[key] = lesson
            if row.topic:
                self.context.agrees(("topic", *key), row.topic, row.place)
            counts["lesson", "new"] += 1
        elif row.topic and not self.context.agrees(("topic", *key), row.topic, row.place):
            return lesson
        elif row.topic and lesson.topic != row.topic:
            change = [("тема", lesson.topic, row.topic)]
            self.context.change("lesson", f"{course.title}, {day:%d.%m.%Y}", row.place, change)
            self.staged.set(lesson, "topic", row.topic)
        else:
            counts["lesson", "unchanged"] += 1
        return lesson

    def _plan_homework(self, row: JournalLesson, lesson: Lesson, due: date | None, counts: Counter) -> None:
        if not self.context.agrees(("homework", id(lesson)), row.homework, row.place):
            return
        tasks = self.homework[id(lesson)]
        same = next((task for task in tasks if task.text == row.homework), None)
        if same is not None:
            if due and same.due_on is None:  # the next lesson was not in the journal yet
                self.staged.set(same, "due_on", due)
                self.context.change("homework", f"{lesson.course.title}, {lesson.date:%d.%m.%Y}", row.place,
                                    [("к дате", "", f"{due:%d.%m.%Y}")])  # fmt: skip
            else:
                counts["homework", "unchanged"] += 1
        elif len(tasks) == 1:
            self.context.change("homework", f"{lesson.course.title}, {lesson.date:%d.%m.%Y}", row.place,
                                [("задание", tasks[0].text, row.homework)])  # fmt: skip
            self.staged.set(tasks[0], "text", row.homework)
        else:
            tasks.append(self.staged.add(Homework(lesson=lesson, text=row.homework, due_on=due)))
            counts["homework", "new"] += 1

    # -- cells --

    def _plan_cell(self, cell: JournalCell, lesson: Lesson, pupil: Pupil, roll: ClassRoll, counts: Counter) -> None:
        if not roll.on_roll(pupil, lesson.date):
            what = "отметка" if cell.marks else "пропуск"
            self.context.error(
                cell.place,
                f"{pupil.list_name}: {what} {lesson.date:%d.%m.%Y}, а {roll.why_not(pupil, lesson.date)}.",
                "Уберите запись или исправьте даты зачисления и выбытия.",
            )
            return
        if cell.marks:
            self._plan_marks(cell, lesson, pupil, roll.school_class, counts)
        if cell.absence:
            self._plan_absence(cell, lesson, pupil, counts)

    def _plan_marks(
        self, cell: JournalCell, lesson: Lesson, pupil: Pupil, school_class: SchoolClass, counts: Counter
    ) -> None:
        for position, value in enumerate(cell.marks, start=1):
            key = (id(lesson), id(pupil), position)
            mark = self.marks.get(key)
            if not self.context.agrees(("mark", *key), value, cell.place):
                continue
            if mark is not None and mark.value == value:
                counts["mark", "unchanged"] += 1
                continue
            if term := self._closed_term(lesson.date, school_class):
                self.context.error(
                    cell.place,
                    f"{pupil.list_name}: период «{term}» закрыт, отметка {value} за {lesson.date:%d.%m} не записана.",
                    "После закрытия отметки меняет только заместитель директора.",
                )  # fmt: skip
                continue
            if mark is None:
                mark = Mark(lesson=lesson, pupil=pupil, position=position, value=value, kind=self.kind,
                            set_by=self.context.by, set_at=self.now)  # fmt: skip
                self.marks[key] = self.staged.add(mark)
                counts["mark", "new"] += 1
                continue
            title = f"{pupil.list_name}, {lesson.course.title}, {lesson.date:%d.%m.%Y}"
            self.context.change("mark", title, cell.place, [("отметка", mark.value, value)])
            self._set(mark, value=value, set_by=self.context.by, set_at=self.now)

    def _closed_term(self, day: date, school_class: SchoolClass) -> Term | None:
        term = self.context.calendar.term_on(day, school_class.grade)
        return term if term and term.is_closed and term.date_from <= day <= term.date_to else None

    def _plan_absence(self, cell: JournalCell, lesson: Lesson, pupil: Pupil, counts: Counter) -> None:
        reason = str(REASONS[cell.absence])
        if not self.context.agrees(("absence", id(pupil), lesson.date, lesson.number), cell.absence, cell.place):
            return
        absence = self.absences.get((id(pupil), lesson.date, lesson.number))
        whole = self.absences.get((id(pupil), lesson.date, WHOLE_DAY))
        standing = absence or whole
        if standing and standing.reason == reason:
            counts["absence", "unchanged"] += 1
            return
        if lesson.date.replace(day=1) in self.closed_months:
            self.context.error(
                cell.place, f"{pupil.list_name}: пропуск {lesson.date:%d.%m.%Y}, а месяц закрыт.",
                "Открыть месяц может заместитель директора.",
            )  # fmt: skip
            return
        if absence is None and whole is not None:
            # Domain §2: a conflict is shown to the class teacher, never silently resolved.
            self.context.note(
                cell.place,
                f"{pupil.list_name}, {lesson.date:%d.%m.%Y}: в журнале «{cell.absence}», а на листе посещаемости "
                f"весь день «{LETTERS[whole.reason]}». Оставлено как на листе.",
            )
            return
        self._write_absence(cell, lesson, pupil, reason, absence, counts)

    def _write_absence(
        self, cell: JournalCell, lesson: Lesson, pupil: Pupil, reason: str, absence: Absence | None, counts: Counter
    ) -> None:
        old = absence.reason if absence else ""
        if absence is None:
            absence = Absence(pupil=pupil, date=lesson.date, lesson=lesson.number, reason=reason,
                              marked_by=self.context.by, marked_at=self.now)  # fmt: skip
            self.absences[id(pupil), lesson.date, lesson.number] = self.staged.add(absence)
            counts["absence", "new"] += 1
        else:
            title = f"{pupil.list_name}, {lesson.date:%d.%m.%Y}, {lesson.number} урок"
            self.context.change("absence", title, cell.place, [("причина", LETTERS[old], cell.absence)])
            self._set(absence, reason=reason, marked_by=self.context.by, marked_at=self.now)
        self.staged.add(
            AbsenceChange(pupil=pupil, date=lesson.date, lesson=lesson.number, old=old, new=reason,
                          source=AbsenceChange.Source.IMPORT, by=self.context.by, at=self.now)
        )  # fmt: skip

    def _set(self, instance: Any, **values: Any) -> None:
        for field, value in values.items():
            self.staged.set(instance, field, value)
