"""Who may change which field of a pupil and of a guardian. The one table of this rule.

The class teacher corrects what the documents in hand show; what tells one person from another for the whole school
(birth date) or follows from an order (day of admission, form of study) is changed by the operator or the deputy.
"""

from __future__ import annotations

from enum import StrEnum

from accounts.models import User


class Keeper(StrEnum):
    """The least role that may change a field."""

    CLASS_TEACHER = "классный руководитель"
    OPERATOR = "администратор или заместитель директора"


PUPIL_FIELDS: dict[str, Keeper] = {
    "last_name": Keeper.CLASS_TEACHER,
    "first_name": Keeper.CLASS_TEACHER,
    "patronymic": Keeper.CLASS_TEACHER,
    "sex": Keeper.CLASS_TEACHER,
    "birth_date": Keeper.OPERATOR,
    "snils": Keeper.CLASS_TEACHER,
    "file_number": Keeper.CLASS_TEACHER,
    "admitted_on": Keeper.OPERATOR,
    "study_form": Keeper.OPERATOR,
    "address": Keeper.CLASS_TEACHER,
    "phone": Keeper.CLASS_TEACHER,
    "name_genitive": Keeper.CLASS_TEACHER,
    "name_dative": Keeper.CLASS_TEACHER,
}
GUARDIAN_FIELDS: dict[str, Keeper] = dict.fromkeys(
    (
        "last_name",
        "first_name",
        "patronymic",
        "sex",
        "birth_date",
        "phone_mobile",
        "phone_home",
        "email",
        "name_genitive",
        "name_dative",
    ),
    Keeper.CLASS_TEACHER,
)
GUARDIANSHIP_FIELDS: dict[str, Keeper] = dict.fromkeys(
    ("kinship", "informing", "informing_basis", "informing_since"), Keeper.CLASS_TEACHER
)


def may_change(user: User, table: dict[str, Keeper], field: str) -> bool:
    """Whether somebody who keeps the person may change this field."""
    keeper = table.get(field)
    return keeper is not None and (keeper == Keeper.CLASS_TEACHER or user.keeps_all_people)


def open_fields(user: User, table: dict[str, Keeper]) -> list[str]:
    """Names of the fields the user may change, in the order of the table."""
    return [field for field in table if may_change(user, table, field)]


def may_record_movements(user: User) -> bool:
    """Arrival, departure and change of class follow from an order, which the office issues: operator and deputy write
    them (and take them back), a class teacher reads them."""
    return user.keeps_all_people
