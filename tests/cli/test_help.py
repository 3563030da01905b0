"""Every command says what it does, and what each argument and option means."""

import re
from collections.abc import Iterator

import click
import pytest
import typer

from liandong.cli import accounts, clients, doctor, feeds, run

CHINESE_FIRST = re.compile("[^·]*[\\u4e00-\\u9fff][^·]* · .*[a-zA-Z]")
"""What a parameter's help is like: it begins with Chinese, and English follows."""

_MARKUP = re.compile(r"\[[a-z]")
"""What a terminal is not shown, as it is taken for a style."""


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command and group of the program, by the words that call it."""
    app = typer.Typer()
    for part in (run, feeds, accounts, doctor, clients):
        part.register(app)
    waiting: list[tuple[str, click.Command]] = [("liandong", typer.main.get_command(app))]
    while waiting:
        words, command = waiting.pop()
        for name, below in getattr(command, "commands", {}).items():
            yield f"{words} {name}", below
            waiting.append((f"{words} {name}", below))


@pytest.mark.parametrize(("words", "command"), list(commands()), ids=str)
def test_every_command_argument_and_option_has_its_help(words, command):
    """No parameter is left to be guessed; all speak Chinese first, then English."""
    first_line = (command.help or "").partition("\n")[0]
    assert " · " in first_line, f"{words}: {first_line!r}"
    shown = {
        parameter.name: getattr(parameter, "help", None) or ""
        for parameter in command.params
        if not getattr(parameter, "hidden", False) and parameter.name != "help"
    }
    silent = [name for name, said in shown.items() if not CHINESE_FIRST.match(said)]
    assert silent == [], f"{words}: no help in both languages for {silent}"
    swallowed = [text for text in (command.help or "", *shown.values()) if _MARKUP.search(text)]
    assert swallowed == [], f"{words}: words in brackets are not shown"
