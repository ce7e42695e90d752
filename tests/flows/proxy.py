"""A proxy in front of a server, which can be made to fail in all the ways that servers do."""

import socket
from contextlib import suppress
from threading import Lock, Thread
from typing import Literal

Mode = Literal["passing", "failing", "silent"]
_FAILURE = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


class Proxy:
    """Passes on what it gets, or answers 500, or says nothing. Before `open`, nobody answers."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._mode: Mode = "passing"
        self._lock = Lock()
        self._connections: set[socket.socket] = set()
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def open(self) -> None:
        self._listener.listen()
        Thread(target=self._accept, daemon=True).start()

    def become(self, mode: Mode) -> None:
        """Behave like this from now on, with new connections."""
        self._mode = mode
        self._close_connections()

    def close(self) -> None:
        self._close(self._listener)
        self._close_connections()

    def _close_connections(self) -> None:
        with self._lock:
            connections, self._connections = self._connections, set()
        for each in connections:
            self._close(each)

    def _close(self, connection: socket.socket) -> None:
        # Without the shutdown, a thread that waits for it goes on waiting.
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with self._lock:
                    self._connections.add(connection)
                Thread(target=self._handle, args=[connection, self._mode], daemon=True).start()

    def _handle(self, connection: socket.socket, mode: Mode) -> None:
        with suppress(OSError):
            if mode == "failing":
                connection.recv(65536)
                connection.sendall(_FAILURE)
                self._close(connection)
            elif mode == "passing":
                self._pass(connection)

    def _pass(self, connection: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._server_port))
        with self._lock:
            self._connections.add(server)
        Thread(target=self._copy, args=[server, connection], daemon=True).start()
        self._copy(connection, server)

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        self._close(source)
        self._close(target)
