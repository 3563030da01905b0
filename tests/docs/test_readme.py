"""The README tells the truth: its commands exist, its queries are valid, its files are there."""

import re
from pathlib import Path

import pytest
import typer
from graphql import parse, validate

from liandong.cli import accounts, audit, clients, doctor, feeds, run
from schema.root import build_schema, graphql_schema

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _commands() -> set[tuple[str, ...]]:
    app = typer.Typer()
    for part in (run, feeds, accounts, audit, doctor, clients):
        part.register(app)
    found: set[tuple[str, ...]] = set()
    for command in app.registered_commands:
        found.add((command.name or command.callback.__name__,))
    for group in app.registered_groups:
        for command in group.typer_instance.registered_commands:
            found.add((group.name, command.name))
    return found


@pytest.mark.parametrize("name", READMES)
def test_every_command_in_the_readme_exists(name):
    """`liandong ...` as printed there is a command of this program."""
    used = re.findall(r"\.venv/bin/liandong ([a-z]+)(?: ([a-z]+))?", _text(name))
    assert used
    known = _commands()
    assert [words for words in used if words[:1] not in known and words not in known] == []


@pytest.mark.parametrize("name", READMES)
def test_every_query_in_the_readme_is_valid(name):
    """GraphQL blocks, and the documents inside curl lines, validate against the schema."""
    text = _text(name)
    documents = re.findall(r"```graphql\n(.*?)```", text, re.DOTALL)
    documents += [
        found.replace('\\"', '"')
        for found in re.findall(r'"query":\s*"(.*?)"\s*}\'', text, re.DOTALL)
    ]
    assert documents
    schema = graphql_schema(build_schema())
    for document in documents:
        for operation in re.split(r"\n\n(?=mutation|query|subscription)", document):
            assert validate(schema, parse(operation)) == [], operation


@pytest.mark.parametrize("name", [*READMES, "ARCHITECTURE.md"])
def test_every_file_named_is_there(name):
    """Relative links lead somewhere."""
    for target in re.findall(r"\]\((?!http|#)([^)#]+)", _text(name)):
        assert (ROOT / target).exists(), target


def test_no_document_names_a_host_of_a_package_registry():
    """Locks and documents stay free of hosts, so that any mirror serves."""
    for path in (*ROOT.glob("*.md"), *ROOT.glob("*.lock"), *ROOT.glob("docs/**/*.md")):
        text = path.read_text(encoding="utf-8")
        for host in ("pypi" + ".org", "npmjs" + ".org", "pythonhosted" + ".org"):
            assert host not in text, path
