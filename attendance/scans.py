"""Is this file a scan that the school may keep? Told by its content, never by its name (design.md §9)."""

from __future__ import annotations

import re
import zlib
from io import BytesIO
from typing import Any

from attendance.models import Scan
from journal.pictures import PictureTooLarge, PictureTorn, opened_picture

MEGABYTE = 1024 * 1024
LARGEST = 10 * MEGABYTE
MOST_PIXELS = 60_000_000
MOST_UNPACKED = 300 * MEGABYTE
"""Of all compressed parts of a PDF together: ten sheets in colour take less, a bomb takes more."""
STREAM = re.compile(rb"stream\r?\n")
RUNNING = {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/RichMediaExecute"}


class NotAScan(Exception):
    """The file cannot be kept; the message says in Russian why and what to do."""


def type_of(content: bytes) -> str:
    """Scan.Type of a sound PDF or JPEG; NotAScan for anything else."""
    if not content:
        raise NotAScan("Файл пустой. Сохраните скан ещё раз и выберите его снова.")
    if len(content) > LARGEST:
        raise NotAScan("Файл больше 10 МБ. Отсканируйте с меньшим разрешением (хватит 200 точек) или оттенками серого.")
    if content.startswith(b"%PDF-"):
        _check_pdf(content)
        return Scan.Type.PDF
    if content.startswith(b"\xff\xd8\xff"):
        _check_jpeg(content)
        return Scan.Type.JPEG
    raise NotAScan("Это не PDF и не JPEG. Сохраните скан в PDF или сфотографируйте бумагу телефоном (JPEG).")


def _check_pdf(content: bytes) -> None:
    # Loaded with the first scan: the pages that show none need not wait for it.
    import pikepdf

    if _unpacks_to_too_much(content):
        raise NotAScan("Этот PDF при открытии занимает слишком много места. Отсканируйте бумагу ещё раз.")
    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            if pdf.is_encrypted:
                raise NotAScan("Этот PDF защищён паролем. Сохраните скан без пароля.")
            if not len(pdf.pages):
                raise NotAScan("В этом PDF нет ни одной страницы. Отсканируйте бумагу ещё раз.")
            if any(_runs_something(one) for one in pdf.objects):
                raise NotAScan("В этом PDF есть программа или вложенный файл. Отсканируйте саму бумагу.")
    except pikepdf.PasswordError:
        raise NotAScan("Этот PDF защищён паролем. Сохраните скан без пароля.") from None
    except (pikepdf.PdfError, ValueError, RuntimeError):
        raise NotAScan("Этот PDF не открывается: файл повреждён. Отсканируйте бумагу ещё раз.") from None


def _runs_something(one: Any) -> bool:
    """A part that acts when the paper is opened, or carries another file; with the parts written inside of it."""
    import pikepdf

    waiting = [one]
    while waiting:
        part = waiting.pop()
        if isinstance(part, pikepdf.Array):
            inside = list(part)
        elif isinstance(part, pikepdf.Dictionary | pikepdf.Stream):
            if str(part.get("/S", "")) in RUNNING or any(
                key in part for key in ("/JS", "/EmbeddedFiles", "/EF", "/XFA")
            ):
                return True
            inside = [child for _, child in part.items()]
        else:
            continue
        # What has a number of its own is looked at by itself.
        waiting += [child for child in inside if isinstance(child, pikepdf.Object) and not child.is_indirect]
    return False


def _unpacks_to_too_much(content: bytes) -> bool:
    """Whether the compressed parts grow past all measure; read by pieces, nothing is kept."""
    total = 0
    for found in STREAM.finditer(content):
        unpacker, rest = zlib.decompressobj(), content[found.end() :]
        try:
            while rest and not unpacker.eof:
                total += len(unpacker.decompress(rest, MEGABYTE))
                if total > MOST_UNPACKED:
                    return True
                rest = unpacker.unconsumed_tail
        except zlib.error:
            continue  # packed in another way, or not at all
    return False


def _check_jpeg(content: bytes) -> None:
    try:
        with opened_picture(content, ["JPEG"], MOST_PIXELS) as picture:
            # An eighth of the size is enough to see that it can be read to its end.
            picture.draft("L", (picture.width // 8, picture.height // 8))
            picture.load()
    except PictureTooLarge:
        raise NotAScan("На этом снимке слишком много точек. Уменьшите его (хватит 200 точек на дюйм).") from None
    except PictureTorn:
        raise NotAScan("Этот снимок не открывается: файл повреждён. Сфотографируйте бумагу ещё раз.") from None
