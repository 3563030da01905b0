"""The processes of the hub: what cannot start ends all of it, and what does not end is ended."""

import os
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from hub.errors import StartError
from hub.settings import Settings
from liandong import parts
from liandong.parts import FIRST_TRIES, ROLES, Parts

Work = Callable[[str, socket.socket], None]


class Rig(Parts):
    """Real forks that do `work` instead of serving; told to end once all have started."""

    def __init__(self, work: Work) -> None:
        read, self.tell = os.pipe()
        self.port = socket.create_server(("127.0.0.1", 0))
        super().__init__(Settings(), self.port, embedded=False, told=read)
        self._work = work

    def _serve(self, role: str, link: socket.socket) -> None:
        self._work(role, link)

    def _hear(self, end: int) -> None:
        super()._hear(end)
        if all(part.ran and part.link for part in self._parts):
            os.write(self.tell, b"!")

    def pids(self) -> list[int]:
        return [part.pid for part in self._parts]


def started(link: socket.socket) -> None:
    link.sendall(b".")
    threading.Event().wait()


@pytest.mark.timeout(60)
def test_what_does_not_end_is_killed_once(monkeypatch):
    """One line a process that ignores SIGTERM, or stands still; none of them is left."""
    monkeypatch.setattr(parts, "GRACE_SECONDS", 0.0)

    def deaf(role: str, link: socket.socket) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        started(link)

    rig = Rig(deaf)
    with structlog.testing.capture_logs() as said:
        rig.run()
    killed = [line["role"] for line in said if line["event"] == "process killed"]
    assert killed == list(ROLES)
    for pid in rig.pids():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.timeout(60)
def test_an_unforeseen_error_of_the_first_start_ends_all(tmp_path: Path):
    """Tried a few times, for it may pass; then its last line is the reason, in one line."""
    tries = tmp_path / "tries"

    def broken(role: str, link: socket.socket) -> None:
        if role != "ingest":
            started(link)
        with tries.open("a") as file:
            file.write(".")
        raise OverflowError("a number\nthat nobody thought of")

    with pytest.raises(StartError, match="ingest 进程无法启动 cannot start: ") as caught:
        Rig(broken).run()
    assert "that nobody thought of" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert tries.read_text() == "." * FIRST_TRIES


@pytest.mark.timeout(60)
def test_what_is_refused_is_not_tried_again(tmp_path: Path):
    """A wrong configuration does not get better by a second start."""
    tries = tmp_path / "tries"

    def refused(role: str, link: socket.socket) -> None:
        if role != "api":
            started(link)
        with tries.open("a") as file:
            file.write(".")
        raise StartError("port 1 cannot be listened on.")

    with pytest.raises(StartError, match="port 1 cannot be listened on"):
        Rig(refused).run()
    assert tries.read_text() == "."


@pytest.mark.timeout(60)
def test_an_error_that_passes_and_one_after_the_start_end_nothing(tmp_path: Path):
    """A second try that works is a start; what ran once and fails then is started for ever."""
    seen = tmp_path / "tries"

    def shaky(role: str, link: socket.socket) -> None:
        if role != "ingest":
            started(link)
        number = len(seen.read_text()) if seen.exists() else 0
        seen.write_text("." * (number + 1))
        if number == 0:
            raise OSError("not yet")
        if number < FIRST_TRIES + 2:
            link.sendall(b".")
            raise OSError("an outage")
        started(link)

    class Patient(Rig):
        def _hear(self, end: int) -> None:
            Parts._hear(self, end)
            if seen.exists() and len(seen.read_text()) == FIRST_TRIES + 3:
                os.write(self.tell, b"!")

    Patient(shaky).run()
    assert seen.read_text() == "." * (FIRST_TRIES + 3)


@pytest.mark.timeout(60)
def test_who_comes_while_nobody_serves_waits_and_is_answered():
    """`api` dies, again and again: whoever comes meanwhile is served by the next. At the end of all
    nobody is let in."""
    answers: list[bytes] = []

    def serving(role: str, link: socket.socket) -> None:
        if role != "api":
            with pytest.raises(OSError, match="Bad file descriptor"):
                rig.port.getsockname()
            started(link)
        link.sendall(b".")
        while True:
            client, _ = rig.port.accept()
            said = client.recv(100)
            if said == b"die":
                os.kill(os.getpid(), signal.SIGKILL)
            client.sendall(said)
            client.close()

    class Asked(Rig):
        def _hear(self, end: int) -> None:
            Parts._hear(self, end)

    rig = Asked(serving)
    address = rig.port.getsockname()

    def ask() -> None:
        for said in (b"one", b"die", b"two", b"die", b"die", b"three"):
            with socket.create_connection(address) as client:
                client.sendall(said)
                try:
                    answers.append(client.recv(100))
                except ConnectionResetError:
                    answers.append(b"")
        os.write(rig.tell, b"!")

    asking = threading.Thread(target=ask)
    asking.start()
    rig.run()
    asking.join()
    assert answers == [b"one", b"", b"two", b"", b"", b"three"]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)
