"""Drives Firefox by Marionette, the protocol that every Firefox speaks: no driver program, no package.

A message is «length:JSON»; [0, id, command, parameters] is answered by [1, id, error, result].
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.live import die_with_tests, free_port

PREFS = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "intl.accept_languages": "ru",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
}
PATIENCE = 60


class Firefox:
    """A window of a profile. Quitting and starting again is closing and opening the browser."""

    def __init__(self, program: str, profile: Path) -> None:
        self.program, self.profile = program, profile
        self.number = 0

    def start(self) -> None:
        port = free_port()
        prefs = {**PREFS, "marionette.port": port}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in prefs.items()]
        (self.profile / "user.js").write_text("\n".join(lines))
        self.process = subprocess.Popen(
            [self.program, "--headless", "--marionette", "--no-remote", "--profile", str(self.profile)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(self.profile), "MOZ_DISABLE_CONTENT_SANDBOX": "1"},
            start_new_session=True,
            preexec_fn=die_with_tests,
        )
        self.wire = self._connect(port)
        self._read()  # the greeting
        self.tell("WebDriver:NewSession", pageLoadStrategy="normal", unhandledPromptBehavior="accept")
        self.tell("WebDriver:SetTimeouts", script=PATIENCE * 1000, pageLoad=PATIENCE * 1000)

    def quit(self) -> None:
        """As a person closes it: what it keeps is written to the profile."""
        with suppress(OSError, ConnectionError):
            self.tell("Marionette:Quit", flags=["eForceQuit"])
        self.wire.close()
        self._end()

    def kill(self) -> None:
        if hasattr(self, "process"):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def open(self, url: str) -> None:
        self.tell("WebDriver:Navigate", url=url)

    def run(self, script: str, *arguments: object) -> Any:
        """What the script returns in the page; a promise is awaited."""
        wrapped = f"""const [resolve] = [arguments[arguments.length - 1]];
            Promise.resolve((async (...args) => {{ {script} }})(...[...arguments].slice(0, -1))).then(resolve,
                (error) => resolve({{failed: String(error)}}));"""
        value = self.tell("WebDriver:ExecuteAsyncScript", script=wrapped, args=list(arguments))["value"]
        if isinstance(value, dict) and "failed" in value:
            raise RuntimeError(value["failed"])
        return value

    def wait_for(self, condition: str, *arguments: object) -> Any:
        """Waits until the expression is true in the page (which may change meanwhile)."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(RuntimeError):
                if value := self.run(f"return {condition}", *arguments):
                    return value
            time.sleep(0.1)
        text = self.run("return document.body ? document.body.innerText.slice(0, 800) : ''")
        raise AssertionError(f"{condition} never became true on\n{text}")

    def click(self, selector: str) -> None:
        self.tell("WebDriver:ElementClick", id=self._find(selector))

    def type(self, selector: str, text: str) -> None:
        self.tell("WebDriver:ElementSendKeys", id=self._find(selector), text=text)

    def _find(self, selector: str) -> str:
        found = self.tell("WebDriver:FindElement", using="css selector", value=selector)["value"]
        return next(iter(found.values()))

    def tell(self, command: str, **parameters: object) -> Any:
        self.number += 1
        message = json.dumps([0, self.number, command, parameters]).encode()
        self.wire.sendall(str(len(message)).encode() + b":" + message)
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(f"{command}: {error.get('error')}: {error.get('message')}")
        return result

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            length += self._bytes(1)
        return json.loads(self._bytes(int(length[:-1])))

    def _bytes(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            part = self.wire.recv(count - len(found))
            if not part:
                raise ConnectionError("Firefox has gone")
            found += part
        return found

    def _connect(self, port: int) -> socket.socket:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError):
                return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE * 2)
            time.sleep(0.1)
        raise RuntimeError("Firefox did not start")

    def _end(self) -> None:
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
