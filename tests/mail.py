"""A real SMTP server on the loopback address, and the settings that lead to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller

from tests.live import free_port


class MailServer:
    """What it got, and what it is told to refuse: address → the whole answer («550 No such user»)."""

    def __init__(self) -> None:
        self.port = free_port()
        self.letters: list[tuple[str, EmailMessage]] = []
        self.refuses: dict[str, str] = {}
        self.while_it_listens: Callable[[], object] = lambda: None
        self._controller: Controller | None = None

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        await asyncio.to_thread(self.while_it_listens)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        self.letters += [(address, letter) for address in envelope.rcpt_tos]
        return "250 OK"

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None

    @property
    def addresses(self) -> list[str]:
        return sorted(address for address, _ in self.letters)

    @property
    def environment(self) -> dict[str, str]:
        return {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(self.port), "DEFAULT_FROM_EMAIL": "journal@school.test"}


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def lead_to(server: MailServer, settings) -> None:
    """Django's own SMTP backend instead of the one that tests get."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.DEFAULT_FROM_EMAIL = "Журнал <journal@school.test>"
    settings.SITE_URL = "https://journal.school.test"
