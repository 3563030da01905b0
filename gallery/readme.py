"""The four pictures of the README, in each of its languages: `python -m gallery --readme`."""

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from gallery.camera import Theme
from gallery.shots import Shot, Wanted

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
LARGEST = 250_000
_QUALITIES = (90, 85, 80, 70, 60)
SHOWN: dict[str, tuple[int, Theme]] = {
    "console-situation": (1920, "day"),
    "console-incident": (1920, "night"),
    "wall-boards": (1920, "night"),
    "app-order": (360, "day"),
}


class TooLargeError(Exception):
    """A picture is larger than the README may show, however it is packed."""


def wanted(into: Path) -> Wanted:
    """What has to be taken for them."""
    widths = {width for width, _ in SHOWN.values()}
    return Wanted(into, worlds=("normal",), pages=tuple(SHOWN), widths=tuple(widths))


def keep(shots: list[Shot]) -> None:
    """Pack those that are shown into `docs/pictures`. Raises TooLargeError."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for shot in shots:
        if SHOWN[shot.page] == (shot.width, shot.theme):
            file = FOLDER / f"{shot.page}.{shot.language}.webp"
            file.write_bytes(packed(shot.file))


def packed(picture: Path) -> bytes:
    """A picture as WebP, as good as its size allows. Raises TooLargeError."""
    for made in _tries(picture):
        if len(made) < LARGEST:
            return made
    raise TooLargeError(picture.name)


def _tries(picture: Path) -> Iterator[bytes]:
    with Image.open(picture) as image:
        for quality in _QUALITIES:
            written = io.BytesIO()
            image.save(written, "WEBP", quality=quality, method=6)
            yield written.getvalue()
