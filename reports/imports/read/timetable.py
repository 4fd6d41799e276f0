"""aSc Timetables XML: subjects, teachers, classes, groups, lessons of the week."""

from xml.etree.ElementTree import Element

from journal.values import GROUP_LETTERS, SUBJECT_LETTERS, limited, parse_email, parse_time

from .errors import BadValue, Place, Problem
from .names import parse_class, split_full_name
from .rows import Bell, FileContent, PersonName, TimetableCard, TimetableCourse, TimetableRows, TimetableTeacher

LESSON_NUMBERS = {str(number) for number in range(1, 13)}
SECTIONS = ("subjects", "teachers", "classes", "groups", "lessons", "cards")
SECTION_NAMES = {
    "subjects": "предметы", "teachers": "учителя", "classes": "классы", "groups": "группы",
    "lessons": "уроки", "cards": "карточки расписания",
}  # fmt: skip


def read_timetable(root: Element, file: str, content: FileContent) -> bool:
    """The timetable into `content`; False if the XML is something else."""
    if root.tag != "timetable":
        return False
    content.kind = "timetable"
    missing = [name for name in SECTIONS if root.find(name) is None]
    if missing:
        content.problems.append(
            Problem(
                Place(file),
                "В выгрузке нет разделов: " + ", ".join(f"{SECTION_NAMES[name]} ({name})" for name in missing) + ".",
                "В aSc: Файл → Экспорт → aSc Timetables XML, отметьте все разделы.",
            )
        )
        return True
    content.timetable = _Timetable(root, file, content).read()
    return True


class _Timetable:
    """The walk over one export; ids point from section to section, so all of them are kept at hand."""

    def __init__(self, root: Element, file: str, content: FileContent):
        self.root, self.file, self.content = root, file, content
        self.rows = TimetableRows()
        self.subjects: dict[str, str] = {}
        self.teachers: dict[str, PersonName] = {}
        self.classes: dict[str, str] = {}
        self.rooms: dict[str, str] = {}
        self.groups: dict[str, Element] = {}
        self.courses: dict[str, TimetableCourse] = {}

    def read(self) -> TimetableRows:
        self._read_bells()
        self.subjects = {item.get("id", ""): self._word(item.get("name")) for item in self.root.iter("subject")}
        self.rows.subjects = [name for name in self.subjects.values() if name]
        self.rooms = {
            item.get("id", ""): self._word(item.get("short") or item.get("name"))
            for item in self.root.iter("classroom")
        }
        self._read_teachers()
        self._read_classes()
        self.groups = {item.get("id", ""): item for item in self.root.iter("group")}
        self._read_courses()
        self._read_cards()
        return self.rows

    def _fail(self, place: Place, what: str, expected: str = "") -> None:
        self.content.problems.append(Problem(place, what, expected))

    def _place(self, item: Element) -> Place:
        """The place inside an XML is its element and id: it has no rows."""
        return Place(self.file, "", None, f"{item.tag} {item.get('id') or item.get('lessonid') or ''}".strip())

    @staticmethod
    def _word(value: str | None) -> str:
        return " ".join((value or "").split())

    def _read_bells(self) -> None:
        for item in self.root.iter("period"):
            number = item.get("period", "")
            if number in LESSON_NUMBERS:
                self.rows.bells.append(
                    Bell(int(number), parse_time(item.get("starttime")), parse_time(item.get("endtime")))
                )

    def _read_teachers(self) -> None:
        for item in self.root.iter("teacher"):
            place = self._place(item)
            try:
                # Two spaces: each part may be typed letter by letter.
                last, first = (item.get("lastname") or "").strip(), (item.get("firstname") or "").strip()
                name = split_full_name(f"{last}  {first}" if last and first else item.get("name") or "", "Учитель")
                email = parse_email(item.get("email"))
            except BadValue as bad:
                self._fail(place, bad.what, bad.expected)
                continue
            self.teachers[item.get("id", "")] = name
            self.rows.teachers.append(TimetableTeacher(place, name, email))

    def _read_classes(self) -> None:
        for item in self.root.iter("class"):
            try:
                name = parse_class(self._word(item.get("name") or item.get("short")))
            except BadValue as bad:
                self._fail(self._place(item), bad.what, bad.expected)
                continue
            self.classes[item.get("id", "")] = name
            self.rows.classes[name] = self.teachers.get(item.get("teacherid", ""))

    def _read_courses(self) -> None:
        for item in self.root.iter("lesson"):
            place = self._place(item)
            subject = self.subjects.get(item.get("subjectid", ""))
            classes = [self.classes[key] for key in self._ids(item, "classids") if key in self.classes]
            teachers = [self.teachers[key] for key in self._ids(item, "teacherids") if key in self.teachers]
            if not subject:
                self._fail(place, f"Урок ссылается на предмет {item.get('subjectid')}, которого нет в файле.",
                           "Выгрузите расписание заново со всеми разделами.")  # fmt: skip
                continue
            groups = self._groups_of(item)
            try:
                limited(subject, SUBJECT_LETTERS, "Предмет")
                for _, name, _ in groups:
                    limited(name, GROUP_LETTERS, "Группа")
            except BadValue as bad:
                self._fail(place, bad.what, bad.expected)
                continue
            if not classes:
                continue  # meetings and duties: nobody's lesson
            course = TimetableCourse(place, subject, tuple(classes), groups, tuple(teachers))
            self.courses[item.get("id", "")] = course
            self.rows.courses.append(course)

    def _groups_of(self, item: Element) -> tuple[tuple[str, str, str], ...]:
        found = []
        for key in self._ids(item, "groupids"):
            group = self.groups.get(key)
            if group is None or group.get("entireclass") == "1":
                continue
            class_name = self.classes.get(group.get("classid", ""))
            if class_name:
                found.append((class_name, self._word(group.get("name")), group.get("divisiontag", "")))
        return tuple(found)

    def _read_cards(self) -> None:
        for item in self.root.iter("card"):
            course = self.courses.get(item.get("lessonid", ""))
            if course is None:
                continue
            number, days = item.get("period", ""), item.get("days", "")
            if number not in LESSON_NUMBERS:
                self._fail(self._place(item), f"Номер урока «{number}» не понят.", "Ожидается число от 1 до 12.")
                continue
            if set(days) - {"0", "1"} or "1" not in days or len(days) > 7:
                self._fail(self._place(item), f"Дни недели «{days}» не поняты.", "Ожидается вид 10000: понедельник.")
                continue
            room = next((self.rooms[key] for key in self._ids(item, "classroomids") if key in self.rooms), "")
            for weekday, bit in enumerate(days):
                if bit == "1":
                    self.rows.cards.append(
                        TimetableCard(self._place(item), course, weekday, int(number), room, self._weeks(item))
                    )

    @staticmethod
    def _weeks(item: Element) -> str:
        """«10» is the first of two alternating weeks, «01» the second, «1» and «11» every week."""
        mask = item.get("weeks", "1")
        if len(mask) < 2 or "0" not in mask:
            return ""
        return str(mask.index("1") + 1) if "1" in mask else ""

    @staticmethod
    def _ids(item: Element, name: str) -> list[str]:
        return [key for key in (item.get(name) or "").split(",") if key]
