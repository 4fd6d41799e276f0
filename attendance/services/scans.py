"""Keeping a scan. It waits for its document while the person looks at the preview; what waits in vain goes."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

from django.core import signing
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from attendance.models import Scan, ScanFile
from attendance.scans import type_of

SALT = "attendance.scan"
WAITS = timedelta(days=1)
SUFFIXES = {Scan.Type.PDF: "pdf", Scan.Type.JPEG: "jpg"}


@transaction.atomic
def keep_scan(*, content: bytes, by: User) -> Scan:
    """The scan, stored under a name of our own; NotAScan where it is none. The same file of one person is kept once."""
    kind = type_of(content)
    forget_waiting()
    print_of = sha256(content).hexdigest()
    waiting = Scan.objects.filter(documents=None, added_by=by, sha256=print_of).first()
    if waiting:
        return waiting
    # What a file is called at home may tell more than the paper does.
    name = f"Скан {timezone.localdate():%Y-%m-%d} {print_of[:6]}.{SUFFIXES[Scan.Type(kind)]}"
    scan = Scan.objects.create(name=name, type=kind, size=len(content), sha256=print_of, added_by=by)
    ScanFile.objects.create(scan=scan, content=content)
    return scan


def forget_waiting() -> None:
    """Scans that have waited for a document for a day: nobody will come back to them."""
    old = Scan.objects.filter(documents=None, added_at__lt=timezone.now() - WAITS)
    ids = list(old.values_list("pk", flat=True))
    ScanFile.objects.filter(scan__in=ids).delete()
    Scan.objects.filter(pk__in=ids).delete()


def token_of(scan: Scan, by: User) -> str:
    """What a form carries instead of the file."""
    return signing.dumps([scan.pk, by.pk], salt=SALT)


def scan_by(token: str, by: User) -> Scan | None:
    """The scan that this person's form carries, while it is kept."""
    try:
        pk, owner = signing.loads(token, salt=SALT, max_age=WAITS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Scan.objects.filter(pk=pk).first() if owner == by.pk else None
