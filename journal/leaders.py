"""Who leads each class on a day: the class teacher, or the acting one instead (domain.md §1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from accounts.models import User
from journal.models import ClassTeacher, Teacher


@dataclass(frozen=True, slots=True)
class Leader:
    """`regular` is whom the acting teacher stands in for, if there is anybody."""

    teacher: Teacher
    is_acting: bool = False
    regular: Teacher | None = None

    @property
    def note(self) -> str:
        if not self.is_acting:
            return ""
        return f"вместо: {self.regular.short_name}" if self.regular else "исполняет обязанности"

    @property
    def user(self) -> User | None:
        """The login, if the person has one that works."""
        user = self.teacher.user
        return user if user and user.is_active else None

    @property
    def email(self) -> str:
        return email_of(self.teacher)


def leaders_on(day: date) -> dict[int, Leader]:
    """Class id → who leads it on the day. One query."""
    found: dict[int, dict[bool, Teacher]] = {}
    for row in ClassTeacher.objects.active_on(day).select_related("teacher__user"):
        found.setdefault(row.school_class_id, {})[row.is_acting] = row.teacher
    return {
        class_id: Leader(who[True], is_acting=True, regular=who.get(False)) if True in who else Leader(who[False])
        for class_id, who in found.items()
    }


def email_of(teacher: Teacher) -> str:
    """The teacher's own address, or the one of the login."""
    return teacher.email or (teacher.user.email if teacher.user else "")
