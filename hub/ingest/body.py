"""A body as it comes in, held within its limits: never more than `max_bytes`, and no bombs."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

from hub.errors import PayloadError, Reason
from hub.formats.common.zips import RATIO
from hub.spool import IN_MEMORY, Gathered, Spool

COMPRESSED = {"gzip", "x-gzip", "deflate"}
_FREELY_INFLATED = 1024 * 1024
_STEP = 1024 * 1024
_CHUNKS_AT_ONCE = 100
_PIECE = 64 * 1024
_FEW_MEMBERS = 1000
_BYTES_A_MEMBER = 1024


async def inflated(chunks: AsyncIterator[bytes], limit: int) -> bytes | Spool:
    """The decompressed body, never more than `limit` bytes, on disk where it is large.

    Over 1 MiB it may have RATIO times the bytes received: what unpacks to more is a bomb.
    `chunks` are best small: behind each gzip member the rest of one is copied.

    Raises PayloadError: TOO_LARGE, NOT_DECODABLE.
    """
    body = Gathered()
    inflater = zlib.decompressobj(wbits=47)  # gzip or zlib, by its header
    received = members = 0
    try:
        async for chunk in chunks:
            received += len(chunk)
            check_size(received, limit)
            data, more = chunk, True
            while data or (more and not inflater.eof):
                if inflater.eof:  # a further gzip member
                    members += 1
                    _check_members(members, received)
                    inflater = zlib.decompressobj(wbits=47)
                step = inflater.decompress(data, _STEP)
                more = len(step) == _STEP
                check_size(body.size + len(step), limit)
                _check_ratio(body.size + len(step), received)
                body.write(step)
                data = inflater.unconsumed_tail or inflater.unused_data
    except zlib.error as error:
        raise PayloadError(Reason.NOT_DECODABLE, "The compressed body is broken.") from error
    if received and not inflater.eof:
        raise PayloadError(Reason.NOT_DECODABLE, "The compressed body is cut off.")
    return body.done()


def read_file(path: Path) -> bytes | Spool:
    """What a file holds, or the file itself if that is much. Raises OSError."""
    return Spool.of(path) if path.stat().st_size > IN_MEMORY else path.read_bytes()


async def paced(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks, with room for everybody else: ten thousand fit into what is read at once."""
    number = 0
    async for chunk in chunks:
        yield chunk
        number += 1
        if number % _CHUNKS_AT_ONCE == 0:
            await asyncio.sleep(0)


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    """A body that is there already, as it might have come."""
    for at in range(0, len(content), _PIECE):
        yield content[at : at + _PIECE]


def check_size(size: int, limit: int) -> None:
    """Raise PayloadError TOO_LARGE above the limit."""
    if size > limit:
        raise PayloadError(
            Reason.TOO_LARGE,
            f"The body is larger than max_bytes = {limit}.",
            hint="Raise max_bytes if the feed is really that large.",
        )


def _check_ratio(size: int, received: int) -> None:
    if size > max(_FREELY_INFLATED, RATIO * received):
        raise PayloadError(
            Reason.TOO_LARGE, f"The body unpacks to over {size} bytes from {received}."
        )


def _check_members(members: int, received: int) -> None:
    """A gzip member may be empty, and costs forty kilobytes to begin with."""
    if members > max(_FEW_MEMBERS, received // _BYTES_A_MEMBER):
        raise PayloadError(Reason.TOO_LARGE, f"Over {members} gzip members in {received} bytes.")
