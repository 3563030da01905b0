"""Which pictures are taken, in which order, and what became of each."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from gallery.camera import BrowserError, Camera, Language, Tab, Theme, camera
from gallery.pages import PAGES, Page
from gallery.worlds import WORLDS

LANGUAGES: tuple[Language, ...] = ("zh", "en")
THEMES: tuple[Theme, ...] = ("day", "night")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part of all pictures. An empty list wants them all; `pages` are patterns of names."""

    into: Path
    worlds: Sequence[str] = ()
    pages: Sequence[str] = ()
    widths: Sequence[int] = ()
    languages: Sequence[Language] = ()
    themes: Sequence[Theme] = ()

    def those(self) -> list[Page]:
        """The pages that are wanted in at least one width."""
        return [page for page in PAGES if self._named(page) and self.widths_of(page)]

    def widths_of(self, page: Page) -> list[int]:
        """The widths in which the page is wanted."""
        return [width for width in page.widths if not self.widths or width in self.widths]

    def _named(self, page: Page) -> bool:
        return not self.pages or any(fnmatch(page.name, pattern) for pattern in self.pages)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture, and what the browser complained of; without a file it was not taken."""

    world: str
    page: str
    language: Language
    theme: Theme
    width: int
    file: Path
    complaints: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.world} {self.page} {self.width} {self.language} {self.theme}"


async def shots(wanted: Wanted) -> AsyncIterator[Shot]:
    """Take them, world by world."""
    for world in wanted.worlds or list(WORLDS):
        async with WORLDS[world]() as scene, camera(scene) as eye:
            for page in wanted.those():
                for language in wanted.languages or LANGUAGES:
                    async for shot in _of(eye, wanted, world, page, language):
                        yield shot


async def _of(
    eye: Camera, wanted: Wanted, world: str, page: Page, language: Language
) -> AsyncIterator[Shot]:
    """A page in a language: opened once, pictured in every width, by day and by night."""
    path = eye.path(page)
    if path is None:
        return
    try:
        tab = await eye.open(page, path, language)
    except BrowserError as error:
        nothing = wanted.into / world / f"{page.name}.missing"
        said = [f"not shown: {error.message.splitlines()[0]}", *eye.told()]
        yield Shot(world, page.name, language, "day", page.widths[0], nothing, said)
        return
    for width in wanted.widths_of(page):
        for theme in wanted.themes or THEMES:
            file = wanted.into / world / f"{page.name}-{width}-{language}-{theme}.png"
            said = await _taken(eye, tab, width, theme, file)
            yield Shot(world, page.name, language, theme, width, file, [*said, *eye.told()])


async def _taken(eye: Camera, tab: Tab, width: int, theme: Theme, file: Path) -> list[str]:
    """What hindered the picture: the others are taken all the same."""
    try:
        await eye.take(tab, width, theme, file)
    except BrowserError as error:
        return [f"not taken: {error.message.splitlines()[0]}"]
    return []
