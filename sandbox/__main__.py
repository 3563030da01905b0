"""`python -m sandbox`: the simulated outside world as a process of its own."""

import argparse
import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from hub.model.area import Area, parse_area
from sandbox import scenario as scenarios
from sandbox.app import Sandbox
from sandbox.clock import Clock
from sandbox.day import Day
from sandbox.fcm.account import service_account
from sandbox.fcm.routes import PushService
from sandbox.feeds import Feeds
from sandbox.taxis.fleet import Fleet
from sandbox.vehicles.coach_push import push as push_coaches
from sandbox.vehicles.platform import Platform
from sandbox.vehicles.rounds import Rounds
from sandbox.vehicles.terminal import Terminal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

AREA = "areas/shanghai-railway-station.toml"
HOST = "127.0.0.1"
FASTEST = 600.0
VEHICLES = 24
"""Vehicles on JT/T 808, and as many on JT/T 809."""


class StartError(Exception):
    """The sandbox cannot start; the message is one line."""


class Server(uvicorn.Server):
    """Uvicorn that leaves the signals to us, so that a stop ends the taxis too."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: see `run`."""
        yield


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal, or until stdin ends if asked to. Returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        listener = _listen(options.port)
        with listener:
            _run(options, listener)
    except (StartError, scenarios.ScenarioError) as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 1
    return 0


def _run(options: argparse.Namespace, listener: socket.socket) -> None:
    clock = Clock(options.start, options.speed)
    scenario = scenarios.load(options.scenario)
    if options.taxis is not None:
        taxi = scenario.taxi.model_copy(update={"count": options.taxis})
        scenario = scenario.model_copy(update={"taxi": taxi})
    base = f"http://{HOST}:{listener.getsockname()[1]}"
    try:
        account = service_account(options.data_dir / "sandbox", f"{base}/fcm/token")
    except OSError as error:
        raise StartError(f"--data-dir {options.data_dir}: {error.strerror}") from error
    day = Day(scenario, options.seed, clock)
    push = PushService(account, clock, options.seed)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(options, listener, day, push, base))


async def _serve(
    options: argparse.Namespace, listener: socket.socket, day: Day, push: PushService, base: str
) -> None:
    feeds = Feeds(day)
    area = _area()
    fleet = Fleet(area, day, feeds.gates["taxi"], options.taxi)
    sandbox = Sandbox(day, feeds, fleet, push)
    app = sandbox.app()
    config = uvicorn.Config(
        _ending_quietly(app),
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = Server(config)
    _stop_by(server, until_stdin_closes=options.until_stdin_closes)
    fleet.start()
    peers = [asyncio.create_task(one) for one in _peers(options, area, sandbox)]
    sys.stdout.write(f"ready {base}\n")
    sys.stdout.flush()
    try:
        await server.serve(sockets=[listener])
    finally:
        fleet.close()
        for task in peers:
            task.cancel()
        await asyncio.gather(*peers, return_exceptions=True)
        await sandbox.producer.aclose()


def _ending_quietly(app: "ASGIApp") -> "ASGIApp":
    """The application, whose requests still open at the stop end without a word.

    Uvicorn cancels them (streams of phones, answers that hang on purpose), which is no error.
    """

    async def ending(scope: "Scope", receive: "Receive", send: "Send") -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await app(scope, receive, send)

    return ending


def _peers(
    options: argparse.Namespace, area: Area, sandbox: Sandbox
) -> Iterator[Coroutine[Any, Any, None]]:
    """What calls the hub, besides the taxis, where it was asked for."""
    rounds, clock = Rounds(area.centre, VEHICLES), sandbox.day.clock
    if options.jtt808 is not None:
        for number in range(VEHICLES):
            yield Terminal(number, options.jtt808, rounds, clock).run()
    if options.jtt809 is not None:
        yield Platform(options.jtt809, rounds, clock).run()
    if options.coach_push is not None:
        yield push_coaches(sandbox.offers, clock, options.coach_push, options.coach_secret)


def _stop_by(server: Server, *, until_stdin_closes: bool) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True
        # uvicorn's own words about streams that are cut off: they are cut off because we end
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    if until_stdin_closes:
        # A thread, because stdin may be a file or /dev/null, which no event loop can watch.
        threading.Thread(target=_read_to_end, args=(loop, stop), daemon=True).start()


def _read_to_end(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    while os.read(0, 4096):
        pass
    with contextlib.suppress(RuntimeError):  # the loop may have ended first
        loop.call_soon_threadsafe(stop)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Uvloop's loop where it is installed (not on Windows)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            text = f"port {port} is in use; end what listens there or choose another with --port"
            raise StartError(text) from error
        raise StartError(f"port {port}: {error.strerror}") from error
    return listener


def _area() -> Area:
    """The area file lies in the hub's package; it is read as text, the hub is not started."""
    from importlib.resources import files

    return parse_area(files("hub").joinpath(AREA).read_text(encoding="utf-8"))


def parser() -> argparse.ArgumentParser:
    """What the command line may say."""
    parser = argparse.ArgumentParser(
        prog="liandong sandbox",
        description="模拟站区的一天。 A simulated day of the station area on real wire formats.",
    )
    parser.add_argument("--port", type=int, default=8090, help="HTTP port; 0 takes a free one")
    parser.add_argument(
        "--taxi", type=_address, default=(HOST, 8905), metavar="HOST:PORT",
        help="the hub's JT/T 905 server (default 127.0.0.1:8905)",
    )  # fmt: skip
    parser.add_argument(
        "--scenario", default=scenarios.DEFAULT, help=f"one of {', '.join(scenarios.names())}"
    )
    parser.add_argument("--speed", type=_speed, default=1.0, help="simulated seconds per second")
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed, the same day (default 1)"
    )
    parser.add_argument("--taxis", type=_count, default=None, help="how many (0: none)")
    parser.add_argument(
        "--jtt808", type=_address, metavar="HOST:PORT", help="a JT/T 808 server for vehicles"
    )
    parser.add_argument(
        "--jtt809", type=_address, metavar="HOST:PORT", help="a JT/T 809 superior platform"
    )
    parser.add_argument(
        "--coach-push", metavar="URL", help="where the coach terminal posts its departures"
    )
    parser.add_argument(
        "--coach-secret", default="sandbox", help="what those posts are signed with"
    )
    parser.add_argument(
        "--data-dir", type=Path, default=Path(".liandong"),
        help="where the service account of its push service is kept (default .liandong)",
    )  # fmt: skip
    parser.add_argument(
        "--start", type=_moment, default=None, metavar="RFC3339",
        help="what the simulated clock reads at the start (default: the time it is)",
    )  # fmt: skip
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="end when standard input does"
    )
    return parser


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError(f"expected HOST:PORT, got {text!r}")
    return host, int(port)


def _speed(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= FASTEST:
        raise argparse.ArgumentTypeError(f"expected a number up to {FASTEST:g}, got {text!r}")
    return value


def _count(text: str) -> int:
    if not text.isdigit() or int(text) > 2000:
        raise argparse.ArgumentTypeError(f"expected 0 to 2000, got {text!r}")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected an RFC 3339 time, got {text!r}") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no time zone; add Z or +08:00")
    return moment.astimezone(UTC)


if __name__ == "__main__":
    sys.exit(main())
