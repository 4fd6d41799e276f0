"""Who answers for which child: adding, correcting, ending. Each write is told on the card of every child concerned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from journal.matching import phones_of
from journal.models import Guardian, Guardianship, Pupil, Sex
from journal.services.changes import edit_row, record_change
from journal.text import normalise

OLDEST = 110
PERSON_FIELDS = (
    "last_name", "first_name", "patronymic", "sex", "birth_date", "phone_mobile", "phone_home", "email",
    "name_genitive", "name_dative",
)  # fmt: skip
TIE_FIELDS = ("kinship", "informing", "informing_basis", "informing_since")
NAME_FIELDS = ("last_name", "first_name", "patronymic")
SEX_OF_KINSHIP = {
    Guardianship.Kinship.MOTHER: Sex.FEMALE,
    Guardianship.Kinship.GRANDMOTHER: Sex.FEMALE,
    Guardianship.Kinship.FATHER: Sex.MALE,
    Guardianship.Kinship.GRANDFATHER: Sex.MALE,
}


class BadGuardian(Exception):
    """This person cannot answer for this child; `field` is where to look, the text says what to do."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field, self.words = field, words


def sex_for(sex: str, kinship: str) -> str:
    """The sex as given; where it is not, as the kinship tells (domain.md §6)."""
    return sex or SEX_OF_KINSHIP.get(Guardianship.Kinship(kinship), "")


def check_person(person: Guardian, children: Iterable[Pupil], today: date, *, by: User) -> None:
    """Raises BadGuardian: the child itself, somebody younger than the child, a date that cannot be. A child whom the
    actor does not keep (of another class) is not named and its birth date is not told."""
    born = person.birth_date
    if born and born > today:
        raise BadGuardian("birth_date", "Дата рождения в будущем. Проверьте её по документу.")
    if born and today.year - born.year > OLDEST:
        raise BadGuardian("birth_date", f"По этой дате человеку больше {OLDEST} лет. Проверьте её по документу.")
    for child in children:
        same_name = normalise(person.full_name) == normalise(child.full_name)
        if same_name and (born is None or born == child.birth_date):
            raise BadGuardian(
                "last_name",
                f"Это сам ученик{_named(child, child.full_name, by)}. Представителем укажите взрослого; если они "
                "полные тёзки, впишите дату рождения взрослого.",
            )
        if person.user_id and person.user_id == child.user_id:
            words = f"Это вход самого ученика{_named(child, child.full_name, by)}. Укажите взрослого."
            raise BadGuardian("last_name", words)
        if born and born >= child.birth_date:
            whom = _named(child, f"{child.first_name} — {child.birth_date:%d.%m.%Y}", by)
            raise BadGuardian(
                "birth_date", f"Представитель не может быть моложе ребёнка{whom}. Проверьте дату рождения."
            )


def _named(child: Pupil, words: str, by: User) -> str:
    """Who the child is, for those who keep it. One query, and only for an error."""
    return f": {words}" if Pupil.objects.kept_by(by).filter(pk=child.pk).exists() else " из другого класса"


OF_ANOTHER_CLASS = (
    "Этот человек представляет ребёнка другого класса: связать его с вашим учеником может администратор или "
    "заместитель директора. Попросите их; или запишите нового человека, тогда записи объединят позже."
)


def known_like(person: Guardian) -> list[Guardian]:
    """People of the whole school who are surely this one: the same name and birth date, or the same name and a phone
    where no birth date speaks against it. At most one query."""
    rows = Guardian.objects.people().filter(sort_name=normalise(person.full_name)).exclude(pk=person.pk)
    found = []
    for row in rows.order_by("pk"):
        both = row.birth_date and person.birth_date
        if row.birth_date == person.birth_date if both else phones_of(row) & phones_of(person):
            found.append(row)
    return found


@transaction.atomic
def add_guardian(
    *, pupil: Pupil, person: Guardian, tie: Mapping[str, Any], by: User, address: str | None = None
) -> Guardianship:
    """A new person, or one already known (with a pk: then nothing of the person changes), answers for the pupil now.

    An ended tie of the same two is taken up again with the new values. Raises BadGuardian.
    """
    pupil = Pupil.objects.select_for_update().get(pk=pupil.pk)
    is_known = person.pk is not None
    if is_known:
        person = Guardian.objects.select_for_update().people().get(pk=person.pk)
        if not may_link(by, person):
            raise BadGuardian("last_name", OF_ANOTHER_CLASS)
    else:
        person.sex = sex_for(person.sex, tie["kinship"])
        person.email = person.email or ""
    check_person(person, [pupil], timezone.localdate(), by=by)
    _check_not_twice(pupil, person)
    if not is_known:
        person.save()
        values = {name: (None, getattr(person, name)) for name in PERSON_FIELDS if getattr(person, name)}
        record_change(person, values, by=by, pupil_ids=[pupil.pk], subject="новый представитель", address=address)
    elif not person.sex and (sex := sex_for("", tie["kinship"])):
        person.sex = sex
        person.save(update_fields=["sex"])
        record_change(person, {"sex": ("", sex)}, by=by, pupil_ids=[pupil.pk], subject="представитель", address=address)
    return _tie(pupil, person, tie, by=by, address=address)


def may_link(by: User, person: Guardian) -> bool:
    """Whether the actor may make somebody known answer for one more pupil.

    Who keeps a pupil prints the slip with the guardian's password, and the cabinet shows all of the guardian's
    children: by tying a stranger to an own pupil a class teacher would open the pages of another class's child.
    """
    ties = person.guardianships.current()
    return by.keeps_all_people or not ties.exists() or Guardian.objects.kept_by(by).filter(pk=person.pk).exists()


def _check_not_twice(pupil: Pupil, person: Guardian) -> None:
    for row in pupil.guardianships.current().select_related("guardian"):
        same = row.guardian.pk == person.pk if person.pk else row.guardian in known_like(person)
        if same:
            words = f"{row.guardian.full_name} уже среди представителей: исправьте имеющуюся запись."
            raise BadGuardian("last_name", words)


def _tie(pupil: Pupil, person: Guardian, values: Mapping[str, Any], *, by: User, address: str | None) -> Guardianship:
    wanted = {name: values[name] for name in TIE_FIELDS} | {"ended_on": None}
    tie = Guardianship.objects.filter(pupil=pupil, guardian=person).first()
    before = {name: getattr(tie, name) if tie else None for name in wanted}
    if tie is None:
        try:
            with transaction.atomic():
                tie = Guardianship.objects.create(pupil=pupil, guardian=person, **wanted)
        except IntegrityError as error:  # two people added the same one at once
            raise BadGuardian("last_name", f"{person.full_name} уже среди представителей.") from error
    else:
        for name, value in wanted.items():
            setattr(tie, name, value)
        tie.save(update_fields=list(wanted))
    fields = {name: (before[name], value) for name, value in wanted.items() if before[name] != value}
    fields["guardian"] = (None, person)
    record_change(tie, fields, by=by, pupil_ids=[pupil.pk], subject="представитель ребёнка", address=address)
    return tie


@transaction.atomic
def change_person(
    person: Guardian, changes: Mapping[str, tuple[Any, Any]], *, by: User, address: str | None = None
) -> dict[str, tuple[Any, Any]]:
    """Corrects a person; told on the cards of all children. Raises Conflict and BadGuardian.

    The name at the login follows, unless a member of staff enters with it.
    """
    children = list(Pupil.objects.filter(pk__in=person.guardianships.current().values("pupil")))
    changed = edit_row(
        person, changes, by=by, pupil_ids=[child.pk for child in children], subject="представитель", address=address
    )
    fresh = Guardian.objects.select_related("user").get(pk=person.pk)
    check_person(fresh, children, timezone.localdate(), by=by)
    if fresh.user and not fresh.user.is_personnel and changed.keys() & set(NAME_FIELDS):
        for name in NAME_FIELDS:
            setattr(fresh.user, name, getattr(fresh, name))
        fresh.user.save(update_fields=NAME_FIELDS)
    return changed


@transaction.atomic
def change_tie(
    tie: Guardianship, changes: Mapping[str, tuple[Any, Any]], *, by: User, address: str | None = None
) -> dict[str, tuple[Any, Any]]:
    """Corrects kinship and the form of informing; an unknown sex follows the kinship. Raises Conflict."""
    changed = edit_row(tie, changes, by=by, pupil_ids=[tie.pupil_id], subject="представительство", address=address)
    person = tie.guardian
    if "kinship" in changed and not person.sex and (sex := sex_for("", changed["kinship"][1])):
        edit_row(person, {"sex": ("", sex)}, by=by, pupil_ids=[tie.pupil_id], subject="представитель", address=address)
    return changed


@transaction.atomic
def end_tie(tie: Guardianship, *, on: date, reason: str, by: User, address: str | None = None) -> bool:
    """From that day the person does not answer for the child: access, queue of extracts and lists forget the child at
    once. Whether anything changed (a second press changes nothing)."""
    fresh = Guardianship.objects.select_for_update().get(pk=tie.pk)
    if fresh.ended_on is not None:
        return False
    if on > timezone.localdate():
        raise BadGuardian("ended_on", "Дата в будущем. Укажите сегодняшнюю или прошедшую.")
    fresh.ended_on = on
    fresh.save(update_fields=["ended_on"])
    fields = {"ended_on": (None, on), "reason": ("", reason)}
    record_change(
        fresh, fields, by=by, pupil_ids=[tie.pupil_id], subject="представительство прекращено", address=address
    )
    return True


@transaction.atomic
def restore_tie(tie: Guardianship, *, by: User, address: str | None = None) -> bool:
    """Takes an end back; whether anything changed."""
    fresh = Guardianship.objects.select_for_update().get(pk=tie.pk)
    if fresh.ended_on is None:
        return False
    before, fresh.ended_on = fresh.ended_on, None
    fresh.save(update_fields=["ended_on"])
    fields: dict[str, tuple[Any, Any]] = {"ended_on": (before, None)}
    record_change(
        fresh, fields, by=by, pupil_ids=[tie.pupil_id], subject="представительство возобновлено", address=address
    )
    return True
