"""Reading the configuration: the file, the environment over it, and every fault in them."""

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from hub import complaints
from hub.errors import StartError
from hub.settings.feeds import ONE_ENDPOINT, FeedSettings, endpoints
from hub.settings.sections import HubSettings, Settings, repeated
from hub.settings.values import Section

Table = TypeVar("Table", bound=Section)
ENVIRONMENT = {
    "LIANDONG_HOST": "host",
    "LIANDONG_PORT": "port",
    "LIANDONG_DATA_DIR": "data_dir",
    "LIANDONG_MONGODB_URI": "mongodb_uri",
    "LIANDONG_LOG": "log",
}
"""Variables of the environment, and the keys of `[hub]` that they go before."""


def load(file: Path | None = None, **hub_overrides: object) -> Settings:
    """Settings from a file (or none), the environment over it, and `hub_overrides` over both.

    Raises Unreadable with everything that is wrong: key, value, what was expected; StartError when
    the file is no TOML at all.
    """
    data = _read(file) if file is not None else {}
    hub = data.setdefault("hub", {})
    said_by: dict[str, str] = {}
    if isinstance(hub, dict):
        for variable, key in ENVIRONMENT.items():
            if value := os.environ.get(variable):
                hub[key] = value
                said_by[f"hub.{key}"] = variable
        hub.update({key: value for key, value in hub_overrides.items() if value is not None})
        if "database" not in hub:
            said_by["hub.database"] = "the path of mongodb_uri"
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise Unreadable(data, error, said_by, str(file or "configuration")) from error


class Unreadable(complaints.ConfigError):
    """A configuration with faults.

    `feeds` are those of its feeds that can be read for all that, `broken` the others: what each is
    called, and its table; `area` is the area it names. What is wrong with them can be told in the
    same breath.
    """

    def __init__(
        self, data: dict[str, Any], error: ValidationError, said_by: dict[str, str], what: str
    ) -> None:
        tables = data.get("feeds")
        self.tables = tables if isinstance(tables, list) else []
        self.said_by = said_by
        self.what = what
        hub = data.get("hub")
        named = hub.get("area", "") if isinstance(hub, dict) else ""
        self.area: str = named if isinstance(named, str) and named else HubSettings().area
        found = complaints.complaints(error, Settings, name=self._called)
        read = [(table, _one(FeedSettings, table)) for table in self.tables]
        self.feeds: tuple[FeedSettings, ...] = tuple(one for _, one in read if one is not None)
        self.broken = [
            (self._called(("feeds", place)), row)
            for place, (row, one) in enumerate(read)
            if one is None and isinstance(row, dict)
        ]
        found += [f"{feed}: {ONE_ENDPOINT}." for feed, row in self.broken if endpoints(row) != 1]
        ids = (table.get("id") for table in self.tables if isinstance(table, dict))
        names = (one for one in ids if isinstance(one, str))
        twice = [f"feeds: id {one!r} is used twice." for one in repeated(names)]
        super().__init__([*found, *twice], what)

    def _called(self, where: Sequence[int | str]) -> str:
        """As the writer of the file sees it: the feed's id, or which variable said it."""
        if len(where) > 1 and where[0] == "feeds" and isinstance(where[1], int):
            table = self.tables[where[1]]
            named = table.get("id") if isinstance(table, dict) else None
            feed = (
                f"feed {named}"
                if isinstance(named, str) and named
                else f"feed number {where[1] + 1}"
            )
            return f"{feed}: {complaints.dotted(where[2:])}" if where[2:] else feed
        key = complaints.dotted(where)
        return f"{self.said_by[key]} ({key})" if key in self.said_by else key


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StartError(f"{file}: no such configuration file.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise StartError(f"{file}: not a readable TOML file: {error}.") from error


def _one(model: type[Table], table: object) -> Table | None:
    try:
        return model.model_validate(table)
    except ValidationError:
        return None
