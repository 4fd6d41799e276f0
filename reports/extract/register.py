"""The register of extracts: numbers without gaps, the file as handed out, hand-over and the returned slip.

The number stands on the paper, so it must be known before the sheet is laid out, and laying out takes too long to hold
a lock. So numbers are reserved in a short transaction, the sheet is made outside of any, and then stored. A reserved
number whose sheet never came (the worker died, the owner stopped) is given to the next extract: no gap remains.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.audit import Action, record_event
from accounts.models import User
from journal.models import Pupil, School, SchoolClass, SchoolLogo
from reports import pdf
from reports.extract.data import ExtractData, Period
from reports.models import Extract, ExtractFile, Job

logger = logging.getLogger(__name__)

RESERVED_FOR = timedelta(minutes=15)
"""Far longer than one sheet takes: an older number without a file was abandoned."""
SAME_PRESS = timedelta(seconds=60)
TEMPLATE, STYLE = "reports/pdf/extract.html", "pdf-extract.css"


class ReservationLost(Exception):
    """The number was given to somebody else while the sheet was being made."""


def formed_extracts() -> QuerySet[Extract]:
    """Lines of the register that have their file."""
    return Extract.objects.filter(file__isnull=False)


def extracts_visible_to(user: User) -> QuerySet[Extract]:
    """Extracts whose file the user may have: of own classes, of pupils who are still there; the deputy all."""
    return formed_extracts().filter(
        school_class__in=SchoolClass.objects.visible_to(user), pupil__in=Pupil.objects.visible_to(user)
    )


def render(extract: ExtractData, number: str) -> pdf.Pdf:
    """The sheet: a front and a back. After a front that runs over the back follows at once: still one sheet."""
    context = {
        "extract": extract,
        "number": number,
        "qr": qr_picture(number, extract.formed_on, extract.code),
        "logo": logo_picture(),
    }
    made = pdf.pdf_of(TEMPLATE, {**context, "flows": False}, style=STYLE)
    if made.pages <= 2:
        return made
    flowing = pdf.pdf_of(TEMPLATE, {**context, "flows": True}, style=STYLE)
    return min(made, flowing, key=lambda one: one.pages)


def form_extract(extract: ExtractData, *, by: User, request: HttpRequest | None = None) -> Extract:
    """Makes, numbers and records one extract. The same press sent again within a minute gives the same extract."""
    with transaction.atomic():
        _lock_numbers()
        if same := _same_press(extract, by):
            return same
        [row] = reserve([extract], by=by)
    try:
        store(row, render(extract, row.number), by=by, request=request)
    except Exception:
        abandon([row.pk])
        raise
    return row


@transaction.atomic
def reserve(
    extracts: Sequence[ExtractData], *, by: User, job: Job | None = None, reuse: Sequence[int] = ()
) -> list[Extract]:
    """Takes the next numbers, abandoned ones first; `reuse` are own reservations of an attempt that died.

    `job` is the one that forms them; it has no more than one line a pupil.
    """
    _lock_numbers()
    last = Extract.objects.aggregate(last=Max("sequence"))["last"] or 0
    without_file = Extract.objects.filter(file=None)
    own = list(without_file.filter(pk__in=reuse).order_by("sequence")[: len(extracts)])
    abandoned = without_file.filter(formed_at__lt=timezone.now() - RESERVED_FOR).exclude(pk__in=reuse)
    free = sorted([*own, *abandoned.order_by("sequence")[: len(extracts) - len(own)]], key=lambda row: row.sequence)
    Extract.objects.filter(pk__in=[row.pk for row in free]).delete()
    numbers = [row.sequence for row in free]
    numbers += range(last + 1, last + 1 + len(extracts) - len(numbers))
    classes = SchoolClass.objects.in_bulk({extract.class_id for extract in extracts})
    return Extract.objects.bulk_create(
        Extract(
            sequence=number,
            pupil_id=extract.pupil_id,
            school_class=classes[extract.class_id],
            guardian_id=extract.guardian_id,
            date_from=extract.period.start,
            date_to=extract.period.end,
            formed_by=by,
            pages=1,
            blocks=list(extract.blocks),
            code=extract.code,
            job=job,
        )
        for number, extract in zip(numbers, extracts, strict=True)
    )


@transaction.atomic
def store(row: Extract, made: pdf.Pdf, *, by: User, request: HttpRequest | None = None) -> None:
    """Keeps the sheet under its reserved number, and records that it was printed."""
    row.pages, row.sha256 = made.pages, sha256(made.content).hexdigest()
    reserved = Extract.objects.filter(pk=row.pk, file=None)
    if not reserved.update(pages=row.pages, sha256=row.sha256, formed_at=timezone.now()):
        raise ReservationLost(row.pk)
    ExtractFile.objects.create(extract=row, content=made.content)
    _record(Action.PRINT, row, by=by, request=request)


def abandon(ids: Iterable[int]) -> None:
    """Gives reserved numbers back at once, for the next extract."""
    long_ago = timezone.now() - 2 * RESERVED_FOR
    Extract.objects.filter(pk__in=list(ids), file=None).update(formed_at=long_ago)


def set_handed_over(row: Extract, *, done: bool, by: User, request: HttpRequest) -> None:
    """The extract was given to the family; taking it back also takes back the slip."""
    moment = timezone.now() if done else None
    _change(row, by=by, request=request, handed_over_at=moment, returned_at=row.returned_at if done else None)


def set_returned(row: Extract, *, done: bool, by: User, request: HttpRequest) -> None:
    """The signed slip came back; so the extract was handed over, even if nobody noted when."""
    moment = timezone.now() if done else None
    _change(row, by=by, request=request, returned_at=moment, handed_over_at=row.handed_over_at or moment)


@transaction.atomic
def _change(row: Extract, *, by: User, request: HttpRequest, **fields: Any) -> None:
    def shown() -> dict[str, str]:
        return {name: getattr(row, name).isoformat() if getattr(row, name) else "" for name in fields}

    old = shown()
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
    _record(Action.CHANGE, row, by=by, request=request, old=old, new=shown())


def _record(action: Action, row: Extract, *, by: User, request: HttpRequest | None, **details: Any) -> None:
    record_event(
        action,
        f"выписка № {row.number}",
        by=by,
        request=request,
        pupil_id=row.pupil_id,
        class_id=row.school_class_id,
        object_type="extract",
        object_id=row.pk,
        **details,
    )


def _same_press(extract: ExtractData, by: User) -> Extract | None:
    recent = Extract.objects.filter(
        pupil_id=extract.pupil_id,
        blocks=list(extract.blocks),
        date_from=extract.period.start,
        date_to=extract.period.end,
        formed_by=by,
        formed_at__gt=timezone.now() - SAME_PRESS,
    )
    return recent.select_related("school_class").order_by("-sequence").first()


def _lock_numbers() -> None:
    # One writer of numbers at a time. SQLite's transactions are exclusive by themselves.
    School.objects.select_for_update(no_key=True).filter(pk=1).first()


def logo_picture() -> str:
    """The school's sign as a data address; empty where it has none. One query."""
    picture = SchoolLogo.objects.values_list("picture", flat=True).first()
    return f"data:image/png;base64,{b64encode(bytes(picture)).decode()}" if picture else ""


def qr_picture(number: str, formed_on: date, code: str) -> str:
    """Number and digest of the contents as a picture in a data address. The mask is fixed: choosing the best one is
    slow."""
    import segno

    return segno.make(qr_text(number, formed_on, code), error="m", mask=3).png_data_uri(border=0, scale=4)


def qr_text(number: str, formed_on: date, code: str) -> str:
    """What the QR code of a sheet says to any phone; the page «Проверка» reads it back (reports.extract.checking)."""
    return f"Выписка {number} от {formed_on:%d.%m.%Y} код {code}"


def file_name(class_name: str, pupil: str, period: Period) -> str:
    """«Выписка 7Б Ермаков Тимофей 20.11.2026.pdf»."""
    return f"Выписка {class_name} {pupil} {period.end:%d.%m.%Y}.pdf"


@transaction.atomic
def note_several(rows: Sequence[Extract], *, what: str, by: User, request: HttpRequest) -> int:
    """«Вручены» or «корешки возвращены» for many lines at once; how many of them were not noted so before."""
    count = 0
    for row in (
        Extract.objects.select_for_update(of=("self",))
        .filter(pk__in=[one.pk for one in rows])
        .select_related("school_class")
    ):
        if what == "returned" and row.returned_at is None:
            set_returned(row, done=True, by=by, request=request)
        elif what == "handed_over" and row.handed_over_at is None:
            set_handed_over(row, done=True, by=by, request=request)
        else:
            continue
        count += 1
    return count


class Damaged(Exception):
    """The stored file is not what was handed out."""


def stored_file(row: Extract) -> bytes:
    """The PDF as it was handed out; Damaged, and a line in the log, where its digest is another one by now."""
    content = bytes(row.file.content)
    if sha256(content).hexdigest() != row.sha256:
        logger.error("extract %s: the stored file does not have the digest of the register", row.pk)
        raise Damaged(row.pk)
    return content
