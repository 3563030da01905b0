"""Pictures, and what pretends to be one, for the tests of attachments."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

HTML = b"<html><script>alert(1)</script></html>"


def photograph(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **given: Any) -> bytes:
    """A picture: the left half red, the right half blue."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, *size))
    kept = BytesIO()
    picture.save(kept, kind, **given)
    return kept.getvalue()


def with_gps() -> bytes:
    """A JPEG as phones make them: turned by its EXIF, which says where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of what is stored is its right side
    exif[0x010F] = "Phone & Co"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 15.0, 6.0), 3: "E", 4: (121.0, 27.0, 20.0)})
    return photograph(exif=exif, comment=HTML)


def bomb() -> bytes:
    """A PNG of a few kilobytes that would be a hundred gigabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checked)

    header = struct.pack(">IIBBBBB", 200_000, 200_000, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(4 * 1024 * 1024), 9)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts
