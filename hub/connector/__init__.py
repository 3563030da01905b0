"""The contract between feeds and the hub: a connector is a manifest and pure functions.

A connector never reads a clock, a socket or the database. It is given bytes and a context and
returns a `Batch`: records, rejects with reasons, and what was noticed on the way. One contract
test suite (`tests/contract/`) runs over every connector in `connectors.REGISTRY`.
"""

from hub.connector.batch import Batch, Envelope, Record, Reject
from hub.connector.context import ConnectorConfig, Context, Incrementality, Reference
from hub.connector.manifest import MAX_BYTES, Connector, Manifest, Parse, Transport, options_of
from hub.connector.polling import Link, Request
from hub.connector.push import Accepted, Heard, Pushed
from hub.connector.subscription import Granted, ProducerSubscription
from hub.connector.tcp import Callback, Exchange, Outgoing, Session, TcpServerConfig

__all__ = [
    "MAX_BYTES",
    "Accepted",
    "Batch",
    "Callback",
    "Connector",
    "ConnectorConfig",
    "Context",
    "Envelope",
    "Exchange",
    "Granted",
    "Heard",
    "Incrementality",
    "Link",
    "Manifest",
    "Outgoing",
    "Parse",
    "ProducerSubscription",
    "Pushed",
    "Record",
    "Reference",
    "Reject",
    "Request",
    "Session",
    "TcpServerConfig",
    "Transport",
    "options_of",
]
