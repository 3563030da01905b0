"""Logs and metrics: structlog to the console or as JSON, Prometheus text for /metrics."""

import logging
import math
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Literal

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

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
PROCESS_UP = Gauge(
    "liandong_process_up",
    "1 for a process of the hub that lives, 0 for one lost.",
    ["process", "roles"],
    registry=REGISTRY,
)
_OF_PROCESS = {
    number: Gauge(f"liandong_{number}", help_text, ["process"], registry=REGISTRY)
    for number, help_text in (
        ("change_stream_lag_seconds", "Age of the last change seen."),
        ("bus_depth", "Longest backlog of a listener."),
        ("bus_overflows", "Backlogs dropped for a RESET."),
        ("resident_bytes", "Memory a process has, what it shares with others included."),
        ("cpu_seconds", "User and system CPU of a process so far."),
        ("transaction_conflicts", "Transactions that met another and were repeated, so far."),
        ("defects", "Unexpected failures worked around, so far; each kind is logged once."),
    )
}
OUTBOX_AGE = Gauge(
    "liandong_outbox_oldest_seconds", "Age of the oldest wake-up not yet sent.", registry=REGISTRY
)
UNACKNOWLEDGED = Gauge(
    "liandong_order_oldest_unacknowledged_seconds",
    "Age of the oldest order that nobody has accepted or escalated.",
    registry=REGISTRY,
)
UNTOLD = Gauge(
    "liandong_untold_people",
    "People still to be told of what was decided, by the kind of it.",
    ["kind"],
    registry=REGISTRY,
)
DATABASE_UP = Gauge(
    "liandong_database_up",
    "0: the database does not answer, and what is counted there is not known.",
    registry=REGISTRY,
)
ALARMS = Gauge(
    "liandong_alarms",
    "Alarms whose condition holds, ACTIVE, ACKNOWLEDGED or SHELVED.",
    ["kind", "state"],
    registry=REGISTRY,
)
CLOCK_OFF = Gauge(
    "liandong_clock_off_seconds",
    "How far this machine's clock is ahead of the database's (negative: behind).",
    registry=REGISTRY,
)
SUBSCRIBERS = Gauge("liandong_subscribers", "Live subscriptions.", registry=REGISTRY)
GROUPS = Gauge("liandong_subscription_groups", "Distinct live queries.", registry=REGISTRY)
LIVE_BYTES = Gauge(
    "liandong_subscription_bytes", "Memory that live queries hold, about.", registry=REGISTRY
)

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


def show_processes(
    processes: Iterable[tuple[str, tuple[str, ...], bool, Mapping[str, float]]],
) -> None:
    """Set what each process of the hub says of itself: name, roles, whether it lives, numbers.

    A number that is not known here is another version's: both run while one is replaced.
    """
    for gauge in (PROCESS_UP, *_OF_PROCESS.values()):
        gauge.clear()
    for name, roles, lives, numbers in processes:
        PROCESS_UP.labels(name, "+".join(roles)).set(lives)
        for number in numbers.keys() & _OF_PROCESS.keys() if lives else ():
            _OF_PROCESS[number].labels(name).set(numbers[number])


def forget_counted() -> None:
    """Say that the database does not answer, and nothing more of what was last counted there."""
    DATABASE_UP.set(0)
    for counted in (PROCESS_UP, *_OF_PROCESS.values(), ALARMS, UNTOLD):
        counted.clear()
    for age in (OUTBOX_AGE, UNACKNOWLEDGED):
        age.set(math.nan)


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
        started = time.monotonic()

        async def watched(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                REQUESTS.labels(name, message["status"]).inc()
                SECONDS.labels(name).observe(time.monotonic() - started)
            await send(message)

        await app(scope, receive, watched)

    return observed
