"""How the tests of whole-answer connectors call them."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from connectors import connector
from hub.connector import Batch, Context, Envelope, Incrementality, options_of
from hub.settings import samples_dir

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""When the payloads of these tests arrive."""


def context_of(kind: str, **more: object) -> Context:
    """The context of a feed of that kind with data set `ds`."""
    context = Context(
        feed_id="f",
        dataset="ds",
        mode=None,
        timezone=ZoneInfo("Asia/Shanghai"),
        incrementality=Incrementality.AUTO,
        config=options_of(connector(kind).manifest, {}),
    )
    return replace(context, **more)


def read(
    kind: str, body: bytes, *, static: bytes | None = None, at: datetime = AT, **more: object
) -> Batch:
    """What a connector makes of a body that arrived then."""
    found, context = connector(kind), context_of(kind, **more)
    if static is not None:
        assert found.load_reference is not None
        context = replace(context, reference=found.load_reference(Envelope(static, AT), context))
    return found.parse(Envelope(body, at), context)


def sample(name: str) -> bytes:
    """A sample's bytes; skips where the samples are absent."""
    if not samples_dir().is_dir():
        pytest.skip(f"no sample feeds at {samples_dir()} (LIANDONG_SAMPLES)")
    return (samples_dir() / name).read_bytes()


def refusals(batch: Batch) -> list[tuple[str, str]]:
    """Reason and native id of every refused entity."""
    return [(str(reject.reason), reject.native_id) for reject in batch.rejects]


def notes(batch: Batch) -> list[tuple[str, str]]:
    """Reason and native id of every note."""
    return [(str(note.reason), note.native_id) for note in batch.notes]
