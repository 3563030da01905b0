"""A connector for a SIRI service: polled, subscribed to, or posted to, by one declaration.

The service says what it reads (`parse`), and which topics it asks for.
"""

from collections.abc import Callable
from datetime import datetime

from connectors.siri.common import build_request
from connectors.siri.push import INCREMENTAL, Asks, accept_with, subscription_of
from connectors.static import load_reference
from hub.connector import Connector, Context, Manifest, Parse, Request
from hub.formats.siri.request import Topics


def siri_connector(
    service: str,
    manifest: Manifest,
    parse: Parse,
    *,
    samples: tuple[str, ...],
    asks: Asks = lambda _context: [()],
    policy: Callable[[Context], Topics] = lambda _context: INCREMENTAL,
) -> Connector:
    """The connector for `service` (VehicleMonitoring ...); `asks`: the topics of each request."""

    def request(context: Context, now: datetime) -> Request:
        return build_request(service, context, now, asks(context))

    return Connector(
        manifest=manifest,
        parse=parse,
        load_reference=load_reference,
        request=request,
        accept=accept_with(parse),
        subscription=subscription_of(service, asks, policy),
        samples=samples,
    )
