"""Writes of attendance: every one names its actor and is one transaction."""

from attendance.services.confirming import confirm_announced
from attendance.services.places import CannotMark
from attendance.services.presses import Mismatch, Press, mark_absence
from attendance.services.roll_calls import take_roll_call

__all__ = [
    "CannotMark",
    "Mismatch",
    "Press",
    "confirm_announced",
    "mark_absence",
    "take_roll_call",
]
