"""The generated manuals are what the code says: configuration, errors, roles, reasons."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from hub.errors import StartError
from hub.model.area import AreaFile, parse_area
from hub.model.people import SCOPES, Scope
from hub.settings import ENVIRONMENT, FeedSettings, HubSettings, Settings
from liandong.cli import reference
from liandong.codes import CODES
from mobile_api.problems import TITLES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CODE = re.compile(r"[A-Z][A-Z]+(_[A-Z]+)*")
RAISE = {
    "UserFault",
    "AccessDenied",
    "BodyRefused",
    "ActionRefused",
    "_refused",
    "_rejected",
}
COMMAND_LINE = {"hub/ingest/check.py", "hub/ingest/record.py", "hub/access/partners.py"}
"""Whose faults are read at the command line only, as their words."""
RAISE |= {"BadRequestError", "RefusedError", "_coded", "Effect", "problem", "_error", "refused"}
RAISE |= {"LimitError", "_named"}  # the latter: warnings of a dispatch


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_pages_are_the_generated_ones():
    """On failure run `liandong docs` and commit what it wrote."""
    assert page("configuration.md") == reference.configuration()
    assert page("errors.md") == reference.errors()
    for name, marks, text in reference.parts():
        assert all(mark in page(name) for mark in marks), name
        assert page(name) == reference.with_part(page(name), marks, text)


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A table of a file, and every table in it."""
    yield model
    for field in model.model_fields.values():
        if (inner := reference._table_in(field.annotation)[0]) is not None:
            yield from models(inner)


@pytest.mark.parametrize("model", [*models(Settings), *models(AreaFile)])
def test_every_key_of_both_files_is_described(model):
    """Each key has a row with what it means; one that nobody described fails here."""
    rows = dict(
        re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", page("configuration.md"), re.MULTILINE)
    )
    for name, field in model.model_fields.items():
        assert field.description, name
        assert name in rows or model in {Settings, AreaFile}, name


def test_every_section_and_variable_has_its_place():
    """Tables by their TOML heading, and the environment."""
    text = page("configuration.md")
    for heading in ("[hub]", "[[feeds]]", "[feeds.auth]", "[push.fcm]", "[access]", "[orders]"):
        assert f"\n### `{heading}`\n" in text
    for heading in ("[interchange]", "[[units]]", "[[taxi_ranks]]"):
        assert f"\n### `{heading}`\n" in text
    for variable, key in ENVIRONMENT.items():
        assert f"| `{variable}` | `[hub] {key}` |" in text
        assert key in HubSettings.model_fields
    assert set(FeedSettings.model_fields) <= set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))


def test_the_area_file_of_the_manual_works():
    """As it stands it can be read."""
    (text,) = re.findall(r"```toml\n(.*?)```", page("configuration.md"), re.DOTALL)
    area = parse_area(text)
    assert area.ranks
    assert area.units
    assert area.stop_places


def test_every_scope_has_a_meaning_and_every_role_its_column():
    """The table of docs/access.md is whole."""
    assert all(scope.zh and scope.meaning for scope in Scope)
    table = reference.roles().splitlines()
    assert table[0].split(" | ")[3:] == [*list(SCOPES)[:-1], f"{list(SCOPES)[-1]} |"]
    assert len(table) == len(Scope) + 2


def _constants(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*_constants(node.body), *_constants(node.orelse))


def _places(node: ast.AST) -> list[ast.expr | None]:
    """Where a code may stand: an argument of what makes a fault, `code=`, {"code": ...}."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        given = node.args if name in RAISE else node.args[:1] if name == "__init__" else []
        return [*given, *(one.value for one in node.keywords if one.arg == "code")]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [value for key, value in pairs if getattr(key, "value", None) == "code"]
    if isinstance(node, ast.arguments):
        defaults = zip(node.kwonlyargs, node.kw_defaults, strict=True)
        return [value for one, value in defaults if one.arg == "code"]
    named = isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "code"
    return [node.value] if named else []


def _codes_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        for place in _places(node):
            if place is not None:
                yield from _constants(place)


def used() -> dict[str, list[str]]:
    """Every code that the hub, the schema and the mobile API make, and where."""
    found: dict[str, list[str]] = {code: ["mobile_api/problems.py"] for code in TITLES}
    for room in ("hub", "schema", "mobile_api", "liandong"):
        for path in sorted((ROOT / room).rglob("*.py")):
            if str(path.relative_to(ROOT)) in COMMAND_LINE:
                continue
            for code in _codes_in(ast.parse(path.read_text(encoding="utf-8"))):
                if CODE.fullmatch(code):
                    found.setdefault(code, []).append(str(path.relative_to(ROOT)))
    return found


def test_every_code_that_is_made_is_in_the_table():
    """A new code needs its line in liandong/codes.py (then `liandong docs`); one that is made
    nowhere any more has none."""
    made = used()
    assert {code: made[code] for code in made if code not in CODES} == {}
    assert [code for code in CODES if code not in made] == []


def test_every_code_is_told_in_both_languages():
    """What it means, and in English what to do."""
    for code, (zh, en) in CODES.items():
        assert re.search(r"[\u4e00-\u9fff]", zh), code
        assert len(en) > 10, code


def test_a_folder_without_the_manuals_is_one_line(tmp_path):
    """The pages are written where the others are: elsewhere it says so."""
    with pytest.raises(StartError, match="nowhere") as caught:
        reference.write(tmp_path / "nowhere")
    assert "\n" not in str(caught.value)
