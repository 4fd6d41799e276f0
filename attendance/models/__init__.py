"""Absences and what belongs to them. Presence is not stored: only exceptions are (domain.md §2)."""

from attendance.models.absences import (
    ABSENCE_REASONS,
    LETTERS,
    LONGEST_LATENESS,
    REASONS,
    WHOLE_DAY,
    Absence,
    AbsenceChange,
    AbsenceQuerySet,
    Reason,
)
from attendance.models.announcements import CAUSE_REASONS, Announcement
from attendance.models.documents import AbsenceDocument, DocumentHold, Scan, ScanFile
from attendance.models.facts import ConflictDecision, LessonCheck, PresenceFact, SignalNote
from attendance.models.roll import ClosedMonth, RollCall, RollCallReminder
from attendance.models.signals import SchoolSignals

__all__ = [
    "ABSENCE_REASONS",
    "CAUSE_REASONS",
    "LETTERS",
    "LONGEST_LATENESS",
    "REASONS",
    "WHOLE_DAY",
    "Absence",
    "AbsenceChange",
    "AbsenceDocument",
    "AbsenceQuerySet",
    "Announcement",
    "ClosedMonth",
    "ConflictDecision",
    "DocumentHold",
    "LessonCheck",
    "PresenceFact",
    "Reason",
    "RollCall",
    "RollCallReminder",
    "Scan",
    "ScanFile",
    "SchoolSignals",
    "SignalNote",
]
