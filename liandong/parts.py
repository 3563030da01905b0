"""The hub as its processes: API, feeds and orders run apart, are watched, and end together.

What serves clients can be kept busy by them, and what reads feeds by their size: neither may delay
an order (docs/decisions/0010). They are forked from this process, which has loaded everything and
does nothing: they share that memory, and one that died is there again in a moment. It holds the
socket that clients come to, so that they wait for such a one and are not refused. They end when it
ends, however it ends: the socket that each has to it closes then.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import structlog

from hub.errors import StartError
from hub.settings import Settings
from liandong import observe

ROLES = ("dispatch", "ingest", "api")
"""A process each; orders first."""
FIRST_WAIT, LONGEST_WAIT = 0.1, 10.0
"""Seconds until a process that died is started again; doubling while it keeps dying."""
STEADY_SECONDS = 30.0
"""One that ran for so long and dies begins with the first wait."""
FIRST_TRIES = 3
"""So often one is started that has not started yet and ends in an error; then all is ended."""
GRACE_SECONDS = 9.0
READ_BYTES = 4096
_STARTED = b"."
_REFUSED = 2
"""The exit code of one that says why it can never start."""

log = structlog.get_logger()


@dataclass(eq=False)
class _Part:
    """One of the processes. `link` is our end of the socket to it: closed by it means gone.

    `said`: that it started, or why it ended. `ran`: it started once; what is refused before is
    a wrong configuration, what is refused later is an outage. `tries`: how often it was forked.
    """

    role: str
    pid: int = 0
    link: socket.socket | None = None
    said: bytes = b""
    ran: bool = False
    tries: int = 0
    began: float = 0.0
    due: float = 0.0
    failures: int = 0

    def died(self, now: float) -> float:
        """It is gone; seconds until it is started again."""
        self.failures = 1 if now - self.began > STEADY_SECONDS else self.failures + 1
        wait = min(FIRST_WAIT * 2.0 ** min(self.failures - 1, 30), LONGEST_WAIT)
        self.due = now + wait
        return wait


def run(settings: Settings, *, embedded: bool, until_stdin_closes: bool) -> None:
    """Run every role until SIGTERM or SIGINT. Raises StartError when one cannot start at all."""
    observe.configure_logs(settings.hub.log)
    from liandong import server  # before the forks: loaded once, shared by all

    listening = server.listening_at(settings)
    gc.collect()
    gc.freeze()
    with _told() as told:
        stdin = sys.stdin.fileno() if until_stdin_closes else None
        Parts(settings, listening, embedded=embedded, told=told, stdin=stdin).run()


class Parts:
    """Forks the processes, buries and forks again those that die, ends them. One thread."""

    def __init__(
        self,
        settings: Settings,
        listening: socket.socket,
        *,
        embedded: bool,
        told: int,
        stdin: int | None = None,
    ) -> None:
        """`told` becomes readable when all is to end, `stdin` comes to its end then."""
        self._settings = settings
        self._listening = listening
        self._embedded = embedded
        self._told = told
        self._stdin = stdin
        self._parts = [_Part(role) for role in ROLES]

    def run(self) -> None:
        """Until told to end. Raises StartError with what the first refused process said."""
        try:
            while self._watch():
                pass
        finally:
            self._end()

    def _watch(self) -> bool:
        """Start what is due, wait for news, bury the dead; False when all is to end."""
        now = time.monotonic()
        for part in self._parts:
            if part.link is None and part.due <= now:
                self._start(part)
        waiting = [part.due - now for part in self._parts if part.link is None]
        for end in self._readable(min(waiting, default=None)):
            if end == self._told:
                return False
            if end == self._stdin:
                if not os.read(end, READ_BYTES):
                    return False
            else:
                self._hear(end)
        return True

    def _readable(self, timeout: float | None) -> list[int]:
        ends = [part.link.fileno() for part in self._parts if part.link is not None]
        ends += [self._told, *([] if self._stdin is None else [self._stdin])]
        return select.select(ends, [], [], timeout)[0]

    def _hear(self, end: int) -> None:
        part = next(one for one in self._parts if one.link and one.link.fileno() == end)
        said = _received(part)
        if not part.said and said.startswith(_STARTED):
            part.ran = True
            log.info("process runs", role=part.role, pid=part.pid, hub=os.getpid())
        part.said += said
        if said:
            return
        code = _buried(part)
        why = part.said.removeprefix(_STARTED).decode(errors="replace")
        if why and not part.ran and (code == _REFUSED or part.tries >= FIRST_TRIES):
            raise StartError(why)
        wait = part.died(time.monotonic())
        log.warning(
            "process ended",
            role=part.role,
            pid=part.pid,
            hub=os.getpid(),
            code=code,
            why=why,
            again_in_s=wait,
        )

    def _start(self, part: _Part) -> None:
        ours, theirs = socket.socketpair()
        part.said, part.began, part.tries = b"", time.monotonic(), part.tries + 1
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            for other in self._parts:
                if other.link is not None:
                    other.link.close()
            ours.close()
            if part.role != "api":
                self._listening.close()
            self._become(part.role, theirs)
        theirs.close()
        part.pid, part.link = pid, ours

    def _become(self, role: str, link: socket.socket) -> NoReturn:
        """What the fork does instead of returning."""
        code = 1
        try:
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, signal.SIG_DFL)
            _named(role)
            threading.Thread(target=_die_with, args=(link,), daemon=True).start()
            self._serve(role, link)
            code = 0
        except StartError as error:
            code = _REFUSED
            link.sendall(str(error).encode())
        except BaseException as error:  # noqa: BLE001  # nothing is above a fork that could say it
            traceback.print_exc()
            link.sendall(_last_line(role, error).encode(errors="replace"))
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _serve(self, role: str, link: socket.socket) -> None:
        from liandong import server

        server.run(
            self._settings,
            roles=frozenset({role}),
            embedded=self._embedded,
            listening=self._listening if role == "api" else None,
            started=lambda: link.sendall(_STARTED),
        )

    def _end(self) -> None:
        """Tell all at once, wait as long as sends in hand may take, then end what is left.

        Who comes now is refused, and goes elsewhere.
        """
        self._listening.close()
        living = [part for part in self._parts if part.link is not None]
        for part in living:
            os.kill(part.pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for part in living:
            if not _ends(part, deadline):
                log.error("process killed", role=part.role, pid=part.pid)
                os.kill(part.pid, signal.SIGKILL)
            _buried(part)


@contextlib.contextmanager
def _told() -> Iterator[int]:
    """A descriptor that becomes readable with SIGTERM or SIGINT."""
    read, write = os.pipe()
    os.set_blocking(write, False)

    def tell(_signal: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(BlockingIOError):  # it was told before
            os.write(write, b"!")

    before = {name: signal.signal(name, tell) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield read
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
        os.close(read)
        os.close(write)


def _received(part: _Part) -> bytes:
    """What it says; b"" at its end."""
    try:
        return part.link.recv(READ_BYTES) if part.link is not None else b""
    except ConnectionResetError:
        return b""


def _ends(part: _Part, deadline: float) -> bool:
    """Whether it is gone by then."""
    while part.link is not None:
        left = max(0.0, deadline - time.monotonic())
        if not select.select([part.link], [], [], left)[0]:
            return False
        if not _received(part):
            break
    return True


def _last_line(role: str, error: BaseException) -> str:
    """Why a process that was to start did not, where nobody had foreseen it."""
    said = traceback.format_exception_only(error)[-1].strip().splitlines()
    return f"{role} 进程无法启动 cannot start: {said[-1]} (the traceback stands above)"


def _buried(part: _Part) -> int:
    """The exit code of one that is gone, or about to be."""
    if part.link is not None:
        part.link.close()
        part.link = None
    return os.waitstatus_to_exitcode(os.waitpid(part.pid, 0)[1])


def _named(role: str) -> None:
    """Tell the processes apart, in the log and for `ps`."""
    structlog.contextvars.bind_contextvars(process=role)
    with contextlib.suppress(OSError):  # Linux only
        Path("/proc/self/comm").write_text(f"hub-{role}", encoding="ascii")


def _die_with(link: socket.socket) -> None:
    """Die at once when the parent is gone: whoever takes its place needs the port and the leases.

    Nothing that was acknowledged is lost by that, no more than by a pulled plug.
    """
    with contextlib.suppress(OSError):
        while link.recv(READ_BYTES):
            pass
    os.kill(os.getpid(), signal.SIGKILL)
