"""What a browser needs to open day sheets without network: the service worker and the page «нет сети».

Both are the same for everybody and hold nothing personal. The static files that a stored sheet needs are named here,
with the hashes that they have in production; a test compares the list with the page.
"""

from __future__ import annotations

import hashlib
import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

FILES = (
    "img/favicon.svg",
    "js-lib-bootstrap5/css/bootstrap.min.css",
    "css/app.css",
    "css/print.css",
    "css/grids.css",
    "css/day-sheet.css",
    "js/app.js",
    "js/stored.js",
    "js/questions.js",
    "js/day-sheet.js",
    "js/sheet/keys.js",
    "js/sheet/offline.js",
    "js/sheet/queue.js",
    "js/sheet/rows.js",
    "js/sheet/sender.js",
    "js/sheet/undo.js",
    "js/sheet/waiting.js",
    "js/offline-page.js",
)
FONT = "fonts/inter.woff2"
"""Made by script/fonts; a machine may lack it."""


@login_not_required
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """From the root, so that it reaches every page. The browser asks for it anew at each visit."""
    files = [static(name) for name in (*FILES, *([FONT] if staticfiles_storage.exists(FONT) else []))]
    worker = static("js/offline-worker.js")
    page = loader.render_to_string("offline.html")
    version = hashlib.sha256("\n".join([worker, page, *files]).encode()).hexdigest()[:12]
    script = (
        f"self.FILES = {json.dumps(files)};\n"
        f"self.VERSION = {json.dumps(version)};\n"
        f"self.HASHED = {json.dumps(not settings.DEBUG)};\n"
        f"self.OFFLINE_PAGE = {json.dumps(reverse('offline'))};\n"
        f"importScripts({json.dumps(worker)});\n"
    )
    return HttpResponse(script, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


@login_not_required
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """«Нет сети»: the worker keeps it and shows it for every page that it does not keep."""
    return TemplateResponse(request, "offline.html")
