"""A wire between a browser and a server that a test can cut: the only «no network» that is the same for every browser,
its pages and its service workers."""

import socket
import threading
from contextlib import suppress

CHUNK = 65536
BROKEN = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Wire:
    """Forwards connections from a port of its own to the server's; may be cut, silenced, broken and mended."""

    def __init__(self, server_url: str) -> None:
        host, port = server_url.removeprefix("http://").split(":")
        self.target = (host, int(port))
        self.state = "whole"
        self.pairs: list[socket.socket] = []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self._open, daemon=True).start()

    def cut(self) -> None:
        """Ends what is under way; nobody gets through from now on."""
        self._become("cut")

    def silence(self) -> None:
        """Connections open, and nothing ever comes back."""
        self._become("silent")

    def break_server(self) -> None:
        """Every answer is 503."""
        self._become("broken")

    def mend(self) -> None:
        self._become("whole")

    def _become(self, state: str) -> None:
        self.state = state
        for end in self.pairs:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.pairs.clear()

    def close(self) -> None:
        self.cut()
        self.door.close()

    def _open(self) -> None:
        with suppress(OSError):  # the door was closed
            while True:
                near, _ = self.door.accept()
                self.pairs.append(near)
                if self.state != "whole":
                    threading.Thread(target=self._refuse, args=(near,), daemon=True).start()
                    continue
                far = socket.create_connection(self.target)
                self.pairs.append(far)
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._forward, args=(one, other), daemon=True).start()

    def _refuse(self, near: socket.socket) -> None:
        with suppress(OSError):
            if self.state == "broken" and near.recv(CHUNK):
                near.sendall(BROKEN)
            if self.state == "silent":
                return  # it stays open, in self.pairs
            near.shutdown(socket.SHUT_RDWR)
        near.close()

    @staticmethod
    def _forward(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
