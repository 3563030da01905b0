"""From a `[[feeds]]` table to a feed that can run: everything that can be wrong is found here."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError

from hub import settings
from hub.connector import Connector, ConnectorConfig, Context, Incrementality, Role, options_of
from hub.errors import StartError
from hub.ingest.receiver import endpoint
from hub.ingest.status import thresholds
from hub.model.area import Area
from hub.model.common import Mode
from hub.model.ids import scoped
from hub.settings import FeedSettings

Connectors = Callable[[str], Connector]


@dataclass(frozen=True, slots=True)
class Plan:
    """One feed, validated: its settings, its connector, and what the connector may know."""

    feed: FeedSettings
    connector: Connector
    context: Context


def plan(feed: FeedSettings, connectors: Connectors, area: Area) -> Plan:
    """The plan of a feed. Raises StartError in one line: feed, key, value, what was expected."""
    try:
        connector = connectors(feed.kind)
    except StartError as error:
        raise StartError(f"feed {feed.id}: {error.message}", hint=error.hint) from error
    _check_role(feed, connector.manifest.role)
    _check_ages(feed, connector)
    try:
        settings.secret(feed.secret_ref)
    except StartError as error:
        raise StartError(f"feed {feed.id}: {error.message}", hint=error.hint) from error
    context = Context(
        feed_id=feed.id,
        dataset=feed.namespace,
        mode=_mode(feed, connector),
        timezone=feed.timezone,
        incrementality=Incrementality(feed.incrementality),
        config=_options(feed, connector),
        stop_places=_native(area.stop_places, feed.namespace),
    )
    return Plan(feed, connector, context)


def _check_role(feed: FeedSettings, role: Role) -> None:
    if role is Role.POLL and feed.url is None:
        raise StartError(
            f"feed {feed.id}: listen = {feed.listen!r}: kind {feed.kind} is polled and needs a url."
        )
    if role is Role.TCP_SERVER:
        if feed.listen is None:
            raise StartError(
                f"feed {feed.id}: url = {feed.url!r}: kind {feed.kind} is called by its peers "
                "and needs listen = host:port."
            )
        endpoint(feed)


def _check_ages(feed: FeedSettings, connector: Connector) -> None:
    ages = thresholds(feed, connector.manifest)
    if not ages.warn_after < ages.expire_after:
        raise StartError(
            f"feed {feed.id}: expire_after = {ages.expire_after.total_seconds():g}: expected more "
            f"than warn_after ({ages.warn_after.total_seconds():g} s)."
        )
    if feed.interval.total_seconds() <= 0 or feed.timeout.total_seconds() <= 0:
        raise StartError(f"feed {feed.id}: interval and timeout: expected more than 0 s.")


def _mode(feed: FeedSettings, connector: Connector) -> Mode | None:
    modes = connector.manifest.modes
    if feed.mode is None:
        return next(iter(modes)) if len(modes) == 1 else None
    named = feed.mode.upper()
    if named not in modes:
        known = ", ".join(sorted(mode.value for mode in modes))
        raise StartError(f"feed {feed.id}: mode = {feed.mode!r}: expected one of {known}.")
    return Mode(named)


def _options(feed: FeedSettings, connector: Connector) -> ConnectorConfig:
    try:
        return options_of(connector.manifest, feed.options)
    except ValidationError as error:
        raise StartError(f"feed {feed.id}: options.{settings.describe(error)}") from error


def _native(stop_places: tuple[str, ...], dataset: str) -> frozenset[str]:
    prefix = scoped(dataset, "")
    return frozenset(
        place.removeprefix(prefix) for place in stop_places if place.startswith(prefix)
    )
