"""Where each gap is mended."""

from __future__ import annotations

from django.urls import reverse

from accounts.models import User

CLASS, DIVISION, PUPIL = ("class_id",), ("class_id", "subject_id"), ("pupil_id",)
PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    # place → (page that mends it, what its address needs)
    "guardians": ("journal:class_guardians", CLASS),
    "grid": ("journal:class_grid", CLASS),
    "table": ("journal:class_grid", CLASS),
    "access": ("reports:access_slips", CLASS),
    "groups": ("journal:groups", CLASS),
    "division": ("journal:division", DIVISION),
    "plans": ("journal:plans", CLASS),
    "consents": ("journal:consents", CLASS),
    "pupil_consents": ("journal:consent_pupil", PUPIL),
    "card": ("journal:pupil_edit", PUPIL),
    "sensitive": ("journal:pupil_sensitive", PUPIL),
}
# Where a name in the gap leads: each pupil's own page.
OF_PUPIL = {"card": "card", "table": "card", "pupil_consents": "pupil_consents", "sensitive": "sensitive"}
OFFICE_WORDS = "Делает администратор"


def place_url(place: str, *, class_id: int, pupil_id: int | None = None, subject_id: int | None = None) -> str:
    """The address of the page that mends the gap; of the class's list where nobody is named yet; empty where a class
    teacher cannot mend it."""
    if place not in PAGES:
        return ""
    name, needs = PAGES[place]
    ids = {"class_id": class_id, "pupil_id": pupil_id, "subject_id": subject_id}
    if any(ids[one] is None for one in needs):
        return reverse("journal:class_list", args=[class_id])
    return reverse(name, kwargs={one: ids[one] for one in needs})


def office_url(place: str, user: User, class_id: int) -> tuple[str, str]:
    """(address, words) for what the office mends: who has the tool goes there, others are told who does it."""
    if place == "timetable" and user.may_import:
        return reverse("reports:import_list"), "Загрузить расписание"
    if place == "courses" and user.may_import:
        return reverse("admin:journal_course_changelist"), "Назначить учителей"
    if place == "office" and user.keeps_all_people:
        return reverse("journal:school_class", args=[class_id]), "Назначить"
    return "", OFFICE_WORDS
