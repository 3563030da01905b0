"""A capture of JT/T 905 frames as one payload: the raw stream, or text with hex frames."""

from connectors.jtt.capture import read_capture
from connectors.jtt905.taxi import DIALECT, Taxis
from hub.connector import Batch, Context, Envelope


def parse(envelope: Envelope, context: Context) -> Batch:
    """Positions of a capture; `entities` are its frames.

    Raises PayloadError if the bytes are no capture of such frames.
    """
    taxis = Taxis(context)
    batch = Batch()
    read_capture(
        envelope, DIALECT, batch, lambda frame: taxis.read(frame, envelope.received_at, batch)
    )
    return batch
