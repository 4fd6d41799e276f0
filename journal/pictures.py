"""Reading pictures that people upload: whole, of the formats told, of no more points than memory holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any


class PictureTooLarge(Exception):
    """More points than were allowed."""


class PictureTorn(Exception):
    """Not of these formats, or damaged, or cut short."""


@contextmanager
def opened_picture(content: bytes, formats: list[str], most_pixels: int) -> Iterator[Any]:
    """A Pillow image, told by its content; the reading of it belongs inside the block, which has the same errors."""
    from PIL import Image, ImageFile

    # WeasyPrint, once loaded, lets Pillow fill up what is missing of a picture, in the whole process.
    lenient, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        with Image.open(BytesIO(content), formats=formats) as picture:
            if picture.width * picture.height > most_pixels:
                raise PictureTooLarge
            yield picture
    except Image.DecompressionBombError:  # Pillow's own limit
        raise PictureTooLarge from None
    except (OSError, ValueError, SyntaxError):
        raise PictureTorn from None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient
