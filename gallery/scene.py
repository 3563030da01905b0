"""What a world has to show: its address, and the things whose own pages are pictured."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Scene:
    """A world that stands. `things` are ids by what they are (`incident`, `order`, ...).

    A page of a thing that this world has none of is not pictured in it.
    """

    url: str
    things: dict[str, str] = field(default_factory=dict)


World = Callable[[], AbstractAsyncContextManager[Scene]]
"""How a world is brought about; it ends with the block."""
