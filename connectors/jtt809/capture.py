"""A capture of JT/T 809 frames as one payload: the raw stream, or text with hex frames."""

from connectors.jtt.capture import read_capture
from connectors.jtt809.reader import DIALECT, Reader
from hub.connector import Batch, Context, Envelope


def parse(envelope: Envelope, context: Context) -> Batch:
    """Positions of a capture; `entities` are its frames. No login is asked for.

    The same position twice is a DUPLICATE. Raises PayloadError if the bytes are no capture of such
    frames.
    """
    reader = Reader(context, once=True)
    batch = Batch()
    read_capture(
        envelope, DIALECT, batch, lambda message: reader.read(message, envelope.received_at, batch)
    )
    return batch
