"""Forms, previews and files of documents, for tests of their pages."""

from __future__ import annotations

import io
import re

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image


def url(name, school_class, *ids):
    return reverse(f"attendance:{name}", args=[school_class.pk, *ids])


def fields(pupil, **changed):
    return {
        "pupil": pupil.pk, "kind": "certificate", "reason": "", "date_from": "2026-11-16", "date_to": "2026-11-20",
        "number": "518", "note": "", **changed,
    }  # fmt: skip


def hidden(response) -> dict:
    """What the page of the preview carries, ready to be sent on."""
    html = response.content.decode()
    found = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', html))
    found.pop("csrfmiddlewaretoken", None)
    return {**found, "confirm": re.search(r'name="confirm" value="(\w+)"', html)[1]}


def save(client, address, data):
    """Both steps."""
    return client.post(address, hidden(client.post(address, data)), follow=True)


def scan_of(content, name="x.bin"):
    return SimpleUploadedFile(name, content)


def pdf(build=lambda pdf: None, **options) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(200, 200))
        build(made)
        made.save(out, **options)
    return out.getvalue()


def jpeg(size=(40, 30)) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).save(out, "JPEG")
    return out.getvalue()
