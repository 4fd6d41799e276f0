"""Questions to class teachers: a value of a file that differs from what stands (domain.md §11).

The operator puts them when writing an import; who keeps the class answers «оставить» or «взять» by one press.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import AuditEvent, User
from journal.models import Enrolment, Guardianship, Pupil, SchoolClass
from journal.services.changes import Conflict, edit_row
from reports.models import ImportConflict

from .plan import Preview
from .plan.conflicts import TAKE, field_words, from_stored, is_same, person_of, shown, to_stored

Answer = ImportConflict.Answer
MODELS = ("pupil", "guardian", "guardianship")


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question as the class teacher sees it. `token` names it and what the page showed."""

    conflict_id: int
    token: str
    pupil_id: int
    pupil: str
    who: str
    field: str
    stands: str
    proposed: str
    is_changed: bool
    by: str
    at: datetime | None
    asked_by: str
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one press: how many were settled, and sentences about those that were not."""

    done: int
    told: list[str]


# --- Asking ---------------------------------------------------------------------------------------


def ask_teachers(preview: Preview, *, batch_id: int | None) -> list[ImportConflict]:
    """Put the questions of a written import. In its transaction."""
    if batch_id is None or not preview.to_ask:
        return []
    return ImportConflict.objects.bulk_create(
        ImportConflict(
            batch_id=batch_id,
            school_class=one.school_class,
            pupil=one.pupil,
            object_type=one.kind,
            object_id=one.instance.pk,
            field=one.field,
            current=to_stored(one.field, one.stands),
            proposed=to_stored(one.field, one.value),
        )
        for one in preview.to_ask
    )


def close_questions(preview: Preview, *, by: User | None) -> None:
    """What the operator has taken from a file needs no answer any more, whoever was asked about it before."""
    taken: dict[tuple[str, str], set[int]] = defaultdict(set)
    for one in preview.conflicts:
        if one.decision == TAKE:
            taken[one.kind, one.field].add(one.instance.pk)
    for (kind, field), pks in taken.items():
        rows = ImportConflict.objects.filter(object_type=kind, field=field, answer="")
        rows = rows.filter(object_id__in=pks) if len(pks) < 500 else rows
        open_ids = [row.pk for row in rows.only("pk", "object_id") if row.object_id in pks]
        ImportConflict.objects.filter(pk__in=open_ids).update(
            answer=Answer.TAKE, answered_by=by, answered_at=timezone.now()
        )


# --- Answering ------------------------------------------------------------------------------------


def open_questions(school_class: SchoolClass, today: date) -> list[OpenQuestion]:
    """Questions about those who are on the roll of the class today. Up to six queries, whatever their number."""
    rows = list(_open_rows(school_class, today))
    instances = _instances(rows)
    changes = _last_changes(rows)
    found = []
    for row in rows:
        instance = instances.get((row.object_type, row.object_id))
        if instance is None:
            continue
        stands = getattr(instance, row.field)
        at, by = changes.get((row.object_type, row.object_id, row.field), (None, ""))
        found.append(
            OpenQuestion(
                conflict_id=row.pk,
                token=f"{row.pk}:{_print_of(row.field, stands)}",
                pupil_id=row.pupil_id,
                pupil=row.pupil.list_name,
                who="" if row.object_type == "pupil" else person_of(instance),
                field=field_words(instance, row.field),
                stands=shown(instance, row.field, stands) if stands else "",
                proposed=shown(instance, row.field, from_stored(row.field, row.proposed)),
                is_changed=not is_same(row.field, stands, from_stored(row.field, row.current)),
                by=by,
                at=at,
                asked_by=row.batch.owner.short_name,
                asked_at=row.batch.applied_at,
            )
        )
    return found


def answer(
    school_class: SchoolClass, tokens: Iterable[str], choice: Answer, *, by: User, today: date, address: str | None
) -> Answered:
    """Keep what stands, or take what the file said, in each of the questions the tokens name."""
    rows = {row.pk: row for row in _open_rows(school_class, today)}
    done, told = 0, []
    for token in tokens:
        number, _, shown_print = token.partition(":")
        row = rows.get(int(number)) if number.isdecimal() and len(number) < 19 else None
        if row is None:
            told.append("На один из вопросов уже ответили.")
            continue
        if words := _answer_one(row, choice, shown_print, by=by, address=address):
            told.append(words)
        else:
            done += 1
    return Answered(done, list(dict.fromkeys(told)))


@transaction.atomic
def _answer_one(row: ImportConflict, choice: Answer, shown_print: str, *, by: User, address: str | None) -> str:
    """Nothing, or a sentence why the answer was not taken."""
    if not ImportConflict.objects.select_for_update().filter(pk=row.pk, answer="").exists():
        return "На один из вопросов уже ответили."
    instance = _instances([row]).get((row.object_type, row.object_id))
    if instance is None:
        return f"{row.pupil.list_name}: этой записи больше нет."
    stands = getattr(instance, row.field)
    if _print_of(row.field, stands) != shown_print:
        return _changed_words(row, instance, stands)
    wanted = _python(instance, row.field, from_stored(row.field, row.proposed))
    if choice == Answer.TAKE:
        try:
            with transaction.atomic():
                edit_row(
                    instance,
                    {row.field: (stands, wanted)},
                    by=by,
                    pupil_ids=_pupils_of(instance),
                    subject=f"{instance._meta.verbose_name}: ответ на вопрос импорта",
                    address=address,
                )
        except Conflict as conflict:
            return _changed_words(row, instance, conflict.fields[row.field].value)
        except IntegrityError:
            return f"{row.pupil.list_name}, {field_words(instance, row.field)}: такое значение уже у другого человека."
    row.answer, row.answered_by, row.answered_at = choice, by, timezone.now()
    row.save(update_fields=["answer", "answered_by", "answered_at"])
    if choice == Answer.KEEP:
        AuditEvent.objects.create(
            actor=by,
            action=AuditEvent.Action.IMPORT,
            subject=f"вопрос импорта: оставлено прежнее ({field_words(instance, row.field)})"[:100],
            pupil_id=row.pupil_id,
            object_type=row.object_type,
            object_id=row.object_id,
            address=address,
        )
    return ""


def _changed_words(row: ImportConflict, instance: Any, stands: Any) -> str:
    now = shown(instance, row.field, stands) if stands else "пусто"
    return (
        f"{row.pupil.list_name}, {field_words(instance, row.field)}: пока страница была открыта, значение изменилось, "
        f"теперь там «{now}». Посмотрите и ответьте ещё раз."
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the questions of an import are answered, by class."""

    total: int
    answered: int
    taken: int
    waiting: list[tuple[SchoolClass, int]]


def progress_of(batch_id: int) -> Progress | None:
    """None where nothing was asked. One query."""
    rows = SchoolClass.objects.filter(pk__in=ImportConflict.objects.filter(batch=batch_id).values("school_class"))
    of_batch = Q(import_questions__batch=batch_id)
    counted = rows.annotate(
        total=Count("import_questions", filter=of_batch),
        open=Count("import_questions", filter=of_batch & Q(import_questions__answer="")),
        taken=Count("import_questions", filter=of_batch & Q(import_questions__answer=Answer.TAKE)),
    ).order_by("grade", "letter")
    found: list[Any] = list(counted)
    if not found:
        return None
    total, waiting = sum(row.total for row in found), [(row, row.open) for row in found if row.open]
    return Progress(total, total - sum(n for _, n in waiting), sum(row.taken for row in found), waiting)


# --- Rows -----------------------------------------------------------------------------------------


def _open_rows(school_class: SchoolClass, today: date):
    """A child who has moved takes the questions along to the new class."""
    here = Enrolment.objects.on_roll(today).filter(school_class=school_class).values("pupil")
    rows = ImportConflict.objects.filter(answer="", pupil__in=here)
    return (
        rows.select_related("pupil", "batch__owner")
        .defer("batch__preview", "batch__undo")
        .order_by("pupil__sort_name", "pk")
    )


def _instances(rows: Iterable[ImportConflict]) -> dict[tuple[str, int], Any]:
    wanted: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if row.object_type in MODELS:
            wanted[row.object_type].add(row.object_id)
    found = {}
    for kind, pks in wanted.items():
        model = apps.get_model("journal", kind)
        related = ("pupil", "guardian") if model is Guardianship else ()
        for instance in model._default_manager.filter(pk__in=pks).select_related(*related):
            found[kind, instance.pk] = instance
    return found


def _last_changes(rows: list[ImportConflict]) -> dict[tuple[str, int, str], tuple[datetime, str]]:
    """Who put there what stands, and when. One query."""
    if not rows:
        return {}
    wanted = {(row.object_type, row.object_id) for row in rows}
    events = AuditEvent.objects.filter(
        action=AuditEvent.Action.CHANGE,
        object_type__in=[kind for kind, _ in wanted],
        object_id__in=[pk for _, pk in wanted],
    ).select_related("actor")
    found = {}
    for event in events.order_by("at", "pk"):
        for field in event.new or {}:
            by = event.actor.short_name if event.actor else ""
            found[event.object_type, event.object_id or 0, field] = (event.at, by)
    return found


def _print_of(field: str, value: Any) -> str:
    """Tells whether the page showed what stands, without carrying a personal value."""
    text = value.isoformat() if isinstance(value, date) else str(value or "")
    return salted_hmac("reports.imports.questions", f"{field}|{text}").hexdigest()[:12]


def _python(instance: Any, field: str, text: str) -> Any:
    return text if field == "snils" else instance._meta.get_field(field).to_python(text)


def _pupils_of(instance: Any) -> list[int]:
    """On whose cards the change stands."""
    if isinstance(instance, Pupil):
        return [instance.pk]
    if isinstance(instance, Guardianship):
        return [instance.pupil_id]
    return list(instance.guardianships.values_list("pupil_id", flat=True))
