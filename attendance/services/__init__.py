"""Writes of attendance: every one names its actor and is one transaction."""

from attendance.services.confirming import Taken, confirm_announcement, confirm_of_day
from attendance.services.conflicts import Choice, Decision, forget_decisions, resolve, take_back
from attendance.services.facts import Answer, Answered, Changed, Statement, answer_facts, check_lesson, state_fact
from attendance.services.places import CannotMark
from attendance.services.presses import Mismatch, Press, mark_absence
from attendance.services.roll_calls import take_roll_call

__all__ = [
    "Answer",
    "Answered",
    "CannotMark",
    "Changed",
    "Choice",
    "Decision",
    "Mismatch",
    "Press",
    "Statement",
    "Taken",
    "answer_facts",
    "check_lesson",
    "confirm_announcement",
    "confirm_of_day",
    "forget_decisions",
    "mark_absence",
    "resolve",
    "state_fact",
    "take_back",
    "take_roll_call",
]
