"""Every command says what it does, and what each argument and option means."""

import re
from collections.abc import Iterator

import click
import pytest
import typer

from liandong import cli
from sandbox.__main__ import parser

CHINESE_FIRST = re.compile("[^·]*[\\u4e00-\\u9fff][^·]* · .*[a-zA-Z]")
"""What a parameter's help is like: it begins with Chinese, and English follows."""

_MARKUP = re.compile(r"\[[a-z]")
"""What a terminal is not shown, as it is taken for a style."""


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command and group of the program, by the words that call it."""
    cli.register()
    waiting: list[tuple[str, click.Command]] = [("liandong", typer.main.get_command(cli.app))]
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


def test_every_option_of_the_sandbox_has_its_help():
    """The sandbox's own parser says of each option what it is, and how a user calls it."""
    told = parser().format_help()
    assert told.startswith("usage: liandong sandbox ")
    options = told.partition("options:")[2]
    silent = re.findall(r"^  (--\S+)(?: \S+)?\n(?=  -|\Z)", options, re.MULTILINE)
    assert silent == []
