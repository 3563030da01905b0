"""The hub's own profile for coach stations: 班次 with 余票, 检票口, 检票 and 售票 status.

No public standard carries them (JT/T 979's text is not public); see docs/coach-profile.md. Polled
with a GET, or pushed by the station with a signature.
"""

from datetime import timedelta
from pathlib import Path

import orjson
from pydantic import Field

from connectors.coach_profile.departures import parse
from hub.connector import (
    Accepted,
    Connector,
    ConnectorConfig,
    Context,
    Manifest,
    Pushed,
    Transport,
)
from hub.errors import AccessDenied, reasons
from hub.formats.common.signed_push import BadSignature, verify
from hub.model.common import Mode

SCHEMA = Path(__file__).with_name("schema-1.0.json")
"""JSON Schema 2020-12 of a publication."""
_TOLD = 20


class CoachProfileConfig(ConnectorConfig):
    """`[feeds.options]` of kind coach_profile."""

    replay_window_s: float = Field(
        default=300,
        gt=0,
        le=3600,
        description="seconds a push may be older or newer than its signature's timestamp; five "
        "minutes forgive a clock that is wrong, at most 3600",
    )


def accept(pushed: Pushed, context: Context) -> Accepted:
    """What a station's signed POST says. The answer counts what was taken, in JSON.

    A recorded request that is sent again within the window changes nothing: it is older than what
    is known. Raises AccessDenied UNAUTHENTICATED when the feed has no secret or the signature does
    not hold, PayloadError when the body cannot be read.
    """
    if not pushed.secret:
        raise AccessDenied(
            "UNAUTHENTICATED",
            f"Feed {context.feed_id} takes no pushes: it has no secret.",
            hint="Set secret_ref.",
        )
    config = context.config
    window = config.replay_window_s if isinstance(config, CoachProfileConfig) else 300
    envelope = pushed.envelope
    try:
        verify(
            pushed.secret,
            pushed.headers,
            envelope.body,
            at=envelope.received_at,
            window=timedelta(seconds=window),
            zone=context.timezone,
        )
    except BadSignature as error:
        raise AccessDenied(
            "UNAUTHENTICATED",
            f"The push is refused: {error}.",
            hint="See docs/coach-profile.md on how a push is signed.",
        ) from error
    batch = parse(envelope, context)
    told = {
        "entities": batch.entities,
        "accepted": batch.accepted,
        "rejected": [
            {"id": one.native_id, "reason": one.reason, "detail": one.detail}
            for one in batch.rejects[:_TOLD]
        ],
        "notes": [
            {"id": one.native_id, "reason": one.reason, "detail": one.detail}
            for one in batch.notes[:_TOLD]
        ],
    }
    return Accepted(batch=batch, body=orjson.dumps(told))


CONNECTOR = Connector(
    manifest=Manifest(
        kind="coach_profile",
        standard="Liandong coach station profile 1.0 (our own)",
        modes=frozenset({Mode.COACH}),
        transport=Transport.POLL,
        fresh_for=timedelta(minutes=2),
        expires_after=timedelta(minutes=10),
        reads="departures: times, gate, seats, ticket check, sale, cancellation; polled, or pushed "
        "with an HMAC-SHA256 signature",
        drops="every property the profile does not have, unread",
        refuses=reasons(
            "BAD_VALUE DUPLICATE MISSING_FIELD NOT_DECODABLE TIMESTAMP_IN_FUTURE TOO_LARGE "
            "UNSUPPORTED_MESSAGE UNSUPPORTED_VERSION"
        ),
        config=CoachProfileConfig,
    ),
    parse=parse,
    accept=accept,
    samples=(
        "connectors/coach_profile/examples/day.json",
        "connectors/coach_profile/examples/minimal.json",
    ),
)
