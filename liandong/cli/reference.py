"""`liandong docs`: what is written from the code: whole pages, and tables in others."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import get_args, get_origin

from pydantic import BaseModel

from hub.errors import StartError
from liandong.cli.feeds_docs import cell, default_of, type_of

Marks = tuple[str, str]
"""What stands before and behind the part of a page that is written from the code."""
ROLES: Marks = ("<!-- roles: begin -->\n", "<!-- roles: end -->\n")
REASONS: Marks = ("<!-- reasons: begin -->\n", "<!-- reasons: end -->\n")
LIVE: Marks = ("<!-- live queries: begin -->\n", "<!-- live queries: end -->\n")
KINDS: Marks = ("<!-- kinds: begin -->\n", "<!-- kinds: end -->\n")
ENTITIES: Marks = ("<!-- entities: begin -->\n", "<!-- entities: end -->\n")
COLLECTIONS: Marks = ("<!-- collections: begin -->\n", "<!-- collections: end -->\n")
ACTS: Marks = ("<!-- acts: begin -->\n", "<!-- acts: end -->\n")
ENUMS: Marks = ("<!-- enums: begin -->\n", "<!-- enums: end -->\n")
_HEADER = "<!-- generated: liandong docs -->\n"


def write(out: Path) -> None:
    """Write the pages into the folder of the manuals. Raises StartError if it cannot."""
    try:
        for name, marks, text in parts():
            page = (out / name).read_text(encoding="utf-8")
            (out / name).write_text(with_part(page, marks, text), encoding="utf-8")
        (out / "configuration.md").write_text(configuration(), encoding="utf-8")
        (out / "errors.md").write_text(errors(), encoding="utf-8")
    except OSError as error:
        raise StartError(f"--out {out}: {error.filename}: {error.strerror}.") from error


def configuration() -> str:
    """docs/configuration.md: every key of `liandong.toml` and of an area file."""
    from hub import settings
    from hub.model.area import AreaFile
    from hub.settings import Settings

    variables = "".join(
        f"| `{variable}` | `[hub] {key}` |\n" for variable, key in settings.ENVIRONMENT.items()
    )
    tables = "".join(_tables(Settings, ()))
    area = "".join(_tables(AreaFile, ()))
    return f"""{_HEADER}# Configuration

Two files: `liandong.toml` says how the hub runs and what it reads; the **area file** says what it
is about. `make run` writes the first to `.liandong/liandong.toml` at every start: copy it, change
it, and start `liandong serve --config YOUR.toml`. A file with faults is refused at start, with all
of them, in words; `liandong doctor --config YOUR.toml` says the same and starts nothing.

Without a replica set, to try it: leave `make run` running, and give your file the same `data_dir`
(its embedded database is used), another `port`, `database = "own"`, and another port to every feed
with `listen`. `LIANDONG_PORT` must not be set: it goes before the file.

Durations are a number of seconds, or ISO 8601 ("PT90S"). Paths are from the folder the hub is
started in.

## `liandong.toml`

{tables}## The environment

A variable that is set goes before the file:

| variable | key |
|---|---|
{variables}
Secrets are never in the file: `secret_ref = "env:NAME"` or `"file:PATH"` says where one lies. The
address of MongoDB may hold a password, so `LIANDONG_MONGODB_URI` is the place for it. The database
named in its path is used: `mongodb://HOST/NAME`.

## The area file

`[hub] area` names it: one of ours by its name (`shanghai-railway-station`), or your own by its
path, which ends in `.toml`. A small one, whole:

```toml
{_AREA}```

Stop places are the feeds' own ids with their `dataset` before them. Which ids the feeds bring,
`liandong doctor` says: it names every dataset of which the area has no stop place, with those that
lie nearest to its centre; the running hub logs the same, and `/readyz` has it under `notes`.

{area}"""


_AREA = """\
[interchange]
id = "my-station"
name_zh = "我的车站"
name_en = "My Station"
centre = [31.2496, 121.4558]
timezone = "Asia/Shanghai"
stop_places = ["railway:SHH", "metro:L1-SHRS"]

[[units]]
code = "OPS"
name_zh = "运营方"
kind = "OPERATOR"

[[taxi_ranks]]
id = "rank:north"
name_zh = "北广场候客点"
position = [31.2518, 121.4556]
rank_area = [[31.2520, 121.4553], [31.2520, 121.4559], [31.2516, 121.4556]]
holding_area = [[31.2533, 121.4548], [31.2533, 121.4560], [31.2524, 121.4554]]
rank_capacity = 24
holding_capacity = 150
"""


def errors() -> str:
    """docs/errors.md: every stable code that a client may be answered with."""
    from liandong.codes import CODES

    rows = "".join(f"| `{code}` | {cell(zh)} | {cell(en)} |\n" for code, (zh, en) in CODES.items())
    return f"""{_HEADER}# Error codes

A code is stable; the words beside it are not. GraphQL gives it as `extensions.code` of an error, or
as `code` of `userErrors`; the mobile API as `code` of a problem (RFC 9457) or of an action.
`POST /auth/token` has the codes of RFC 6749, 5.2 besides: see [access.md](access.md).

| code | 含义 | meaning, and what to do |
|---|---|---|
{rows}"""


def with_part(page: str, marks: Marks, text: str) -> str:
    """The page with the part between the marks as the code has it now."""
    begin, end = marks
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}{text}{end}{after}"


def parts() -> Iterator[tuple[str, Marks, str]]:
    """What is written into pages that are otherwise ours: page, marks, text."""
    yield "access.md", ROLES, roles()
    yield "feeds.md", REASONS, reasons()
    yield "live.md", LIVE, live_queries()
    yield "mobile-api.md", ENTITIES, entities()
    yield "mobile-api.md", KINDS, kinds()
    yield "data-model.md", COLLECTIONS, collections()
    yield "audit.md", ACTS, acts()
    yield "federation.md", ENUMS, enums()


def kinds() -> str:
    """What a phone can report: each kind, its body, what it says."""
    from hub.operations import field_actions

    return "| `kind` | `body` | |\n|---|---|---|\n" + "".join(
        f"| `{kind}` | {_words(_marked(action.body))} | {cell(action.means)} |\n"
        for kind, action in field_actions().items()
    )


def entities() -> str:
    """What a phone holds: each entity, and what is in its data."""
    from mobile_api.bodies import entities

    return "| `entity` | `data` |\n|---|---|\n" + "".join(
        f"| `{name}` | {_said(shape)} Fields: {_words(_fields(shape))}. |\n"
        for name, shape in entities().items()
    )


def collections() -> str:
    """What is kept of people and of what they do: each collection, its fields, how long."""
    from hub.operations import documents
    from hub.store.documents import DOCUMENTS, collection_of

    rows = ""
    for kept in (*documents(), *DOCUMENTS):
        days = kept.keep.days
        term = f"; `{kept.keep.since}` and {days} days" if days else ""
        term = f"; until `{kept.keep.since}`" if days == 0 else term
        fields = _words(name for name in _marked(kept) if name not in {"id?", "id", "revision_id?"})
        why = cell(kept.keep.why)
        rows += f"| `{collection_of(kept)}` | {_said(kept)} | {fields} | {why}{term} |\n"
    return f"| collection | holds | fields | kept |\n|---|---|---|---|\n{rows}"


def acts() -> str:
    """What each capability writes into the audit log."""
    from hub.operations import capabilities

    rows = "".join(
        f"| {name} | {_words(one.field_actions)} | {_words(one.acts)} |\n"
        for name, one in capabilities().items()
    )
    return f"| | reported by phone | at a console, by a program |\n|---|---|---|\n{rows}"


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _fields(model: type[BaseModel]) -> list[str]:
    """The fields of a model as they are called outside."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _marked(model: type[BaseModel]) -> list[str]:
    """The same, those that must be there first; the others end in `?`."""
    needed = [field.is_required() for field in model.model_fields.values()]
    named = list(zip(_fields(model), needed, strict=True))
    first = [name for name, is_needed in named if is_needed]
    return first + [f"{name}?" for name, is_needed in named if not is_needed]


def _said(model: type[BaseModel]) -> str:
    return cell(" ".join((model.__doc__ or "").split()))


def live_queries() -> str:
    """Every live query there is."""
    from schema.live.source import SOURCES
    from schema.root import build_schema

    build_schema()  # the modules that declare them are loaded then
    return ", ".join(f"`{name}`" for name in sorted(SOURCES)) + ".\n"


def enums() -> str:
    """The enums that are both asked for and answered, as an item of a list ends with them."""
    from graphql import (
        get_named_type,
        is_enum_type,
        is_input_object_type,
        is_introspection_type,
        is_object_type,
    )

    from schema.root import build_schema, graphql_schema

    asked, answered = set[str](), set[str]()
    for type_ in graphql_schema(build_schema()).type_map.values():
        if is_input_object_type(type_):
            asked |= {get_named_type(one.type).name for one in type_.fields.values()}
        elif is_object_type(type_) and not is_introspection_type(type_):
            for field in type_.fields.values():
                named = get_named_type(field.type)
                answered |= {named.name} if is_enum_type(named) else set()
                asked |= {get_named_type(one.type).name for one in field.args.values()}
    return f"  {_words(sorted(asked & answered))}.\n  "


def roles() -> str:
    """Which role has which scope, and what a scope allows, in Markdown."""
    from hub.model.people import SCOPES, Scope

    head = "| scope | 权限 | allows | " + " | ".join(SCOPES) + " |\n"
    rule = "|---|---|---|" + "---|" * len(SCOPES) + "\n"
    rows = "".join(
        f"| `{scope}` | {scope.zh} | {scope.meaning} | "
        + " | ".join("✓" if scope in held else "" for held in SCOPES.values())
        + " |\n"
        for scope in Scope
    )
    return head + rule + rows


def reasons() -> str:
    """Why data is refused, in Markdown."""
    from schema.feeds.reasons import MEANINGS

    return "".join(f"- `{reason}`: {text}\n" for reason, text in MEANINGS.items())


def _tables(model: type[BaseModel], path: Sequence[str]) -> Iterator[str]:
    """A section for each table of a file, in the order of the models, deeper ones after."""
    inner: list[tuple[tuple[str, ...], type[BaseModel], bool]] = []
    rows = ""
    for name, field in model.model_fields.items():
        table, many = _table_in(field.annotation)
        if table is not None:
            inner.append(((*path, name), table, many))
        if table is None or path:
            values = "table, below" if table else type_of(field.annotation)
            cells = (f"`{name}`", cell(values), default_of(field), cell(field.description or ""))
            rows += f"| {' | '.join(cells)} |\n"
    if path and rows:
        yield f"| key | values | default | meaning |\n|---|---|---|---|\n{rows}\n"
    for where, table, many in inner:
        key = ".".join(where)
        heading = f"[[{key}]]" if many else f"[{key}]"
        yield f"### `{heading}`\n\n{_first_sentence(table)}\n\n"
        yield from _tables(table, where)


def _table_in(annotation: object) -> tuple[type[BaseModel] | None, bool]:
    """The model of a table, or of a list of tables (then True)."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    many = get_origin(annotation) in {tuple, list}
    for one in get_args(annotation):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one, many
    return None, False


def _first_sentence(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split("\n\n")[0].split())
