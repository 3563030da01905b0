"""Whether a configuration can work: the file, its area and every feed, told in one breath."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hub import settings as configuration
from hub.complaints import ConfigError, Problems, complaints, dotted
from hub.errors import StartError
from hub.ingest.plan import Connectors, mode_of, options_of, plans
from hub.model.area import Area, AreaFile, parse_area, parse_map
from hub.settings import FeedSettings, HubSettings, Settings, Unreadable, area_map_text, area_text


def area_of(name: str) -> Area:
    """The area of this name or path, with the map beside it, if there is one.

    Raises ConfigError with everything that is wrong with it.
    """
    text = area_text(name)
    what = f"area file {name}"
    try:
        return replace(parse_area(text), map=_map_of(name))
    except tomllib.TOMLDecodeError as error:
        raise StartError(f"{what}: not a readable TOML file: {error}.") from error
    except ValidationError as error:
        tables = tomllib.loads(text)
        found = complaints(error, AreaFile, name=lambda where: _called(where, tables))
        raise ConfigError([f"{what}: {one}" for one in found]) from error


def _map_of(name: str) -> Mapping[str, Any] | None:
    text = area_map_text(name)
    try:
        return None if text is None else parse_map(text)
    except ValueError as error:
        first = str(error).splitlines()[0]
        raise StartError(f"map of the area {name}: not GeoJSON as expected: {first}.") from error


def load(file: Path | None, connectors: Connectors) -> Settings:
    """The settings of a file, of which every part can work. Raises ConfigError with all faults."""
    problems = Problems()
    feeds: Sequence[FeedSettings]
    settings = None
    try:
        settings = configuration.load(file)
        area, feeds = settings.hub.area, settings.feeds
    except Unreadable as error:
        problems.found += error.problems
        area, feeds = error.area, error.feeds
        for feed, table in error.broken:
            _rest(feed, table, connectors, problems)
    examine(area, feeds, connectors, problems)
    problems.settle(str(file or "configuration"))
    if settings is None:
        raise StartError(f"{file}: cannot be used.")  # never: what is unreadable has its problems
    return settings


def examine(
    area: str, feeds: Sequence[FeedSettings], connectors: Connectors, problems: Problems
) -> None:
    """Note what keeps this area or one of these feeds from working."""
    known = area_of(HubSettings().area)
    with problems.noted():
        known = area_of(area)
    with problems.noted():
        plans(feeds, connectors, known)


def _secrets(table: Mapping[str, Any]) -> list[str]:
    """Where a feed that cannot be read as a whole says its secrets are."""
    named = (table.get("secret_ref"), table.get("push_secret_ref"))
    return [reference for reference in named if isinstance(reference, str)]


def _rest(feed: str, table: Mapping[str, Any], connectors: Connectors, problems: Problems) -> None:
    """Note what else is wrong with a feed that cannot be read as a whole."""
    for reference in _secrets(table):
        with problems.noted(f"{feed}: "):
            configuration.secret(reference)
    kind, mode, options = table.get("kind"), table.get("mode"), table.get("options", {})
    if not isinstance(kind, str):
        return
    with problems.noted(f"{feed}: "):
        connector = connectors(kind)
        if isinstance(mode, str):
            with problems.noted(f"{feed}: "):
                mode_of(mode, connector)
        if isinstance(options, dict):
            options_of(connector, options)


def _called(where: Sequence[int | str], tables: dict[str, object]) -> str:
    """The name of a place in an area file: what is listed goes by its code or id."""
    rows = tables.get(str(where[0])) if where else None
    if len(where) < 2 or not isinstance(where[1], int) or not isinstance(rows, list):
        return dotted(where)
    row = rows[where[1]]
    named = (row.get("code") or row.get("id")) if isinstance(row, dict) else None
    one = f"{where[0]} {named or f'number {where[1] + 1}'}"
    return f"{one}: {dotted(where[2:])}" if where[2:] else one
