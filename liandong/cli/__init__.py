"""`liandong`: the command line. Every expected failure is one line on standard error, exit 2."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

import typer

from hub.errors import LiandongError

app = typer.Typer(
    name="liandong",
    help="联动: 站区数据与指令中枢 · Integration hub of a station area.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def main() -> None:
    """Entry point of the `liandong` script."""
    _at_interrupt(_end)
    try:
        register()
        _at_interrupt(signal.default_int_handler)
        app()
    except LiandongError as error:
        print(f"liandong: {error}", file=sys.stderr)  # noqa: T201  # the command line's own voice
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        _at_interrupt(_end)


def register() -> None:
    """Give the program its commands."""
    from liandong.cli import accounts, audit, clients, doctor, feeds, run

    for part in (run, feeds, accounts, audit, doctor, clients):
        part.register(app)


def _at_interrupt(handler: Callable[[int, FrameType | None], object]) -> None:
    """What Ctrl-C does from now on: as ever nothing, where whoever started us wants that."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, handler)


def _end(_signal: int, _frame: FrameType | None) -> None:
    """End while modules are loaded, or threads come to their end: nothing is under way.

    An exception would come out wherever the interpreter stands, or be taken for a failed import.
    """
    sys.stdout.flush()
    os._exit(130)
