"""Logs and metrics: structlog to the console or as JSON, Prometheus text for /metrics."""

import logging
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Literal

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from hub import clock

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "liandong_requests_total", "HTTP requests answered.", ["route", "status"], registry=REGISTRY
)
SECONDS = Histogram(
    "liandong_request_seconds",
    "Seconds to the first byte of an answer.",
    ["route"],
    registry=REGISTRY,
)
FEED_AGE = Gauge(
    "liandong_feed_age_seconds", "Age of a feed's newest data.", ["feed"], registry=REGISTRY
)
FEED_STATE = Gauge(
    "liandong_feed_state", "1 for the state a feed is in.", ["feed", "state"], registry=REGISTRY
)
STREAM_LAG = Gauge(
    "liandong_change_stream_lag_seconds", "Age of the last change seen.", registry=REGISTRY
)
BUS_DEPTH = Gauge("liandong_bus_depth", "Longest backlog of a listener.", registry=REGISTRY)
BUS_OVERFLOWS = Gauge("liandong_bus_overflows", "Backlogs dropped for a RESET.", registry=REGISTRY)
OUTBOX_AGE = Gauge(
    "liandong_outbox_oldest_seconds", "Age of the oldest wake-up not yet sent.", registry=REGISTRY
)
UNACKNOWLEDGED = Gauge(
    "liandong_order_oldest_unacknowledged_seconds",
    "Age of the oldest order that nobody has accepted or escalated.",
    registry=REGISTRY,
)
CONFLICTS = Gauge(
    "liandong_transaction_conflicts",
    "Transactions that met another process's and were repeated, since the start.",
    registry=REGISTRY,
)
SUBSCRIBERS = Gauge("liandong_subscribers", "Live subscriptions.", registry=REGISTRY)
GROUPS = Gauge("liandong_subscription_groups", "Distinct live queries.", registry=REGISTRY)

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


def configure_logs(style: Literal["console", "json"]) -> None:
    """One line an event, to standard error; the standard library's loggers come along."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "httpx2", "pymongo", "uvicorn.access", "uvicorn.error", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def metrics_text() -> bytes:
    """The metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)


def counted(app: App, route: Callable[[str], str]) -> App:
    """ASGI middleware that counts and times HTTP answers by `route(path)`."""

    async def observed(scope: Scope, receive: Any, send: Any) -> None:  # noqa: ANN401  # ASGI's own callables
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        name = route(scope["path"])
        started = clock.real()

        async def watched(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                REQUESTS.labels(name, message["status"]).inc()
                SECONDS.labels(name).observe((clock.real() - started).total_seconds())
            await send(message)

        await app(scope, receive, watched)

    return observed
