"""The school's sign on paper: is this file a picture that can be printed, and how it is kept."""

from __future__ import annotations

from io import BytesIO

from journal.pictures import PictureTooLarge, PictureTorn, opened_picture

MEGABYTE = 1024 * 1024
LARGEST = 2 * MEGABYTE
MOST_PIXELS = 25_000_000
BOX = (600, 240)
"""Dots of the kept picture at most: at the size it is printed in, 300 and more to the inch."""


class NotALogo(Exception):
    """The file cannot be printed; the message says in Russian why and what to do."""


def logo_of(content: bytes) -> bytes:
    """The picture as it is kept: a grey PNG on white, no larger than BOX. Whatever else the file carried is gone."""
    from PIL import Image, ImageOps

    if not content:
        raise NotALogo("Файл пустой. Выберите картинку ещё раз.")
    if len(content) > LARGEST:
        raise NotALogo("Файл больше 2 МБ. Уменьшите картинку: для бумаги хватит 600 точек в ширину.")
    try:
        with opened_picture(content, ["PNG", "JPEG"], MOST_PIXELS) as picture:
            whole = ImageOps.exif_transpose(picture).convert("RGBA")
    except PictureTooLarge:
        raise NotALogo("В картинке слишком много точек. Уменьшите её: хватит 600 в ширину.") from None
    except PictureTorn:
        raise NotALogo("Это не PNG и не JPEG, или файл повреждён. Сохраните знак в PNG и выберите снова.") from None
    whole.thumbnail(BOX)  # before it is copied: the upload may be of many points
    white = Image.new("RGBA", whole.size, "white")
    white.alpha_composite(whole)
    kept = BytesIO()
    white.convert("L").save(kept, "PNG", optimize=True)
    return kept.getvalue()
