"""Where each gap is mended. Addresses of pages that may be absent fall back to the card or the list of the class."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse

from accounts.models import User

CARD, LIST = "journal:pupil", "journal:class_list"
PAGES: dict[str, tuple[str, str]] = {
    # place → (page that mends it, what to open where that page is absent)
    "guardians": ("journal:class_guardians", LIST),
    "grid": ("journal:class_grid", LIST),
    "access": ("reports:access_slips", LIST),
    "groups": ("journal:groups", LIST),
    "division": ("journal:division", LIST),
    "plans": ("journal:plans", LIST),
    "consents": ("journal:consents", LIST),
    "pupil_consents": ("journal:consent_pupil", CARD),
    "card": ("journal:pupil_edit", CARD),
}
OFFICE_WORDS = "Делает администратор"


def place_url(place: str, *, class_id: int, pupil_id: int | None = None, subject_id: int | None = None) -> str:
    """The address of the page that mends, or of the nearest one; empty where a class teacher cannot mend it."""
    if place not in PAGES:
        return ""
    ids = {"class_id": class_id, "pupil_id": pupil_id, "subject_id": subject_id}
    for name in PAGES[place]:
        for wanted in (("class_id", "subject_id"), ("pupil_id",), ("class_id",)):
            if any(ids[one] is None for one in wanted):
                continue
            try:
                return reverse(name, kwargs={one: ids[one] for one in wanted})
            except NoReverseMatch:
                continue
    return reverse(LIST, kwargs={"class_id": class_id})


def office_url(place: str, user: User, class_id: int) -> tuple[str, str]:
    """(address, words) for what the office mends: the operator has the tool, others are told who does it."""
    if place == "timetable" and user.may_import:
        return reverse("reports:import_list"), "Загрузить расписание"
    if place == "courses" and user.may_import:
        return reverse("admin:journal_course_changelist"), "Назначить учителей"
    if place == "office" and user.may_import:
        return reverse("admin:journal_schoolclass_change", args=[class_id]), "Назначить"
    return "", OFFICE_WORDS
