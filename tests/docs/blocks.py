"""Finds the command blocks of the documents, and runs them as a reader would who pastes them.

A block is a fence of sh, graphql, toml or json. What is special about one stands in an HTML comment
on the line before it, which the reader of the source sees:

    <!-- not run: WHY -->     it cannot run here
    <!-- file: NAME -->       the reader keeps it in this file (`in gbk`: so encoded), which a
                              command of the document reads
    <!-- until: TEXT -->      it goes on until Ctrl-C, pressed once it has printed TEXT
    <!-- type: A, B -->       it asks, and these lines are typed
"""

import json
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LANGUAGES = ("sh", "graphql", "toml", "json")
_FENCE = re.compile(
    r"^(?:<!-- (?P<word>not run|file|until|type): (?P<told>.+?) -->\n)?"
    r"```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
PATIENCE = 60.0
"""Seconds after which what has not come is not coming; whoever waits less long sees it sooner."""
_PLACEHOLDER = "ID FROM ABOVE"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: where it stands, what it is in, and what its comment says of it."""

    document: str
    line: int
    language: str
    text: str
    word: str | None = None
    told: str = ""

    def __str__(self) -> str:
        return f"{self.document}:{self.line} ({self.language})"


def documents() -> list[str]:
    """README in both languages, and everything under docs."""
    found = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted(ROOT.glob("docs/**/*.md"))]
    return [str(path.relative_to(ROOT)) for path in found]


def blocks(document: str) -> Iterator[Block]:
    """All fenced blocks of a document."""
    text = (ROOT / document).read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        yield Block(
            document,
            text.count("\n", 0, found.start()) + 1,
            found["language"],
            found["text"],
            found["word"],
            found["told"] or "",
        )


@dataclass
class Reader:
    """Somebody who pastes the blocks of one document, top to bottom, into one terminal.

    `replaced` are the addresses of the default ports, and those of the hub that really runs.
    """

    folder: Path
    environment: dict[str, str]
    replaced: dict[str, str]
    printed: str = ""
    answers: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in (".venv", "connectors"):
            (self.folder / name).symlink_to(ROOT / name)

    def keep(self, block: Block) -> None:
        """Put what the reader keeps in files there, before the commands that read them."""
        if block.word == "file":
            name, _, encoding = block.told.partition(" in ")
            (self.folder / name).write_text(block.text, encoding=encoding or "utf-8")
        elif block.language == "toml" and not (self.folder / "liandong.toml").exists():
            (self.folder / "liandong.toml").write_text(block.text, encoding="utf-8")

    def paste(self, block: Block) -> None:
        """Run a block of shell. AssertionError, with what it printed, unless it succeeds."""
        text = self.here(block.text)
        script = f"source ./state 2>/dev/null\nset -euo pipefail\n{text}\ndeclare -p >./state\n"
        if block.word == "until":
            self.printed = self._watch(script, block.told)
            return
        typed = "".join(f"{line}\n" for line in block.told.split(", ")) if block.word else ""
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            input=typed,
            capture_output=True,
            text=True,
            start_new_session=True,  # no terminal to ask on: what is typed comes by the pipe
        )
        said = f"{block}:\n{text}\n{done.stdout}{done.stderr}"
        assert done.returncode == 0, said
        self.printed = done.stdout
        self.answers = list(_json_in(self.printed))
        for answer in self.answers:
            _refuse_errors(answer, said)

    def _watch(self, script: str, text: str) -> str:
        """What a command prints on a terminal until `text` has come; then Ctrl-C ends it."""
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (40, 100))
        process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=self.folder,
            env={**self.environment, "TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        try:
            printed = _read_until(ours, text)
            os.killpg(process.pid, signal.SIGINT)
            _read_until(ours, None)
            process.wait(PATIENCE)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            os.close(ours)
        assert "Traceback" not in printed, printed
        return printed

    def here(self, text: str) -> str:
        """The text with the addresses of the hub that runs, and the id of the answer before."""
        for default, real in self.replaced.items():
            text = text.replace(default, real)
        if _PLACEHOLDER in text:
            text = text.replace(_PLACEHOLDER, _first_id(self.answers))
        return text


def alike(told: Any, given: Any, where: str = "$") -> list[str]:
    """How an answer differs from the document's, by its keys and kinds of values; values vary.

    null in either may be anything in the other; a list is compared by its first item, and a table
    that is empty in the document is any.
    """
    if told is None or given is None:
        return []
    if isinstance(told, dict) and isinstance(given, dict):
        lacking = [f"{where}.{key}" for key in told if key not in given]
        more = [f"{where}.{key}" for key in given if key not in told] if told else []
        both = [key for key in told if key in given]
        return [*lacking, *more] + [
            one for key in both for one in alike(told[key], given[key], f"{where}.{key}")
        ]
    if isinstance(told, list) and isinstance(given, list):
        return alike(told[0], given[0], f"{where}[0]") if told and given else []
    return [] if type(told) is type(given) else [f"{where}: {given!r} for {told!r}"]


def _read_until(terminal: int, text: str | None) -> str:
    """What a terminal shows up to `text`, or up to its end. AssertionError if it never comes."""
    printed, by = "", time.monotonic() + PATIENCE
    while text is None or text not in printed:
        left = by - time.monotonic()
        ready, _, _ = select.select([terminal], [], [], max(0.0, left))
        try:
            more = os.read(terminal, 65536) if ready else b""
        except OSError:  # how the end of a terminal reads
            more = b""
        if not more:
            assert text is None, f"{text!r} did not come:\n{printed}"
            return printed
        printed += more.decode(errors="replace")
    return printed


def _json_in(printed: str) -> Iterator[Any]:
    """Every JSON value that stands in what was printed: one a line, or over several lines."""
    decoder, at = json.JSONDecoder(), 0
    while (start := re.compile(r"^[{\[]", re.MULTILINE).search(printed, at)) is not None:
        try:
            value, at = decoder.raw_decode(printed, start.start())
            yield value
            at = max(at, start.end())
        except ValueError:
            at = start.end()
    for glued in re.findall(r"}({.*)$", printed, re.MULTILINE):  # curl ends no line
        yield from _json_in(glued)


def _refuse_errors(answer: Any, said: str) -> None:
    """curl calls it a success when the hub says no: here it is none."""
    if not isinstance(answer, dict):
        return
    assert not answer.get("errors"), said
    assert "error" not in answer, said
    assert not (isinstance(answer.get("status"), int) and answer["status"] >= 400), said
    for payload in (answer.get("data") or {}).values():
        assert not (isinstance(payload, dict) and payload.get("userErrors")), said
    assert not [one for one in answer.get("results", []) if one["status"] == "rejected"], said


def _first_id(answers: list[Any]) -> str:
    found = re.search(r'"id": "([^"]+)"', json.dumps(answers))
    assert found is not None, f"no id in {answers}"
    return found[1]
