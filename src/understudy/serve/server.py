"""Runs an application under uvicorn: `run` until a signal, or in a thread of its own.

Refuses an address that others can reach where no key is required, and a port that is taken.
"""

import contextlib
import errno
import gc
import ipaddress
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from understudy.config import Server
from understudy.errors import ConfigError, ServerError

_COLLECT_AFTER = 50_000
_TURN_S = 0.001


class _Uvicorn(uvicorn.Server):
    """Tells when it listens, and leaves the process to its owner after a signal."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            # uvicorn would raise the signal again, and the store would never be closed.
            self._captured_signals.clear()


def run(app: ASGIApp, settings: Server, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `ready` gets the address, with the real port."""
    with listen(settings) as listener:
        url = address(listener)
        server = build_server(app, settings.grace_s, lambda: ready(url))
        # What was imported lives as long as the process: out of the collector's sight, whose
        # full passes over it held up every request for 70 to 180 ms.
        gc.collect()
        gc.freeze()
        # A request leaves no cycles: looking for them every 700 objects cost an eighth of its time.
        gc.set_threshold(_COLLECT_AFTER, 20, 100)
        # The threads of capture take turns with the one that answers: it waits 1 ms, not 5.
        sys.setswitchinterval(_TURN_S)
        server.run([listener])


@contextlib.contextmanager
def serving(app: ASGIApp, settings: Server) -> Iterator[str]:
    """Serve an application from a thread while the block runs; yields the address."""
    listening = threading.Event()
    with listen(settings) as listener:
        server = build_server(app, settings.grace_s, listening.set)

        def serve() -> None:
            try:
                server.run([listener])
            finally:
                listening.set()

        thread = threading.Thread(target=serve, name="server", daemon=True)
        thread.start()
        listening.wait()
        try:
            if not server.started:
                raise ServerError("the server did not start; see its log")
            yield address(listener)
        finally:
            server.should_exit = True
            thread.join()


def build_server(app: ASGIApp, grace_s: int, ready: Callable[[], None]) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        # Nothing here asks where a request came from, and a header must not say it.
        proxy_headers=False,
        # Relayed answers keep the upstream's own.
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=grace_s,
    )
    return _Uvicorn(config, ready)


def listen(settings: Server) -> socket.socket:
    """Raises ConfigError for a public address that needs no key, ServerError for a taken port."""
    host, port = settings.host, settings.port
    if not (settings.require_key or _is_loopback(host)):
        raise ConfigError(
            f"server.host = {host!r} can be reached by others; set server.require_key = true, "
            "or the host to 127.0.0.1"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it an answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            step = "stop what listens there, or set server.port (0 takes a free one)"
            raise ServerError(f"port {port} on {host} is in use; {step}") from error
        raise ServerError(f"cannot listen on {host}:{port} ({error.strerror})") from error
    return listener


def address(listener: socket.socket) -> str:
    name: tuple[Any, ...] = listener.getsockname()
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"http://{host}:{name[1]}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
