"""One hub process: the socket, the event loop, the signals; what runs inside is in `process.py`."""

import asyncio
import contextlib
import errno
import gc
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import structlog
import uvicorn
import uvloop

from hub.errors import StartError
from hub.requests import MAX_BODY
from hub.settings import Settings
from hub.transports import tune
from liandong import observe
from liandong.connections import BoundedProtocol, Bounds, Connections
from liandong.process import Hub, ProcessRole
from schema.live.frames import FrameProtocol

log = structlog.get_logger()

GRACE_SECONDS = 7
BIND_ATTEMPTS, BIND_PAUSE = 10, 0.1
FILES_BESIDE = 500
"""Files this process may hold open besides its clients' connections."""


def run(
    settings: Settings,
    *,
    roles: frozenset[str],
    embedded: bool,
    listening: socket.socket | None,
    until_stdin_closes: bool = False,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT. Raises StartError in one line if it cannot start.

    `listening` is where clients come to, None without the role `api`. `started` is called once
    everything runs.
    """
    observe.configure_logs(settings.hub.log)
    if until_stdin_closes:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    # sockets make garbage of known shape; the default thresholds scan it far too often
    gc.set_threshold(50_000, 20, 50)
    what = frozenset(map(ProcessRole, roles))
    uvloop.run(_serve(settings, what, listening, embedded=embedded, started=started))


def _end_with_parent() -> None:
    # read the descriptor, not sys.stdin: a thread inside a buffered read at exit aborts Python
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def listening_at(settings: Settings) -> socket.socket:
    """A socket at which clients may come already. Raises StartError, in one line."""
    address = (settings.hub.host, settings.hub.port)
    family = socket.AF_INET6 if ":" in settings.hub.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tune(listening)
    try:
        _bind(listening, address)
        listening.listen()
    except OSError as error:
        raise StartError(
            f"{address[0]}:{address[1]} 无法监听 cannot be listened on: {error.strerror}.",
            hint="另选端口 free the port, or set LIANDONG_PORT.",
        ) from error
    return listening


def _bind(listening: socket.socket, address: tuple[str, int]) -> None:
    """Bind; whoever was killed here a moment ago may still be about to die."""
    for attempt in range(BIND_ATTEMPTS):
        try:
            listening.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or attempt == BIND_ATTEMPTS - 1:
                raise
            time.sleep(BIND_PAUSE)
        else:
            return


class Server(uvicorn.Server):
    """Uvicorn whose connections are looked at once a second (liandong.connections).

    Without its signal handling: that would end the process before the hub has drained.
    """

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to end."""
        if counter % 10 == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                connection.look(now)  # type: ignore[union-attr]  # both protocols are ours
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `_serve`."""
        yield


def configured(
    app: Any,  # noqa: ANN401  # an ASGI application
    bounds: Bounds,
    trusted_proxies: Sequence[str] = (),
) -> uvicorn.Config:
    """How `Server` serves an application; `trusted_proxies` say who calls (X-Forwarded-For)."""
    http: Any = partial(BoundedProtocol, bounded=Connections(bounds))
    return uvicorn.Config(
        app,
        lifespan="off",
        http=http,
        ws=FrameProtocol,
        ws_max_size=MAX_BODY,
        ws_per_message_deflate=False,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _room() -> int:
    """How many connections there may be: as many as files may be open, and some left over."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = Bounds().in_all + FILES_BESIDE
    may = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (may, most))
    return max(1, may - FILES_BESIDE)


async def _serve(
    settings: Settings,
    roles: frozenset[ProcessRole],
    listening: socket.socket | None,
    *,
    embedded: bool,
    started: Callable[[], None],
) -> None:
    hub = await Hub.start(settings, roles=roles, embedded=embedded)
    started()
    try:
        if listening is None:
            await _until_told(hub)
            return
        bounds = Bounds(per_address=settings.hub.connections_per_address, in_all=_room())
        server = Server(configured(hub.app, bounds, settings.hub.trusted_proxies))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        ending = asyncio.create_task(_until_told(hub))
        log.info("hub.listening", host=settings.hub.host, port=settings.hub.port)
        await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
        await hub.drain()
        server.should_exit = True
        await serving
        ending.cancel()
    finally:
        await hub.stop()
    hub.reraise()


async def _until_told(hub: Hub) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, told.set)
    waiting = [asyncio.create_task(told.wait()), asyncio.create_task(hub.failed())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
