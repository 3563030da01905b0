"""What the two apps are, and where each is served."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Face:
    """A web app. `name` is that of its folder in the build, `base` the path it is served below."""

    name: str
    base: str

    @property
    def cookie(self) -> str:
        """The cookie that holds its refresh token; no script can read it."""
        return f"liandong_{self.name}"

    @property
    def session(self) -> str:
        """Where it signs in and out: the only path that is sent the cookie."""
        return f"{self.base}/session"


CONSOLE: Final = Face("console", "/console")
OFFICER: Final = Face("officer", "/app")
FACES: Final = (CONSOLE, OFFICER)
LAST: Final = "liandong_face"
"""The cookie that says which app this browser was signed in to last, for the front page."""
