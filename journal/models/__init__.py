from .classes import (
    ClassTeacher,
    Course,
    GroupMembership,
    IndividualPlan,
    SchoolClass,
    StudyGroup,
    Subject,
)
from .consents import Consent, ConsentPurpose
from .guardians import Guardian, Guardianship
from .marks import (
    NUMERIC_VALUES,
    ControlWork,
    Mark,
    MarkValue,
    PeriodMark,
    Recommendation,
    WorkKind,
)
from .people import Enrolment, Movement, Pupil, SensitiveData, Sex, Teacher
from .school import AcademicYear, BellPeriod, DayOff, Scheme, School, SchoolLogo, Term, Vacation
from .timetable import LAST_LESSON, Homework, Lesson, TimetableSlot
from .transfers import YearTransfer

__all__ = [
    "LAST_LESSON",
    "NUMERIC_VALUES",
    "AcademicYear",
    "BellPeriod",
    "ClassTeacher",
    "Consent",
    "ConsentPurpose",
    "ControlWork",
    "Course",
    "DayOff",
    "Enrolment",
    "GroupMembership",
    "Guardian",
    "Guardianship",
    "Homework",
    "IndividualPlan",
    "Lesson",
    "Mark",
    "MarkValue",
    "Movement",
    "PeriodMark",
    "Pupil",
    "Recommendation",
    "Scheme",
    "School",
    "SchoolClass",
    "SchoolLogo",
    "SensitiveData",
    "Sex",
    "StudyGroup",
    "Subject",
    "Teacher",
    "Term",
    "TimetableSlot",
    "Vacation",
    "WorkKind",
    "YearTransfer",
]
