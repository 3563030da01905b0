"""`feed docs`: one page for each kind of feed, written from its manifest and its options."""

import re
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic.fields import FieldInfo

from hub.connector import Connector, Manifest, Transport
from hub.ingest.health import PATIENCE, Thresholds
from hub.settings import FeedSettings

_TRANSPORTS = {
    Transport.POLL: "poll: the hub asks `url` every `interval` seconds",
    Transport.TCP_SERVER: "TCP: peers call the hub, which listens on `listen`",
    Transport.HTTP_PUSH: "push: the source posts to `/feeds/{id}`",
}
_OPTIONS = {
    "mapped": """[feeds.options]
record = "parking"
items = "$.lots[*]"
as_of = "$.last_updated"

[feeds.options.fields]
id = "$.name"
name = "$.name"
capacity = "$.total"
vacant = "$.free"
"""
}
"""Options of the example where a kind cannot be read without any."""


def pages() -> dict[str, str]:
    """The page of every registered kind, by kind."""
    from connectors import REGISTRY, connector

    return {kind: page(connector(kind)) for kind in REGISTRY}


def page(connector: Connector) -> str:
    """What a kind is, which keys it has, and a `[[feeds]]` table to begin with, in Markdown."""
    manifest = connector.manifest
    kind = manifest.kind
    arrives = _TRANSPORTS[manifest.transport]
    refuses = ", ".join(f"`{reason}`" for reason in sorted(manifest.refuses))
    if connector.accept is not None and manifest.transport is not Transport.HTTP_PUSH:
        arrives += "; or pushed, see Pushes and subscriptions in [feeds.md](../feeds.md)"
    return f"""<!-- generated: liandong feed docs --out docs/connectors -->
# `{kind}`: {manifest.standard}

| | |
|---|---|
| reads | {cell(manifest.reads)} |
| drops | {cell(manifest.drops)} |
| refuses for | {refuses}; see Reasons in [feeds.md](../feeds.md) |
| modes | {", ".join(sorted(manifest.modes))} |
| arrives by | {arrives} |
| fresh for | {_span(manifest.fresh_for)}, then STALE; `warn_after` overrules |
| expires after | {_span(manifest.expires_after)}, then UNKNOWN; `expire_after` overrules |
| silent after | {_silence(manifest)} |
| `static_url` | {"read" if connector.load_reference else "not read"} |

## Options

{_options(connector)}
## Example

```toml
{example(connector)}```

Try a payload before it is configured; nothing is written:

```sh
{_check(kind)}
```

Keys of every kind: [feeds.md](../feeds.md).
"""


def _silence(manifest: Manifest) -> str:
    """When a feed of the kind counts as silent, with the default interval."""
    ages = Thresholds(manifest.fresh_for, manifest.expires_after)
    if manifest.transport is not Transport.POLL:
        return f"{_span(ages.warn_after)}: its feed is STALE then, DOWN after the other"
    interval: timedelta = FeedSettings.model_fields["interval"].default
    warn, expire = ages.silence(interval)
    return (
        f"{PATIENCE} intervals without anything new, {_span(ages.warn_after)} at most; with an "
        f"`interval` of {_span(interval)} its feed is STALE after {_span(warn)}, DOWN after "
        f"{_span(expire)}; `warn_after` overrules"
    )


def example(connector: Connector) -> str:
    """A `[[feeds]]` table that passes the supervisor's validation as it stands."""
    manifest = connector.manifest
    lines = ["[[feeds]]", f'id = "{manifest.kind.replace("_", "-")}"', f'kind = "{manifest.kind}"']
    if manifest.transport is Transport.TCP_SERVER:
        lines.append('listen = "127.0.0.1:8905"')
    elif manifest.transport is Transport.HTTP_PUSH:
        lines.append("push = true")
    else:
        lines.append('url = "https://feeds.example.invalid/data"')
    options = _OPTIONS.get(manifest.kind)
    return "\n".join(lines) + "\n" + (f"\n{options}" if options else "")


def _check(kind: str) -> str:
    options = " --options liandong.toml" if kind in _OPTIONS else ""
    return f".venv/bin/liandong feed check {kind} payload{options} --json"


def _options(connector: Connector) -> str:
    fields = connector.manifest.config.model_fields
    if not fields:
        return "None of its own.\n"
    rows = "".join(
        f"| `{name}` | {cell(type_of(field.annotation))} | {default_of(field)} "
        f"| {cell(field.description or '')} |\n"
        for name, field in fields.items()
    )
    head = "| key | values | default | meaning |\n|---|---|---|---|\n"
    return f"Keys of `[feeds.options]`.\n\n{head}{rows}"


def default_of(field: FieldInfo) -> str:
    """What holds without the key, in words."""
    if field.is_required():
        return "required"
    value: Any = field.get_default(call_default_factory=True)
    if value is None or value in ("", {}):
        return "none"
    if isinstance(value, timedelta):
        return _span(value)
    if isinstance(value, re.Pattern):
        value = value.pattern
    if isinstance(value, tuple | list):
        return ", ".join(f"`{one}`" for one in value) or "none"
    return f"`{cell(str(value).lower() if isinstance(value, bool) else str(value))}`"


def type_of(annotation: object) -> str:
    """The values of an option in words a writer of TOML knows."""
    return " or ".join(dict.fromkeys(_words(annotation)))


def _words(annotation: object) -> Iterator[str]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        yield from (f"`{value}`" for value in annotation)
    elif origin is Annotated:
        yield from _words(arguments[0])
    elif origin is Literal:
        yield from (f"`{value}`" for value in arguments)
    elif origin in {tuple, list}:
        yield f"list of {type_of(arguments[0])}"
    elif origin is re.Pattern or annotation is re.Pattern:
        yield "regular expression"
    elif origin is dict:
        yield "table"
    elif origin is Union or (arguments and NoneType in arguments):
        for one in arguments:
            yield from () if one is NoneType else _words(one)
    else:
        yield _NAMES.get(annotation, "table or text")


_NAMES: dict[object, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    timedelta: "seconds",
    Path: "path",
    ZoneInfo: "time zone",
}


def _span(value: timedelta) -> str:
    return f"{round(value.total_seconds()):d} s"


def cell(text: str) -> str:
    """Text as it stands in a cell of a Markdown table."""
    return text.replace("|", "\\|")
