"""What the pages quote as code of a file is there, and their examples import what there is."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
FILE = r"`((?:hub|schema|connectors|mobile_api|liandong|tests)/[\w/]+\.py)`"
QUOTED = re.compile(rf"((?:`\w[\w.]*`(?:, | and )?)+) (?:(?:is|are) )?(?:of|in)\s{FILE}")
EXAMPLES = re.compile(r"```python\n(.*?)```", re.DOTALL)


def quoted() -> Iterator[tuple[str, str, str]]:
    """Page, name, file."""
    for page in PAGES:
        for names, file in QUOTED.findall(page.read_text(encoding="utf-8")):
            for name in re.findall(r"`([\w.]+)`", names):
                yield page.name, name, file


def has(file: str, name: str) -> bool:
    """Whether the module has it; a class's field stands behind the class."""
    found: object = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    for part in name.split("."):
        if part in getattr(found, "model_fields", {}):
            return True
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True


def test_what_a_page_quotes_of_a_file_is_there() -> None:
    """`beyond` of `hub/store/listing.py` and the like."""
    found = [*quoted()]
    assert len(found) > 10
    assert [one for one in found if not has(one[2], one[1])] == []


def test_the_examples_of_the_guide_can_be_read_and_import_what_there_is() -> None:
    """From where the page says that they come."""
    page = (ROOT / "docs/add-a-capability.md").read_text(encoding="utf-8")
    imported = [
        node
        for example in EXAMPLES.findall(page)
        for node in ast.walk(ast.parse(example))
        if isinstance(node, ast.ImportFrom)
    ]
    assert len(imported) > 10
    for node in imported:
        module = importlib.import_module(node.module or "")
        assert [one.name for one in node.names if not hasattr(module, one.name)] == []
