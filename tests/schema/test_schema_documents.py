"""The documents of the pages: whoever opens a page may read all that it follows.

One field that a caller may not read refuses the whole operation, so a page would show nothing.
"""

import re
from pathlib import Path

from graphql import OperationDefinitionNode, OperationType, parse

from hub.model.people import SCOPES, Role
from schema.executing.limits import fragments_of
from schema.executing.trusted import trusted
from schema.permissions import required_scopes
from schema.root import build_schema, graphql_schema

SCHEMA = graphql_schema(build_schema())
WEB = Path(__file__).parents[2] / "web"
GENERATED = "$shared/gql/generated"
IMPORT = re.compile(r"import\s+(type\s+)?(?:([^;'\"]*?)\s+from\s+)?['\"]([^'\"]+)['\"]")
AT_A_DESK = {"WallsWatched"}
"""What a component asks only where `may` allows it, beside what it asks everywhere."""
LOADED = re.compile(r"import\(\s*['\"]([^'\"]+)['\"]\s*\)")


def named(words: str) -> set[str]:
    """The names of `{ A, type B }` that are there when it runs."""
    parts = [part.strip() for part in words.strip("{} \n").split(",")]
    return {part for part in parts if part and not part.startswith("type ")}


def found(at: Path, module: str) -> Path | None:
    """The file of ours that an import names; None for a package."""
    if module.startswith("$shared/"):
        path = WEB / "shared" / module.removeprefix("$shared/")
    elif module.startswith("."):
        path = (at.parent / module).resolve()
    else:
        return None
    files = [path, path.with_name(f"{path.name}.ts"), path / "index.ts"]
    return next(file for file in files if file.is_file())


def asked_from(first: Path) -> set[str]:
    """The names of all that a page and what it is made of take from the generated operations."""
    names: set[str] = set()
    waiting, seen = [first], {first}
    while waiting:
        at = waiting.pop()
        if at.suffix not in {".svelte", ".ts"}:
            continue
        text = at.read_text(encoding="utf-8")
        modules = LOADED.findall(text)
        for only_types, words, module in IMPORT.findall(text):
            if only_types:
                continue
            if module == GENERATED:
                names |= named(words)
            else:
                modules.append(module)
        files = {file for module in modules if (file := found(at, module))}
        waiting += files - seen
        seen |= files
    return names


def test_a_wall_may_read_all_that_its_pages_follow() -> None:
    """Queries and live queries; what can be done at a desk alone is offered to a wall nowhere."""
    names = asked_from(WEB / "console/src/walls/Root.svelte")
    assert {"AlarmsOnWall", "SituationOrders", "Feeds"} <= names
    denied, checked = {}, set()
    for text in trusted().values():
        document = parse(text)
        operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
        name = operation.name.value if operation.name else ""
        if name not in names or operation.operation is OperationType.MUTATION:
            continue
        checked.add(name)
        needs = required_scopes(SCHEMA, operation, fragments_of(document))
        if missing := {need.scope for need in needs} - SCOPES[Role.WALL]:
            denied[name] = missing
    assert len(checked) > 8
    assert denied.keys() == AT_A_DESK, denied
