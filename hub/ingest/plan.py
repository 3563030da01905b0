"""From a `[[feeds]]` table to a feed that can run: everything that can be wrong is found here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import structlog
from pydantic import ValidationError

from hub import settings
from hub.complaints import ConfigError, Problems, complaints, dotted, suggestion
from hub.connector import (
    Connector,
    ConnectorConfig,
    Context,
    Incrementality,
    ProducerSubscription,
    Transport,
)
from hub.errors import FeedStopped, StartError
from hub.ingest.receiver import endpoint
from hub.ingest.status import thresholds
from hub.model.area import Area
from hub.model.common import Mode
from hub.model.ids import scoped
from hub.settings import FeedSettings

Connectors = Callable[[str], Connector]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Plan:
    """One feed, validated: its settings, its connector, and what the connector may know."""

    feed: FeedSettings
    connector: Connector
    context: Context
    subscription: ProducerSubscription | None = None

    @property
    def pushed(self) -> bool:
        """Whether the source posts to this hub, by itself or because the hub subscribes."""
        return self.feed.push or self.subscription is not None

    @property
    def every(self) -> timedelta | None:
        """How often the source is asked, or says that it lives; None where it calls as it likes."""
        if self.subscription is not None:
            return self.subscription.heartbeat
        return None if self.feed.url is None else self.feed.interval


def plan(feed: FeedSettings, connectors: Connectors, area: Area) -> Plan:
    """The plan of a feed.

    Raises ConfigError with all that is wrong: feed, key, value, what was expected.
    """
    problems = Problems()
    for reference in (feed.secret_ref, feed.push_secret_ref):
        with problems.noted(f"feed {feed.id}: "):
            settings.secret(reference)
    with problems.noted(f"feed {feed.id}: "):
        connector = connectors(feed.kind)
        for check in (_check_transport, _check_ages):
            with problems.noted():
                check(feed, connector)
        with problems.noted(f"feed {feed.id}: "):
            mode = mode_of(feed.mode, connector)
        with problems.noted(f"feed {feed.id}: "):
            config = options_of(connector, feed.options)
    problems.settle()
    context = Context(
        feed_id=feed.id,
        dataset=feed.namespace,
        mode=mode,
        timezone=feed.timezone,
        incrementality=Incrementality(feed.incrementality),
        config=config,
        stop_places=_native(area.stop_places, feed.namespace),
    )
    found = Plan(feed, connector, context, _subscription(connector, context))
    _check_push(found)
    return found


def plans(feeds: Iterable[FeedSettings], connectors: Connectors, area: Area) -> list[Plan]:
    """The plans of many feeds. Raises ConfigError with all that is wrong with any of them."""
    problems = Problems()
    found = []
    for feed in feeds:
        with problems.noted():
            found.append(plan(feed, connectors, area))
    problems.settle()
    return found


def moved(one: Plan, area: Area) -> Plan:
    """The plan with the area's stop places as they are now; itself if its dataset has the same.

    A subscription that cannot be asked for any more stays what it was.
    """
    stop_places = _native(area.stop_places, one.feed.namespace)
    if stop_places == one.context.stop_places:
        return one
    context = replace(one.context, stop_places=stop_places)
    try:
        subscription = _subscription(one.connector, context)
    except StartError as error:
        log.warning("subscription stays as it was", feed=one.feed.id, detail=error.message)
        subscription = one.subscription
    return replace(one, context=context, subscription=subscription)


def _subscription(connector: Connector, context: Context) -> ProducerSubscription | None:
    """How the feed has itself pushed to, if its options say so."""
    if connector.subscription is None:
        return None
    try:
        return connector.subscription(context)
    except FeedStopped as error:
        raise StartError(error.message, hint=error.hint) from error


def _check_push(found: Plan) -> None:
    """What is posted is taken from nobody who does not prove that he may."""
    feed = found.feed
    if found.subscription is not None and not (feed.url or "").startswith("http"):
        raise StartError(
            f"feed {feed.id}: options.subscribe = true: expected url = the http address of the "
            "producer that takes the subscription."
        )
    if found.subscription is not None and feed.push_secret_ref is None:
        raise StartError(
            f"feed {feed.id}: options.subscribe = true: notifications carry no signature; "
            "push_secret_ref is needed, which becomes a part of the address they are sent to."
        )
    if feed.push and feed.secret_ref is None and feed.push_secret_ref is None:
        raise StartError(
            f"feed {feed.id}: push = true: needs secret_ref (signed payloads) or push_secret_ref "
            "(a secret in the address or the Authorization header)."
        )
    if feed.push_secret_ref is not None and not found.pushed:
        raise StartError(
            f"feed {feed.id}: push_secret_ref = {feed.push_secret_ref!r}: nobody posts to this "
            "feed; expected push = true or options.subscribe = true."
        )


def _check_transport(feed: FeedSettings, connector: Connector) -> None:
    transport = connector.manifest.transport
    if feed.push:
        if connector.accept is None:
            raise StartError(f"feed {feed.id}: push = true: kind {feed.kind} cannot be pushed.")
        return
    if transport is Transport.HTTP_PUSH:
        raise StartError(f"feed {feed.id}: kind {feed.kind} is pushed and needs push = true.")
    if transport is Transport.POLL and feed.url is None:
        raise StartError(
            f"feed {feed.id}: listen = {feed.listen!r}: kind {feed.kind} is polled and needs a url."
        )
    if transport is Transport.TCP_SERVER:
        if feed.listen is None:
            raise StartError(
                f"feed {feed.id}: url = {feed.url!r}: kind {feed.kind} is called by its peers "
                "and needs listen = host:port."
            )
        endpoint(feed)


def _check_ages(feed: FeedSettings, connector: Connector) -> None:
    ages = thresholds(feed, connector.manifest)
    if ages.warn_after < ages.expire_after:
        return
    warn, expire = (f"{age.total_seconds():.10g}" for age in (ages.warn_after, ages.expire_after))
    if feed.expire_after is None:
        raise StartError(
            f"feed {feed.id}: warn_after = {warn}: expected less than expire_after, which is "
            f"{expire} s for kind {feed.kind} if not given: set it too."
        )
    given = "" if feed.warn_after else f" for kind {feed.kind} if not given"
    raise StartError(
        f"feed {feed.id}: expire_after = {expire}: expected more than warn_after ({warn} s{given})."
    )


def mode_of(mode: str | None, connector: Connector) -> Mode | None:
    """What a feed's vehicles are, if it is one thing. Raises StartError for an unknown word."""
    modes = connector.manifest.modes
    if mode is None:
        return next(iter(modes)) if len(modes) == 1 else None
    named = mode.upper()
    if named not in modes:
        known = ", ".join(sorted(one.value for one in modes))
        meant = suggestion(named, modes) if len(modes) > 1 else ""
        raise StartError(
            f"mode = {mode!r}: expected one of {known}.{meant if 'mean' in meant else ''}"
        )
    return Mode(named)


def options_of(connector: Connector, options: dict[str, Any]) -> ConnectorConfig:
    """The kind's own keys of a feed. Raises ConfigError with all that is wrong with them."""
    config = connector.manifest.config
    try:
        return config.model_validate(options)
    except ValidationError as error:
        found = complaints(error, config, name=lambda where: dotted(("options", *where)))
        raise ConfigError(found) from error


def _native(stop_places: tuple[str, ...], dataset: str) -> frozenset[str]:
    prefix = scoped(dataset, "")
    return frozenset(
        place.removeprefix(prefix) for place in stop_places if place.startswith(prefix)
    )
