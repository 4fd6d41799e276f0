"""Making PDFs. The one place that knows WeasyPrint and pikepdf; both are imported inside functions, being slow to load.

Nothing is fetched from anywhere: a document may name `data:` addresses and, as `font:name.ttf`, the fonts in our own
static files. User text reaches the templates escaped, and could not load a picture or a file even if it were not.
"""

from __future__ import annotations

import atexit
import gc
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string


@dataclass(frozen=True, slots=True)
class Pdf:
    """A finished document and the number of its pages; `title` is its bookmark in a joined file."""

    content: bytes
    pages: int
    title: str = ""


class PageCountError(Exception):
    """The joined file does not hold exactly the pages that were put in."""


def pdf_of(template: str, context: dict[str, Any], *, style: str, first_page: int = 1) -> Pdf:
    """Renders a template of templates/reports/pdf/ with one style sheet of static/css/. `first_page` is the number of
    its first page where it is a part of a larger file."""
    html = _lean_html()(render_to_string(template, context))
    with _no_garbage_collection():
        sheets = [_style(style), *([_starting_at(first_page)] if first_page > 1 else [])]
        document = html.render(stylesheets=sheets, font_config=_fonts(), cache={}, **PDF_OPTIONS)
        content = document.write_pdf(**PDF_OPTIONS)
    return Pdf(content, len(document.pages))


PDF_OPTIONS: dict[str, Any] = {"custom_metadata": True, "pdf_variant": "pdf/ua-1"}
"""Every document is PDF/UA-1: title, language, structure for screen readers. A joined print is a stack for the printer
and keeps title, language and bookmarks only; what is handed out and kept is the single document."""


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """A sheet makes so many objects that Python walks through all those of the process several times meanwhile.

    They are freed by counting anyway, and the rest by the next ordinary collection.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def joined(parts: Sequence[Pdf], *, title: str, duplex: bool = True) -> Pdf:
    """One file of several. With `duplex` each part begins on a new sheet of paper: blank backs are put in.

    The pages are counted again in the finished file: a part that got lost stops the work (PageCountError).
    """
    from pikepdf import Dictionary, OutlineItem
    from pikepdf import Pdf as PikePdf

    expected, marks = 0, []
    with PikePdf.new() as whole:
        for part in parts:
            if part.title:
                marks.append(OutlineItem(part.title, expected))
            with PikePdf.open(BytesIO(part.content)) as one:
                if len(one.pages) != part.pages:
                    raise PageCountError(f"{len(one.pages)} pages in the file, {part.pages} were laid out")
                whole.pages.extend(one.pages)
                expected += part.pages
                if duplex and part.pages % 2:
                    whole.add_blank_page(page_size=_size_of(one.pages[-1]))
                    expected += 1
        with whole.open_outline() as outline:
            outline.root.extend(marks)
        whole.docinfo["/Title"] = title
        whole.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        whole.Root.Lang = "ru"
        out = BytesIO()
        whole.save(out)
    content = out.getvalue()
    found = page_count(content)
    if found != expected:
        raise PageCountError(f"{found} pages in the joined file, {expected} expected")
    return Pdf(content, found)


def page_count(content: bytes) -> int:
    """Pages that really are in the file."""
    from pikepdf import Pdf as PikePdf

    with PikePdf.open(BytesIO(content)) as document:
        return len(document.pages)


def _size_of(page: Any) -> tuple[float, float]:
    left, bottom, right, top = (float(value) for value in page.mediabox)
    return right - left, top - bottom


@cache
def _lean_html() -> Any:
    """HTML without the browser's default style sheet: matching its hundreds of rules takes a fifth of the time.

    Our sheets say themselves which of the few elements they use are blocks, tables, bold.
    """
    from xml.etree import ElementTree

    from cssselect2 import ElementWrapper
    from weasyprint import HTML

    # A line a step and page would drown the worker's log.
    logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)

    class LeanHTML(HTML):
        def __init__(self, markup: str) -> None:
            # Our templates are well-formed, so the XML parser of Python's own reads them ten times faster than one that
            # forgives everything; what it refuses goes the forgiving way. A drawing needs its namespace written out.
            try:
                root = ElementTree.fromstring(markup.partition("<!doctype html>")[2].strip())
            except ElementTree.ParseError:
                super().__init__(string=markup, url_fetcher=_fetcher(), base_url="font:")
                return
            self.base_url, self.url_fetcher, self.media_type = "font:", _fetcher(), "print"
            self.wrapper_element = ElementWrapper.from_html_root(root, content_language=None)
            self.etree_element = self.wrapper_element.etree_element

        def _ua_stylesheets(self, forms: bool = False) -> list[Any]:
            return []

    return LeanHTML


@cache
def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFilesOnly(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("font:"):
                return URLFetcherResponse(url, font_file(url.removeprefix("font:")).read_bytes())
            return super().fetch(url, headers)  # refuses every scheme but data:

    return OwnFilesOnly(allowed_protocols=["data"])


def font_file(name: str) -> Path:
    """A font among our static files, by its bare name."""
    found = finders.find(f"fonts/{Path(name).name}")
    if not found:
        raise FileNotFoundError(name)
    return Path(found)


@cache
def _fonts() -> Any:
    """Fonts are read once in a process: reading them anew for every pupil costs as much as the page itself."""
    from weasyprint.text.fonts import FontConfiguration

    # Freed before the interpreter takes the C library apart, or it complains at every exit.
    atexit.register(_forget_fonts)
    return FontConfiguration()


def _forget_fonts() -> None:
    _style.cache_clear()
    _fonts.cache_clear()


def _starting_at(page: int) -> Any:
    from weasyprint import CSS

    return CSS(string=f"@page :first {{ counter-increment: page {page} }}")


@cache
def _style(name: str) -> Any:
    from weasyprint import CSS

    path = finders.find(f"css/{name}")
    if not path:
        raise FileNotFoundError(name)
    return CSS(
        string=Path(path).read_text(encoding="utf-8"), font_config=_fonts(), url_fetcher=_fetcher(), base_url="font:"
    )
