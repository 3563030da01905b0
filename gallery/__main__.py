"""`python -m gallery`: pictures of every page, a line for each, and a contact sheet of all.

The exit code is 1 where a page complained in the browser, or did not come to what it should show.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from gallery import readme, sheet
from gallery.camera import NoBrowserError
from gallery.pages import HEIGHTS, PAGES
from gallery.running import NotReadyError
from gallery.shots import LANGUAGES, THEMES, Shot, Wanted, shots
from gallery.worlds import WORLDS

INTO = Path(".liandong/gallery")


def main(arguments: Sequence[str] | None = None) -> int:
    """Take what is wanted. Returns the exit code."""
    options = _options(arguments)
    wanted = readme.wanted(options.into) if options.readme else _wanted(options)
    if not wanted.those():
        names = ", ".join(page.name for page in PAGES)
        sys.stderr.write(f"gallery: no such page in that width; there are: {names}\n")
        return 2
    try:
        taken = asyncio.run(_taken(wanted))
    except (NoBrowserError, NotReadyError) as error:
        sys.stderr.write(f"gallery: {error}\n")
        return 1
    print(f"图册 gallery: {len(taken)} · {sheet.written(taken, options.into)}")
    bad = [shot for shot in taken if shot.complaints]
    if options.readme and not bad:
        try:
            readme.keep(taken)
        except readme.TooLargeError as error:
            sys.stderr.write(f"gallery: {error} 过大 is too large for the README\n")
            return 1
    return _told(bad)


async def _taken(wanted: Wanted) -> list[Shot]:
    taken: list[Shot] = []
    async for shot in shots(wanted):
        taken.append(shot)
        print(f"{len(taken)} {shot}{_faults(shot)}", flush=True)
    return taken


def _told(bad: list[Shot]) -> int:
    for shot in bad:
        print(f"! {shot}{_faults(shot)}")
    return 1 if bad else 0


def _faults(shot: Shot) -> str:
    return f": {'; '.join(shot.complaints)}" if shot.complaints else ""


def _wanted(options: argparse.Namespace) -> Wanted:
    return Wanted(
        options.into,
        worlds=options.world,
        pages=options.page,
        widths=options.width,
        languages=options.language,
        themes=options.theme,
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m gallery",
        description="每个页面的图册。 Pictures of every page, in three worlds. Each option may be "
        "given several times; without it, all are taken.",
    )
    parser.add_argument("--world", action="append", default=[], choices=list(WORLDS))
    parser.add_argument(
        "--page", action="append", default=[], metavar="PATTERN", help="such as 'console-*'"
    )
    parser.add_argument("--width", action="append", default=[], type=int, choices=list(HEIGHTS))
    parser.add_argument("--language", action="append", default=[], choices=list(LANGUAGES))
    parser.add_argument("--theme", action="append", default=[], choices=list(THEMES))
    parser.add_argument("--into", type=Path, default=INTO, metavar="FOLDER")
    parser.add_argument(
        "--readme", action="store_true", help="only the README's, into docs/pictures as well"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
