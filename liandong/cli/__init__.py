"""`liandong`: the command line. Every expected failure is one line on standard error, exit 2."""

import sys

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
    try:
        from liandong.cli import accounts, audit, clients, doctor, feeds, run

        for part in (run, feeds, accounts, audit, doctor, clients):
            part.register(app)
        app()
    except LiandongError as error:
        print(f"liandong: {error}", file=sys.stderr)  # noqa: T201  # the command line's own voice
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
