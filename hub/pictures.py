"""Photographs from strangers: judged, decoded and drawn anew in a process of its own.

What comes out is a JPEG of our own making: no EXIF, no place, no comment, nothing behind its end.
Codecs are where image files attack, so they run apart: with little memory, little time, after
everything else, and what they do to themselves harms nobody. `python -m hub.pictures` is that
process; `redrawn` is how it is asked.
"""

import asyncio
import json
import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, Final

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 40_000_000
THUMBNAIL: Final = 320
"""Pixels of the longer side."""
SECONDS: Final = 30.0
MEMORY: Final = 1024**3
"""Bytes of address space: four times what the largest picture takes."""
_QUALITIES: Final = (85, 70, 50)
_SOS, _EOI = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
"""The next marker of a JPEG that is neither stuffing nor a restart (ITU-T T.81, B.1.1.2)."""
REFUSALS: Final = {
    "ATTACHMENT_TYPE": (
        "不是 JPEG、PNG 或 WebP 照片",
        "A photograph as JPEG, PNG or WebP: let the phone convert what is HEIC.",
    ),
    "ATTACHMENT_TRAILING": (
        "照片之后另有内容",
        "Something stands behind the picture's end that no camera writes there.",
    ),
    "ATTACHMENT_PIXELS": ("像素过多", "At most 40 megapixels."),
    "ATTACHMENT_BROKEN": ("照片无法读取", "It cannot be decoded: take it again."),
}
"""Why a picture is refused: Chinese, and English with what to do."""


class Refused(Exception):
    """It is no photograph that we take; `code` is one of `REFUSALS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Picture:
    """A photograph drawn anew, as JPEG, and a small one of it; pixels."""

    content: bytes
    thumbnail: bytes
    width: int
    height: int


async def redrawn(content: bytes, *, seconds: float = SECONDS) -> Picture:
    """The photograph, decoded and encoded anew in another process. Raises Refused.

    A process that dies of it, or takes longer than `seconds`, could not read it: ATTACHMENT_BROKEN.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub.pictures"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(seconds):
            told, _ = await process.communicate(content)
    except TimeoutError as error:
        raise Refused("ATTACHMENT_BROKEN") from error
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    head, _, rest = told.partition(b"\n")
    if process.returncode != 0 or not head:
        raise Refused("ATTACHMENT_BROKEN")
    said = json.loads(head)
    if code := said.get("code"):
        raise Refused(code)
    cut = said["bytes"]
    return Picture(rest[:cut], rest[cut:], said["width"], said["height"])


def judged(content: bytes) -> str:
    """Its format, by what it holds and not by what it is called. Raises Refused.

    Behind the end of a JPEG nothing may stand but what cameras write there: filling, a second
    picture (CIPA DC-007), the film of a moving photograph. None of it is kept.
    """
    if content.startswith(b"\xff\xd8\xff"):
        behind = content[_end_of_jpeg(content) :]
        if not _of_a_camera(behind):
            raise Refused("ATTACHMENT_TRAILING")
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        if _end_of_png(content) != len(content):
            raise Refused("ATTACHMENT_TRAILING")
        return "PNG"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        size = int.from_bytes(content[4:8], "little") + 8
        if size > len(content):
            raise Refused("ATTACHMENT_BROKEN")
        if size != len(content):
            raise Refused("ATTACHMENT_TRAILING")
        return "WEBP"
    raise Refused("ATTACHMENT_TYPE")


def drawn(content: bytes) -> Picture:
    """The photograph drawn anew, upright, in this process. Raises Refused."""
    from PIL import Image, ImageOps

    form = judged(content)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(BytesIO(content), formats=[form]) as found:
            _not_too_large(found)
            found.seek(0)
            upright = ImageOps.exif_transpose(found)
            plain = _on_white(upright)
    except Image.DecompressionBombError as error:
        raise Refused("ATTACHMENT_PIXELS") from error
    except Refused:
        raise
    except Exception as error:
        # codecs raise whatever they like of a broken file
        raise Refused("ATTACHMENT_BROKEN") from error
    width, height = plain.size
    large = _within(plain, MOST_BYTES)
    plain.thumbnail((THUMBNAIL, THUMBNAIL))
    return Picture(large, _jpeg(plain, _QUALITIES[1]), width, height)


def _not_too_large(picture: "Image.Image") -> None:
    """Before anything is decoded: only the header has been read."""
    if picture.width * picture.height > MOST_PIXELS:
        raise Refused("ATTACHMENT_PIXELS")


def _within(picture: "Image.Image", most: int) -> bytes:
    """As JPEG of the best quality that fits; the least where none does."""
    for quality in _QUALITIES:
        kept = _jpeg(picture, quality)
        if len(kept) <= most:
            break
    return kept


def _on_white(picture: "Image.Image") -> "Image.Image":
    """Its pixels alone: what is transparent on white, no metadata of the file it came from."""
    from PIL import Image

    if picture.mode not in {"RGB", "L"}:
        picture = picture.convert("RGBA")
    blank = Image.new("RGB", picture.size, "white")
    blank.paste(picture, mask=picture if picture.mode == "RGBA" else None)
    return blank


def _jpeg(picture: "Image.Image", quality: int) -> bytes:
    kept = BytesIO()
    picture.save(kept, "JPEG", quality=quality, optimize=True)
    return kept.getvalue()


def _end_of_jpeg(content: bytes) -> int:
    """Where the first picture ends, behind its EOI (ITU-T T.81, B.2.1). Raises Refused."""
    at = 2
    while (found := _MARKER.search(content, at)) is not None:
        marker, at = found[1][0], found.end()
        if marker == _EOI:
            return at
        length = int.from_bytes(content[at : at + 2], "big")
        if length < 2:
            break
        at += length
        if marker != _SOS and content[at : at + 1] != b"\xff":
            break
    raise Refused("ATTACHMENT_BROKEN")


def _of_a_camera(behind: bytes) -> bool:
    filling = behind.lstrip(b"\x00")
    film = behind[4:8] == b"ftyp"
    return not filling or behind.startswith(b"\xff\xd8\xff") or film or behind.endswith(b"SEFT")


def _end_of_png(content: bytes) -> int:
    """Where it ends, behind IEND (ISO/IEC 15948, 5.3). Raises Refused."""
    at = 8
    while at + 12 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        at += 12 + length
        if kind == b"IEND":
            return at
    raise Refused("ATTACHMENT_BROKEN")


def _bounded() -> None:
    """Little memory, little time, and everything else goes before; where the system has it."""
    with suppress(OSError, AttributeError):
        os.nice(10)
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS), int(SECONDS)))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _main(given: BinaryIO, out: BinaryIO) -> None:
    """Judge and draw what comes in; one line of JSON goes out, then the two pictures."""
    _bounded()
    picture: Picture | None = None
    try:
        picture = drawn(given.read(MOST_BYTES + 1))
        said: dict[str, Any] = {
            "bytes": len(picture.content),
            "width": picture.width,
            "height": picture.height,
        }
    except Refused as refused:
        said = {"code": refused.code}
    out.write(json.dumps(said).encode() + b"\n")
    if picture is not None:
        out.write(picture.content + picture.thumbnail)
    out.flush()


if __name__ == "__main__":
    _main(sys.stdin.buffer, sys.stdout.buffer)
