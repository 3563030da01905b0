"""A zip somebody sent, opened without trusting it: what is damaged or a bomb is a PayloadError."""

import lzma
import struct
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from hub.errors import PayloadError, Reason

_CORRUPT = (
    BadZipFile,
    EOFError,
    KeyError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)
"""What `zipfile` raises on hostile bytes, found by mutilating samples."""

_SMALL = 1024 * 1024
_NAMES_READ = 20_000

RATIO = 100
"""Unpacked to packed size of one file over 1 MiB; real tables of times reach some forty."""
UNPACKED_BYTES = 512 * 1024 * 1024
RAISE = "Raise max_unpacked_bytes in the feed's options if it is really that large."


@contextmanager
def sound(what: str, expected: str) -> Iterator[None]:
    """Turns whatever `zipfile` raises on damaged bytes into PayloadError NOT_DECODABLE."""
    try:
        yield
    except _CORRUPT as error:
        raise PayloadError(
            Reason.NOT_DECODABLE,
            f"Not a readable {what} zip: {error or type(error).__name__}.",
            hint=f"Expected a zip of {expected}.",
        ) from error


def entries_of(archive: ZipFile) -> list[ZipInfo]:
    """What the zip lists. Raises PayloadError TOO_LARGE for more names than a dataset has."""
    entries = archive.infolist()
    if len(entries) > _NAMES_READ:
        raise PayloadError(Reason.TOO_LARGE, f"The zip lists {len(entries)} files.")
    return entries


def check_sizes(
    entries: Collection[ZipInfo],
    packed: int,
    *,
    ratio: int = RATIO,
    unpacked_bytes: int = UNPACKED_BYTES,
    hint: str = RAISE,
) -> None:
    """Refuse bombs before anything is unpacked; `packed` is the size of the whole zip.

    Raises PayloadError NOT_DECODABLE (another compression, overlapping files) or TOO_LARGE.
    """
    for entry in entries:
        if entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise PayloadError(
                Reason.NOT_DECODABLE, f"{entry.filename} is packed by another method than deflate."
            )
        if entry.file_size > max(_SMALL, ratio * entry.compress_size):
            raise PayloadError(
                Reason.TOO_LARGE,
                f"{entry.filename} unpacks to {entry.file_size} bytes from {entry.compress_size}.",
            )
    if sum(entry.compress_size for entry in entries) > packed:
        raise PayloadError(Reason.NOT_DECODABLE, "The zip's tables overlap.")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > max(_SMALL, ratio * packed):
        raise PayloadError(
            Reason.TOO_LARGE, f"The tables unpack to {unpacked} bytes from a zip of {packed}."
        )
    if unpacked > unpacked_bytes:
        raise PayloadError(
            Reason.TOO_LARGE,
            f"The files unpack to {unpacked} bytes; {unpacked_bytes} are allowed.",
            hint=hint,
        )
