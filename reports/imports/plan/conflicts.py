"""A file says one thing of a person, the register another: keep, take, or ask the class teacher.

Nothing is guessed. Each difference is proposed by three values: what an import wrote last, what stands now (and who put
it there since), what the file says. The operator decides by field for all, or row by row.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accounts.models import AuditEvent
from journal import crypto
from journal.models import Guardianship, Pupil, SchoolClass
from journal.services.changes import plain
from journal.text import normalise
from reports.imports.read.errors import Place
from reports.models import ImportConflict

if TYPE_CHECKING:
    from .planner import Context

KEEP, TAKE, ASK = "keep", "take", "ask"
PROPOSED = "proposed"
"""As a decision for many: each difference as the program proposes it."""
DECISIONS = {KEEP: "оставить прежнее", TAKE: "взять из файла", ASK: "спросить классного руководителя"}
ALL = "conflict:all"
PHONES = {"phone", "phone_home", "phone_mobile"}
BY_IMPORT = ": импорт"
"""How the subject of an import's own event of change ends."""
BATCH = 500


@dataclass(slots=True)
class Difference:
    """A field of a person who is in the register, told otherwise by a file. `decision` is empty while undecided."""

    instance: Any
    field: str
    stands: Any
    value: Any
    pupil: Pupil
    school_class: SchoolClass
    place: Place
    key: str
    by: str = ""
    at: datetime | None = None
    proposal: str = TAKE
    why: str = ""
    decision: str = ""
    is_asked: bool = False

    @property
    def kind(self) -> str:
        return self.instance._meta.model_name

    @property
    def group(self) -> str:
        """The field for all people: its answer decides every difference of it that has none of its own."""
        return f"{self.kind}.{self.field}"


class Conflicts:
    """Collects what the lists of people say, and settles it when all of them are read."""

    def __init__(self, context: Context) -> None:
        self.context, self.staged = context, context.staged
        self.waiting: dict[tuple[int, str], Difference] = {}
        self.told: dict[tuple[int, str], Any] = {}

    def tell(
        self,
        instance: Any,
        values: dict[str, Any],
        *,
        pupil: Pupil,
        school_class: SchoolClass,
        place: Place,
        places: dict[str, Place] | None = None,
    ) -> None:
        """What a row of a file says of somebody: empty fields are filled, other values wait for a decision.

        `places` are the cells of single fields, where the reader knows them.
        """
        for field, value in values.items():
            where = (places or {}).get(field, place)
            if value and self._agrees(instance, field, value, where):
                self._tell(instance, field, value, pupil, school_class, where)

    def _agrees(self, instance: Any, field: str, value: Any, place: Place) -> bool:
        """Two files (or two rows) that differ about the same person: which is right is not for us to guess."""
        first = self.told.setdefault((id(instance), field), value)
        if is_same(field, first, value):
            return True
        what = str(instance._meta.get_field(field).verbose_name) if field != "snils" else "СНИЛС"
        said = "другое значение" if field == "snils" else f"«{shown(instance, field, first)}»"
        here = "" if field == "snils" else f" «{shown(instance, field, value)}»"
        self.context.error(
            place,
            f"{person_of(instance)}: здесь {what}{here}, а в другом месте этих файлов {said}.",
            "Оставьте в файлах одно значение.",
        )
        return False

    def _tell(
        self, instance: Any, field: str, value: Any, pupil: Pupil, school_class: SchoolClass, place: Place
    ) -> None:
        stands = getattr(instance, field)
        if is_same(field, stands, value) or (id(instance), field) in self.waiting:
            return
        if instance.pk is None or not stands or (field == "kinship" and stands == Guardianship.Kinship.OTHER):
            self.staged.set(instance, field, value)
            return
        parts = [instance._meta.model_name, str(instance.pk), field, folded(field, value)]
        key = "conflict:" + hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]
        self.waiting[id(instance), field] = Difference(instance, field, stands, value, pupil, school_class, place, key)

    def settle(self) -> None:
        """Decide what can be decided, stage what is taken; the preview shows all of it."""
        differences = list(self.waiting.values())
        _propose(differences)
        for one in differences:
            answers = self.context.answers
            chosen = answers.get(one.key) or answers.get(f"conflict:{one.group}") or answers.get(ALL)
            chosen = chosen or self.context.default_decision
            one.decision = one.proposal if chosen == PROPOSED else chosen if chosen in DECISIONS else ""
            if one.is_asked and one.decision not in (KEEP, TAKE):
                one.decision = ASK
            if one.decision == TAKE:
                self.staged.set(one.instance, one.field, one.value)
                if one.field == "snils":
                    self.context.register.by_snils[crypto.digest(one.value)] = one.instance
        self.context.preview.conflicts = differences


# --- Three values: what an import wrote, what stands, what the file says --------------------------


def _propose(differences: list[Difference]) -> None:
    events: dict[tuple[str, int], list[AuditEvent]] = defaultdict(list)
    questions: dict[tuple[str, int, str], list[ImportConflict]] = defaultdict(list)
    for kind, pks in _keys(differences):
        rows = AuditEvent.objects.filter(object_type=kind, object_id__in=pks, action=AuditEvent.Action.CHANGE)
        for event in rows.select_related("actor").order_by("at", "pk"):
            events[kind, event.object_id or 0].append(event)
        for row in ImportConflict.objects.filter(object_type=kind, object_id__in=pks).order_by("pk"):
            questions[kind, row.object_id, row.field].append(row)
    for one in differences:
        changes = [event for event in events[one.kind, one.instance.pk] if one.field in (event.new or {})]
        _propose_one(one, changes)
        _remember_questions(one, questions[one.kind, one.instance.pk, one.field])


def _keys(differences: list[Difference]) -> Iterable[tuple[str, list[int]]]:
    by_kind: dict[str, set[int]] = defaultdict(set)
    for one in differences:
        by_kind[one.kind].add(one.instance.pk)
    for kind, pks in by_kind.items():
        ordered = sorted(pks)
        for at in range(0, len(ordered), BATCH):
            yield kind, ordered[at : at + BATCH]


def _propose_one(one: Difference, changes: list[AuditEvent]) -> None:
    """`changes` of this field, oldest first; a value nobody has changed is the one an import once wrote."""
    if not changes:
        one.proposal, one.why = TAKE, "прежнее значение не меняли"
        return
    last = changes[-1]
    one.at, one.by = last.at, last.actor.short_name if last.actor else ""
    if last.subject.endswith(BY_IMPORT):
        one.proposal, one.why = TAKE, "прежнее значение тоже из импорта"
        return
    by_hand = changes
    for at, event in enumerate(changes):
        if event.subject.endswith(BY_IMPORT):
            by_hand = changes[at + 1 :]
    was = (by_hand[0].old or {}).get(one.field)
    if one.field != "snils" and was and is_same(one.field, was, plain(one.field, one.value)):
        one.proposal, one.why = KEEP, "в файле то, что было до исправления"
    else:
        one.proposal, one.why = ASK, "исправлено вручную, а в файле третье значение"


def _remember_questions(one: Difference, asked: list[ImportConflict]) -> None:
    """What a class teacher was asked before about the same value."""
    for row in asked:
        if not is_same(one.field, from_stored(one.field, row.proposed), plain_value(one.field, one.value)):
            continue
        if not row.answer:
            one.is_asked, one.proposal, one.why = True, ASK, "классный руководитель ещё не ответил"
        elif row.answer == ImportConflict.Answer.KEEP:
            one.proposal, one.why = KEEP, "классный руководитель ответил: оставить"


# --- Values ---------------------------------------------------------------------------------------


def is_same(field: str, one: Any, other: Any) -> bool:
    """The same value in other letters, signs or shape of a phone."""
    return folded(field, one) == folded(field, other)


def folded(field: str, value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    text = str(value or "")
    if field == "snils":
        return crypto.snils_digits(text)
    if field in PHONES:
        digits = re.sub(r"\D", "", text)
        return digits[1:] if len(digits) == 11 and digits[0] in "78" else digits
    return re.sub(r"[\W_]+", " ", normalise(text)).strip() if field == "address" else normalise(text)


def plain_value(field: str, value: Any) -> str:
    """As text that can be kept: a date in ISO form."""
    return value.isoformat() if isinstance(value, date) else str(value or "")


def to_stored(field: str, value: Any) -> str:
    """As ImportConflict keeps it; СНИЛС never in the clear."""
    text = plain_value(field, value)
    return crypto.encrypt(text) if field == "snils" and text else text


def from_stored(field: str, text: str) -> str:
    return crypto.decrypt(text) if field == "snils" and text else text


def shown(instance: Any, field: str, value: Any) -> str:
    """For a person to read; a СНИЛС is only «другой»."""
    if field == "snils":
        return "другой"
    if isinstance(value, str) and field in ("birth_date", "admitted_on") and value:
        value = date.fromisoformat(value)
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    choices = dict(instance._meta.get_field(field).flatchoices)
    return str(choices.get(value, value) if choices else value)


def field_words(instance: Any, field: str) -> str:
    return "СНИЛС" if field == "snils" else str(instance._meta.get_field(field).verbose_name)


def person_of(instance: Any) -> str:
    """Whose field it is."""
    if isinstance(instance, Guardianship):
        return f"{instance.guardian.full_name} ({instance.pupil.list_name})"
    return instance.full_name


def line(one: Difference) -> dict[str, Any]:
    """A difference as the preview keeps and shows it."""
    return {
        "key": one.key,
        "group": one.group,
        "field": field_words(one.instance, one.field),
        "class": one.school_class.name,
        "who": person_of(one.instance),
        "pupil": one.pupil.list_name,
        "place": one.place.short,
        "current": shown(one.instance, one.field, one.stands),
        "proposed": shown(one.instance, one.field, one.value),
        "by": one.by,
        "at": timezone.localtime(one.at).strftime("%d.%m.%Y %H:%M") if one.at else "",
        "proposal": one.proposal,
        "why": one.why,
        "decision": one.decision,
        "asked": one.is_asked,
    }
