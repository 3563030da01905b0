"""The body of a payload: unpacked within its bound, on disk where it is large."""

import zlib
from collections.abc import AsyncIterator
from pathlib import Path

from hub.errors import PayloadError, Reason
from hub.spool import IN_MEMORY, Gathered, Spool

INFLATED_AT_ONCE = 1024 * 1024


def read_file(path: Path) -> bytes | Spool:
    """What a file holds, or the file itself if that is much. Raises OSError."""
    return Spool.of(path) if path.stat().st_size > IN_MEMORY else path.read_bytes()


async def inflated(chunks: AsyncIterator[bytes], limit: int) -> bytes | Spool:
    """The decompressed body, never more than `limit` bytes whatever the ratio.

    Raises PayloadError: TOO_LARGE, NOT_DECODABLE.
    """
    body = Gathered()
    inflater = zlib.decompressobj(wbits=47)  # gzip or zlib, by its header
    received = 0
    try:
        async for chunk in chunks:
            received += len(chunk)
            check_size(received, limit)
            data, more = chunk, True
            while data or more:
                if inflater.eof:
                    if not data:
                        break
                    inflater = zlib.decompressobj(wbits=47)  # a further gzip member
                piece = inflater.decompress(data, INFLATED_AT_ONCE)
                more = len(piece) == INFLATED_AT_ONCE
                check_size(body.size + len(piece), limit)
                body.write(piece)
                data = inflater.unconsumed_tail or inflater.unused_data
    except zlib.error as error:
        raise PayloadError(Reason.NOT_DECODABLE, "The compressed body is broken.") from error
    if received and not inflater.eof:
        raise PayloadError(Reason.NOT_DECODABLE, "The compressed body is cut off.")
    return body.done()


def check_size(size: int, limit: int) -> None:
    """Raises PayloadError TOO_LARGE for a body of more bytes than `limit`."""
    if size > limit:
        raise PayloadError(
            Reason.TOO_LARGE,
            f"The body is larger than max_bytes = {limit}.",
            hint="Raise max_bytes if the feed is really that large.",
        )
