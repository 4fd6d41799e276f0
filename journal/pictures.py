"""Reading pictures that people upload."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def torn_ones_refused() -> Iterator[None]:
    """Pillow raises OSError at a picture that ends too early.

    Otherwise it would not for sure: WeasyPrint, once loaded, lets it fill up what is missing, in the whole process.
    """
    from PIL import ImageFile

    lenient, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient
