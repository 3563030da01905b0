"""A capture of JT/T 808 frames as one payload: the raw stream, or text with hex frames."""

from connectors.jtt.capture import read_capture
from connectors.jtt808.reader import DIALECT, Reader
from hub.connector import Batch, Context, Envelope
from hub.formats.jtt.t808 import Frame


def parse(envelope: Envelope, context: Context) -> Batch:
    """Positions of a capture; `entities` are its frames, a sub-package being one.

    The same position twice is a DUPLICATE. Raises PayloadError if the bytes are no capture of such
    frames.
    """
    reader = Reader(context, once=True)
    batch = Batch()

    def read(frame: Frame) -> None:
        message = reader.whole(frame, envelope.received_at, batch)
        if message is not None:
            reader.read(message, envelope.received_at, batch)

    read_capture(envelope, DIALECT, batch, read)
    reader.end(batch)
    return batch
