"""Rows of the files as plain data: nothing here knows the database."""

from dataclasses import dataclass, field
from datetime import date, time

from .errors import Place, Problem


@dataclass(frozen=True, slots=True)
class PersonName:
    """Фамилия, имя, отчество; the last may be absent."""

    last: str
    first: str
    middle: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.last, self.first, self.middle) if part)


@dataclass(slots=True)
class GuardianRow:
    """A parent or other representative as one row of a file tells it."""

    place: Place
    name: PersonName
    sex: str = ""
    birth_date: date | None = None
    kinship: str = ""
    home_phone: str = ""
    mobile_phone: str = ""
    email: str = ""
    # Addresses of single cells, by the register's names of fields.
    cells: dict[str, Place] = field(default_factory=dict)


@dataclass(slots=True)
class PupilRow:
    """A pupil with the guardians named in the same row; what the file does not say is empty."""

    place: Place
    name: PersonName
    class_name: str
    birth_date: date
    sex: str = ""
    file_number: str = ""
    admitted_on: date | None = None
    enrolled_on: date | None = None
    order_number: str = ""
    order_date: date | None = None
    snils: str = ""
    address: str = ""
    phone: str = ""
    guardians: list[GuardianRow] = field(default_factory=list)
    # Addresses of single cells, for what is found out only against the register.
    cells: dict[str, Place] = field(default_factory=dict)

    def at(self, key: str) -> Place:
        """The cell of the birth date, the class…; the row where the file has no such column."""
        return self.cells.get(key, self.place)


@dataclass(slots=True)
class StaffRow:
    """A member of staff; `class_name` when a class teacher."""

    place: Place
    name: PersonName
    position: str = ""
    email: str = ""
    phone: str = ""
    class_name: str = ""


@dataclass(frozen=True, slots=True)
class Bell:
    number: int
    starts: time | None
    ends: time | None


@dataclass(frozen=True, slots=True)
class TimetableTeacher:
    place: Place
    name: PersonName
    email: str = ""


@dataclass(frozen=True, slots=True)
class TimetableCourse:
    """A subject of a class (or of some of its groups, or of several classes) with its teachers."""

    place: Place
    subject: str
    class_names: tuple[str, ...]
    # (class, group, division tag); empty when the whole class sits together
    groups: tuple[tuple[str, str, str], ...]
    teachers: tuple[PersonName, ...]


@dataclass(frozen=True, slots=True)
class TimetableCard:
    """One weekly lesson. Weekday 0 is Monday; weeks is "" for every week, "1" or "2" for odd and even."""

    place: Place
    course: TimetableCourse
    weekday: int
    number: int
    room: str = ""
    weeks: str = ""


@dataclass(slots=True)
class TimetableRows:
    bells: list[Bell] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    teachers: list[TimetableTeacher] = field(default_factory=list)
    # class → class teacher
    classes: dict[str, PersonName | None] = field(default_factory=dict)
    courses: list[TimetableCourse] = field(default_factory=list)
    cards: list[TimetableCard] = field(default_factory=list)


@dataclass(slots=True)
class JournalLesson:
    """A column of a journal sheet. The year is known only when the list of topics names it."""

    place: Place
    month: int
    day: int
    number: int
    year: int | None = None
    topic: str = ""
    homework: str = ""

    def date_in(self, start_year: int) -> date:
        """The date, in the school year that begins in September of `start_year`."""
        year = self.year or (start_year if self.month >= 8 else start_year + 1)
        return date(year, self.month, self.day)


@dataclass(frozen=True, slots=True)
class JournalCell:
    """Marks and the absence letter of one pupil at one lesson: two facts of one cell."""

    place: Place
    pupil: int
    lesson: int
    marks: tuple[str, ...] = ()
    absence: str = ""


@dataclass(slots=True)
class JournalSheet:
    """A subject of a class or of its subgroup. Cells point into `pupils` and `lessons` by index."""

    place: Place
    class_name: str
    subject: str
    group: str
    teacher: PersonName | None
    lessons: list[JournalLesson] = field(default_factory=list)
    pupils: list[tuple[Place, PersonName]] = field(default_factory=list)
    cells: list[JournalCell] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PeriodMarkRow:
    place: Place
    pupil: PersonName
    subject: str
    value: str


@dataclass(slots=True)
class SummarySheet:
    """Period marks of a class. `period_kind` is quarter, half_year, trimester or year."""

    place: Place
    class_name: str
    period_kind: str
    period_number: int
    pupils: list[tuple[Place, PersonName]] = field(default_factory=list)
    marks: list[PeriodMarkRow] = field(default_factory=list)


@dataclass(slots=True)
class FileContent:
    """All that could be read of one file, and all that is wrong with it."""

    name: str
    kind: str = ""
    pupils: list[PupilRow] = field(default_factory=list)
    staff: list[StaffRow] = field(default_factory=list)
    timetable: TimetableRows | None = None
    journals: list[JournalSheet] = field(default_factory=list)
    summaries: list[SummarySheet] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if not problem.is_note]
